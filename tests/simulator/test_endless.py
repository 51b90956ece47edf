"""A train without end: counters, numbers and times go on from one period to the next, for every profile."""

from __future__ import annotations

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import choose
from sensors.stream import SensorStream
from simulator.endless import PERIOD_SAMPLES, EndlessTrain, Period

REST = Period(np.tile([0.0, 0.0, 9.81], (PERIOD_SAMPLES, 1)), np.full((PERIOD_SAMPLES, 3), 0.1))


@pytest.mark.parametrize("profile_id", firmware_profiles.ids())
def test_the_seam_between_two_periods_is_no_gap(profile_id: str) -> None:
    setup = choose(firmware_profiles.load(profile_id))
    train = EndlessTrain(setup, REST, device_start_s=100.0)
    around = train._size
    stream = SensorStream(setup, "s")
    packets = train[around - 200 : around + 200] if around > 200 else train[: around + 20]
    for packet in packets:
        stream.on_packet(packet.characteristic, packet.payload, packet.ready_s + 0.01)
    steps = np.diff([p.ready_s for p in packets])
    assert (steps >= 0.0).all()
    assert steps.max() <= 1.01 * max(s.batch for s in setup.streams) / setup.rate_hz()
    assert stream.stats.lost == 0
    assert stream.stats.duplicate == stream.stats.late == stream.stats.resets == 0


def test_a_number_far_ahead_costs_one_period() -> None:
    train = EndlessTrain(choose(firmware_profiles.load("movella_dot")), REST)
    assert train[10 * PERIOD_SAMPLES + 7].ready_s == pytest.approx((10 * PERIOD_SAMPLES + 7) / 60.0)
