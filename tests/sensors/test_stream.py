"""One sensor's stream: every sample accounted for, nothing twice, nothing invented."""

import struct

import numpy as np
import pytest

import firmware_profiles
from fusion.types import SampleQuality
from sensors.stream import SensorStream

DOT = firmware_profiles.load("movella_dot")
PERIOD_US = 16_667


def packet(ticks: int) -> bytes:
    return struct.pack("<I6f", ticks % 2**32, 0.0, 0.0, 9.81, 0.0, 0.0, 0.0) + bytes(12)


def stream_of(numbers: list[int], start_ticks: int = 0) -> SensorStream:
    """A stream that received the samples with these numbers, each 5 ms after it was taken."""
    stream = SensorStream(DOT, "dot")
    for number in numbers:
        stream.on_packet(packet(start_ticks + number * PERIOD_US), number * PERIOD_US * 1e-6 + 0.005)
    return stream


def test_samples_come_out_once_with_times_of_the_host() -> None:
    stream = stream_of(list(range(10)))
    block = stream.take()
    assert block is not None
    assert block.t_s == pytest.approx(0.005 + np.arange(10) * PERIOD_US * 1e-6, abs=1e-6)
    assert stream.take() is None


@pytest.mark.parametrize("start_ticks", [0, 2**32 - 3 * PERIOD_US])
def test_missing_samples_are_counted_also_across_the_counters_wrap(start_ticks: int) -> None:
    stream = stream_of([0, 1, 2, 6, 7], start_ticks)
    block = stream.take()
    assert block is not None
    assert stream.stats.received == 5
    assert stream.stats.lost == 3
    assert np.flatnonzero(block.quality & SampleQuality.AFTER_GAP).tolist() == [3]


def test_duplicates_and_late_packets_are_dropped_and_counted() -> None:
    stream = stream_of([0, 1, 3, 3, 2, 4])
    assert (stream.stats.received, stream.stats.duplicate, stream.stats.late) == (4, 1, 1)


def test_a_packet_that_is_too_short_is_malformed() -> None:
    stream = SensorStream(DOT, "dot")
    assert not stream.on_packet(bytes(12), 0.0)
    assert stream.stats.malformed == 1
    assert stream.take() is None


def test_a_counter_that_jumps_ahead_was_reset_and_time_goes_on() -> None:
    stream = stream_of([0, 1, 2])
    stream.on_packet(packet(3_000_000_00), 3 * PERIOD_US * 1e-6 + 0.005)
    block = stream.take()
    assert block is not None
    assert stream.stats.resets == 1
    assert (np.diff(block.t_s) > 0.0).all()
    assert block.t_s[-1] < 0.1


def test_after_a_reconnect_the_gap_is_known_and_time_goes_on() -> None:
    stream = stream_of(list(range(60)))
    stream.restart()
    for number in range(180, 200):
        stream.on_packet(packet(5_000_000 + number * PERIOD_US), number * PERIOD_US * 1e-6 + 0.005)
    block = stream.take()
    assert block is not None
    assert stream.stats.lost == 120
    assert block.t_s[60] - block.t_s[59] == pytest.approx(121 * PERIOD_US * 1e-6, abs=1e-3)
