"""What one sensor has shown, in glimpses of a quarter of a second: enough for every rung of the ladder."""

from __future__ import annotations

import numpy as np

from fusion import quaternion as quat
from fusion.kernels import glimpses
from fusion.types import FloatArray, OrientedBlock
from fusion.units import RAD_PER_DEG

GLIMPSE_S = 0.25
_PER_FRAME = 2
_MOST = 2400
"""Glimpses kept, ten minutes; the oldest quarter goes when they are full."""
_UP = np.array([0.0, 0.0, 1.0])
BLURRED_RAD = 8.0 * RAD_PER_DEG
"""A vertical known worse than this, after a silence, shows nothing of how a sensor sits."""


def up_in_sensor(q_es: FloatArray) -> FloatArray:
    """World up (n, 3) in S."""
    return quat.rotate(quat.conjugate(q_es), _UP)


def is_blurred(inclination_sd_rad: FloatArray) -> bool:
    """Whether the vertical (n,) is known too badly somewhere; a silence makes it so for up to a second."""
    return bool((inclination_sd_rad > BLURRED_RAD).any())


class SensorHistory:
    """Glimpses of one sensor; every array has one row a glimpse."""

    def __init__(self) -> None:
        self._rows = np.empty((256, glimpses.ROWS))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def t_s(self) -> FloatArray:
        """Time of the last sample (n,)."""
        return self._rows[: self._count, glimpses.T]

    @property
    def up_s(self) -> FloatArray:
        """Mean world up (n, 3) in S, about unit."""
        return self._rows[: self._count, glimpses.UP : glimpses.UP + 3]

    @property
    def up_scatter(self) -> FloatArray:
        """Mean of u uᵀ (n, 3, 3)."""
        return self._rows[: self._count, glimpses.UP_SCATTER : glimpses.UP_SCATTER + 9].reshape(-1, 3, 3)

    @property
    def rate_scatter(self) -> FloatArray:
        """Mean of ω ωᵀ (n, 3, 3), ω the part of the rate that turns gravity, rad²/s²."""
        return self._rows[: self._count, glimpses.RATE_SCATTER : glimpses.RATE_SCATTER + 9].reshape(-1, 3, 3)

    @property
    def turn_rad(self) -> FloatArray:
        """Angle (n,) by which gravity has turned within the glimpse."""
        return self._rows[: self._count, glimpses.TURN]

    @property
    def lift_ms2(self) -> FloatArray:
        """Mean upward acceleration (n,)."""
        return self._rows[: self._count, glimpses.LIFT]

    @property
    def rate_rads(self) -> FloatArray:
        """Mean of the rate that turns gravity (n, 3), in S."""
        return self._rows[: self._count, glimpses.RATE : glimpses.RATE + 3]

    def add(self, frame: OrientedBlock) -> None:
        """Take one frame; what of it was missing or blurred leaves no glimpse."""
        size = max(1, len(frame) // _PER_FRAME)
        blurred = is_blurred(frame.inclination_sd_rad)
        for start in range(0, len(frame) - size + 1, size):
            if self._count == len(self._rows):
                self._make_room()
            part = slice(start, start + size)
            if blurred and is_blurred(frame.inclination_sd_rad[part]):
                continue
            self._count += glimpses.glimpse(
                frame.t_s[part],
                frame.q_es[part],
                frame.gyr_rads[part],
                frame.acc_ms2[part],
                GLIMPSE_S,
                self._rows[self._count],
            )

    def turn(self, rotation: FloatArray) -> None:
        """Turn all of it by a rotation matrix, as if the sensor had always sat as it does now."""
        n = self._count
        self.up_s[:] = self.up_s @ rotation.T
        self.rate_rads[:] = self.rate_rads @ rotation.T
        for at in (glimpses.UP_SCATTER, glimpses.RATE_SCATTER):
            turned = rotation @ self._rows[:n, at : at + 9].reshape(-1, 3, 3) @ rotation.T
            self._rows[:n, at : at + 9] = turned.reshape(-1, 9)

    def _make_room(self) -> None:
        if self._count < _MOST:
            self._rows = np.concatenate((self._rows, np.empty_like(self._rows)))[:_MOST]
            return
        keep = self._rows[_MOST // 4 :].copy()
        self._count = len(keep)
        self._rows[: self._count] = keep
