"""Device clocks: unwrapped under loss, mapped to the least delay, never backwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.clock import ArrivalClock, ClockFit, DeviceClock, Unwrapper

TICK_S = 1e-3


@given(
    bits=st.sampled_from([16, 24, 32]),
    start=st.integers(0, 2**32 - 1),
    steps=st.lists(st.integers(1, 2**26), min_size=1, max_size=50),
    delays_s=st.lists(st.floats(0.0, 2.0), min_size=51, max_size=51),
)
def test_a_counter_is_unwrapped_whatever_is_lost(
    bits: int, start: int, steps: list[int], delays_s: list[float]
) -> None:
    """Outages of up to 18 h, thousands of turns of 16 bits; arrivals are late by up to 2 s."""
    unwrap = Unwrapper(bits, TICK_S)
    unwrap(start % 2**bits, delays_s[0])
    total = 0
    for step, delay_s in zip(steps, delays_s[1:], strict=False):
        total += step
        arrival_s = total * TICK_S + delay_s
        assert unwrap((start + total) % 2**bits, arrival_s) == total


def test_a_late_packet_gets_an_earlier_count_and_does_not_disturb_the_next() -> None:
    unwrap = Unwrapper(16, TICK_S)
    assert [unwrap(t, 0.0) for t in (65_530, 4, 65_535, 10)] == [0, 10, 5, 16]


def test_a_clock_that_began_anew_is_noticed() -> None:
    clock = DeviceClock(32, 1e-6)
    clock.read(500_000_000, 0.0)
    assert clock.read(501_000_000, 1.0) == pytest.approx(1.0)
    assert clock.read(100, 2.0) == 0.0
    assert (clock.epoch, clock.resets) == (1, 1)


def test_a_stalled_radio_is_no_new_clock() -> None:
    """Everything of 3 s arrives at once."""
    clock = DeviceClock(32, 1e-6)
    times = [clock.read(k * 100_000, 3.0) for k in range(30)]
    assert times == pytest.approx([k * 0.1 for k in range(30)])
    assert clock.resets == 0


@pytest.mark.parametrize("skew_ppm", [-50.0, 0.0, 50.0])
def test_two_sensors_agree_to_5_ms_after_10_s_and_for_the_rest_of_an_hour(skew_ppm: float) -> None:
    rng = np.random.default_rng(5)
    error = [_errors_s(rng, skew_ppm * 1e-6), _errors_s(rng, -skew_ppm * 1e-6)]
    apart = np.abs(error[0] - error[1])
    assert np.nanmax(apart) <= 0.005


def _errors_s(rng: np.random.Generator, skew: float) -> np.ndarray:
    """Error of the mapped time, every 10 s of an hour at 60 Hz with 10 % loss and one-sided delay."""
    fit = ClockFit()
    offset = rng.uniform(-1e4, 1e4)
    errors = []
    for k in range(3600 * 60):
        if rng.random() < 0.1:
            continue
        true_s = k / 60.0
        delay_s = 0.004 + rng.exponential(0.008)
        mapped = fit.map((true_s + offset) * (1.0 + skew), true_s + delay_s)
        if true_s > 10.0 and k % 600 < 2:
            errors.append((int(true_s // 10), mapped - true_s))
    by_time = dict(errors)
    return np.array([by_time.get(i, np.nan) for i in range(1, 360)])[1:]


@given(st.lists(st.floats(0.0, 0.2), min_size=2, max_size=200))
def test_time_never_runs_backwards(delays_s: list[float]) -> None:
    fit = ClockFit()
    mapped = [fit.map(k / 60.0, k / 60.0 + delay) for k, delay in enumerate(delays_s)]
    assert (np.diff(mapped) > 0.0).all()


@pytest.mark.parametrize("true_hz", [98.0, 100.0, 102.0])
def test_without_stamps_times_are_even_and_never_after_the_arrival(true_hz: float) -> None:
    """Packets leave at connection events, three at a time; the nominal rate is off by up to 2 %."""
    clock = ArrivalClock(100.0)
    rng = np.random.default_rng(1)
    errors = []
    for k in range(6000):
        taken_s = k / true_hz
        arrival_s = np.ceil((taken_s + 0.002) / 0.03) * 0.03 + (0.03 if rng.random() < 0.05 else 0.0)
        (t_s,), missing = clock.place(1, arrival_s)
        assert missing == 0
        if k > 1000:
            assert t_s <= arrival_s + 0.03
            errors.append(t_s - taken_s)
    assert np.std(errors) < 0.006
    assert abs(np.mean(errors)) < 0.03


def test_without_stamps_a_silence_is_a_gap() -> None:
    clock = ArrivalClock(100.0)
    for k in range(100):
        clock.place(1, k * 0.01)
    times, missing = clock.place(1, 2.0)
    assert missing == 100
    assert times == [2.0]


def test_what_is_said_again_long_after_a_reconnect_is_no_clock_that_began_anew() -> None:
    clock = DeviceClock(32, 1e-6)
    for second in range(5):
        clock.read(second * 1_000_000, second + 0.01)
    clock.restart()
    assert clock.read(3_900_000, 7.0) == pytest.approx(3.9)
    assert clock.read(4_000_000, 7.0) == pytest.approx(4.0)
    assert clock.read(7_200_000, 7.21) == pytest.approx(7.2)
    assert clock.resets == 0
