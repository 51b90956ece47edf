"""Made-up sensors on a body in known postures: aligned blocks for the rungs of the ladder."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from fusion import quaternion as quat
from fusion.alignment import CalibrationLadder, split_frames
from fusion.common_heading import JOINTS
from fusion.motion_hint import MotionHint, Pose
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, Segment
from fusion.units import STANDARD_GRAVITY_MS2

RATE_HZ = 60.0
UPRIGHT = quat.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
X, Y, Z = np.eye(3)
_STEP_S = 0.005
SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT)
PELVIS, RIGHT, LEFT = SEGMENTS
SQUAT = MotionHint((Pose(0.0, 0.0), Pose(22.0, 85.0)), standing=True)

Turn = Callable[[FloatArray], FloatArray]
"""Times (n,) to rotation vectors (n, 3) in B, rad, from upright."""
Path = Callable[[FloatArray], FloatArray]
"""Times (n,) to places (n, 3) in B of an upright body, m."""


def about(axis: FloatArray, angle_deg: Callable[[FloatArray], FloatArray]) -> Turn:
    """A turn about one body axis."""
    return lambda t_s: np.radians(angle_deg(t_s))[:, None] * axis


def still(t_s: FloatArray) -> FloatArray:
    """Upright."""
    return np.zeros((len(t_s), 3))


def swings(start_s: float, size_deg: float, period_s: float = 2.0) -> Callable[[FloatArray], FloatArray]:
    """From upright to ``size_deg`` and back, again and again from ``start_s`` on."""

    def angle(t_s: FloatArray) -> FloatArray:
        phase = np.maximum(t_s - start_s, 0.0) * 2.0 * np.pi / period_s
        return np.asarray(0.5 * size_deg * (1.0 - np.cos(phase)))

    return angle


def mountings(seed: int = 1) -> dict[Segment, FloatArray]:
    """Sensors put on any way round: ``q_sb`` (4,) of each."""
    rng = np.random.default_rng(seed)
    return {s: quat.normalize(rng.normal(size=4)) for s in SEGMENTS}


def resting(t_s: FloatArray) -> FloatArray:
    """The hips stay where they are."""
    return np.zeros((len(t_s), 3))


def sets_off(start_s: float, speed_ms: float, direction: FloatArray) -> Path:
    """The hips travel along a body axis (3,), at full speed 0.8 s after the start."""

    def path(t_s: FloatArray) -> FloatArray:
        since = np.maximum(t_s - start_s, 0.0)
        gaining = np.minimum(since, 0.8)
        return (speed_ms * (0.5 * gaining**2 / 0.8 + since - gaining))[:, None] * direction

    return path


def body(
    turns: Mapping[Segment, Turn],
    duration_s: float,
    q_sb: Mapping[Segment, FloatArray],
    yaw: bool = True,
    path: Path = resting,
) -> AlignedBlock:
    """All sensors on the grid; each one's earth frame has a heading of its own when ``yaw``.

    ``path`` is where the middle between the hips goes, in the axes of an upright body.
    """
    t_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    segments = {}
    for k, (segment, turn) in enumerate(turns.items()):
        heading = quat.from_rotation_vector([0.0, 0.0, 0.9 * k if yaw else 0.0])

        def orientation(
            times: FloatArray, turn: Turn = turn, heading: FloatArray = heading, s: Segment = segment
        ) -> FloatArray:
            q_eb = quat.multiply(quat.multiply(heading, UPRIGHT), quat.from_rotation_vector(turn(times)))
            return quat.multiply(q_eb, quat.conjugate(q_sb[s]))

        q_es, before = orientation(t_s), orientation(t_s - 1.0 / RATE_HZ)
        gyr = quat.to_rotation_vector(quat.multiply(quat.conjugate(before), q_es)) * RATE_HZ
        acc = quat.rotate(quat.conjugate(q_es), _force_e_ms2(turns, segment, t_s, heading, path))
        sd = np.full(len(t_s), 0.01)
        segments[segment] = OrientedBlock(t_s, q_es, gyr, acc, sd, sd, np.zeros(len(t_s), np.uint8))
    return AlignedBlock(t_s, RATE_HZ, segments)


def _force_e_ms2(
    turns: Mapping[Segment, Turn], segment: Segment, t_s: FloatArray, heading: FloatArray, path: Path
) -> FloatArray:
    """What an accelerometer feels (n, 3)."""

    def place_m(times: FloatArray) -> FloatArray:
        return quat.rotate(UPRIGHT, path(times)) + from_hips_m(times)

    def from_hips_m(times: FloatArray) -> FloatArray:
        joint = JOINTS[Segment.THIGH_RIGHT if segment is PELVIS else segment]
        q_pelvis = quat.multiply(UPRIGHT, quat.from_rotation_vector(turns[PELVIS](times)))
        hip_m = np.array(joint.from_parent_m) * Z
        if segment is PELVIS:
            return quat.rotate(q_pelvis, hip_m - np.array(joint.from_parent_m))
        q_thigh = quat.multiply(UPRIGHT, quat.from_rotation_vector(turns[segment](times)))
        return quat.rotate(q_pelvis, hip_m) - quat.rotate(q_thigh, np.array(joint.from_child_m))

    before, now, after = (place_m(t_s + k * _STEP_S) for k in (-1, 0, 1))
    up_e = np.array([0.0, 0.0, STANDARD_GRAVITY_MS2])
    return quat.rotate(heading, (before - 2.0 * now + after) / _STEP_S**2 + up_e)


def squat(size: float = 1.0, start_s: float = 4.0) -> dict[Segment, Turn]:
    """Squats of both legs."""
    return {
        PELVIS: about(-Z, swings(start_s, 22.0 * size)),
        RIGHT: about(Z, swings(start_s, 85.0 * size)),
        LEFT: about(Z, swings(start_s, 85.0 * size)),
    }


def watch(ladder: CalibrationLadder, block: AlignedBlock) -> CalibrationLadder:
    """The whole block through a ladder, and its end."""
    for piece in split_frames(block):
        ladder.update(piece)
    ladder.conclude(float(block.t_s[-1]))
    return ladder


def axis_error_deg(ladder: CalibrationLadder, segment: Segment, q_sb: FloatArray, axis: FloatArray) -> float:
    """Angle between an axis of B as the ladder has it and as it is, deg."""
    found = quat.rotate(np.array(ladder.alignments[segment].q_sb), axis)
    true = quat.rotate(q_sb, axis)
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(found, true)), found @ true)))
