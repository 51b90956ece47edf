"""Levers to the hip from how both sensors are accelerated upwards: which way round they are worn."""

import numpy as np
import pytest

from fusion import quaternion as quat
from fusion.alignment import split_frames
from fusion.alignment.hip_levers import HipLevers
from fusion.types import FloatArray, Segment
from tests.fusion.alignment.sensors import RATE_HZ, Turn, X, Y, Z, body, mountings, swings

PELVIS, RIGHT, LEFT = Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT
ABOUT_Y = [quat.from_rotation_vector(k * np.pi / 2.0 * Y) for k in range(4)]


def swaying(axis: FloatArray, size_deg: float, period_s: float) -> Turn:
    """A movement that is never quite in one plane, as people's are."""
    main, aside = swings(1.0, size_deg, period_s), swings(1.0, 8.0, 1.3)
    return lambda t_s: np.radians(main(t_s))[:, None] * axis + np.radians(aside(t_s))[:, None] * X


def squatting(thigh: Segment, q_sb: dict[Segment, FloatArray]) -> HipLevers:
    turns = {PELVIS: swaying(-Z, 25.0, 1.6), thigh: swaying(Z, 85.0, 2.0)}
    levers = HipLevers(thigh, RATE_HZ)
    for frame in split_frames(body(turns, 14.0, q_sb)):
        levers.update(frame.segments[PELVIS], frame.segments[thigh])
    return levers


@pytest.mark.parametrize("thigh", [RIGHT, LEFT])
def test_of_four_ways_round_the_true_one_fits_best(thigh: Segment) -> None:
    q_sb = mountings(21)
    evidence = squatting(thigh, q_sb).evidence()

    def fit(of_pelvis: int, of_thigh: int) -> float:
        pelvis, leg = (
            quat.to_matrix(quat.multiply(q_sb[s], ABOUT_Y[k]))
            for s, k in ((PELVIS, of_pelvis), (thigh, of_thigh))
        )
        return evidence.fit(pelvis, leg)

    others = [fit(p, t) for p in range(4) for t in range(4) if (p, t) != (0, 0)]
    assert fit(0, 0) > max(others) + 0.5
    assert fit(0, 0) > fit(2, 2) + 3.0


def test_a_swinging_thigh_shows_which_end_is_up() -> None:
    q_sb = mountings(22)
    up_s = squatting(RIGHT, q_sb).thigh_up_s
    assert up_s is not None
    # The lever runs 20° beside the thigh, from the skin to the joint.
    assert np.degrees(np.arccos(up_s @ quat.rotate(q_sb[RIGHT], Y))) < 30.0


def test_what_was_seen_turns_with_a_sensor_that_slips() -> None:
    q_sb = mountings(23)
    levers = squatting(RIGHT, q_sb)
    before = levers.thigh_up_s
    rotation = quat.to_matrix(quat.from_rotation_vector(0.4 * X))
    levers.turn(RIGHT, rotation)
    after = levers.thigh_up_s
    assert before is not None
    assert after is not None
    assert after == pytest.approx(rotation @ before, abs=1e-6)


def test_without_motion_nothing_is_claimed() -> None:
    levers = HipLevers(RIGHT, RATE_HZ)
    assert levers.thigh_up_s is None
    eye = np.eye(3)
    assert levers.evidence().fit(eye, eye) == levers.evidence().fit(-eye, -eye)
