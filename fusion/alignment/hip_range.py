"""Which turns of pelvis and thigh would bend the hip further than hips go.

Flexion is P + T where gravity is not along the left–right axis. Passive hips flex to about 125° and extend to
20° (Roach & Miles 1991, doi 10.1093/ptj/71.9.656); sensors and zeros add their errors. To the side a thigh
leans as far as the pelvis, give or take what hips abduct and turn: a seat is no abduction by 90°.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fusion.alignment.direction import signed_pitch_deg
from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import Reference
from fusion.types import FloatArray, Segment

_LEAST_DEG, _MOST_DEG = -35.0, 145.0
_MIDDLE_DEG = 0.5 * (_LEAST_DEG + _MOST_DEG)
_BEYOND_DEG = 5.0
_COST_MOST = 8.0
_PLAIN_SINE = 0.5
"""Part of gravity across the axis below which a pitch says little."""
_FEW = 8
_ENDS = (0.02, 0.98)
_ASIDE_MOST_DEG = 65.0
"""Furthest that a thigh leans to the side against the pelvis."""
_FEW_ASIDE = 4
"""So many glimpses, one second, may show more."""


def hip_range_costs(
    thigh: Segment,
    axes_s: Mapping[Segment, Sequence[FloatArray]],
    reference: Reference,
    histories: Mapping[Segment, SensorHistory],
    *,
    lying: bool,
) -> FloatArray:
    """What each pair of turns (thigh's, pelvis's) costs, in units of log likelihood.

    ``lying`` on a side leaves out the flexion, which gravity does not show then.
    """
    pelvis = Segment.PELVIS
    _, here, there = np.intersect1d(histories[thigh].t_s, histories[pelvis].t_s, return_indices=True)
    leans = [
        [_list_deg(histories[s], z)[at] for z in axes_s[s]] for s, at in ((thigh, here), (pelvis, there))
    ]
    aside = np.array([[_aside_cost(t - p) for p in leans[1]] for t in leans[0]])
    if lying:
        return aside
    bent = [_pitch_deg(thigh, reference, histories[thigh], z)[here] for z in axes_s[thigh]]
    tilted = [_pitch_deg(pelvis, reference, histories[pelvis], z)[there] for z in axes_s[pelvis]]
    return np.minimum(aside + np.array([[_cost(t + p) for p in tilted] for t in bent]), _COST_MOST)


def _list_deg(history: SensorHistory, z_s: FloatArray) -> FloatArray:
    """How far the segment leans to the side (n,)."""
    return np.degrees(np.arcsin(np.clip(history.up_s @ z_s, -1.0, 1.0)))


def _aside_cost(lean_deg: FloatArray) -> float:
    if len(lean_deg) < _FEW:
        return 0.0
    most = float(np.partition(np.abs(lean_deg), -_FEW_ASIDE)[-_FEW_ASIDE])
    return float(min(max(0.0, most - _ASIDE_MOST_DEG) / _BEYOND_DEG, _COST_MOST))


def _pitch_deg(segment: Segment, reference: Reference, history: SensorHistory, z_s: FloatArray) -> FloatArray:
    """Pitch (n,), NaN where gravity is along the axis."""
    across = np.sqrt(np.maximum(0.0, 1.0 - (history.up_s @ z_s) ** 2))
    return np.where(across > _PLAIN_SINE, signed_pitch_deg(segment, reference, history, z_s), np.nan)


def _cost(flexion_deg: FloatArray) -> float:
    known = flexion_deg[np.isfinite(flexion_deg)]
    if len(known) < _FEW:
        return 0.0
    low, high = np.quantile((known - _MIDDLE_DEG + 180.0) % 360.0 - 180.0 + _MIDDLE_DEG, _ENDS)
    beyond = max(0.0, _LEAST_DEG - low) + max(0.0, high - _MOST_DEG)
    return float(min(beyond / _BEYOND_DEG, _COST_MOST))
