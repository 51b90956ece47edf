"""The zero on made-up bodies: stands, later ones, slips, seats, rests of the exercise, no stand at all."""

from collections.abc import Callable

import numpy as np
import pytest

from fusion import exercises
from fusion import quaternion as quat
from fusion.alignment import CalibrationLadder
from fusion.alignment.places import StillPlaces
from fusion.alignment.reference import StandCollection
from fusion.alignment.stand import StillPose
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, Segment
from tests.fusion.alignment.sensors import (
    LEFT,
    PELVIS,
    RATE_HZ,
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


def test_a_later_stand_refines_the_zero() -> None:
    q_sb = mountings(5)

    def leaning(t_s: FloatArray) -> FloatArray:
        first, last = np.radians(3.0) * (t_s < 4.0), np.radians(-3.0) * (t_s >= 14.0)
        moving = np.radians(swings(4.0, 60.0)(t_s)) * ((t_s >= 4.0) & (t_s < 14.0))
        return np.asarray((first + last + moving)[:, None] * -Z)

    turns = {PELVIS: leaning, RIGHT: squat()[RIGHT], LEFT: squat()[LEFT]}

    def thigh(t_s: FloatArray) -> FloatArray:
        return np.asarray(np.radians(swings(4.0, 80.0)(t_s) * (t_s < 14.0))[:, None] * Z)

    turns[RIGHT] = turns[LEFT] = thigh
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), body(turns, 19.0, q_sb))
    # Between one stand 3° forward and one 3° backward lies upright.
    assert axis_error_deg(ladder, PELVIS, q_sb[PELVIS], Y) < 1.5


def test_a_slipped_sensor_is_named_and_its_zero_set_anew() -> None:
    q_sb = mountings(6)
    before = body(squat(), 12.0, q_sb)
    slipped = quat.multiply(q_sb[RIGHT], quat.from_rotation_vector(np.radians(14.0) * Z))
    after = body(dict.fromkeys(SEGMENTS, still), 5.0, {**q_sb, RIGHT: slipped})
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), _one_after_the_other(before, after))
    [warning] = [w for w in ladder.warnings if w.code == "sensor_slipped"]
    assert warning.segment is RIGHT
    assert "thigh_right" in warning.message
    [first, second] = ladder.plan
    assert second[0] == pytest.approx(12.0, abs=1.1)
    for alignments, q in ((first[1], q_sb[RIGHT]), (second[1], slipped)):
        up = quat.rotate(np.array(alignments[RIGHT].q_sb), Y)
        assert np.degrees(np.arccos(min(1.0, float(up @ quat.rotate(q, Y))))) < 1.5


def test_a_person_who_bends_for_plates_has_no_slipped_sensor() -> None:
    q_sb = mountings(7)
    bent = {s: about(-Z if s is PELVIS else Z, lambda t_s: np.full(len(t_s), 15.0)) for s in SEGMENTS}
    both = _one_after_the_other(body(squat(), 12.0, q_sb), body(bent, 5.0, q_sb))
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), both)
    assert not [w for w in ladder.warnings if w.code == "sensor_slipped"]


def test_a_leg_that_is_lifted_slowly_and_held_is_no_slipped_sensor() -> None:
    q_sb = mountings(8)

    def lift(t_s: FloatArray) -> FloatArray:
        share = ((t_s - 5.0) / 8.0).clip(0.0, 1.0)
        return np.asarray(24.0 * share**3 * (10.0 + share * (6.0 * share - 15.0)))

    turns: dict[Segment, Turn] = {PELVIS: still, RIGHT: about(-Z, lift), LEFT: still}
    both = _one_after_the_other(body(squat(), 12.0, q_sb), body(turns, 18.0, q_sb))
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), both)
    assert not [w for w in ladder.warnings if w.code == "sensor_slipped"]


