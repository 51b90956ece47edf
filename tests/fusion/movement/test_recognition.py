"""Which exercise it is: named within two repetitions, or said to be unknown, and never renamed."""

import pytest

from fusion import exercises
from fusion.exercises import AUTO
from fusion.recognition import UNKNOWN
from fusion.types import ExerciseEvent, Side
from tests.fusion.movement.played import BOTH, Player, session_of, sets_of, told

CLEAR = [
    "hip_thrust",
    "glute_bridge",
    "squat_deep",
    "squat_low_bar",
    "deadlift",
    "rdl",
    "kettlebell_swing",
    "lunge_forward",
    "clamshell",
    "prone_hip_extension",
    "back_extension",
    "pelvic_tilt_drill",
]


@pytest.mark.parametrize("exercise_id", CLEAR)
def test_a_set_is_named_within_two_repetitions_and_counted_from_its_first(exercise_id: str) -> None:
    played = session_of(exercise_id)
    events = told(AUTO, played.signals(BOTH))
    named = [e for e in events if isinstance(e, ExerciseEvent) and e.exercise == exercise_id]
    assert len(named) == 1
    assert named[0].t_s <= played.reps[1].t_end_s + 1.0
    [done] = [s for s in sets_of(events) if s.exercise == exercise_id]
    assert len(done.reps) == len(played.reps)


def test_what_resembles_nothing_is_unknown_or_left_unnamed() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(5):
        player.to(1.0, player.rows[0] + [40.0, 25.0, -30.0, 20.0, 0, 0, 0, 0])
        player.to(1.0, player.rows[0])
    player.stay(15.0)
    events = told(AUTO, player.signals(BOTH))
    assert {e.exercise for e in events if isinstance(e, ExerciseEvent)} <= {UNKNOWN}
    assert not sets_of(events)


def test_two_exercises_one_after_the_other_are_two_sets() -> None:
    player = Player()
    player.stay(3.0)
    player.perform(exercises.load("squat_parallel"), 4)
    player.perform(exercises.load("rdl"), 4)
    player.stay(15.0)
    done = sets_of(told(AUTO, player.signals(BOTH)))
    assert [(s.exercise, len(s.reps)) for s in done] == [("squat_parallel", 4), ("rdl", 4)]


def test_any_splitting_names_and_counts_the_same() -> None:
    signals = session_of("hip_thrust", reps=3).signals()
    assert list(map(repr, told(AUTO, signals, 7))) == list(map(repr, told(AUTO, signals, len(signals))))


def test_one_leg_is_enough_where_the_other_tells_nothing_new() -> None:
    events = told(AUTO, session_of("rdl").signals((Side.RIGHT,)))
    assert [s.exercise for s in sets_of(events) if len(s.reps) == 5] == ["rdl"]
