"""How the centre of a joint accelerates, as a sensor that turns about it tells: ω̇ × r + ω × (ω × r) apart.

Frames are short, so whole-array calls would cost many times the arithmetic. Rates are differenced in the
earth frame; ``last`` carries the rate (3,) of the sample before from one frame to the next.
"""

from __future__ import annotations

import numpy as np

from fusion.kernels.compiled import inline, kernel
from fusion.types import FloatArray


@kernel
def at_lever(
    q_es: FloatArray,
    gyr_rads: FloatArray,
    acc_ms2: FloatArray,
    lever_s_m: FloatArray,
    dt_s: float,
    last: FloatArray,
    out: FloatArray,
) -> None:
    """Horizontal acceleration ``out`` (n, 2) in E of the point ``lever_s_m`` (3,) of S."""
    matrix, rate, turning, swing = np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for k in range(len(out)):
        _rotation(q_es[k], matrix)
        _turn(matrix, gyr_rads[k], dt_s, last, rate, turning)
        x, y, z = lever_s_m[0], lever_s_m[1], lever_s_m[2]
        arm = (_row(matrix, 0, x, y, z), _row(matrix, 1, x, y, z), _row(matrix, 2, x, y, z))
        _swing(turning, rate, arm, swing)
        for i in range(2):
            acc = _row(matrix, i, acc_ms2[k, 0], acc_ms2[k, 1], acc_ms2[k, 2])
            out[k, i] = acc + swing[i]


@kernel
def by_axis(
    q_es: FloatArray,
    gyr_rads: FloatArray,
    acc_ms2: FloatArray,
    dt_s: float,
    last: FloatArray,
    out: FloatArray,
) -> None:
    """``out`` (n, 4): upward acceleration of the sensor, and what 1 m along each axis of S adds to it."""
    matrix, rate, turning, swing = np.empty((3, 3)), np.empty(3), np.empty(3), np.empty(3)
    for k in range(len(out)):
        _rotation(q_es[k], matrix)
        _turn(matrix, gyr_rads[k], dt_s, last, rate, turning)
        out[k, 0] = _row(matrix, 2, acc_ms2[k, 0], acc_ms2[k, 1], acc_ms2[k, 2])
        for j in range(3):
            _swing(turning, rate, (matrix[0, j], matrix[1, j], matrix[2, j]), swing)
            out[k, 1 + j] = swing[2]


@inline
def _rotation(q: FloatArray, out: FloatArray) -> None:
    w, x, y, z = q[0], q[1], q[2], q[3]
    out[0, 0], out[1, 1] = 1.0 - 2.0 * (y * y + z * z), 1.0 - 2.0 * (x * x + z * z)
    out[2, 2] = 1.0 - 2.0 * (x * x + y * y)
    out[0, 1], out[1, 0] = 2.0 * (x * y - w * z), 2.0 * (x * y + w * z)
    out[0, 2], out[2, 0] = 2.0 * (x * z + w * y), 2.0 * (x * z - w * y)
    out[1, 2], out[2, 1] = 2.0 * (y * z - w * x), 2.0 * (y * z + w * x)


@inline
def _row(matrix: FloatArray, i: int, x: float, y: float, z: float) -> float:
    return matrix[i, 0] * x + matrix[i, 1] * y + matrix[i, 2] * z


@inline
def _turn(
    matrix: FloatArray, gyr: FloatArray, dt_s: float, last: FloatArray, rate: FloatArray, turning: FloatArray
) -> None:
    """Rate in E and its change since ``last``, which becomes it; NaN there means that none was before."""
    for i in range(3):
        rate[i] = _row(matrix, i, gyr[0], gyr[1], gyr[2])
        turning[i] = (rate[i] - last[i]) / dt_s if np.isfinite(last[i]) else 0.0
        last[i] = rate[i]


@inline
def _swing(turning: FloatArray, rate: FloatArray, arm: tuple[float, float, float], out: FloatArray) -> None:
    x, y, z = arm
    across = (rate[1] * z - rate[2] * y, rate[2] * x - rate[0] * z, rate[0] * y - rate[1] * x)
    out[0] = turning[1] * z - turning[2] * y + rate[1] * across[2] - rate[2] * across[1]
    out[1] = turning[2] * x - turning[0] * z + rate[2] * across[0] - rate[0] * across[2]
    out[2] = turning[0] * y - turning[1] * x + rate[0] * across[1] - rate[1] * across[0]
