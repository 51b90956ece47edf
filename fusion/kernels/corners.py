"""The compiled search for the corners of an excursion: where its phases begin and end."""

from __future__ import annotations

from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, rare
from fusion.types import FloatArray

_NEAR: Final = 0.15
"""Share of the range by which a phase counts as left or reached; the corner itself is where it began."""
_CORNER_SPEED: Final = 0.06
"""Share of a phase's greatest speed below which the phase has not begun, or is over."""
_SPEED_OVER_S: Final = 0.08
_SPEED_OVER_SHARE: Final = 0.1
"""Speeds are taken over this time, or this share of a slow way, so that noise makes no corners."""
_TAIL_SHARE: Final = 0.29
"""Before its corner a minimum-jerk way spends this share of the time from the corner to 15 % of the range."""
_SLOW_S: Final = 0.6
"""From 3 to 15 % of the range: sway and skin turn faster than a slower way at its ends."""
_LEVEL_OVER_S: Final = 0.2
_OUTER: Final = 0.03
_OUTER_TAIL: Final = 1.176
"""Before a minimum-jerk way is at 3 % of its range it takes so much of the time from there to 15 %."""
_GAP_STEPS: Final = 1.5


@kernel
def advanced(effort: FloatArray, t_s: FloatArray, lag: int, dt: float) -> FloatArray:
    """The low-passed effort (n,) without the filter's delay, never across a gap: there it began anew."""
    n = len(effort)
    out = np.empty(n)
    until = n - 1
    for k in range(n - 1, -1, -1):
        if k < n - 1 and t_s[k + 1] - t_s[k] > _GAP_STEPS * dt:
            until = k
        out[k] = effort[min(k + lag, until)]
    return out


@kernel
def corners(x: FloatArray, t_s: FloatArray) -> tuple[int, int, int, int]:
    """Start, reach, leave and end of an excursion x (n,) that runs low → high → (low).

    A corner is where the speed of its phase has died away, looked for from where the phase has left or
    reached 15 % of the range: rests that drift, and ends that creep, do not move it. What a smooth way still
    goes at less than that speed is added, but never beyond the extreme.
    """
    peak = int(np.argmax(x))
    top = x[peak]
    start, reach = _phase(x[: peak + 1], t_s[: peak + 1], top)
    back_end, back_start = _phase(x[peak:][::-1].copy(), -t_s[peak:][::-1].copy(), top)
    last = len(x) - 1
    return start, reach, last - back_start, last - back_end


@rare
def _phase(x: FloatArray, t_s: FloatArray, top: float) -> tuple[int, int]:
    """Where a rise (n,) that ends at its maximum begins and where it arrives."""
    n = len(x)
    if n < 3:
        return 0, n - 1
    base = x.min()
    near = _NEAR * (top - base)
    low = n - 1
    while x[low] > base + near:
        low -= 1
    high = low
    while x[high] < top - near:
        high += 1
    step_s = abs(t_s[n - 1] - t_s[0]) / (n - 1)
    over_s = max(_SPEED_OVER_S, _SPEED_OVER_SHARE * (t_s[high] - t_s[low]))
    wide = max(1, min(n - 1, int(np.rint(over_s / step_s))))
    level = _smoothed(x, max(1, int(np.rint(0.5 * _LEVEL_OVER_S / step_s))))
    slow = int(np.rint(_SLOW_S / step_s))
    speed = (x[wide:] - x[: n - wide]) / (t_s[wide:] - t_s[: n - wide])
    limit = _CORNER_SPEED * speed.max()
    start = _left(speed, low, wide, limit)
    reach = _reached(speed, high, wide, limit, n)
    start = max(int(np.argmin(x[: start + 1])), start - int(np.rint(_TAIL_SHARE * (low - start))))
    reach = min(reach + int(np.rint(_TAIL_SHARE * (reach - high))), n - 1)
    slow_start, slow_reach = _slow_end(level, low, -1, slow), _slow_end(level, high, 1, slow)
    return slow_start if slow_start >= 0 else start, slow_reach if slow_reach >= 0 else reach


@rare
def _smoothed(x: FloatArray, half: int) -> FloatArray:
    """Moving mean (n,) over ``half`` samples on either side."""
    n = len(x)
    out = np.empty(n)
    for k in range(n):
        out[k] = x[max(0, k - half) : min(n, k + half + 1)].mean()
    return out


@rare
def _slow_end(level: FloatArray, at: int, step: int, slow: int) -> int:
    """Where a slow way that passes ``at`` ends, going by ``step``; −1 where it is none.

    Told by how long it takes from 15 to 3 % of the range before its end, and how a smooth way goes on.
    """
    n = len(level)
    base, top = level.min(), level.max()
    end = base if step < 0 else top
    outer = at
    while 0 < outer < n - 1 and abs(level[outer] - end) > _OUTER * (top - base):
        outer += step
    inner = outer
    while 0 <= inner - step < n and abs(level[inner] - end) < _NEAR * (top - base):
        inner -= step
    took = abs(outer - inner)
    if took < slow:
        return -1
    return min(n - 1, max(0, outer + step * int(np.rint(_OUTER_TAIL * took))))


@rare
def _left(speed: FloatArray, low: int, wide: int, limit: float) -> int:
    """The last slow moment before ``low``."""
    for k in range(min(low, len(speed)) - 1, -1, -1):
        if speed[k] < limit:
            return min(low, k + wide // 2)
    return 0


@rare
def _reached(speed: FloatArray, high: int, wide: int, limit: float, n: int) -> int:
    """The first slow moment from ``high`` on."""
    for k in range(max(0, high - wide), len(speed)):
        if speed[k] < limit:
            return min(max(high, k + wide // 2), n - 1)
    return n - 1


def warm_up() -> None:
    """Load the machine code (and make it, the first time)."""
    x = np.array([0.0, 1.0, 2.0, 1.0, 0.0])
    advanced(x, x, 0, 1.0)
    corners(x, np.arange(5.0))
