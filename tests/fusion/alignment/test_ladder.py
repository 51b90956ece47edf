"""Axes and their signs on made-up bodies: any mounting, any plane of motion, silence, no plan."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.alignment import CalibrationLadder
from fusion.motion_hint import MotionHint, Plane, Pose
from fusion.types import FloatArray
from tests.fusion.alignment.sensors import (
    LEFT,
    PELVIS,
    RIGHT,
    SEGMENTS,
    SQUAT,
    Turn,
    X,
    Y,
    Z,
    about,
    axis_error_deg,
    body,
    mountings,
    squat,
    still,
    swings,
    watch,
)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_any_mounting_is_found_from_a_stand_and_a_squat(seed: int) -> None:
    q_sb = mountings(seed)
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), body(squat(), 14.0, q_sb))
    for segment in SEGMENTS:
        for axis in (X, Y, Z):
            assert axis_error_deg(ladder, segment, q_sb[segment], axis) < 0.5
        assert ladder.alignments[segment].zero == "stand"
        assert not ladder.alignments[segment].warnings


def test_stepping_sideways_in_a_half_squat_shows_the_axes() -> None:
    hint = MotionHint((Pose(12.0, 22.0),) * 2, Plane.FRONTAL, standing=True, alternating=True)

    def crouch(size_deg: float, outwards: FloatArray, swing_deg: float) -> Turn:
        bent, out = swings(4.0, size_deg, 3.0), swings(5.5, swing_deg, 1.0)
        return lambda t_s: np.radians(bent(np.minimum(t_s, 5.5))[:, None] * Z + out(t_s)[:, None] * outwards)

    turns = {PELVIS: crouch(-12.0, X, 0.0), RIGHT: crouch(22.0, -X, 20.0), LEFT: crouch(22.0, X, 20.0)}
    q_sb = mountings(3)
    ladder = watch(CalibrationLadder(SEGMENTS, hint), body(turns, 16.0, q_sb))
    assert all(axis_error_deg(ladder, s, q_sb[s], Z) < 6.0 for s in SEGMENTS)


def test_side_steps_show_back_from_front_whichever_leg_the_sensors_are_on() -> None:
    hint = MotionHint((Pose(12.0, 22.0),) * 2, Plane.FRONTAL, standing=True, alternating=True)
    bent, out = swings(4.0, 22.0, 3.0), swings(5.5, 20.0, 1.0)

    def crouch(outwards: FloatArray) -> Turn:
        return lambda t_s: np.radians(bent(np.minimum(t_s, 5.5))[:, None] * Z + out(t_s)[:, None] * outwards)

    worn_on_the_other = {PELVIS: about(-Z, swings(4.0, 12.0, 24.0)), RIGHT: crouch(X), LEFT: crouch(-X)}
    q_sb = mountings(7)
    ladder = watch(CalibrationLadder(SEGMENTS, hint), body(worn_on_the_other, 16.0, q_sb))
    assert all(axis_error_deg(ladder, s, q_sb[s], Z) < 10.0 for s in (RIGHT, LEFT))


def test_a_sensor_worn_upside_down_and_inside_out_makes_no_difference() -> None:
    q_sb = {
        PELVIS: quat.from_rotation_vector(np.pi * X),
        RIGHT: quat.from_rotation_vector(np.pi * Y),
        LEFT: quat.from_rotation_vector(np.pi * Z),
    }
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), body(squat(), 14.0, q_sb))
    assert all(axis_error_deg(ladder, s, q_sb[s], Z) < 0.5 for s in SEGMENTS)


def test_side_steps_among_the_squats_do_not_turn_the_axis() -> None:
    q_sb = mountings(3)
    sagittal, frontal = swings(4.0, 80.0), swings(12.0, 25.0, 1.0)

    def thigh(t_s: FloatArray) -> FloatArray:
        forward = np.where(t_s < 12.0, sagittal(t_s), 0.0)
        sideways = np.where(t_s < 12.0, 0.0, frontal(t_s))
        return np.asarray(np.radians(forward)[:, None] * Z + np.radians(sideways)[:, None] * X)

    turns = {PELVIS: squat()[PELVIS], RIGHT: thigh, LEFT: thigh}
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), body(turns, 15.0, q_sb))
    assert axis_error_deg(ladder, RIGHT, q_sb[RIGHT], Z) < 5.0


def test_a_leg_raised_sideways_is_recognised_by_an_exercise_of_the_frontal_plane() -> None:
    q_sb = mountings(4)
    hint = MotionHint((Pose(0.0, 0.0), Pose(0.0, 0.0)), Plane.FRONTAL, standing=True)
    turns = {PELVIS: about(-Z, swings(4.0, 15.0)), RIGHT: about(-X, swings(4.0, 35.0)), LEFT: still}
    ladder = watch(CalibrationLadder(SEGMENTS, hint), body(turns, 14.0, q_sb))
    assert axis_error_deg(ladder, RIGHT, q_sb[RIGHT], Z) < 1.0


def test_sitting_down_before_side_steps_does_not_take_them_for_strides() -> None:
    hint = MotionHint((Pose(12.0, 22.0),) * 2, Plane.FRONTAL, standing=True, alternating=True)
    q_sb = mountings(5)
    sits, steps = swings(4.0, 88.0, 16.0), swings(22.0, 20.0, 1.0)

    def thigh(t_s: FloatArray) -> FloatArray:
        ahead, aside = np.radians(np.where(t_s < 20.0, sits(t_s), 0.0)), np.radians(steps(t_s))
        return np.asarray(ahead[:, None] * Z - aside[:, None] * X)

    turns = {PELVIS: about(-Z, swings(4.0, 14.0, 16.0)), RIGHT: thigh}
    ladder = watch(CalibrationLadder((PELVIS, RIGHT), hint), body(turns, 34.0, q_sb))
    assert axis_error_deg(ladder, RIGHT, q_sb[RIGHT], Z) < 8.0


def test_lying_on_ones_back_for_longer_than_on_the_side_does_not_turn_the_axes() -> None:
    hint = MotionHint((Pose(None, None, 90.0),) * 2, Plane.FRONTAL)
    q_sb = mountings(6)

    def lies(t_s: FloatArray, ways_deg: tuple[float, ...], aside_deg: FloatArray) -> FloatArray:
        """Lean forward, sit, 25 s on the back, up the same way, then onto the left side."""
        times = [4.0, 5.5, 7.0, 9.0, 34.0, 36.0, 37.5, 39.0]
        ahead = np.radians(np.interp(t_s, times, [0.0, *ways_deg, *ways_deg[::-1], 0.0]))
        side = np.radians(np.interp(t_s, [43.0, 45.0], [0.0, 90.0]) - aside_deg)
        return np.asarray(ahead[:, None] * Z - side[:, None] * X)

    turns = {
        PELVIS: lambda t_s: lies(t_s, (-35.0, 12.0, 88.0), np.zeros(len(t_s))),
        RIGHT: lambda t_s: lies(t_s, (55.0, 86.0, 110.0), swings(46.0, 30.0)(t_s)),
    }
    ladder = watch(CalibrationLadder((PELVIS, RIGHT), hint), body(turns, 58.0, q_sb))
    assert axis_error_deg(ladder, PELVIS, q_sb[PELVIS], Z) < 8.0


def test_without_any_motion_angles_still_come_and_the_axis_is_called_uncertain() -> None:
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), body(dict.fromkeys(SEGMENTS, still), 8.0, mountings()))
    assert ladder.ready
    for alignment in ladder.alignments.values():
        assert alignment.method == "stand"
        assert alignment.quality < 0.1
        assert "hip hinges" in alignment.warnings[0]


def test_a_heading_lost_in_a_silence_does_not_turn_an_axis() -> None:
    q_sb = mountings(14)
    block = body(squat(), 24.0, q_sb)
    thigh = block.segments[RIGHT]
    gone, after = (block.t_s >= 9.0) & (block.t_s < 14.0), block.t_s >= 14.0
    turn = quat.from_rotation_vector([0.0, 0.0, 2.2])
    q_es = np.where(after[:, None], quat.multiply(turn, thigh.q_es), thigh.q_es)
    heading_sd = np.where(after, 3.0, thigh.heading_sd_rad)
    inclination_sd = np.where(after & (block.t_s < 14.5), 1.4, thigh.inclination_sd_rad)
    q_es[after & (block.t_s < 14.3)] = q_sb[PELVIS]  # and at first not even the vertical is known
    q_es[gone] = np.nan
    hurt = replace(thigh, q_es=q_es, heading_sd_rad=heading_sd, inclination_sd_rad=inclination_sd)
    ladder = watch(
        CalibrationLadder(SEGMENTS, SQUAT), replace(block, segments={**block.segments, RIGHT: hurt})
    )
    assert all(axis_error_deg(ladder, s, q_sb[s], Z) < 1.0 for s in SEGMENTS)


def test_without_a_plan_a_hip_still_bends_no_further_than_hips_go() -> None:
    q_sb = mountings(16)
    # From a stand onto all fours, then one leg goes back to level: turned over, the hip would bend to 180°.
    down = swings(4.0, 90.0, 8.0)

    def trunk(t_s: FloatArray) -> FloatArray:
        return np.asarray(np.where(t_s < 8.0, down(t_s), 90.0))

    def leg(t_s: FloatArray) -> FloatArray:
        return np.asarray(np.where(t_s < 8.0, 0.0, -swings(8.0, 90.0)(t_s)))

    turns = {PELVIS: about(-Z, trunk), RIGHT: about(Z, leg), LEFT: still}
    ladder = watch(CalibrationLadder(SEGMENTS, MotionHint(())), body(turns, 20.0, q_sb))
    assert axis_error_deg(ladder, PELVIS, q_sb[PELVIS], Z) < 5.0
    assert axis_error_deg(ladder, RIGHT, q_sb[RIGHT], Z) < 5.0
