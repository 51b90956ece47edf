"""One sensor's stream: every sample accounted for, nothing twice, nothing invented."""

import struct

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import choose
from fusion.types import SampleQuality
from sensors.source import RESTARTED
from sensors.stream import SensorStream

DOT = firmware_profiles.load("movella_dot")
RATE = choose(DOT).main.characteristic
PERIOD_US = 16_667


def packet(ticks: int, acc_z: float = 9.81) -> bytes:
    return struct.pack("<I6f", ticks % 2**32, 0.0, 0.0, acc_z, 0.0, 0.0, 0.0) + bytes(12)


def send(stream: SensorStream, numbers: list[int], start_ticks: int = 0) -> None:
    """The samples with these numbers, each 5 ms after it was taken."""
    for number in numbers:
        ticks = start_ticks + number * PERIOD_US
        stream.on_packet(RATE, packet(ticks), number * PERIOD_US * 1e-6 + 0.005)


def stream_of(numbers: list[int], start_ticks: int = 0) -> SensorStream:
    stream = SensorStream(DOT, "dot")
    send(stream, numbers, start_ticks)
    return stream


def test_samples_come_out_once_with_times_of_the_host() -> None:
    stream = stream_of(list(range(10)))
    block = stream.take()
    assert block is not None
    assert block.t_s == pytest.approx(0.005 + np.arange(10) * PERIOD_US * 1e-6, abs=1e-6)
    assert stream.take() is None


def test_device_arrival_and_corrected_time_are_all_kept() -> None:
    timed = stream_of([0, 1, 2, 3]).take_timed()
    assert timed is not None
    assert timed.device_s == pytest.approx(np.arange(4) * PERIOD_US * 1e-6, abs=1e-9)
    assert timed.arrival_s == pytest.approx(timed.device_s + 0.005)
    assert timed.block.t_s == pytest.approx(timed.arrival_s, abs=1e-6)


@pytest.mark.parametrize("start_ticks", [0, 2**32 - 3 * PERIOD_US])
def test_missing_samples_are_counted_also_across_the_counters_wrap(start_ticks: int) -> None:
    stream = stream_of([0, 1, 2, 6, 7], start_ticks)
    block = stream.take()
    assert block is not None
    assert stream.stats.received == 5
    assert stream.stats.lost == 3
    assert np.flatnonzero(block.quality & SampleQuality.AFTER_GAP).tolist() == [3]


def test_a_wrap_during_a_long_outage_is_not_missed() -> None:
    """Two turns of the counter (2.4 h) and ten samples go by unseen."""
    stream = stream_of([0, 1, 2])
    stream.restart()
    missed_s = 2 * 2**32 * 1e-6
    missing = round(missed_s * 1e6 / PERIOD_US) + 10
    send(stream, [3 + missing, 4 + missing])
    assert stream.stats.resets == 0
    assert stream.stats.lost == pytest.approx(missing, rel=3e-5)  # 16,667 µs is 20 ppm long


def test_duplicates_and_late_packets_are_dropped_and_counted() -> None:
    stream = stream_of([0, 1, 3, 3, 2, 4])
    assert (stream.stats.received, stream.stats.duplicate, stream.stats.late) == (4, 1, 1)


def test_a_packet_that_is_too_short_is_malformed() -> None:
    stream = SensorStream(DOT, "dot")
    assert not stream.on_packet(RATE, bytes(12), 0.0)
    assert stream.stats.malformed == 1
    assert stream.take() is None


def test_a_counter_that_jumps_ahead_was_reset_and_time_goes_on() -> None:
    stream = stream_of([0, 1, 2])
    stream.on_packet(RATE, packet(300_000_000), 3 * PERIOD_US * 1e-6 + 0.005)
    block = stream.take()
    assert block is not None
    assert stream.stats.resets == 1
    assert (np.diff(block.t_s) > 0.0).all()
    assert block.t_s[-1] < 0.1


def test_after_a_reconnect_with_the_device_s_clock_still_running_the_gap_is_exact() -> None:
    stream = stream_of(list(range(60)))
    stream.restart()
    send(stream, list(range(180, 200)))
    assert stream.stats.lost == 120
    assert stream.stats.resets == 0


def test_after_a_reconnect_with_a_new_clock_the_gap_is_known_and_time_goes_on() -> None:
    stream = stream_of(list(range(60)))
    stream.restart()
    send(stream, list(range(180, 200)), start_ticks=500_000_000)
    block = stream.take()
    assert block is not None
    assert stream.stats.lost == 120
    assert stream.stats.resets == 1
    assert block.t_s[60] - block.t_s[59] == pytest.approx(121 * PERIOD_US * 1e-6, abs=1e-3)


def test_a_reconnect_is_kept_among_the_packets() -> None:
    """Read again, a recording maps the clock anew at the same place."""
    live, again = stream_of([0, 1, 2]), stream_of([0, 1, 2])
    live.restart()
    assert not again.on_packet(RESTARTED, b"", 1.0)
    for stream in (live, again):
        stream.on_packet(RATE, packet(200 * PERIOD_US), 200 * PERIOD_US * 1e-6 + 0.2)
    blocks = [stream.take() for stream in (live, again)]
    assert blocks[0] is not None
    assert blocks[1] is not None
    assert np.array_equal(blocks[0].t_s, blocks[1].t_s)
    assert blocks[0].t_s[-1] == pytest.approx(200 * PERIOD_US * 1e-6 + 0.2)


def test_a_sample_at_the_end_of_the_range_is_marked_as_clipped() -> None:
    stream = SensorStream(DOT, "dot")
    for number, acc_z in enumerate([9.81, 156.95, 9.81]):
        stream.on_packet(RATE, packet(number * PERIOD_US, acc_z), number * 0.0167)
    block = stream.take()
    assert block is not None
    assert (block.quality & SampleQuality.ACC_SATURATED).tolist() == [0, SampleQuality.ACC_SATURATED, 0]


def test_live_figures_name_what_is_wrong() -> None:
    stream = stream_of([k for k in range(400) if k % 10])
    health = stream.health(400 * PERIOD_US * 1e-6)
    assert health.rate_hz == pytest.approx(54.0, abs=0.5)
    assert health.loss == pytest.approx(0.1, abs=0.01)
    assert health.reasons == (
        "54 of 60 samples a second arrive",
        "10 % of samples are lost (by device times)",
    )


def test_a_good_stream_has_nothing_to_complain_of() -> None:
    stream = stream_of(list(range(400)))
    assert stream.health(400 * PERIOD_US * 1e-6).reasons == ()
