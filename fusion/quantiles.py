"""Quantiles of short rows: numpy's, to the bit, in a tenth of its time, and with NaN left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion.types import FloatArray


def quantiles(values: FloatArray, shares: Sequence[float]) -> FloatArray:
    """Linear quantiles (k, ...) at ``shares`` (k,) in [0, 1] over the last axis (..., n); NaN of none."""
    rows = np.sort(values, axis=-1)
    last = np.isfinite(rows).sum(axis=-1) - 1
    return np.stack([_at(rows, last, share) for share in shares])


def _at(rows: FloatArray, last: np.ndarray, share: float) -> FloatArray:
    place = last * share
    below = np.floor(place).astype(np.intp)
    beyond = np.minimum(below + 1, last)
    low, high = (np.take_along_axis(rows, at[..., None], axis=-1)[..., 0] for at in (below, beyond))
    step, weight = high - low, place - below
    return np.where(weight >= 0.5, high - step * (1.0 - weight), low + step * weight)


def quantile(values: FloatArray, share: float) -> float:
    """The linear quantile at ``share`` in [0, 1] of finite values (n,), n ≥ 1."""
    return _of(np.sort(values), share)


def median(values: FloatArray) -> float:
    """The median (n,), n ≥ 1, infinite values among them; NaN where any is."""
    row = np.sort(values)
    if np.isnan(row[-1]):
        return float("nan")
    return 0.5 * (float(row[(len(row) - 1) // 2]) + float(row[len(row) // 2]))


def ends(values: FloatArray, shares: tuple[float, float]) -> tuple[float, float]:
    """Two linear quantiles of finite values (n,), n ≥ 1."""
    row = np.sort(values)
    return _of(row, shares[0]), _of(row, shares[1])


def _of(row: FloatArray, share: float) -> float:
    place = (len(row) - 1) * share
    below = int(place)
    low, high = float(row[below]), float(row[min(below + 1, len(row) - 1)])
    step, weight = high - low, place - below
    return high - step * (1.0 - weight) if weight >= 0.5 else low + step * weight