def test_a_told_stand_in_which_somebody_moved_is_named() -> None:
    ladder = CalibrationLadder(SEGMENTS, SQUAT)
    ladder.stand_between(4.0, 8.0)
    watch(ladder, body(squat(), 16.0, mountings(8)))
    moved = [w for w in ladder.warnings if w.code == "stand_moved"]
    assert {w.segment for w in moved} == set(SEGMENTS)
    assert "--stand A:B" in moved[0].message
    assert "from 4.0 to 8.0 s" in moved[0].message


def test_a_squat_that_begins_in_the_middle_comes_out_upright_at_its_top() -> None:
    q_sb = mountings(9)

    def cycle(size_deg: float, axis: FloatArray) -> Turn:
        def turn(t_s: FloatArray) -> FloatArray:
            # Down and up in 2 s, then a pause of 1 s at the top; begins half way down.
            phase = np.minimum(((t_s + 0.5) % 3.0) / 2.0, 1.0)
            return np.asarray(
                np.radians(0.5 * size_deg * (1.0 - np.cos(2.0 * np.pi * phase)))[:, None] * axis
            )

        return turn

    turns = {PELVIS: cycle(22.0, -Z), RIGHT: cycle(85.0, Z), LEFT: cycle(85.0, Z)}
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), body(turns, 18.0, q_sb))
    assert {w.code for w in ladder.warnings} == {"no_stand"}
    for segment in SEGMENTS:
        assert ladder.alignments[segment].zero == "motion"
        assert axis_error_deg(ladder, segment, q_sb[segment], Z) < 2.0
        assert axis_error_deg(ladder, segment, q_sb[segment], Y) < 12.0


def test_lying_still_before_a_bridge_is_taken_as_its_rest_pose() -> None:
    q_sb = mountings(10)
    hint = exercises.load("glute_bridge").motion_hint
    lift = swings(4.0, 1.0, 4.0)
    turns = {
        PELVIS: about(-Z, lambda t_s: -88.0 - 24.0 * lift(t_s)),
        RIGHT: about(Z, lambda t_s: 138.0 - 28.0 * lift(t_s)),
        LEFT: about(Z, lambda t_s: 138.0 - 28.0 * lift(t_s)),
    }
    ladder = watch(CalibrationLadder(SEGMENTS, hint), body(turns, 24.0, q_sb))
    for segment in SEGMENTS:
        assert ladder.alignments[segment].zero == "rest"
        assert axis_error_deg(ladder, segment, q_sb[segment], Y) < 3.0


def lying_first(pauses_s: float) -> dict[Segment, Turn]:
    """Three bridges and the rests between them, from the first sample on, then up to a stand at 22 s."""

    def share(t_s: FloatArray) -> FloatArray:
        phase = np.minimum((t_s % (3.0 + pauses_s)) / 3.0, 1.0)
        return np.asarray(0.5 * (1.0 - np.cos(2.0 * np.pi * phase)))

    def angle(rest_deg: float, way_deg: float) -> Callable[[FloatArray], FloatArray]:
        def degrees(t_s: FloatArray) -> FloatArray:
            up = np.clip((t_s - 20.0) / 2.0, 0.0, 1.0)
            return np.asarray((1.0 - up) * (rest_deg + way_deg * share(np.minimum(t_s, 18.0))))

        return degrees

    pelvis, thigh = about(-Z, angle(-88.0, -24.0)), about(Z, angle(138.0, -28.0))
    return {PELVIS: pelvis, RIGHT: thigh, LEFT: thigh}


def test_the_stand_after_a_set_that_began_lying_is_the_zero_and_no_rest_before_it() -> None:
    q_sb = mountings(11)
    hint = exercises.load("glute_bridge").motion_hint
    ladder = watch(CalibrationLadder(SEGMENTS, hint), body(lying_first(3.0), 30.0, q_sb))
    assert ladder.zeroed_late
    for segment in SEGMENTS:
        assert ladder.alignments[segment].zero == "stand"
        assert axis_error_deg(ladder, segment, q_sb[segment], Y) < 1.0


