"""Bad packets are counted and dropped: no exception out of the codec, no sample that was not sent."""

from __future__ import annotations

import pytest

import firmware_profiles
from firmware_profiles import Setup, choose
from tests.sensors.fuzzing import fuzz

SEED = 20260101

SETUPS = [
    choose(profile, mode.id)
    for profile in map(firmware_profiles.load, firmware_profiles.ids())
    for mode in profile.all_modes
]


@pytest.mark.parametrize("setup", SETUPS, ids=lambda s: f"{s.profile.id}-{s.mode.id}")
def test_bad_packets_of_every_kind_are_counted_and_dropped(setup: Setup) -> None:
    seen = fuzz(setup, 1500, SEED)
    print(f"seed {SEED}: {dict(seen)}")  # noqa: T201 - shown when it fails
    assert seen["malformed"] > 100
