"""When a slow way begins and ends, whatever the body sways meanwhile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.movement.phase_corners import corners
from fusion.movement.smooth_way import View, Way, fitted, smooth_corners

RATE_HZ = 60.0
EVER = Way(-np.inf, np.inf)


def minimum_jerk(s: np.ndarray) -> np.ndarray:
    s = s.clip(0.0, 1.0)
    return s**3 * (10.0 + s * (6.0 * s - 15.0))


def sway(t_s: np.ndarray, seed: int) -> np.ndarray:
    """Half a degree at the speed at which people sway."""
    noise = np.random.default_rng(seed).normal(0.0, 0.3, len(t_s) + 60)
    return np.convolve(noise, np.hanning(61) / 5.0, "valid")


@given(
    took_s=st.floats(4.5, 12.0),
    range_deg=st.floats(40.0, 110.0),
    early_s=st.floats(-0.8, 0.8),
    late_s=st.floats(-0.8, 0.8),
    falls=st.booleans(),
)
def test_a_smooth_way_is_found_from_ends_that_are_guessed_badly(
    took_s: float, range_deg: float, early_s: float, late_s: float, falls: bool
) -> None:
    t_s = np.arange(0.0, took_s + 2.0, 1.0 / RATE_HZ)
    x = range_deg * minimum_jerk((t_s - 1.0) / took_s) * (-1.0 if falls else 1.0)
    found = fitted(t_s, x, Way(1.0 + early_s, 1.0 + took_s + late_s), EVER)
    assert found is not None
    assert (found.begin_s, found.end_s) == pytest.approx((1.0, 1.0 + took_s), abs=0.02)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("hold_s", [0.2, 3.0])
def test_a_body_that_sways_hides_the_corners_of_ten_seconds_by_less_than_a_third_of_one(
    seed: int, hold_s: float
) -> None:
    true = np.cumsum([1.0, 10.0, hold_s, 10.0])
    t_s = np.arange(0.0, true[-1] + 0.6, 1.0 / RATE_HZ)
    x = 80.0 * (minimum_jerk((t_s - true[0]) / 10.0) - minimum_jerk((t_s - true[2]) / 10.0))
    x += sway(t_s, seed)
    found = t_s[list(smooth_corners(t_s, corners(x, t_s), [View(x)]))]
    assert np.abs(found - true).max() < 0.3


def test_a_quick_way_is_left_to_its_speed() -> None:
    t_s = np.arange(0.0, 3.0, 1.0 / RATE_HZ)
    seems = Way(1.05, 1.9)
    assert fitted(t_s, 80.0 * minimum_jerk(t_s - 1.0), seems, EVER) is None


def test_a_way_in_two_steps_is_no_smooth_way() -> None:
    t_s = np.arange(0.0, 12.0, 1.0 / RATE_HZ)
    x = 15.0 * minimum_jerk((t_s - 1.0) / 2.0) + 60.0 * minimum_jerk((t_s - 5.0) / 6.0)
    seems = Way(1.0, 11.0)
    assert fitted(t_s, x, seems, EVER) is None


def test_what_rests_all_the_time_is_no_way() -> None:
    t_s = np.arange(0.0, 6.0, 1.0 / RATE_HZ)
    seems = Way(1.0, 5.0)
    assert fitted(t_s, np.zeros(len(t_s)), seems, EVER) is None


def test_what_lies_beyond_the_way_is_not_looked_at() -> None:
    t_s = np.arange(0.0, 8.0, 1.0 / RATE_HZ)
    x = 70.0 * minimum_jerk((t_s - 1.0) / 5.0)
    other = np.where(t_s > 6.2, 0.0, x)
    seems, within = Way(1.3, 5.8), Way(0.0, 6.1)
    assert fitted(t_s, other, seems, within) == fitted(t_s, x, seems, within)
