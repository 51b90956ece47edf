"""The axis about which a sensor's segment turns, from how gravity moves in it and from its rate.

Both lie in the plane across the reference vertical, so one angle is unknown. Every glimpse is asked for its
own direction and counts as much as it shows, at most one; glimpses that disagree with the rest (a side step,
a turn, a knock) lose their weight (iteratively reweighted least squares with Cauchy weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.history import SensorHistory
from fusion.kernels import leading_axis
from fusion.quantiles import quantile
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
_TREMBLE_RAD = 1.2
_KEPT_RAD = (10.0 * RAD_PER_DEG, 50.0 * RAD_PER_DEG)
"""A posture that is kept leans by more than a stand, and by less than a seat."""
_LEAN_RAD = 5.0 * RAD_PER_DEG
"""Leans of a few degrees go in any plane: a walking pelvis lists more than it tilts."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisEstimate:
    """``axis_s`` (3,) unit, across the vertical, its sign open; ``share`` of the evidence that agrees.

    ``amount`` is the evidence in glimpses; ``sd_rad`` one sigma of its direction.
    """

    axis_s: FloatArray
    share: float
    amount: float
    sd_rad: float


def estimate_axis(up_ref_s: FloatArray, history: SensorHistory, *, leaning: bool = False) -> AxisEstimate:
    """The axis seen from a reference vertical (3,) in S.

    ``leaning``: the segment leans in one plane and moves in another; what tells is how gravity moves about
    where it is kept.
    """
    plane = _plane(up_ref_s)
    evidence = np.empty((len(history), 3))
    moved = np.minimum(1.0, _STILL_SHARE + history.turn_rad / _FULL_TURN_RAD)
    up_scatter = history.up_scatter
    if leaning:
        lean = np.arccos(np.clip(history.up_s @ up_ref_s, -1.0, 1.0))
        leans = (lean > _KEPT_RAD[0]) & (lean < _KEPT_RAD[1])
        moved = moved * leans
        up_scatter = _about(history, np.median(history.up_s[leans], axis=0)) if leans.any() else up_scatter
    scatters = (up_scatter, history.rate_scatter)
    leading_axis.in_plane(plane, up_ref_s, *scatters, moved, _RATE_SHARE, evidence)
    amounts = evidence[:, 0] + evidence[:, 2]
    base = amounts / (amounts + _HALF_EVIDENCE)
    unit = evidence / np.maximum(amounts, 1e-12)[:, None]
    found = np.empty(5)
    leading_axis.agree(unit, base, _SPREAD, _ROUNDS, found)
    axis = np.asarray(found[:2] @ plane)
    kept, off, along = found[2:].tolist()
    total = float(base.sum())
    if total < 1e-9:
        return AxisEstimate(axis, 0.0, 0.0, np.pi / 2.0)
    spread = off / max(kept, 1e-9)
    views = kept / _GLIMPSES_PER_VIEW
    sd_rad = float(np.sqrt(_FLOOR_RAD**2 + (spread + 0.02) / max(views, 1e-3)))
    sd_rad = float(np.hypot(sd_rad, _TREMBLE_RAD * np.exp(-_lean_rad(up_ref_s, history) / _LEAN_RAD)))
    return AxisEstimate(axis, along / total, total, min(sd_rad, np.pi / 2.0))


def _about(history: SensorHistory, centre_s: FloatArray) -> FloatArray:
    """Mean of (u − c)(u − c)ᵀ (n, 3, 3) of every glimpse, about one ``centre_s`` c (3,)."""
    mixed = history.up_s[:, :, None] * centre_s
    return np.asarray(history.up_scatter - mixed - mixed.transpose(0, 2, 1) + centre_s[:, None] * centre_s)


def _lean_rad(up_ref_s: FloatArray, history: SensorHistory) -> float:
    """How far the segment leaned at most, outliers left out."""
    cosine = quantile(history.up_s @ up_ref_s, 0.03)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))


def _plane(up_ref_s: FloatArray) -> FloatArray:
    """Two axes (2, 3) across a vertical and each other."""
    least = np.eye(3)[int(np.argmin(np.abs(up_ref_s)))]
    one = quat.cross(up_ref_s, least)
    one /= np.linalg.norm(one)
    return np.array([one, quat.cross(up_ref_s, one)])
