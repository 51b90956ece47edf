"""Only good repetitions make volume, and only loads that were told make kilograms."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.errors import InputError
from fusion.programme.records import SetInputs
from fusion.programme.volume import total, volume_of, weekly
from tests.fusion.programme.weeks import MONDAY, session_on, set_of


def test_load_volume_is_load_times_good_repetitions() -> None:
    done = volume_of(set_of(good=6, bad=2, load_kg=50.0))
    assert (done.reps, done.quality_reps) == (8, 6)
    assert done.load_volume_kg == pytest.approx(300.0)
    assert done.tension_s == pytest.approx(24.0)
    assert done.quality_share == pytest.approx(0.75)


def test_a_set_without_a_load_is_counted_as_such_and_adds_no_kilograms() -> None:
    done = total([set_of(load_kg=40.0, good=5), set_of(good=5)])
    assert done.load_volume_kg == pytest.approx(200.0)
    assert done.sets_unloaded == 1


def test_weeks_begin_on_monday_and_an_idle_week_is_a_zero() -> None:
    weeks = weekly(
        [session_on(6, set_of(good=3)), session_on(14, set_of(good=4)), session_on(0, set_of(good=2))]
    )
    assert [(k - MONDAY).days for k in weeks] == [0, 7, 14]
    assert [v.quality_reps for v in weeks.values()] == [5, 0, 4]


def test_nothing_done_is_no_week() -> None:
    assert weekly([]) == {}
    assert total([]).quality_share == 0.0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 60)), max_size=12))
def test_the_weeks_add_up_to_the_whole(sets: list[tuple[int, int, int]]) -> None:
    sessions = [session_on(day, set_of(good=good, bad=bad, load_kg=20.0)) for good, bad, day in sets]
    weeks = weekly(sessions)
    whole = total(done for session in sessions for done in session.sets)
    assert sum(v.reps for v in weeks.values()) == whole.reps
    assert sum(v.load_volume_kg for v in weeks.values()) == pytest.approx(whole.load_volume_kg)
    assert all(b - a == timedelta(weeks=1) for a, b in zip(list(weeks), list(weeks)[1:], strict=False))


@pytest.mark.parametrize("field", [{"load_kg": -1.0}, {"rpe": 11.0}, {"rating": 10.5}, {"rpe": float("nan")}])
def test_an_impossible_input_is_refused(field: dict[str, float]) -> None:
    with pytest.raises(InputError, match="allowed are"):
        SetInputs(**field)  # type: ignore[arg-type]
