"""Where the phases of a repetition begin and end."""

import numpy as np
import pytest

from fusion.movement.phase_corners import corners

RATE_HZ = 60.0


def minimum_jerk(s: np.ndarray) -> np.ndarray:
    s = s.clip(0.0, 1.0)
    return s**3 * (10.0 + s * (6.0 * s - 15.0))


@pytest.mark.parametrize("phase_s", [0.3, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("hold_s", [0.1, 2.0])
def test_phases_of_any_length_begin_and_end_where_the_movement_does(phase_s: float, hold_s: float) -> None:
    true = np.cumsum([1.0, phase_s, hold_s, phase_s])
    t_s = np.arange(0.0, true[-1] + 1.0, 1.0 / RATE_HZ)
    x = 80.0 * (minimum_jerk((t_s - true[0]) / phase_s) - minimum_jerk((t_s - true[2]) / phase_s))
    found = [t_s[k] for k in corners(x, t_s)]
    assert found == pytest.approx(true, abs=0.06)


@pytest.mark.parametrize("seed", range(5))
def test_sway_moves_the_corners_of_a_slow_way_by_little(seed: int) -> None:
    true = np.cumsum([1.0, 10.0, 2.0, 10.0])
    t_s = np.arange(0.0, true[-1] + 1.0, 1.0 / RATE_HZ)
    x = 80.0 * (minimum_jerk((t_s - true[0]) / 10.0) - minimum_jerk((t_s - true[2]) / 10.0))
    noise = np.random.default_rng(seed).normal(0.0, 0.3, len(t_s) + 60)
    x += np.convolve(noise, np.hanning(61) / 5.0, "valid")
    found = [t_s[k] for k in corners(x, t_s)]
    assert np.abs(found - true).max() < 0.8


def test_a_swing_that_rests_nowhere_has_its_corners_at_its_extremes() -> None:
    t_s = np.arange(0.0, 1.2, 1.0 / RATE_HZ)
    x = -20.0 * np.cos(2.0 * np.pi * t_s / 1.1)
    start, reach, leave, end = (float(t_s[k]) for k in corners(x, t_s))
    assert (start, end) == pytest.approx((0.0, 1.1), abs=0.05)
    assert (reach, leave) == pytest.approx((0.55, 0.55), abs=0.05)
