"""When a held pose was reached and when it was left: where the way there dies away, where the way out begins.

What is nearer to the pose than to any other is not in it yet: on the way from one to the other that is so
from half of it on. The corners are those of a repetition (`fusion.movement.phase_corners`), of the
distance to it.
"""

from __future__ import annotations

import numpy as np

from fusion.movement.phase_corners import corners
from fusion.types import FloatArray

WAY_S = 1.2
"""So long before the pose was nearest the way there may have begun."""
_SETTLE_S = 1.0
"""So long after that it may end, and before the end of the hold it may begin."""
_LEAST_SHARE = 0.3
"""The ways there and back leave at least this much of the hold."""


def held_span(t_s: FloatArray, angles_deg: FloatArray, since_s: float, last_s: float) -> tuple[float, float]:
    """Times of arrival and departure, s, of a pose that was nearest within [since, last].

    ``angles_deg`` (n, k) are differences to any fixed pose, NaN where not known; samples before
    and after the hold are looked at as far as they are given.
    """
    held = (t_s >= since_s) & (t_s <= last_s)
    known = np.isfinite(angles_deg).all(axis=1)
    if not (held & known).any():
        return since_s, last_s
    away = np.linalg.norm(angles_deg - np.median(angles_deg[held & known], axis=0), axis=1)
    there = known & (t_s >= since_s - WAY_S) & (t_s <= min(since_s + _SETTLE_S, last_s))
    back = known & (t_s >= max(last_s - _SETTLE_S, since_s)) & (t_s <= last_s + WAY_S)
    arrives = _corner(t_s[there], -away[there], rising=True, otherwise_s=since_s)
    leaves = _corner(t_s[back], -away[back], rising=False, otherwise_s=last_s)
    least = (1.0 - _LEAST_SHARE) * 0.5 * (last_s - since_s)
    return min(arrives, since_s + least), max(leaves, last_s - least)


def _corner(t_s: FloatArray, nearness: FloatArray, *, rising: bool, otherwise_s: float) -> float:
    """Where a way to the pose (rising) arrives, or where a way from it sets out."""
    if len(t_s) < 3 or float(np.ptp(nearness)) == 0.0:
        return otherwise_s
    _, reach, leave, _ = corners(nearness, t_s)
    return float(t_s[reach if rising else leave])
