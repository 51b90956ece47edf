"""The compiled loop that puts irregular samples onto a grid."""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel
from fusion.types import BoolArray, FloatArray, QualityArray

AFTER_GAP: Final = 1
BRIDGED: Final = 8
MISSING: Final = 16
SAME_S: Final = 1e-9
"""A sample this little before a grid time is at it, whether or not the next one is known yet."""
COLUMNS: Final = 12
"""q_es (4), gyr (3), acc (3), one sigma of inclination and heading."""


@kernel
def rising(t_s: FloatArray, latest_s: float) -> BoolArray:
    """Which of the times (n,) follow ``latest_s`` and all that were taken before them."""
    taken = np.zeros(len(t_s), np.bool_)
    for k in range(len(t_s)):
        if t_s[k] > latest_s and t_s[k] < np.inf:
            taken[k] = True
            latest_s = t_s[k]
    return taken


@kernel
def interpolate(
    grid_s: FloatArray,
    t_s: FloatArray,
    values: FloatArray,
    quality: QualityArray,
    bridge_s: float,
    out: FloatArray,
    quality_out: QualityArray,
) -> int:
    """Put samples ``values`` (n, COLUMNS) at ``t_s`` onto ``grid_s`` (m,), filling ``out`` (m, COLUMNS).

    Columns 0–3 are a unit quaternion. Where neighbours lie further apart than ``bridge_s``, or one is
    lacking, the row is NaN and MISSING. Returns the index of the last sample used, to drop those before.
    """
    j = 0
    n = len(t_s)
    for k in range(len(grid_s)):
        t = grid_s[k]
        while j + 1 < n and t_s[j + 1] <= t:
            j += 1
        exact = n > 0 and 0.0 <= t - t_s[j] <= SAME_S
        if n == 0 or t_s[j] > t or (j + 1 >= n and not exact):
            out[k, :] = np.nan
            quality_out[k] = MISSING
            continue
        if exact:
            out[k, :] = values[j]
            quality_out[k] = quality[j]
            continue
        gap = t_s[j + 1] - t_s[j]
        if gap > bridge_s:
            out[k, :] = np.nan
            quality_out[k] = MISSING
            continue
        f = (t - t_s[j]) / gap
        flags = quality[j + 1] & ~AFTER_GAP | (quality[j] & ~AFTER_GAP)
        if quality[j + 1] & AFTER_GAP:
            flags |= BRIDGED
        quality_out[k] = flags
        same = 0.0
        for i in range(4):
            same += values[j, i] * values[j + 1, i]
        sign = 1.0 if same >= 0.0 else -1.0
        norm = 0.0
        for i in range(4):
            q = (1.0 - f) * values[j, i] + f * sign * values[j + 1, i]
            out[k, i] = q
            norm += q * q
        norm = 1.0 / sqrt(norm)
        for i in range(4):
            out[k, i] *= norm
        for i in range(4, COLUMNS):
            out[k, i] = (1.0 - f) * values[j, i] + f * values[j + 1, i]
    return j
