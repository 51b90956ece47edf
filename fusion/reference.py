"""Well-known filters behind the protocol of `fusion.orientation.OrientationEstimator`, as rivals.

Madgwick, Mahony and the EKF of the package ``ahrs`` (https://ahrs.readthedocs.io), with its default gains.
Each step is given its own length; a gap is one long step, for they know nothing else. They tell no
uncertainty: what is given is their mean error on BROAD (Laidig et al. 2021, doi 10.3390/data6070072).
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from ahrs.filters import EKF, Madgwick, Mahony
from numpy.typing import ArrayLike

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.orientation import refuse_unusable
from fusion.types import FloatArray, ImuBlock, OrientedBlock, SampleQuality
from fusion.units import RAD_PER_DEG

ReferenceName = Literal["madgwick", "mahony", "ekf"]
_INCLINATION_SD_RAD: Final = {
    "madgwick": 2.0 * RAD_PER_DEG,
    "mahony": 9.5 * RAD_PER_DEG,
    "ekf": 3.2 * RAD_PER_DEG,
}
_BIAS_SD_RADS: Final = 0.5 * RAD_PER_DEG
"""The heading is off by a bias nobody removed."""
_GAP: Final = 1.5
_FIRST, _LAST, _INTERVAL, _Q, _BIAS, _COVARIANCE, _SIZE = 0, 1, 2, 3, 7, 10, 26


class ReferenceEstimator:
    """One of the ``ahrs`` filters: blocks in, oriented blocks out, equal for any splitting."""

    def __init__(self, name: ReferenceName) -> None:
        self.name = name
        self.reset()

    def reset(self) -> None:
        """Forget everything, as if made anew."""
        self._state = np.full(_SIZE, np.nan)
        self._filter = _new_filter(self.name)

    @property
    def state(self) -> FloatArray:
        """All that the filter remembers (26,); give it to `restore` to go on from here."""
        return self._state.copy()

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier. Raises `InputError` when it is not one."""
        values = np.array(state, float)
        if values.shape != (_SIZE,):
            raise InputError(f"{self.name} state has shape {values.shape}, not ({_SIZE},)")
        self._state = values

    def update(self, block: ImuBlock) -> OrientedBlock:
        """Orientation at every sample of ``block``, which follows the one before in time.

        Raises `InputError` when times do not increase or a value is not finite.
        """
        last_s = self._state[_LAST]
        refuse_unusable(block, -np.inf if np.isnan(last_s) else float(last_s))
        n = len(block)
        q_es, gyr = np.empty((n, 4)), np.empty((n, 3))
        quality = np.array(block.quality, np.uint8)
        for k in range(n):
            if self._step(float(block.t_s[k]), block.acc_ms2[k], block.gyr_rads[k]):
                quality[k] |= SampleQuality.AFTER_GAP
            q_es[k] = self._state[_Q : _Q + 4]
            gyr[k] = block.gyr_rads[k] - self._state[_BIAS : _BIAS + 3]
        inclination_sd = np.full(n, _INCLINATION_SD_RAD[self.name])
        heading_sd = np.minimum(inclination_sd + _BIAS_SD_RADS * (block.t_s - self._state[_FIRST]), np.pi)
        return OrientedBlock(block.t_s, q_es, gyr, block.acc_ms2, inclination_sd, heading_sd, quality)

    def _step(self, t_s: float, acc: FloatArray, gyr: FloatArray) -> bool:
        """Take one sample; whether samples are missing before it."""
        s = self._state
        if np.isnan(s[_FIRST]):
            s[_FIRST] = s[_LAST] = t_s
            s[_Q : _Q + 4] = level(acc)
            s[_INTERVAL], s[_BIAS : _BIAS + 3] = 0.0, 0.0
            s[_COVARIANCE:] = np.eye(4).ravel()
            return False
        dt = t_s - s[_LAST]
        gap = s[_INTERVAL] > 0.0 and dt > _GAP * s[_INTERVAL]
        s[_LAST] = t_s
        s[_INTERVAL] = s[_INTERVAL] if gap else dt
        s[_Q : _Q + 4] = self._advance(s[_Q : _Q + 4].copy(), acc, gyr, dt)
        return bool(gap)

    def _advance(self, q: FloatArray, acc: FloatArray, gyr: FloatArray, dt: float) -> FloatArray:
        s = self._state
        if self.name == "ekf":
            self._filter.P = s[_COVARIANCE:].reshape(4, 4).copy()
            q = self._filter.update(q, gyr, acc, dt=dt)
            s[_COVARIANCE:] = self._filter.P.ravel()
        elif self.name == "mahony":
            self._filter.b = s[_BIAS : _BIAS + 3].copy()
            q = self._filter.updateIMU(q, gyr, acc, dt=dt)
            s[_BIAS : _BIAS + 3] = self._filter.b
        else:
            q = self._filter.updateIMU(q, gyr, acc, dt=dt)
        return np.asarray(q, float)


def level(acc_s: FloatArray) -> FloatArray:
    """Orientation (4,) of the smallest rotation that makes the force ``acc_s`` (3,) point up."""
    norm = float(np.linalg.norm(acc_s))
    if norm == 0.0:
        return quat.IDENTITY.copy()
    x, y, z = acc_s / norm
    if z < -1.0 + 1e-12:
        return np.array([0.0, 1.0, 0.0, 0.0])
    return quat.normalize(np.array([1.0 + z, y, -x, 0.0]))


def _new_filter(name: ReferenceName) -> Any:
    made: dict[str, Any] = {"madgwick": Madgwick, "mahony": Mahony}
    return EKF(frame="NED") if name == "ekf" else made[name]()
