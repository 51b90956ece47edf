"""Device clocks: unwrapped under loss, mapped to the least delay, never backwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.clock import ClockFit, Unwrapper


@given(
    bits=st.sampled_from([16, 24, 32]),
    start=st.integers(0, 2**32 - 1),
    steps=st.lists(st.integers(0, 2**15 - 1), min_size=1, max_size=50),
)
def test_a_counter_is_unwrapped_as_long_as_less_than_half_a_turn_is_lost(
    bits: int, start: int, steps: list[int]
) -> None:
    unwrap = Unwrapper(bits)
    unwrap(start % 2**bits)
    total = 0
    for step in steps:
        total += step
        assert unwrap((start + total) % 2**bits) == total


def test_a_late_packet_gets_an_earlier_count_and_does_not_disturb_the_next() -> None:
    unwrap = Unwrapper(16)
    assert [unwrap(t) for t in (65_530, 4, 65_535, 10)] == [0, 10, 5, 16]


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
