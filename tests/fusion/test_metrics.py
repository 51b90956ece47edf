"""Measures against values that are known beforehand."""

import numpy as np
import pytest

from fusion.metrics import creep, fatigue, sparc, symmetry_percent
from simulator.motion import minimum_jerk


def speed_of(duration_s: float, *, tremor_dps: float = 0.0, rate_hz: float = 100.0) -> np.ndarray:
    t = np.arange(0.0, 1.0, 1.0 / (duration_s * rate_hz))
    return np.gradient(60.0 * minimum_jerk(t)) * rate_hz + tremor_dps * np.sin(
        2 * np.pi * 6.0 * t * duration_s
    )


def test_a_minimum_jerk_movement_is_as_smooth_as_the_paper_says() -> None:
    """Balasubramanian 2015: about −1.4 for a single minimum-jerk movement, whatever its length or size."""
    for duration_s in (0.8, 1.5, 3.0):
        assert sparc(speed_of(duration_s), 100.0) == pytest.approx(-1.41, abs=0.05)
    assert sparc(7.0 * speed_of(1.0), 100.0) == pytest.approx(sparc(speed_of(1.0), 100.0))


def test_tremor_makes_it_less_smooth() -> None:
    values = [sparc(speed_of(1.5, tremor_dps=size), 100.0) for size in (0.0, 10.0, 30.0)]
    assert values[0] > values[1] > values[2]


def test_no_motion_has_no_smoothness() -> None:
    assert np.isnan(sparc(np.zeros(50), 100.0))
    assert np.isnan(sparc(np.ones(2), 100.0))


@pytest.mark.parametrize(
    ("left", "right", "percent"), [(10, 10, 0), (11, 9, 20), (9, 11, -20), (0, 0, 0), (5, 0, 200)]
)
def test_symmetry_by_hand(left: float, right: float, percent: float) -> None:
    assert symmetry_percent(left, right) == pytest.approx(percent)


def test_fatigue_by_hand() -> None:
    seen = fatigue(
        [100, 110, 90, 80, 84, 80], [-5, -5, -4, -3, -2, -2], [1, 1, 2, 3, 4, 4], [80, 80, 79, 78, 77, 77]
    )
    assert seen["velocity_loss_percent"] == pytest.approx(100 * (1 - 82 / 110))
    assert seen["hip_flexion_min_change_deg"] == pytest.approx(3.0)
    assert seen["pelvis_residual_change_deg"] == pytest.approx(3.0)
    assert seen["rom_change_deg"] == pytest.approx(-3.0)


def test_two_repetitions_are_no_fatigue() -> None:
    assert fatigue([100, 50], [0, 0], [0, 0], [80, 80]) == {}


def test_an_unknown_repetition_does_not_spoil_the_rest() -> None:
    assert creep([1.0, float("nan"), 2.0, 2.0, 5.0, 5.0]) == pytest.approx(4.0)
