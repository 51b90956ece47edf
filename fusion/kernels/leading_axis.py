"""Iteratively reweighted search for one direction in a plane that many glimpses agree on.

Each glimpse says of every direction how much of its evidence lies along it: a symmetric 2×2 matrix of trace
one, in the plane's own two axes. The best direction of a weighted sum is known in closed form.
"""

from __future__ import annotations

import numpy as np

from fusion.kernels.compiled import inline, kernel
from fusion.types import FloatArray


@kernel
def in_plane(
    plane: FloatArray,
    up_s: FloatArray,
    up_scatter: FloatArray,
    rate_scatter: FloatArray,
    turned: FloatArray,
    rate_share: float,
    out: FloatArray,
) -> None:
    """Evidence of n glimpses into ``out`` (n, 3): xx, xy and yy in the axes ``plane`` (2, 3).

    Leaning by u turns about ``up_s × u``, counted as much as ``turned`` (n,) says; turning about ω speaks of
    ω itself, at ``rate_share`` s²/rad². Scatters are (n, 3, 3).
    """
    lean = np.empty((2, 3))
    for i in range(2):
        lean[i, 0] = plane[i, 1] * up_s[2] - plane[i, 2] * up_s[1]
        lean[i, 1] = plane[i, 2] * up_s[0] - plane[i, 0] * up_s[2]
        lean[i, 2] = plane[i, 0] * up_s[1] - plane[i, 1] * up_s[0]
    for k in range(len(out)):
        at = 0
        for i in range(2):
            for j in range(i, 2):
                of_lean = _form(lean[i], up_scatter[k], lean[j])
                of_rate = _form(plane[i], rate_scatter[k], plane[j])
                out[k, at] = turned[k] * of_lean + rate_share * of_rate
                at += 1


@inline
def _form(u: FloatArray, matrix: FloatArray, v: FloatArray) -> float:
    total = 0.0
    for i in range(3):
        for j in range(3):
            total += u[i] * matrix[i, j] * v[j]
    return total


@kernel
def agree(unit: FloatArray, base: FloatArray, spread: float, rounds: int, out: FloatArray) -> None:
    """Direction (cos, sin) on which weighted evidence agrees, outliers let go, into ``out`` (5,).

    ``unit`` (n, 3) is the evidence at trace one, ``base`` (n,) its weights. After the direction ``out`` holds
    the weight that is left, the weighted sum of the disagreement, and Σ base × agreement.
    """
    axis, before = (1.0, 0.0), (1.0, 0.0)
    kept, off, along = 0.0, 0.0, 0.0
    for turn in range(rounds + 1):
        xx, xy, yy = 0.0, 0.0, 0.0
        for k in range(len(base)):
            weight = base[k] if turn == 0 else base[k] * _trust(unit[k], axis, spread)
            xx += weight * unit[k, 0]
            xy += weight * unit[k, 1]
            yy += weight * unit[k, 2]
        angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
        before, axis = axis, (np.cos(angle), np.sin(angle))
    for k in range(len(base)):
        share = _share(unit[k], axis)
        weight = base[k] * _trust(unit[k], before, spread)
        kept += weight
        off += weight * (1.0 - share)
        along += base[k] * share
    out[0], out[1], out[2], out[3], out[4] = axis[0], axis[1], kept, off, along


@inline
def _share(unit: FloatArray, axis: tuple[float, float]) -> float:
    c, s = axis
    return c * c * unit[0] + 2.0 * c * s * unit[1] + s * s * unit[2]


@inline
def _trust(unit: FloatArray, axis: tuple[float, float], spread: float) -> float:
    """Cauchy's weight."""
    return 1.0 / (1.0 + ((1.0 - _share(unit, axis)) / spread) ** 2)
