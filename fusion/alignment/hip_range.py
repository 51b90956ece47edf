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
from fusion.quantiles import quantiles
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
    _, here, there = np.intersect1d(
        histories[thigh].t_s, histories[pelvis].t_s, assume_unique=True, return_indices=True
    )
    if len(here) < _FEW:
        return np.zeros((len(axes_s[thigh]), len(axes_s[pelvis])))
    leans = [
        np.array([_list_deg(histories[s], z)[at] for z in axes_s[s]])
        for s, at in ((thigh, here), (pelvis, there))
    ]
    aside = _aside_costs(leans[0][:, None] - leans[1])
    if lying:
        return aside
    bent = np.array([_pitch_deg(thigh, reference, histories[thigh], z)[here] for z in axes_s[thigh]])
    tilted = np.array([_pitch_deg(pelvis, reference, histories[pelvis], z)[there] for z in axes_s[pelvis]])
    return np.minimum(aside + _costs(bent[:, None] + tilted), _COST_MOST)


def _list_deg(history: SensorHistory, z_s: FloatArray) -> FloatArray:
    """How far the segment leans to the side (n,)."""
    return np.degrees(np.arcsin(np.clip(history.up_s @ z_s, -1.0, 1.0)))


def _aside_costs(lean_deg: FloatArray) -> FloatArray:
    """Of leans (..., n), n ≥ `_FEW`."""
    most = np.partition(np.abs(lean_deg), -_FEW_ASIDE, axis=-1)[..., -_FEW_ASIDE]
    return np.minimum(np.maximum(0.0, most - _ASIDE_MOST_DEG) / _BEYOND_DEG, _COST_MOST)


def _pitch_deg(segment: Segment, reference: Reference, history: SensorHistory, z_s: FloatArray) -> FloatArray:
    """Pitch (n,), NaN where gravity is along the axis."""
    across = np.sqrt(np.maximum(0.0, 1.0 - (history.up_s @ z_s) ** 2))
    return np.where(across > _PLAIN_SINE, signed_pitch_deg(segment, reference, history, z_s), np.nan)


def _costs(flexion_deg: FloatArray) -> FloatArray:
    """Of hip angles (..., n) of which some may be NaN; few say nothing."""
    many = np.isfinite(flexion_deg).sum(axis=-1) >= _FEW
    low, high = quantiles((flexion_deg - _MIDDLE_DEG + 180.0) % 360.0 - 180.0 + _MIDDLE_DEG, _ENDS)
    beyond = np.maximum(0.0, _LEAST_DEG - low) + np.maximum(0.0, high - _MOST_DEG)
    return np.where(many, np.minimum(beyond / _BEYOND_DEG, _COST_MOST), 0.0)
