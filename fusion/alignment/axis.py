"""The axis about which a sensor's segment turns, from how gravity moves in it and from its rate.

Both lie in the plane across the reference vertical, so one angle is unknown. Every glimpse is asked for its
own direction and counts as much as it shows, at most one; glimpses that disagree with the rest (a side step,
a turn, a knock) lose their weight (iteratively reweighted least squares with Cauchy weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.alignment.history import SensorHistory
from fusion.types import FloatArray
from fusion.units import RAD_PER_DEG

_HALF_EVIDENCE = 0.03
"""sin² at which a glimpse counts one half: 10° of lean."""
_RATE_SHARE = 0.06
"""What 1 rad²/s² is worth against sin²: a lean held for a quarter of a second."""
_STILL_SHARE = 0.1
"""What a lean without any turning is worth: it repeats what was seen before."""
_FULL_TURN_RAD = 8.0 * RAD_PER_DEG
_SPREAD = 0.07
"""sin² of the disagreement, 15°, at which a glimpse loses half of its weight."""
_ROUNDS = 12
_GLIMPSES_PER_VIEW = 6.0
"""Glimpses of one movement say the same; so many make one independent view."""
_FLOOR_RAD = 3.0 * RAD_PER_DEG


@dataclass(frozen=True, slots=True, eq=False)
class AxisEstimate:
    """``axis_s`` (3,) unit, across the vertical, its sign open; ``share`` of the evidence that agrees.

    ``amount`` is the evidence in glimpses; ``sd_rad`` one sigma of its direction.
    """

    axis_s: FloatArray
    share: float
    amount: float
    sd_rad: float


def estimate_axis(
    up_ref_s: FloatArray, history: SensorHistory, boost: FloatArray | None = None
) -> AxisEstimate:
    """The axis seen from a reference vertical (3,) in S; ``boost`` (n,) weighs glimpses, default 1."""
    matrices = _evidence(up_ref_s, history)
    amounts = np.trace(matrices, axis1=1, axis2=2)
    base = amounts / (amounts + _HALF_EVIDENCE)
    if boost is not None:
        base = base * boost
    unit = matrices / np.maximum(amounts, 1e-12)[:, None, None]
    weights = base
    axis = _leading(up_ref_s, weights, unit)
    for _ in range(_ROUNDS):
        weights = base / (1.0 + ((1.0 - _along(unit, axis)) / _SPREAD) ** 2)
        axis = _leading(up_ref_s, weights, unit)
    along = _along(unit, axis)
    total, kept = float(base.sum()), float(weights.sum())
    if total < 1e-9:
        return AxisEstimate(axis, 0.0, 0.0, np.pi / 2.0)
    spread = float(weights @ (1.0 - along)) / max(kept, 1e-9)
    views = kept / _GLIMPSES_PER_VIEW
    sd_rad = float(np.sqrt(_FLOOR_RAD**2 + (spread + 0.02) / max(views, 1e-3)))
    return AxisEstimate(axis, float(base @ along) / total, total, min(sd_rad, np.pi / 2.0))


def _evidence(up_ref_s: FloatArray, history: SensorHistory) -> FloatArray:
    cross = skew(up_ref_s)
    across = np.eye(3) - np.outer(up_ref_s, up_ref_s)
    lean = cross @ history.up_scatter @ cross.T
    moved = np.minimum(1.0, _STILL_SHARE + history.turn_rad / _FULL_TURN_RAD)
    rate = across @ history.rate_scatter @ across
    return np.asarray(lean * moved[:, None, None] + _RATE_SHARE * rate)


def _along(unit: FloatArray, axis: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("i,nij,j->n", axis, unit, axis))


def _leading(up_ref_s: FloatArray, weights: FloatArray, unit: FloatArray) -> FloatArray:
    scatter = np.einsum("n,nij->ij", weights, unit)
    axis = np.linalg.eigh(scatter)[1][:, -1]
    axis = axis - (axis @ up_ref_s) * up_ref_s
    return np.asarray(axis / np.linalg.norm(axis))


def skew(v: FloatArray) -> FloatArray:
    """Matrix (3, 3) of the cross product with ``v``."""
    x, y, z = v
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
