"""Along which line a thigh sensor's segment lies, without any stand: from how it swings.

A thigh turns about its hip or, in a squat, about its knee, and both lie along it. What a swinging sensor
accelerates beyond gravity is ω̇ × r + ω × (ω × r), which is linear in the lever r from the point it turns
about; least squares over what was seen give r (Seel, Schauer & Raisch 2012, doi 10.1109/CCA.2012.6402423,
for one sensor). The sensor lies on the surface, so this is good to about 20°: enough to tell a seat from a
stand, and which end of a movement is upright.
"""

from __future__ import annotations

import numpy as np

from fusion import quaternion as quat
from fusion.low_pass import low_pass
from fusion.types import FloatArray, OrientedBlock

_FAST_S = 0.05
_SLOW_S = 0.7
_SETTLE_S = 1.5
_LEAST_ENERGY = 4.0
"""∫ a² dt, (m/s²)²·s, before anything is claimed."""
_LEAST_SHARE = 0.4
"""Share of the acceleration that the lever must explain."""
_LEAST_M, _MOST_M = 0.06, 0.6


class LongAxisEstimator:
    """One thigh sensor, frame by frame."""

    def __init__(self, rate_hz: float) -> None:
        self._dt = 1.0 / rate_hz
        self._gains = (self._dt / (_FAST_S + self._dt), self._dt / (_SLOW_S + self._dt))
        self._normal = np.zeros((3, 3))
        self._right = np.zeros(3)
        self._energy = 0.0
        self._reset()

    def _reset(self) -> None:
        self._filters: list[FloatArray] | None = None
        self._rate_e: FloatArray | None = None
        self._age_s = 0.0

    def update(self, frame: OrientedBlock) -> None:
        """Take one frame."""
        if not np.isfinite(frame.q_es).all():
            self._reset()
            return
        rate_e = quat.rotate(frame.q_es, frame.gyr_rads)
        before = rate_e[:1] if self._rate_e is None else self._rate_e
        turning = np.diff(np.concatenate((before, rate_e)), axis=0) / self._dt
        self._rate_e = rate_e[-1:]
        columns = [quat.rotate(frame.q_es, frame.acc_ms2)]
        for axis in np.eye(3):
            along = quat.rotate(frame.q_es, np.broadcast_to(axis, rate_e.shape))
            columns.append(quat.cross(turning, along) + quat.cross(rate_e, quat.cross(rate_e, along)))
        banded = self._band(np.concatenate(columns, axis=1)).reshape(-1, 4, 3)
        self._age_s += len(banded) * self._dt
        if self._age_s > _SETTLE_S:
            acc, swing = banded[:, 0].ravel(), banded[:, 1:].transpose(0, 2, 1).reshape(-1, 3)
            self._normal += swing.T @ swing * self._dt
            self._right += swing.T @ acc * self._dt
            self._energy += float(acc @ acc) * self._dt

    def turn(self, rotation: FloatArray) -> None:
        """Turn what was seen by a rotation matrix, as if the sensor had always sat as it does now."""
        self._normal = rotation @ self._normal @ rotation.T
        self._right = rotation @ self._right

    @property
    def axis_s(self) -> FloatArray | None:
        """Direction (3,) of the segment in S, its sign open; None while it cannot be told."""
        if self._energy < _LEAST_ENERGY:
            return None
        lever = np.linalg.solve(self._normal + 1e-6 * np.trace(self._normal) * np.eye(3), self._right)
        length = float(np.linalg.norm(lever))
        explained = float(lever @ self._right) / self._energy
        if explained < _LEAST_SHARE or not _LEAST_M <= length <= _MOST_M:
            return None
        return np.asarray(lever / length)

    def _band(self, x: FloatArray) -> FloatArray:
        fast, slow = self._gains
        if self._filters is None:
            self._filters = [x[:1] * (1.0 - gain) for gain in (fast, fast, slow)]
        smooth = x
        for k in (0, 1):
            smooth, self._filters[k] = low_pass(smooth, fast, self._filters[k])
        low, self._filters[2] = low_pass(smooth, slow, self._filters[2])
        return np.asarray(smooth - low)
