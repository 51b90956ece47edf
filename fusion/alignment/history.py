"""What one sensor has shown, in glimpses of a quarter of a second: enough for every rung of the ladder."""

from __future__ import annotations

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray, OrientedBlock
from fusion.units import STANDARD_GRAVITY_MS2

GLIMPSE_S = 0.25
_PER_FRAME = 2
_MOST = 2400
"""Glimpses kept, ten minutes; the oldest quarter goes when they are full."""
_UP = np.array([0.0, 0.0, 1.0])
_ROWS = 27
_T, _UP_MEAN, _UP_SCATTER, _RATE_SCATTER, _TURN, _LIFT, _RATE = 0, 1, 4, 13, 22, 23, 24


def up_in_sensor(q_es: FloatArray) -> FloatArray:
    """World up (n, 3) in S."""
    return quat.rotate(quat.conjugate(q_es), _UP)


class SensorHistory:
    """Glimpses of one sensor; every array has one row a glimpse."""

    def __init__(self) -> None:
        self._rows = np.empty((256, _ROWS))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def t_s(self) -> FloatArray:
        """Time of the last sample (n,)."""
        return self._rows[: self._count, _T]

    @property
    def up_s(self) -> FloatArray:
        """Mean world up (n, 3) in S, about unit."""
        return self._rows[: self._count, _UP_MEAN : _UP_MEAN + 3]

    @property
    def up_scatter(self) -> FloatArray:
        """Mean of u uᵀ (n, 3, 3)."""
        return self._rows[: self._count, _UP_SCATTER : _UP_SCATTER + 9].reshape(-1, 3, 3)

    @property
    def rate_scatter(self) -> FloatArray:
        """Mean of ω ωᵀ (n, 3, 3), ω the part of the rate that turns gravity, rad²/s²."""
        return self._rows[: self._count, _RATE_SCATTER : _RATE_SCATTER + 9].reshape(-1, 3, 3)

    @property
    def turn_rad(self) -> FloatArray:
        """Angle (n,) by which gravity has turned within the glimpse."""
        return self._rows[: self._count, _TURN]

    @property
    def lift_ms2(self) -> FloatArray:
        """Mean upward acceleration (n,)."""
        return self._rows[: self._count, _LIFT]

    @property
    def rate_rads(self) -> FloatArray:
        """Mean of the rate that turns gravity (n, 3), in S."""
        return self._rows[: self._count, _RATE : _RATE + 3]

    def add(self, frame: OrientedBlock) -> None:
        """Take one frame; what of it was missing leaves no glimpse."""
        size = max(1, len(frame) // _PER_FRAME)
        for start in range(0, len(frame), size):
            part = slice(start, start + size)
            if np.isfinite(frame.q_es[part]).all() and len(frame.q_es[part]) == size:
                self._append(frame, part)

    def turn(self, rotation: FloatArray) -> None:
        """Turn all of it by a rotation matrix, as if the sensor had always sat as it does now."""
        n = self._count
        self.up_s[:] = self.up_s @ rotation.T
        self.rate_rads[:] = self.rate_rads @ rotation.T
        for at in (_UP_SCATTER, _RATE_SCATTER):
            turned = rotation @ self._rows[:n, at : at + 9].reshape(-1, 3, 3) @ rotation.T
            self._rows[:n, at : at + 9] = turned.reshape(-1, 9)

    def _append(self, frame: OrientedBlock, part: slice) -> None:
        if self._count == len(self._rows):
            self._make_room()
        row = self._rows[self._count]
        up = up_in_sensor(frame.q_es[part])
        gyr, acc = frame.gyr_rads[part], frame.acc_ms2[part]
        rate = gyr - np.sum(gyr * up, axis=1, keepdims=True) * up
        row[_T] = frame.t_s[part][-1]
        row[_UP_MEAN : _UP_MEAN + 3] = up.mean(axis=0)
        row[_UP_SCATTER : _UP_SCATTER + 9] = (up.T @ up / len(up)).ravel()
        row[_RATE_SCATTER : _RATE_SCATTER + 9] = (rate.T @ rate / len(up)).ravel()
        row[_TURN] = np.linalg.norm(rate, axis=1).mean() * GLIMPSE_S
        row[_LIFT] = np.sum(acc * up, axis=1).mean() - STANDARD_GRAVITY_MS2
        row[_RATE : _RATE + 3] = rate.mean(axis=0)
        self._count += 1

    def _make_room(self) -> None:
        if self._count < _MOST:
            self._rows = np.concatenate((self._rows, np.empty_like(self._rows)))[:_MOST]
            return
        keep = self._rows[_MOST // 4 :].copy()
        self._count = len(keep)
        self._rows[: self._count] = keep
