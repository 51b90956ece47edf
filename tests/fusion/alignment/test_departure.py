"""Setting off for a walk shows the front of every sensor; other ways of getting going do not."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.alignment import CalibrationLadder, split_frames
from fusion.alignment.departure import Departures
from fusion.alignment.stand import is_still
from fusion.motion_hint import MotionHint, Pose
from fusion.types import AlignedBlock, FloatArray, Segment
from tests.fusion.alignment.sensors import (
    PELVIS,
    SEGMENTS,
    Path,
    Turn,
    X,
    Y,
    Z,
    about,
    axis_error_deg,
    body,
    mountings,
    resting,
    sets_off,
    still,
)

RIGHT, LEFT = SEGMENTS[1:]
STAND_S = 3.0
KICKBACK = MotionHint((Pose(8.0, 0.0), Pose(14.0, -25.0)))


def strides(phase: float) -> Callable[[FloatArray], FloatArray]:
    """Pitch of a thigh, deg: 26 forwards, 16 back."""

    def angle(t_s: FloatArray) -> FloatArray:
        since = np.maximum(t_s - STAND_S, 0.0)
        wave = 5.0 + 21.0 * np.sin(2.0 * np.pi * since / 1.1 + phase)
        return np.asarray(wave * np.minimum(since / 0.5, 1.0))

    return angle


def walk(q_sb: dict[Segment, FloatArray], path: Path, duration_s: float = 8.0) -> AlignedBlock:
    turns: dict[Segment, Turn] = {
        PELVIS: still,
        RIGHT: about(Z, strides(0.0)),
        LEFT: about(Z, strides(np.pi)),
    }
    return body(turns, duration_s, q_sb, path=path)


def seen(block: AlignedBlock, *, sideways: bool = False) -> Departures:
    departures = Departures(SEGMENTS, sideways=sideways)
    take(departures, block)
    return departures


def take(departures: Departures, block: AlignedBlock, is_stand: bool | None = True) -> None:
    for frame in split_frames(block):
        still = all(is_still(b) for b in frame.segments.values())
        departures.update(frame, still=still, is_stand=lambda _: is_stand)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_who_sets_off_for_a_walk_shows_the_front_of_every_sensor_however_it_is_worn(seed: int) -> None:
    q_sb = mountings(seed)
    fronts = seen(walk(q_sb, sets_off(STAND_S, 1.2, X))).fronts()
    assert fronts.keys() == set(SEGMENTS)
    for segment, front in fronts.items():
        assert front.x_s @ quat.rotate(q_sb[segment], X) > np.cos(2.0 * front.sd_rad)


def _sits_down(t_s: FloatArray) -> FloatArray:
    share = np.clip((t_s - STAND_S) / 1.6, 0.0, 1.0)
    return (0.5 * share**2 * (3.0 - 2.0 * share))[:, None] * (-X - Y)


@pytest.mark.parametrize("path", [resting, _sits_down], ids=["on the spot", "sitting down"])
def test_moving_without_going_anywhere_shows_nothing(path: Path) -> None:
    assert seen(walk(mountings(3), path)).fronts() == {}


def test_side_steps_show_nothing_where_the_exercise_has_them() -> None:
    to_the_side = walk(mountings(3), sets_off(STAND_S, 0.6, Z))
    assert seen(to_the_side, sideways=True).fronts() == {}


def test_a_walk_shows_it_among_side_steps_as_well() -> None:
    assert seen(walk(mountings(3), sets_off(STAND_S, 1.2, X)), sideways=True).fronts()


@pytest.mark.parametrize(
    ("is_stand", "speed_ms", "shows"),
    [(True, 0.5, True), (False, 1.2, False), (None, 1.2, True), (None, 0.5, False)],
)
def test_where_no_stand_is_known_only_a_walk_counts(
    is_stand: bool | None, speed_ms: float, shows: bool
) -> None:
    departures = Departures(SEGMENTS, sideways=False)
    take(departures, walk(mountings(3), sets_off(STAND_S, speed_ms, X)), is_stand)
    assert bool(departures.fronts()) is shows


def test_every_departure_makes_it_surer_up_to_a_limit() -> None:
    departures = Departures(SEGMENTS, sideways=False)
    sigmas, sureness = [], []
    for _ in range(4):
        take(departures, walk(mountings(3), sets_off(STAND_S, 1.2, X)))
        front = departures.fronts()[PELVIS]
        sigmas.append(front.sd_rad)
        sureness.append(front.sureness)
    assert sigmas == sorted(sigmas, reverse=True)
    assert sureness[0] < sureness[1] == sureness[3]


def test_after_a_slip_it_is_turned_with_the_sensor() -> None:
    departures = seen(walk(mountings(3), sets_off(STAND_S, 1.2, X)))
    before = departures.fronts()
    turn = quat.to_matrix(quat.from_rotation_vector(0.3 * Y))
    departures.turn(RIGHT, turn)
    after = departures.fronts()
    assert after[RIGHT].x_s == pytest.approx(turn @ before[RIGHT].x_s)
    assert after[PELVIS].x_s == pytest.approx(before[PELVIS].x_s)


def test_a_walk_before_the_set_shows_the_axes_though_the_plan_has_another_movement() -> None:
    """A kick to the back, by the plan: without the departure a thigh that swings forwards looks reversed."""
    q_sb = mountings(5)
    ladder = CalibrationLadder(SEGMENTS, KICKBACK)
    for piece in split_frames(walk(q_sb, sets_off(STAND_S, 1.2, X))):
        ladder.update(piece)
    assert ladder.ready
    for segment in SEGMENTS:
        assert axis_error_deg(ladder, segment, q_sb[segment], Z) < 8.0
        assert ladder.alignments[segment].zero == "stand"


def test_what_a_movement_on_the_spot_leaves_unknown_is_waited_for_and_said_once() -> None:
    """Thighs that swing as far to the front as to the back under a still pelvis: nothing tells them apart."""
    swing = about(Z, lambda t_s: 20.0 * np.sin(2.0 * np.pi * np.maximum(t_s - STAND_S, 0.0) / 2.0))
    q_sb = mountings(5)
    ladder = CalibrationLadder(SEGMENTS, KICKBACK)
    for piece in split_frames(body({PELVIS: still, RIGHT: swing, LEFT: swing}, 30.0, q_sb)):
        ladder.update(piece)
    assert not ladder.ready
    assert [w.code for w in ladder.warnings] == ["axis_unknown"]
    assert "three slow hip hinges" in ladder.warnings[0].message
    ladder.conclude(30.0)
    assert ladder.ready  # at the end of a recording the best guess is shown, with its uncertainty
