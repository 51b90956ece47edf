"""Movements that follow a set or come before it: what is done otherwise after a pause is of no set."""

from math import nan

import pytest

from fusion import exercises
from fusion.movement.followed import others
from fusion.movement.sets import Candidate, SetBook
from fusion.types import RepSummary, Side

LUNGE = exercises.load("lunge_forward")


def candidate(
    start_s: float, rom_deg: float, top_tilt_deg: float, *, stays_s: float = 0.3, like_stride: bool = False
) -> Candidate:
    rep = RepSummary(
        index=0,
        t_start_s=start_s,
        t_top_s=start_s + 1.0,
        t_end_s=start_s + 2.0,
        full=True,
        confidence=1.0,
        rom_deg=rom_deg,
        hip_flexion_min_deg=0.0,
        hip_flexion_max_deg=rom_deg,
        tempo_s=(1.0, 0.0, 1.0, 0.0),
        hold_s=nan,
        pelvis_residual_peak_deg=0.0,
        side=Side.RIGHT,
        quality=True,
    )
    return Candidate(
        rep,
        top_deg=rom_deg,
        top_tilt_deg=top_tilt_deg,
        top_pitch_deg=rom_deg - top_tilt_deg,
        sure_alone=True,
        start_posture_deg=(0.0, 0.0),
        end_posture_deg=(0.0, 0.0),
        stays_s=stays_s,
        like_stride=like_stride,
    )


def lunges(first_s: float, count: int = 6) -> list[Candidate]:
    return [candidate(first_s + 2.5 * k, 101.0, 9.0) for k in range(count)]


def squats(first_s: float, count: int = 4) -> list[Candidate]:
    return [candidate(first_s + 2.5 * k, 115.0, 24.0) for k in range(count)]


def test_squats_after_a_pause_are_no_lunges() -> None:
    assert others([*lunges(7.0), *squats(27.0)], LUNGE) == [9, 8, 7, 6]


def test_nor_are_squats_before_them() -> None:
    assert others([*squats(2.0), *lunges(20.0)], LUNGE) == [3, 2, 1, 0]


def test_a_set_that_goes_on_after_a_pause_is_one_set() -> None:
    assert others([*lunges(7.0), *lunges(27.0)], LUNGE) == []


def test_without_a_pause_a_person_has_changed_how_they_do_it() -> None:
    assert others([*lunges(7.0), *squats(22.0)], LUNGE) == []


def test_smaller_ones_after_a_pause_are_those_of_somebody_tired() -> None:
    tired = [candidate(27.0 + 2.5 * k, 70.0, 3.0) for k in range(3)]
    assert others([*lunges(7.0), *tired], LUNGE) == []


def test_a_seat_at_an_end_is_none_of_the_set() -> None:
    assert others([candidate(1.0, 100.0, 8.0, stays_s=15.0), *lunges(20.0)], LUNGE) == [0]


@pytest.mark.parametrize(("pause_s", "odd"), [(4.0, [6]), (0.6, [])])
def test_a_stride_that_stands_apart_is_none_of_the_set(pause_s: float, odd: list[int]) -> None:
    stride = candidate(7.0 + 2.5 * 5 + 2.0 + pause_s, 95.0, 6.0, like_stride=True)
    assert others([*lunges(7.0), stride], LUNGE) == odd


def test_steps_are_left_to_their_own_rules() -> None:
    assert others([*lunges(7.0), *squats(27.0)], exercises.load("stairs")) == []


def strides_after(first_deg: float) -> SetBook:
    book = SetBook(exercises.load("monster_walk"))
    for k, rom_deg in enumerate([first_deg, 34.0, 35.0, 33.0, 34.0]):
        book.add(candidate(1.8 * k, rom_deg, 12.0))
    return book


def test_a_first_stride_that_gets_up_from_a_seat_is_none() -> None:
    assert strides_after(97.0).odd_ends() == [0]


def test_a_first_stride_from_a_stand_may_go_further_than_the_next() -> None:
    assert strides_after(45.0).odd_ends() == []
