"""What a quarter of a second of one sensor amounts to, and whether it rested: one pass over its samples.

Frames are short (15 to 50 samples), so whole-array calls would cost many times the arithmetic.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from fusion.kernels.compiled import inline, kernel
from fusion.types import FloatArray
from fusion.units import STANDARD_GRAVITY_MS2

ROWS: Final = 27
T: Final = 0
UP: Final = 1
UP_SCATTER: Final = 4
RATE_SCATTER: Final = 13
TURN: Final = 22
LIFT: Final = 23
RATE: Final = 24
_QUIET_SHARE: Final = 0.9


@kernel
def glimpse(
    t_s: FloatArray,
    q_es: FloatArray,
    gyr_rads: FloatArray,
    acc_ms2: FloatArray,
    length_s: float,
    out: FloatArray,
) -> bool:
    """Means of one glimpse (n samples) into ``out`` (27,), laid out as named above; False where q is missing.

    Of the rate only the part counts that turns gravity.
    """
    n = len(q_es)
    out[:] = 0.0
    for k in range(n):
        w, x, y, z = q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3]
        if not (np.isfinite(w) and np.isfinite(x) and np.isfinite(y) and np.isfinite(z)):
            return False
        # World up in S: the third row of the rotation matrix.
        up = (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y))
        g0, g1, g2 = gyr_rads[k, 0], gyr_rads[k, 1], gyr_rads[k, 2]
        along = g0 * up[0] + g1 * up[1] + g2 * up[2]
        rate = (g0 - along * up[0], g1 - along * up[1], g2 - along * up[2])
        _add_vector(out, UP, up)
        _add_scatter(out, UP_SCATTER, up)
        _add_scatter(out, RATE_SCATTER, rate)
        _add_vector(out, RATE, rate)
        out[TURN] += np.sqrt(rate[0] * rate[0] + rate[1] * rate[1] + rate[2] * rate[2])
        out[LIFT] += acc_ms2[k, 0] * up[0] + acc_ms2[k, 1] * up[1] + acc_ms2[k, 2] * up[2]
    for j in range(1, ROWS):
        out[j] /= n
    out[T] = t_s[n - 1]
    out[TURN] *= length_s
    out[LIFT] -= STANDARD_GRAVITY_MS2
    return True


@inline
def _add_vector(out: FloatArray, at: int, v: tuple[float, float, float]) -> None:
    out[at] += v[0]
    out[at + 1] += v[1]
    out[at + 2] += v[2]


@inline
def _add_scatter(out: FloatArray, at: int, v: tuple[float, float, float]) -> None:
    for i in range(3):
        for j in range(3):
            out[at + 3 * i + j] += v[i] * v[j]


@kernel
def rest(q_es: FloatArray, gyr_rads: FloatArray, acc_ms2: FloatArray, out: FloatArray) -> bool:
    """How quietly a sensor lay over n samples, into ``out`` (4,); False where an orientation is missing.

    In order: length of the mean rate, and rate about that mean which nine samples in ten stay below, rad/s;
    length of the mean force and its spread, m/s².
    """
    n = len(q_es)
    for k in range(n):
        for j in range(4):
            if not np.isfinite(q_es[k, j]):
                return False
    mean_rate, mean_force, spread = np.zeros(3), np.zeros(3), 0.0
    for k in range(n):
        for j in range(3):
            mean_rate[j] += gyr_rads[k, j] / n
            mean_force[j] += acc_ms2[k, j] / n
    sway = np.empty(n)
    for k in range(n):
        squared = 0.0
        for j in range(3):
            squared += (gyr_rads[k, j] - mean_rate[j]) ** 2
            spread += (acc_ms2[k, j] - mean_force[j]) ** 2 / n
        sway[k] = np.sqrt(squared)
    sway.sort()
    at = _QUIET_SHARE * (n - 1)
    low = int(at)
    high = min(low + 1, n - 1)
    out[0] = np.sqrt(mean_rate[0] ** 2 + mean_rate[1] ** 2 + mean_rate[2] ** 2)
    out[1] = sway[low] + (at - low) * (sway[high] - sway[low])
    out[2] = np.sqrt(mean_force[0] ** 2 + mean_force[1] ** 2 + mean_force[2] ** 2)
    out[3] = np.sqrt(spread)
    return True
