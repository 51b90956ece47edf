"""Where the hip joint lies from the pelvis's and a thigh's sensor, and so which way round both are worn.

Both sensors tell how the joint's centre accelerates upwards; what they say must agree. A sensor that turns
accelerates beyond its joint by ω̇ × r + ω × (ω × r), linear in the lever r, so the agreement is a least
squares problem for both levers (Seel, Schauer & Raisch 2012, doi 10.1109/CCA.2012.6402423; Weygers & Kok
2020, doi 10.1109/JSEN.2020.2982459). Only the vertical part
is used: it needs no heading. A hip lies in front of a sacrum and at the upper end of a thigh: that tells up
from down and front from back without any stand, and, with a sensor on each thigh, right from left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fusion.alignment.band import JointBand
from fusion.alignment.history import is_blurred
from fusion.common_heading import JOINTS
from fusion.kernels import joint_motion
from fusion.types import FloatArray, OrientedBlock, Segment

_INDEPENDENT_S = 0.15
"""Samples closer than this say the same."""
_LEVER_SD_M: Final = 0.07
"""One sigma, along each axis, of where people put a sensor, and of how large they are."""
_TAIL = 3.0
_FREEDOM = 4.0
"""Shape of the likelihood's tails: with these a lever on the wrong side of the hip costs 3 to 5."""
_NOISE_MS2 = 0.05
"""What skin and a wrong vertical leave at least."""
_LEAST_LEVER_M = 0.06
_WIDE = np.eye(6)
"""Information of levers that may be a metre long."""
_KNOWN_M = 0.05
"""One sigma of a lever below which its direction means something."""


@dataclass(frozen=True, slots=True, eq=False)
class LeverEvidence:
    """A log likelihood of both frames by where they put the joint, up to a constant."""

    usual_m: FloatArray
    """Where the joint usually is from both sensors, in B (6,)."""
    pull: FloatArray
    curvature: FloatArray
    constant: float

    def fit(self, pelvis_sb: FloatArray, thigh_sb: FloatArray) -> float:
        """Of two frames (3, 3), columns X, Y, Z of B in S.

        Far tails: levers that no frame explains come from a bad vertical, and say little.
        """
        joint = np.empty(6)
        joint[:3], joint[3:] = pelvis_sb @ self.usual_m[:3], thigh_sb @ self.usual_m[3:]
        squared = self.constant - 2.0 * float(self.pull @ joint) + float(joint @ self.curvature @ joint)
        return -_TAIL * float(np.log1p(max(0.0, squared) / _FREEDOM))


class HipLevers:
    """One hip, frame by frame."""

    def __init__(self, thigh: Segment, rate_hz: float) -> None:
        joint = JOINTS[thigh]
        self._usual_m = np.concatenate((joint.from_parent_m, joint.from_child_m))
        self._dt = 1.0 / rate_hz
        self._normal = np.zeros((6, 6))
        self._right = np.zeros(6)
        self._energy = 0.0
        self._duration_s = 0.0
        self._band = JointBand(self._dt)
        self._last_rads = np.full((2, 3), np.nan)

    def update(self, pelvis: OrientedBlock, thigh: OrientedBlock) -> None:
        """Take one frame of both sensors."""
        if not all(_is_clear(sensor) for sensor in (pelvis, thigh)):
            self._band.reset()
            self._last_rads[:] = np.nan
            return
        one, other = (self._rows(k, sensor) for k, sensor in enumerate((pelvis, thigh)))
        both = np.empty((len(one), 7))
        both[:, 0], both[:, 1:4], both[:, 4:] = other[:, 0] - one[:, 0], one[:, 1:], -other[:, 1:]
        banded = self._band(both)
        if banded is None:
            return
        difference, swing = banded[:, 0], banded[:, 1:]
        self._normal += swing.T @ swing * self._dt
        self._right += swing.T @ difference * self._dt
        self._energy += float(difference @ difference) * self._dt
        self._duration_s += len(banded) * self._dt

    def turn(self, segment: Segment, rotation: FloatArray) -> None:
        """Turn what one sensor has seen by a rotation matrix, as if it had always sat as it does now."""
        both = np.eye(6)
        at = slice(0, 3) if segment is Segment.PELVIS else slice(3, 6)
        both[at, at] = rotation
        self._normal = both @ self._normal @ both.T
        self._right = both @ self._right

    def evidence(self) -> LeverEvidence:
        """What has been seen so far says of the two frames."""
        right = self._right / self._variance
        information = self._information
        inverse = np.linalg.inv(information + _WIDE / _LEVER_SD_M**2)
        alone = np.linalg.inv(information + _WIDE)
        return LeverEvidence(
            self._usual_m,
            inverse @ right / _LEVER_SD_M**2,
            (_WIDE - inverse / _LEVER_SD_M**2) / _LEVER_SD_M**2,
            float(right @ (alone - inverse) @ right),
        )

    @property
    def thigh_up_s(self) -> FloatArray | None:
        """About Y (3,) of the thigh in its S, good to 20°; None while it cannot be told."""
        covariance = np.linalg.inv(self._information + _WIDE)
        lever = (covariance @ self._right / self._variance)[3:]
        length = float(np.linalg.norm(lever))
        sd_m = float(np.sqrt(np.linalg.eigvalsh(covariance[3:, 3:])[-1]))
        if length < _LEAST_LEVER_M or sd_m > _KNOWN_M:
            return None
        return np.asarray(lever / length)

    @property
    def _variance(self) -> float:
        """Of what the levers leave unexplained, (m/s²)²·s: over that of one independent sample."""
        if self._duration_s <= 0.0:
            return _NOISE_MS2**2 * _INDEPENDENT_S
        least = np.linalg.solve(self._normal + 0.02 * _WIDE, self._right)
        left = self._energy - 2.0 * least @ self._right + least @ self._normal @ least
        return float(max(0.0, float(left)) / self._duration_s + _NOISE_MS2**2) * _INDEPENDENT_S

    @property
    def _information(self) -> FloatArray:
        return np.asarray(self._normal / self._variance)

    def _rows(self, which: int, sensor: OrientedBlock) -> FloatArray:
        """(n, 4): upward acceleration of the sensor, and what a lever along each axis of S adds to it."""
        out = np.empty((len(sensor), 4))
        last = self._last_rads[which]
        joint_motion.by_axis(sensor.q_es, sensor.gyr_rads, sensor.acc_ms2, self._dt, last, out)
        return out


def _is_clear(sensor: OrientedBlock) -> bool:
    return bool(np.isfinite(sensor.q_es).all()) and not is_blurred(sensor.inclination_sd_rad)
