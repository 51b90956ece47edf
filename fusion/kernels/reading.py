"""The compiled parts of judging a repetition: one pass over a signal where numpy would take ten.

Signals may hold NaN where a sensor was silent; those samples are left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, rare
from fusion.types import FloatArray

MAX: Final = 0
MIN: Final = 1
MEAN: Final = 2
MEAN_ABS: Final = 3
MAX_ABS: Final = 4
RISE: Final = 5
FALL: Final = 6
CHANGE: Final = 7
RANGE: Final = 8
SD: Final = 9
RMS: Final = 10
END: Final = 11


@kernel
def smooth(values: FloatArray, half: int) -> FloatArray:
    """Centred running mean (n,) over ``2·half + 1`` samples, fewer at the ends, NaN left out."""
    n = len(values)
    out = np.empty(n)
    total = 0.0
    count = 0
    for k in range(min(half, n)):
        if np.isfinite(values[k]):
            total += values[k]
            count += 1
    for k in range(n):
        after, before = k + half, k - half - 1
        if after < n and np.isfinite(values[after]):
            total += values[after]
            count += 1
        if before >= 0 and np.isfinite(values[before]):
            total -= values[before]
            count -= 1
        out[k] = total / count if count > 0 else np.nan
    return out


@kernel
def change_sd(level_sd: FloatArray, tracking_sd: float) -> FloatArray:
    """What is left (n,) of ``level_sd`` in differences: its constant part, how the sensor sits, is gone."""
    constant = np.inf
    for sd in level_sd:
        if np.isfinite(sd) and sd < constant:
            constant = sd
    if constant == np.inf:
        constant = 0.0
    out = np.empty(len(level_sd))
    for k in range(len(level_sd)):
        grown = max(level_sd[k] ** 2 - constant**2, 0.0)
        out[k] = np.sqrt(grown + tracking_sd**2)
    return out


@kernel
def along(t: FloatArray, p: FloatArray, x: FloatArray) -> FloatArray:
    """Piecewise linear p(t) at ``x`` (n,), continued beyond its ends with their slope; ``t`` (k,) rises."""
    last = len(t) - 1
    out = np.empty(len(x))
    j = 0
    for k in range(len(x)):
        if not np.isfinite(x[k]):
            out[k] = np.nan
            continue
        while j < last - 1 and x[k] > t[j + 1]:
            j += 1
        while j > 0 and x[k] < t[j]:
            j -= 1
        out[k] = p[j] + (p[j + 1] - p[j]) / (t[j + 1] - t[j]) * (x[k] - t[j])
    return out


@kernel
def read(measure: int, x: FloatArray, sd: FloatArray, first: int, last: int) -> tuple[float, int, float]:
    """``measure`` of x over [first, last]: value, index at which it was reached, median of ``sd`` there.

    NaN and infinity where no sample is known.
    """
    begin = end = -1
    known = 0
    for k in range(first, last + 1):
        if np.isfinite(x[k]):
            begin = k if begin < 0 else begin
            end = k
            known += 1
    if known == 0:
        return np.nan, first, np.inf
    value, at = _value(measure, x, begin, end, known)
    return value, at, _median(sd, x, begin, end)


@kernel
def off_path(x: FloatArray, path: FloatArray, pivot: float, steepness: float) -> FloatArray:
    """What x (n,) is beyond ``path`` (n,), made ``steepness`` times as steep about ``pivot``."""
    out = np.empty(len(x))
    for k in range(len(x)):
        out[k] = x[k] - (pivot + steepness * (path[k] - pivot))
    return out


@kernel
def together(one: FloatArray, other: FloatArray, share: float) -> FloatArray:
    """Sd (n,) of a sum of two independent numbers, of which the second counts ``share``."""
    out = np.empty(len(one))
    for k in range(len(one)):
        out[k] = np.sqrt(one[k] ** 2 + (share * other[k]) ** 2)
    return out


@kernel
def speed_of(x: FloatArray, dt_s: float) -> FloatArray:
    """Size of the rate of change (n,) by central differences, by one-sided ones at the ends; n ≥ 2."""
    last = len(x) - 1
    out = np.empty(last + 1)
    for k in range(last + 1):
        low, high = max(0, k - 1), min(last, k + 1)
        out[k] = abs(x[high] - x[low]) / ((high - low) * dt_s)
    return out


@kernel
def passed_at(x: FloatArray, first: int, last: int, share: float) -> int:
    """First index in [first, last] at which x is ``share`` of its way from x[first] to x[last]."""
    way = abs(x[last] - x[first])
    for k in range(first, last + 1):
        if abs(x[k] - x[first]) >= share * way:
            return k
    return last


@kernel
def by_way(effort: FloatArray, x: FloatArray, first: int, last: int, points: int) -> FloatArray:
    """Values of x (points,) at equal steps of how far ``effort`` has come from first to last."""
    whole = 0.0
    for k in range(first, last + 1):
        whole = max(whole, abs(effort[k] - effort[first]))
    out = np.empty(points)
    k = first
    before = here = 0.0
    for j in range(points):
        wanted = whole * j / (points - 1)
        while k < last and here < wanted:
            k += 1
            before, here = here, max(here, abs(effort[k] - effort[first]))
        on = (wanted - before) / (here - before) if here > before and k > first else 1.0
        out[j] = x[k] if on >= 1.0 else x[k - 1] + on * (x[k] - x[k - 1])
    return out


@kernel
def median_of(x: FloatArray) -> float:
    """Median of the finite values; NaN where there is none."""
    middle = _median(x, x, 0, len(x) - 1)
    return middle if np.isfinite(middle) else np.nan


@kernel
def spilt(x: FloatArray, brim: float, first: int, last: int, total: FloatArray) -> None:
    """Add to ``total`` what x, from its value at ``first`` on, has beyond ``brim`` to either side."""
    for k in range(first, last + 1):
        over = abs(x[k] - x[first]) - brim
        if over > 0.0:
            total[k - first] += over


@kernel
def still_near(
    effort: FloatArray, speed: FloatArray, least: float, slow: float, first: int, last: int
) -> int:
    """Longest run of samples in [first, last] whose effort is at least ``least`` and speed below ``slow``."""
    longest = run = 0
    for k in range(first, last + 1):
        run = run + 1 if effort[k] >= least and speed[k] < slow else 0
        longest = max(longest, run)
    return longest


@kernel
def arc_length(magnitude: FloatArray, floor: float) -> float:
    """Length of a spectrum's outline, both axes scaled to 1, between its first and last loud bin.

    ``magnitude`` (n,) begins at 0 Hz and ends at the cut-off; loud is ``floor`` of the greatest. NaN for less
    than two bins.
    """
    greatest = np.max(magnitude)
    first = last = -1
    for k in range(len(magnitude)):
        if magnitude[k] >= floor * greatest:
            first = k if first < 0 else first
            last = k
    if last <= first:
        return np.nan
    total = 0.0
    step = 1.0 / (last - first)
    for k in range(first, last):
        total += np.hypot(step, (magnitude[k + 1] - magnitude[k]) / greatest)
    return total


@rare
def _value(measure: int, x: FloatArray, begin: int, end: int, known: int) -> tuple[float, int]:
    if measure == END:
        return x[end], end
    if measure in (MEAN, MEAN_ABS, RMS):
        return _mean(measure, x, begin, end, known), end
    if measure == SD:
        return _spread(x, begin, end, known), end
    return _extreme(measure, x, begin, end)


@rare
def _extreme(measure: int, x: FloatArray, begin: int, end: int) -> tuple[float, int]:
    zero = x[begin] if measure in (RISE, FALL, CHANGE) else 0.0
    high = low = far = begin
    for k in range(begin, end + 1):
        if not np.isfinite(x[k]):
            continue
        high = k if x[k] > x[high] else high
        low = k if x[k] < x[low] else low
        far = k if abs(x[k] - zero) > abs(x[far] - zero) else far
    if measure == RANGE:
        return x[high] - x[low], high
    if measure in (MAX, RISE):
        return x[high] - zero, high
    if measure == MIN:
        return x[low], low
    return (zero - x[low], low) if measure == FALL else (abs(x[far] - zero), far)


@rare
def _mean(measure: int, x: FloatArray, begin: int, end: int, known: int) -> float:
    total = 0.0
    for k in range(begin, end + 1):
        if np.isfinite(x[k]):
            total += abs(x[k]) if measure == MEAN_ABS else x[k]
    mean = total / known
    if measure != RMS:
        return mean
    squares = 0.0
    for k in range(begin, end + 1):
        if np.isfinite(x[k]):
            squares += (x[k] - mean) ** 2
    return np.sqrt(squares / known)


@rare
def _spread(x: FloatArray, begin: int, end: int, known: int) -> float:
    """Sd about a straight line, so that a slow drift is not taken for unsteadiness."""
    if known < 3:
        return np.nan
    mean_k = mean_x = 0.0
    for k in range(begin, end + 1):
        if np.isfinite(x[k]):
            mean_k += k / known
            mean_x += x[k] / known
    kk = kx = xx = 0.0
    for k in range(begin, end + 1):
        if np.isfinite(x[k]):
            kk += (k - mean_k) ** 2
            kx += (k - mean_k) * (x[k] - mean_x)
            xx += (x[k] - mean_x) ** 2
    return np.sqrt(max(0.0, xx - kx * kx / kk) / known)


@rare
def _median(sd: FloatArray, x: FloatArray, begin: int, end: int) -> float:
    """Of the finite ``sd`` where ``x`` is known; infinity where there is none."""
    kept = np.empty(end - begin + 1)
    n = 0
    for k in range(begin, end + 1):
        if np.isfinite(x[k]) and np.isfinite(sd[k]):
            kept[n] = sd[k]
            n += 1
    return np.median(kept[:n]) if n > 0 else np.inf


def warm_up() -> None:
    """Load every reader's machine code (and make it, the first time), so that no repetition waits for it."""
    x = np.zeros(4)
    smooth(x, 1)
    change_sd(x, 1.0)
    along(np.array([0.0, 1.0]), x[:2], x)
    read(MAX, x, x, 0, 3)
    off_path(x, x, 0.0, 1.0)
    together(x, x, 1.0)
    speed_of(x, 0.1)
    passed_at(x, 0, 3, 0.5)
    by_way(x, x, 0, 3, 3)
    median_of(x)
    spilt(x, 1.0, 0, 3, x.copy())
    still_near(x, x, 0.0, 1.0, 0, 3)
    arc_length(x, 0.1)
