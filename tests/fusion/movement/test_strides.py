"""Which strides are the exercise's own: any pace that its file knows, T as well as it is known."""

import numpy as np
import pytest

from fusion import exercises
from fusion.movement.strides import Strides, own_stride
from fusion.movement.track import Track
from fusion.types import Side, SignalBlock

MONSTER = Strides(exercises.load("monster_walk"))
RUN = Strides(exercises.load("run"))


@pytest.mark.parametrize("period_s", [1.0, 1.8, 4.0])
def test_any_pace_between_the_shortest_and_the_longest_is_its_own(period_s: float) -> None:
    assert MONSTER.is_own(np.array([12.0, 40.0, 7.0, np.log(period_s)]))


@pytest.mark.parametrize("period_s", [0.4, 8.0])
def test_a_pace_far_beyond_is_none(period_s: float) -> None:
    assert not MONSTER.is_own(np.array([12.0, 40.0, 7.0, np.log(period_s)]))


def test_a_walk_is_no_monster_walk() -> None:
    assert not MONSTER.is_own(np.array([3.0, 26.0, -16.0, np.log(1.1)]))


def test_a_level_that_is_not_known_is_taken_for_the_exercises() -> None:
    off = np.array([11.0, 65.0, 18.0, np.log(0.7)])
    assert not RUN.is_own(off)
    assert RUN.is_own(RUN.levelled(off, 60.0))
    assert not RUN.is_own(RUN.levelled(off, 10.0))


def test_a_step_upstairs_is_no_leg_raise_where_nothing_else_speaks_for_it() -> None:
    raises = Strides(exercises.load("front_leg_raise"))
    stair, raised = np.array([4.0, 58.0, 0.0, np.log(1.6)]), np.array([-2.0, 62.0, 0.0, np.log(1.9)])
    assert not raises.is_rather_everyday(stair, (0.0, 62.0))
    assert raises.is_rather_everyday(stair, (0.0, 62.0), in_doubt=True)
    assert not raises.is_rather_everyday(raised, (0.0, 62.0), in_doubt=True)


def test_strides_together_are_a_run_or_a_walk_by_what_they_have_in_common() -> None:
    run, walk = np.array([11.0, 2.0, 47.0, np.log(0.72)]), np.array([3.5, 5.0, 44.0, np.log(0.95)])
    assert RUN.is_own_gait(run, 350.0)
    assert not RUN.is_own_gait(walk, 200.0)
    assert MONSTER.is_own_gait(np.array([12.0, 25.0, 35.0, np.log(1.5)]), 90.0)


@pytest.mark.parametrize(("peak_dps", "own"), [(350.0, True), (50.0, False)])
def test_the_faster_limbs_swing_the_less_is_known_of_their_levels(peak_dps: float, own: bool) -> None:
    assert RUN.is_own_gait(np.array([-10.0, 2.0, 47.0, np.log(0.72)]), peak_dps) is own


@pytest.mark.parametrize(("level_deg", "took_s", "own"), [(100.0, 0.45, True), (14.0, 1.1, False)])
def test_a_sprint_is_told_by_range_and_time_alone(level_deg: float, took_s: float, own: bool) -> None:
    sprint = Strides(exercises.load("sprint"))
    assert sprint.is_own_gait(np.array([10.0, level_deg, 110.0, np.log(took_s)]), 1000.0) is own


def test_a_lone_stride_is_sure_at_any_pace_and_never_where_a_walk_is_nearer() -> None:
    assert MONSTER.is_surely_own(np.array([15.0, 44.0, 7.0, np.log(2.0)]))
    assert not RUN.is_surely_own(np.array([4.0, 26.0, -17.0, np.log(0.95)]))


@pytest.mark.parametrize(("there_s", "took_s"), [(1.0, 2.0), (3.0, 2.0)])
def test_a_first_stride_takes_what_its_way_back_takes(there_s: float, took_s: float) -> None:
    t_s = np.arange(0.0, there_s + 1.0, 1.0 / 60.0)
    turn = int(np.searchsorted(t_s, there_s))
    still = np.zeros(len(t_s))
    signals = SignalBlock(t_s, 60.0, (), np.empty((0, len(t_s))), np.empty((0, len(t_s))))
    track = Track(
        Side.RIGHT, t_s, still, still, still, still, still, still, 0, turn, turn, len(t_s) - 1, signals
    )
    seen = own_stride(track)
    assert seen is not None
    assert np.exp(seen[3]) == pytest.approx(took_s, abs=0.1)