def test_a_recording_looked_at_again_keeps_to_the_stand_it_is_known_to_have() -> None:
    q_sb = mountings(12)
    hint = exercises.load("glute_bridge").motion_hint
    block = body(lying_first(3.0), 30.0, q_sb)
    seed = watch(CalibrationLadder(SEGMENTS, hint), block).alignments
    again = watch(CalibrationLadder(SEGMENTS, hint, seed=seed), block)
    assert not again.zeroed_late
    for segment in SEGMENTS:
        assert again.alignments[segment].zero == "stand"
        assert axis_error_deg(again, segment, q_sb[segment], Y) < 1.0
        assert axis_error_deg(again, segment, q_sb[segment], Z) < 5.0


def test_a_stretch_held_for_long_does_not_become_the_stand() -> None:
    q_sb = mountings(13)
    hint = exercises.load("single_leg_stance").motion_hint

    def raised(t_s: FloatArray) -> FloatArray:
        return np.asarray(35.0 * np.clip(t_s - 5.0, 0.0, 1.0) * np.clip(20.0 - t_s, 0.0, 1.0))

    turns = {PELVIS: still, RIGHT: still, LEFT: about(Z, raised)}
    ladder = watch(CalibrationLadder(SEGMENTS, hint), body(turns, 24.0, q_sb))
    assert not ladder.zeroed_late
    assert axis_error_deg(ladder, LEFT, q_sb[LEFT], Y) < 1.0


def test_a_rest_on_the_way_that_was_taken_for_the_stand_gives_way_to_it_again() -> None:
    def pose(start_s: float, stop_s: float, up: FloatArray) -> StillPose:
        return StillPose(start_s, stop_s, dict.fromkeys(SEGMENTS, up), {}, {})

    stands, places = StandCollection(), StillPlaces()
    stands.add(pose(0.0, 5.0, Y))
    places.add(pose(9.0, 11.0, X))
    misfits = {tuple(Y): 50.0, tuple(X): 20.0}
    chosen = places.instead_of(stands, lambda up_s: misfits[tuple(up_s[PELVIS])], lambda _: True)
    assert chosen is not None
    assert chosen.only.start_s == 9.0
    misfits = {tuple(Y): 30.0, tuple(X): 45.0}
    back = places.instead_of(chosen, lambda up_s: misfits[tuple(up_s[PELVIS])], lambda _: True)
    assert back is stands


def test_single_rows_that_a_radio_loses_are_no_reason_to_see_no_stand() -> None:
    q_sb = mountings(15)
    block = body(squat(), 14.0, q_sb)
    for k, sensor in enumerate(block.segments.values()):
        sensor.q_es[7 + k :: 29] = np.nan
        sensor.gyr_rads[7 + k :: 29] = np.nan
        sensor.acc_ms2[7 + k :: 29] = np.nan
    ladder = watch(CalibrationLadder(SEGMENTS, SQUAT), block)
    assert ladder.stood
    assert all(axis_error_deg(ladder, s, q_sb[s], Z) < 1.0 for s in SEGMENTS)


def _one_after_the_other(a: AlignedBlock, b: AlignedBlock) -> AlignedBlock:
    t_s = np.arange(len(a) + len(b)) / RATE_HZ

    def joined(x: OrientedBlock, y: OrientedBlock) -> OrientedBlock:
        return OrientedBlock(
            t_s,
            np.concatenate((x.q_es, y.q_es)),
            np.concatenate((x.gyr_rads, y.gyr_rads)),
            np.concatenate((x.acc_ms2, y.acc_ms2)),
            np.concatenate((x.inclination_sd_rad, y.inclination_sd_rad)),
            np.concatenate((x.heading_sd_rad, y.heading_sd_rad)),
            np.concatenate((x.quality, y.quality)),
        )

    return AlignedBlock(t_s, RATE_HZ, {s: joined(a.segments[s], b.segments[s]) for s in a.segments})
