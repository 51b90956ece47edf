"""From coordinates to where a sensor is and how it is turned.

Feet stay on the floor and the shanks upright, so the hips' height follows from the thigh's pitch: standing,
squatting and bridging come out of one formula. Lengths after Winter 2009 (Biomechanics and Motor Control
of Human Movement, ISBN 978-0-470-39818-0) for a height of 1.75 m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment
from simulator.motion import Coordinate, Motion

THIGH_M = 0.429
SHANK_M = 0.431
_STANDING = quat.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
"""B to E of someone upright who faces E's X: X forward, Y up, Z right."""
_AXES = np.eye(3)


@dataclass(frozen=True, slots=True)
class Mounting:
    """Where a sensor sits on its segment (m, in B, from the hip centre) and how it is turned (B to S)."""

    segment: Segment
    offset_b_m: tuple[float, float, float]
    q_sb: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


def segment_orientation(motion: Motion, segment: Segment, t_s: FloatArray) -> FloatArray:
    """``q_eb`` (n, 4) of a segment."""
    c = motion.at(t_s)
    yaw = _about(2, c[:, Coordinate.YAW])
    if segment is Segment.PELVIS:
        tilt = c[:, Coordinate.PELVIS_TILT] + c[:, Coordinate.LUMBAR]
        side = _about(0, -c[:, Coordinate.PELVIS_LIST])
        lean = quat.multiply(side, _about(2, -tilt))
    else:
        thigh = Coordinate.THIGH_RIGHT if segment is Segment.THIGH_RIGHT else Coordinate.THIGH_LEFT
        lean = _about(2, c[:, thigh])
    return quat.multiply(quat.multiply(yaw, _STANDING), lean)


def hip_position_m(motion: Motion, t_s: FloatArray) -> FloatArray:
    """Centre of the hips (n, 3) in E."""
    c = motion.at(t_s)
    pitch = np.radians(0.5 * (c[:, Coordinate.THIGH_RIGHT] + c[:, Coordinate.THIGH_LEFT]))
    x = c[:, Coordinate.FORWARD_M] - THIGH_M * np.sin(pitch)
    return np.stack((x, np.zeros_like(x), SHANK_M + THIGH_M * np.cos(pitch)), axis=-1)


def sensor_position_m(motion: Motion, mounting: Mounting, t_s: FloatArray) -> FloatArray:
    """Position (n, 3) of a sensor in E."""
    q_eb = segment_orientation(motion, mounting.segment, t_s)
    return hip_position_m(motion, t_s) + quat.rotate(q_eb, np.asarray(mounting.offset_b_m))


def sensor_orientation(motion: Motion, mounting: Mounting, t_s: FloatArray) -> FloatArray:
    """``q_es`` (n, 4) of a sensor."""
    return quat.multiply(segment_orientation(motion, mounting.segment, t_s), quat.conjugate(mounting.q_sb))


def _about(axis: int, angle_deg: FloatArray) -> FloatArray:
    return quat.from_rotation_vector(np.radians(angle_deg)[:, None] * _AXES[axis])
