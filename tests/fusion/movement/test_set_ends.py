"""Ends of a set by the time they take."""

from math import nan

import pytest

from fusion import exercises
from fusion.movement.set_ends import handled
from fusion.movement.sets import Candidate
from fusion.types import RepSummary, Side

SWING, SQUAT, THRUST, STEP_UP = (
    exercises.load(name) for name in ("kettlebell_swing", "squat_parallel", "hip_thrust", "step_up")
)


def took(seconds: float, *, rests_s: float = 0.2, tilt_deg: float = 12.0) -> Candidate:
    rep = RepSummary(
        index=0,
        t_start_s=10.0,
        t_top_s=10.0 + 0.5 * seconds,
        t_end_s=10.0 + seconds,
        full=True,
        confidence=1.0,
        rom_deg=90.0,
        hip_flexion_min_deg=0.0,
        hip_flexion_max_deg=90.0,
        tempo_s=(1.0, 0.0, 1.0, 0.0),
        hold_s=nan,
        pelvis_residual_peak_deg=0.0,
        side=Side.RIGHT,
        quality=True,
    )
    return Candidate(
        rep,
        top_deg=0.0,
        top_tilt_deg=0.0,
        top_pitch_deg=0.0,
        sure_alone=True,
        start_posture_deg=(tilt_deg, 80.0),
        end_posture_deg=(tilt_deg, 80.0),
        rests_s=rests_s,
    )


SWINGS = [took(1.4), took(1.5), took(1.3), took(1.5)]


def test_setting_the_weight_down_is_no_swing() -> None:
    assert handled([*SWINGS, took(3.1)], SWING) == [4]


def test_nor_is_picking_it_up_even_where_both_were_slow() -> None:
    assert handled([took(3.2), *SWINGS, took(3.1)], SWING) == [5, 0]


def test_who_gets_slower_from_one_to_the_next_is_tired() -> None:
    assert handled([took(seconds) for seconds in (1.4, 1.6, 1.9, 2.2, 2.6)], SWING) == []


def test_two_others_do_not_show_how_a_set_is_done() -> None:
    assert handled([*SWINGS[:3], took(3.1)], SWING) == []


@pytest.mark.parametrize(("rests_s", "odd"), [(18.0, [4]), (4.0, [])])
def test_who_is_still_for_long_in_the_last_squat_has_sat_down(rests_s: float, odd: list[int]) -> None:
    squats = [took(2.8), took(2.9), took(2.6), took(2.7)]
    assert handled([*squats, took(2.8 + rests_s, rests_s=rests_s)], SQUAT) == odd


def test_a_last_repetition_lying_down_may_be_held_for_long() -> None:
    thrusts = [took(2.8), took(2.9), took(2.6), took(2.7)]
    assert handled([*thrusts, took(15.0, rests_s=12.0)], THRUST) == []


@pytest.mark.parametrize(("tilt_deg", "odd"), [(22.0, [0]), (13.0, [])])
def test_who_comes_from_a_seat_has_not_stepped_up(tilt_deg: float, odd: list[int]) -> None:
    steps = [took(2.4), took(2.5), took(2.3), took(2.4)]
    assert handled([took(3.4, tilt_deg=tilt_deg), *steps], STEP_UP) == odd


def test_of_a_single_one_nothing_is_known() -> None:
    assert handled([took(1.0)], SWING) == []
