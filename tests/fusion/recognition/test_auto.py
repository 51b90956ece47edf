"""Which exercise it is: named within two repetitions, or said to be unknown, and never renamed."""

import pytest

from fusion import exercises
from fusion.exercises import AUTO
from fusion.recognition.auto import UNKNOWN
from fusion.types import ExerciseEvent, RepEvent, RepEventKind, Side
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
    events = told(AUTO, player.signals(BOTH))
    done = sets_of(events)
    assert [(s.index, s.exercise, len(s.reps)) for s in done] == [(0, "squat_parallel", 4), (1, "rdl", 4)]
    counted = [e.set_index for e in events if isinstance(e, RepEvent) and e.kind is RepEventKind.COMMITTED]
    assert counted == [0] * 4 + [1] * 4


def test_any_splitting_names_and_counts_the_same() -> None:
    signals = session_of("hip_thrust", reps=3).signals()
    assert list(map(repr, told(AUTO, signals, 7))) == list(map(repr, told(AUTO, signals, len(signals))))


def test_one_leg_is_enough_where_the_other_tells_nothing_new() -> None:
    events = told(AUTO, session_of("rdl").signals((Side.RIGHT,)))
    assert [s.exercise for s in sets_of(events) if len(s.reps) == 5] == ["rdl"]


def test_a_movement_that_follows_without_a_pause_ends_the_set_aloud() -> None:
    player = Player()
    player.stay(3.0)
    player.perform(exercises.load("front_leg_raise"), 4)
    player.perform(exercises.load("squat_low_bar"), 5)
    player.stay(15.0)
    events = told(AUTO, player.signals(BOTH))
    names = [e.exercise for e in events if isinstance(e, ExerciseEvent)]
    assert names == ["front_leg_raise", "squat_low_bar"]
    assert [(s.exercise, len(s.reps)) for s in sets_of(events)] == [
        ("front_leg_raise", 4),
        ("squat_low_bar", 5),
    ]


def test_what_a_set_took_in_before_it_was_known_to_be_another_movement_is_taken_back() -> None:
    player = Player()
    player.stay(3.0)
    player.perform(exercises.load("front_leg_raise"), 4)
    player.perform(exercises.load("squat_low_bar"), 5)
    player.stay(15.0)
    events = told(AUTO, player.signals((Side.RIGHT,)))
    committed = [e for e in events if isinstance(e, RepEvent) and e.kind is RepEventKind.COMMITTED]
    revised = [e for e in events if isinstance(e, RepEvent) and e.kind is RepEventKind.REVISED]
    assert len(committed) - len(revised) == sum(len(s.reps) for s in sets_of(events))


def test_partial_repetitions_do_not_rename_a_set() -> None:
    player = Player()
    player.stay(3.0)
    player.perform(exercises.load("squat_deep"), 8, shares=(1.0, 1.0, 0.5, 0.5, 0.5))
    player.stay(15.0)
    events = told(AUTO, player.signals(BOTH))
    assert len([e for e in events if isinstance(e, ExerciseEvent) and e.exercise != UNKNOWN]) == 1


@pytest.mark.parametrize("exercise_id", ["plank", "hip_flexor_stretch", "single_leg_stance"])
def test_a_hold_is_named_while_it_is_kept(exercise_id: str) -> None:
    exercise = exercises.load(exercise_id)
    player = Player()
    player.stay(3.0)
    player.to(2.0, player._row(exercise, exercise.poses[0], Side.RIGHT))
    player.to(1.5, player._row(exercise, exercise.poses[1], Side.RIGHT))
    player.stay(15.0)
    ends_s = player.now_s
    player.stand(12.0)
    events = told(AUTO, player.signals(BOTH))
    [named] = [e for e in events if isinstance(e, ExerciseEvent)]
    assert named.exercise == exercise_id
    assert named.t_s < ends_s
    assert [s.exercise for s in sets_of(events)] == [exercise_id]


def test_what_looks_alike_is_told_with_the_name() -> None:
    one_thigh = told(AUTO, session_of("glute_bridge").signals((Side.RIGHT,)))
    [named] = [e for e in one_thigh if isinstance(e, ExerciseEvent) and e.exercise != "walk"]
    assert {named.exercise, *named.alike} == {"glute_bridge", "sl_glute_bridge"}
    both = told(AUTO, session_of("glute_bridge").signals(BOTH))
    [sure] = [e for e in both if isinstance(e, ExerciseEvent) and e.exercise != "walk"]
    assert (sure.exercise, sure.alike) == ("glute_bridge", ())


def test_walking_is_called_walking() -> None:
    player = Player()
    player.stay(3.0)
    player.walk(20.0)
    player.stay(15.0)
    events = told(AUTO, player.signals(BOTH))
    assert {e.exercise for e in events if isinstance(e, ExerciseEvent)} <= {"walk", UNKNOWN}


def test_a_walk_to_the_track_does_not_keep_the_sprint_from_its_name() -> None:
    player = Player()
    player.stay(3.0)
    player.walk(12.0)
    player.perform(exercises.load("sprint"), 12, sides=BOTH, shares=(0.8,))
    player.stay(15.0)
    events = told(AUTO, player.signals((Side.RIGHT,)))
    walk, sprint = [e for e in events if isinstance(e, ExerciseEvent)]
    assert (walk.exercise, sprint.exercise) == ("walk", "sprint")
    assert sprint.t_s < player.reps[6].t_end_s
