"""Heading from a magnetometer, laid over an orientation whose inclination is already right.

The horizontal field tells the angle by which the gyroscope's free heading is off; that angle is followed
by a first-order low-pass (as in VQF, doi 10.1016/j.inffus.2022.10.014), slower where the field's norm or
dip leaves what it has been.
"""

from __future__ import annotations

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray

_TAU_S = 9.0
_TAU_REFERENCE_S = 20.0
_NORM_TOLERANCE = 0.10
_DIP_TOLERANCE_RAD = float(np.radians(10.0))
_UNDISTURBED_SD_RAD = float(np.radians(3.0))


class MagneticHeading:
    """Streaming heading correction; ``state`` is (6,): started, time, weight, offset, norm, dip."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = np.zeros(6)

    def restore(self, state: FloatArray) -> None:
        """Go on from an earlier `state`."""
        self.state = state.copy()

    def update(
        self, t_s: FloatArray, q_es: FloatArray, heading_sd_rad: FloatArray, mag_ut: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Orientation (n, 4) with magnetic-north heading (E's Y is north) and its one-sigma (n,)."""
        field = quat.rotate(q_es, mag_ut)
        offsets, trusted = np.empty(len(t_s)), np.empty(len(t_s), bool)
        for k in range(len(t_s)):
            offsets[k], trusted[k] = self._step(float(t_s[k]), field[k])
        half = 0.5 * offsets
        turn = np.stack((np.cos(half), np.zeros_like(half), np.zeros_like(half), np.sin(half)), axis=-1)
        return quat.multiply(turn, q_es), np.where(trusted, _UNDISTURBED_SD_RAD, heading_sd_rad)

    def _step(self, t_s: float, field: FloatArray) -> tuple[float, bool]:
        norm = float(np.linalg.norm(field))
        if not np.isfinite(norm) or norm < 1e-3:
            return float(self.state[3]), False
        dip = float(-np.arcsin(np.clip(field[2] / norm, -1.0, 1.0)))
        seen = float(np.arctan2(field[0], field[1]))
        started, last, weight, offset, norm_ref, dip_ref = self.state.tolist()
        if not started:
            self.state[:] = (1.0, t_s, 0.0, seen, norm, dip)
            return seen, True
        dt = t_s - last
        clean = abs(norm - norm_ref) < _NORM_TOLERANCE * norm_ref and abs(dip - dip_ref) < _DIP_TOLERANCE_RAD
        weight = min(weight + dt, _TAU_S)
        gain = dt / max(weight, dt) if weight < _TAU_S else -np.expm1(-dt / _TAU_S)
        error = float(np.arctan2(np.sin(seen - offset), np.cos(seen - offset)))
        offset += (gain if clean else 0.0) * error
        follow = -np.expm1(-dt / _TAU_REFERENCE_S)
        norm_ref += follow * (norm - norm_ref)
        dip_ref += follow * (dip - dip_ref)
        self.state[:] = (1.0, t_s, weight, offset, norm_ref, dip_ref)
        return offset, clean
