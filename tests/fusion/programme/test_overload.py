"""More comes after good: the gate of progressive overload."""

import pytest

from fusion.programme.overload import Advice, overload_of
from tests.fusion.programme.weeks import session_on, set_of


def test_the_gate_opens_at_80_percent_good_repetitions_in_the_last_two_sessions() -> None:
    weak_start = session_on(0, set_of(good=2, bad=8))
    sessions = [weak_start, session_on(7, set_of(good=8, bad=2)), session_on(9, set_of(good=8, bad=2))]
    seen = overload_of(sessions, "hip_thrust")
    assert seen.advice is Advice.MORE
    assert seen.quality_share == pytest.approx(0.8)


def test_one_repetition_less_and_the_load_stays() -> None:
    sessions = [session_on(0, set_of(good=8, bad=2)), session_on(2, set_of(good=7, bad=3))]
    seen = overload_of(sessions, "hip_thrust")
    assert seen.advice is Advice.HOLD
    assert "15 of 20" in seen.reason


def test_one_session_is_too_early_for_advice() -> None:
    assert overload_of([session_on(0, set_of())], "hip_thrust").advice is Advice.TOO_EARLY
    assert overload_of([], "hip_thrust").advice is Advice.TOO_EARLY


def test_the_order_in_which_sessions_are_given_does_not_matter() -> None:
    sessions = [session_on(9, set_of(good=10)), session_on(0, set_of(bad=10)), session_on(7, set_of(good=10))]
    assert overload_of(sessions, "hip_thrust") == overload_of(sessions[::-1], "hip_thrust")


def test_the_change_is_by_load_where_every_set_has_one_else_by_repetitions() -> None:
    first, heavier = set_of(good=10, load_kg=50.0), set_of(good=10, load_kg=60.0)
    by_load = overload_of([session_on(0, first), session_on(7, heavier)], "hip_thrust")
    assert by_load.change_percent == pytest.approx(20.0)
    by_reps = overload_of([session_on(0, first), session_on(7, set_of(good=5))], "hip_thrust")
    assert by_reps.change_percent == pytest.approx(-50.0)


def test_after_an_idle_week_there_is_nothing_to_compare_with() -> None:
    assert (
        overload_of([session_on(0, set_of()), session_on(14, set_of())], "hip_thrust").change_percent is None
    )


def test_the_best_load_is_one_that_was_moved_well() -> None:
    sets = set_of(good=8, load_kg=60.0), set_of(good=4, bad=4, load_kg=80.0)
    assert overload_of([session_on(0, *sets)], "hip_thrust").best_load_kg == 60.0
