"""Who falls freely for long enough has been in the air."""

import numpy as np
import pytest

from fusion.history import part_of
from fusion.recognition.flight import FlightWatch
from fusion.types import FloatArray, SignalBlock

RATE_HZ = 60.0


def pelvis(up_ms2: FloatArray) -> SignalBlock:
    t_s = np.arange(len(up_ms2)) / RATE_HZ
    values = up_ms2[None, :]
    return SignalBlock(t_s, RATE_HZ, ("pelvis_acc_up_ms2",), values, np.full_like(values, 1.0))


def falling(seconds: float, at_ms2: float = -9.8) -> SignalBlock:
    """Two seconds of standing, a fall, a landing."""
    return pelvis(
        np.concatenate((np.zeros(120), np.full(round(seconds * RATE_HZ), at_ms2), [30.0] * 6, np.zeros(60)))
    )


def watched(signals: SignalBlock, size: int) -> FlightWatch:
    watch = FlightWatch()
    for start in range(0, len(signals), size):
        watch.read(part_of(signals, start, min(len(signals), start + size)))
    return watch


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_a_flight_is_seen_in_blocks_of_any_size(size: int) -> None:
    watch = watched(falling(0.35), size)
    assert watch.flew(2.3, 2.4)
    assert not watch.flew(0.0, 2.2)
    assert watch.may_have_flown(1.0)
    assert not watch.may_have_flown(2.6)


def test_a_stride_is_too_short_a_flight_for_a_jump() -> None:
    assert not watched(falling(0.1), 30).flew(0.0, 9.0)


def test_who_goes_down_faster_than_a_body_falls_pulls_and_does_not_fly() -> None:
    assert not watched(falling(0.3, -20.0), 30).flew(0.0, 9.0)


def test_what_was_not_seen_may_have_been_a_flight() -> None:
    up = np.zeros(200)
    up[100:120] = np.nan
    watch = watched(pelvis(up), 30)
    assert watch.may_have_flown(1.0)
    assert not watch.may_have_flown(3.0)
