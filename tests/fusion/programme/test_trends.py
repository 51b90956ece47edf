"""A change is real only beyond what chance and sensor placement can do."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from fusion.programme.trends import smallest_real_change, trend, trends_of, typical_error
from tests.fusion.programme.weeks import REP, session_on, set_of


def test_the_typical_error_by_hand() -> None:
    """Differences +2, −2, +2: standard deviation 2.309, over √2 1.633."""
    assert typical_error([10.0, 12.0, 10.0, 12.0]) == pytest.approx(sqrt(16.0 / 3.0) / sqrt(2.0))
    assert smallest_real_change(1.0) == pytest.approx(2.772, abs=0.001)


def test_noise_alone_is_called_real_in_about_one_of_twenty() -> None:
    rng = np.random.default_rng(7)
    called = [trend("x", "deg", list(rng.normal(50.0, 2.0, 30))).real for _ in range(400)]
    assert np.mean(called) <= 0.08


def test_a_gain_beyond_the_smallest_real_change_is_real_and_one_below_is_not() -> None:
    quiet = [70.0, 70.5, 70.0, 70.5, 70.0]
    assert trend("rom_deg", "deg", [*quiet, 80.0], 3.0).change == pytest.approx(80.0 - 70.1667, abs=0.01)
    assert not trend("rom_deg", "deg", [*quiet, 72.0], 3.0).real
    steady_gain = [70.0, 71.0, 72.0, 73.0, 74.0, 75.0]
    assert trend("rom_deg", "deg", steady_gain, 3.0).real


def test_angles_from_the_stand_need_five_degrees_however_quiet_they_are() -> None:
    def session(day: int, deeper_deg: float) -> object:
        return session_on(day, set_of(rep=replace(REP, hip_flexion_min_deg=-4.0 - deeper_deg)))

    sessions = [session(day, 4.0 * (day == 9)) for day in (0, 3, 6, 9)]
    by_name = {t.measure: t for t in trends_of(sessions, "hip_thrust")}  # type: ignore[arg-type]
    seen = by_name["hip_flexion_min_deg"]
    assert seen.change == pytest.approx(-4.0)
    assert seen.smallest_real_change >= 5.0
    assert not seen.real


def test_three_sessions_are_no_trend() -> None:
    assert trends_of([session_on(day, set_of()) for day in (0, 3, 6)], "hip_thrust") == []
