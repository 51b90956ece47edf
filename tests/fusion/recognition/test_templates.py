"""How a repetition looks, and what a part of one looks like."""

import numpy as np
import pytest

from fusion import exercises
from fusion.recognition.templates import Look, Template, TemplateTable
from fusion.types import FloatArray, Side


def look(rest: tuple[float, float], turn: tuple[float, float], seconds: float = 1.0) -> Look:
    def angles(posture: tuple[float, float]) -> FloatArray:
        return np.array([*posture, np.nan, 0.0, 0.0, np.nan])

    return Look(angles(rest), angles(turn), np.log([seconds, seconds, 0.5]), 0.0, 2.0 * seconds, Side.RIGHT)


SQUAT, RDL, MONSTER = (Template(exercises.load(e)) for e in ("squat_parallel", "rdl", "monster_walk"))


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_less_of_a_squat_is_part_of_a_set_of_squats(share: float) -> None:
    turn = (share * float(SQUAT.turn[0]), share * float(SQUAT.turn[1]))
    assert SQUAT.may_be_part(look((0.0, 0.0), turn))
    assert SQUAT.may_be_part(look(turn, (0.0, 0.0)))


def test_a_hinge_is_no_part_of_a_squat_nor_one_that_goes_further() -> None:
    assert not SQUAT.may_be_part(look((0.0, 0.0), (float(RDL.turn[0]), float(RDL.turn[1]))))
    assert not SQUAT.may_be_part(look((0.0, 0.0), (1.3 * float(SQUAT.turn[0]), 1.3 * float(SQUAT.turn[1]))))


def test_an_exercise_may_be_done_at_any_speed_but_a_stride_only_as_its_file_says() -> None:
    squat, monster = (TemplateTable([template]) for template in (SQUAT, MONSTER))
    down = (float(SQUAT.turn[0]), float(SQUAT.turn[1]))
    far = [float(squat.distances(look((0.0, 0.0), down, s))[0]) for s in (1.0, 0.2)]
    assert far[1] - far[0] < 6.0
    ends = [(float(p[0]), float(p[1])) for p in (MONSTER.rests[0], MONSTER.turn)]
    strides = [float(monster.distances(look(ends[0], ends[1], s))[0]) for s in (0.9, 0.5, 0.15)]
    assert strides[1] - strides[0] < 3.0
    assert strides[2] - strides[0] > 12.0
