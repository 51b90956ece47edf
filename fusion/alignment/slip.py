"""A sensor that has slipped: it alone disagrees with the zero while the person stands still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import SAME_POSE_RAD
from fusion.alignment.stand import StillPose
from fusion.types import FloatArray, Segment, SegmentAlignment
from fusion.units import DEG_PER_RAD, RAD_PER_DEG

_MOST_RAD = 30.0 * RAD_PER_DEG
"""Further off is another posture: a leg that is lifted, a trunk that leans."""
_MOST_HELD_RAD = 18.0 * RAD_PER_DEG
_LEAST_S = 2.5
_WAY_S = 1.0
_WAY_SHARES = 0.25, 0.75
"""A strap that gives way is through these shares of its turn sooner; a limb that is moved slowly is not."""


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """``rotation`` (3, 3) turns vectors in S before into S after, as far as gravity shows it."""

    t_s: float
    segment: Segment
    rotation: FloatArray
    angle_deg: float

    @property
    def message(self) -> str:
        """What happened, and what to do."""
        return (
            f"the {self.segment.value} sensor has turned by {self.angle_deg:.0f}° on the body since the last"
            f" stand (seen at {self.t_s:.1f} s); its zero is set anew; fasten it better"
        )


def find_slip(
    pose: StillPose,
    off_rad: Mapping[Segment, float],
    zero_s: Mapping[Segment, FloatArray],
    histories: Mapping[Segment, SensorHistory],
    *,
    held: bool = False,
) -> Slip | None:
    """The one sensor that is off in a stand that all others agree with; None when there is no such sensor.

    Nor where ``histories`` show its segment on the way: who lifts a leg within ten seconds rests at its far
    end for as long as in many a stand. ``held``: the exercise is a still pose in which one leg may be lifted.
    """
    far = [s for s, angle in off_rad.items() if angle > SAME_POSE_RAD]
    if len(far) != 1 or len(off_rad) < 2 or pose.duration_s < _LEAST_S:
        return None
    segment = far[0]
    if off_rad[segment] > (_MOST_HELD_RAD if held else _MOST_RAD):
        return None
    if _was_moved(histories[segment], zero_s[segment], off_rad[segment]):
        return None
    rotation = _least_turn(zero_s[segment], pose.up_s[segment])
    return Slip(pose.start_s, segment, rotation, off_rad[segment] * DEG_PER_RAD)


def undone(alignment: SegmentAlignment, slip: Slip) -> SegmentAlignment:
    """The alignment as it was before the slip."""
    q_sb = quat.multiply(quat.conjugate(quat.from_matrix(slip.rotation)), np.array(alignment.q_sb))
    w, x, y, z = q_sb.tolist()
    return replace(alignment, q_sb=(w, x, y, z))


def _was_moved(history: SensorHistory, zero_s: FloatArray, off_rad: float) -> bool:
    """Whether a segment went slowly from its zero (3,) to where it is off by ``off_rad`` now."""
    near, far = (np.cos(share * off_rad) for share in _WAY_SHARES)
    along = history.up_s @ zero_s
    close = np.flatnonzero(along > near)
    if not len(close):
        return False
    off = np.flatnonzero(along[close[-1] :] < far)
    return len(off) > 0 and bool(history.t_s[close[-1] + off[0]] - history.t_s[close[-1]] > _WAY_S)


def _least_turn(a: FloatArray, b: FloatArray) -> FloatArray:
    """Rotation (3, 3) by the smallest angle that turns unit vector ``a`` into ``b``."""
    axis = quat.cross(a, b)
    sine = float(np.linalg.norm(axis))
    angle = float(np.arctan2(sine, a @ b))
    return quat.to_matrix(quat.from_rotation_vector(axis / sine * angle if sine > 1e-12 else np.zeros(3)))
