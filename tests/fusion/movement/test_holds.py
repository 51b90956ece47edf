"""Holds: how long a pose is kept."""

import numpy as np
import pytest

from fusion import exercises
from fusion.types import RepEvent, RepEventKind, Side, WarningEvent
from tests.fusion.movement.played import BOTH, Player, reps_of, told


def held(exercise_id: str, hold_s: float = 15.0) -> Player:
    """Two holds from the first pose to the last, standing in between."""
    player = Player()
    player.stay(3.0)
    player.walk(6.0)
    exercise = exercises.load(exercise_id)
    for _ in range(2):
        player.to(2.0, player._row(exercise, exercise.poses[0], Side.RIGHT))
        player.stay(1.0)
        player.to(2.0, player._row(exercise, exercise.poses[-1], Side.RIGHT))
        player.stay(hold_s)
        player.stand(12.0)
    return player


@pytest.mark.parametrize("exercise_id", ["plank", "hip_flexor_stretch", "single_leg_stance"])
def test_each_hold_counts_with_its_time(exercise_id: str) -> None:
    first, second = reps_of(told(exercise_id, held(exercise_id).signals(BOTH)))
    for hold in (first, second):
        assert hold.full
        assert hold.hold_s == pytest.approx(15.0, abs=2.5)


def test_a_hold_is_announced_after_a_second_and_committed_when_left() -> None:
    events = [e for e in told("plank", held("plank").signals(), 1) if isinstance(e, RepEvent)]
    assert [e.kind for e in events] == [RepEventKind.PROVISIONAL, RepEventKind.COMMITTED] * 2
    assert events[0].t_s - events[0].rep.t_start_s <= 1.0
    assert events[1].rep.t_start_s == pytest.approx(14.0, abs=0.3)
    assert events[1].rep.t_end_s == pytest.approx(29.0, abs=0.3)


def test_a_stretch_counts_for_who_does_not_get_all_the_way_and_not_where_it_has_not_begun() -> None:
    exercise = exercises.load("hip_flexor_stretch")
    for share, count in ((0.5, 1), (0.25, 0)):
        player = Player()
        player.stay(3.0)
        start, end = (player._row(exercise, pose, Side.RIGHT) for pose in exercise.poses)
        player.to(2.0, start)
        player.stay(3.0)
        player.to(1.5, start + share * (end - start))
        player.stay(12.0)
        player.to(1.5, start)
        player.stand(12.0)
        assert len(reps_of(told("hip_flexor_stretch", player.signals(BOTH)))) == count


def test_any_splitting_gives_the_same_holds() -> None:
    signals = held("plank").signals()
    assert list(map(repr, told("plank", signals, 7))) == list(map(repr, told("plank", signals, len(signals))))


def low_planks() -> Player:
    """One held low, one so low that lying prone is nearly as near as the model, then lying prone."""
    player = Player()
    player.stay(3.0)
    ready = np.array([86.0, 0, 4.0, 4.0, 0, 0, 0, 0])
    for tilt, pitch in ((84.0, -86.0), (86.0, -86.5), (90.0, -90.0)):
        player.to(2.0, ready)
        player.stay(1.0)
        player.to(1.0, np.array([tilt, 0, pitch, pitch, 0, 0, 0, 0]))
        player.stay(15.0)
    player.stand(12.0)
    return player


def test_a_pose_is_known_again_as_the_person_has_held_it() -> None:
    assert len(reps_of(told("plank", low_planks().signals()))) == 2


def test_what_was_learnt_from_a_hold_counts_from_its_end_on_whatever_the_blocks() -> None:
    signals = low_planks().signals()
    assert list(map(repr, told("plank", signals, 7))) == list(map(repr, told("plank", signals, len(signals))))


def test_standing_and_lying_are_no_hold() -> None:
    player = Player()
    player.stay(20.0)
    player.to(3.0, np.array([90.0, 0, -90.0, -90.0, 0, 0, 0, 0]))
    player.stay(20.0)
    player.stand(3.0)
    for exercise_id in ("plank", "hip_flexor_stretch", "single_leg_stance"):
        assert not reps_of(told(exercise_id, player.signals(BOTH))), exercise_id


def test_a_stance_on_the_leg_with_the_only_sensor_cannot_be_seen_and_a_raised_one_can() -> None:
    on_right = held("single_leg_stance")
    assert not reps_of(told("single_leg_stance", on_right.signals((Side.RIGHT,))))
    assert len(reps_of(told("single_leg_stance", on_right.signals((Side.LEFT,))))) == 2


def test_no_warning_is_given_for_a_hold_that_is_seen() -> None:
    assert not [e for e in told("plank", held("plank").signals()) if isinstance(e, WarningEvent)]
