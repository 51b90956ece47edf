"""Which strides are the exercise's own: any pace that its file knows, T as well as it is known."""

import numpy as np
import pytest

from fusion import exercises
from fusion.movement.strides import Strides

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


def test_a_run_is_ahead_of_a_walk_by_its_lean_its_lift_and_its_time() -> None:
    assert RUN.ahead(np.array([11.0, 25.0, -22.0, np.log(0.72)])) > 2.0
    assert RUN.ahead(np.array([3.5, 27.0, -17.0, np.log(0.95)])) < -1.0
