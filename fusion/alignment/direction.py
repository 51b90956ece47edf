"""Which way an axis points: the way in which what was seen is what a body, and this exercise, does.

Hips flex much further than they extend, trunks lean further forward than back, and the exercise's key poses
say how far the working leg goes. What is compared are the ends of the range of each segment's pitch.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import TRUNK, Reference
from fusion.motion_hint import MotionHint
from fusion.types import FloatArray, Segment
from fusion.units import DEG_PER_RAD

_BACKWARD_MOST_DEG: Mapping[bool, float] = {True: 20.0, False: 30.0}
"""Furthest lean back of a trunk (True), furthest extension of a thigh (False), standing."""
_BEYOND_COST = 2.0
_UNSURE_DEG = 20.0
_MOST = 4.0
_FORWARD_BIAS = 0.3


def signed_pitch_deg(
    segment: Segment, reference: Reference, history: SensorHistory, z_s: FloatArray
) -> FloatArray:
    """Pitch (n,) of the glimpses about ``z_s``, with the sign of docs/conventions.md, deg."""
    up = reference.up_s[segment]
    forward = np.cross(up, z_s)
    angle = np.arctan2(history.up_s @ forward, history.up_s @ up)
    sign = -1.0 if segment in TRUNK else 1.0
    return np.asarray((sign * angle + reference.pitch_rad.get(segment, 0.0)) * DEG_PER_RAD)


def sagittal_score(
    segment: Segment, reference: Reference, history: SensorHistory, z_s: FloatArray, hint: MotionHint
) -> float:
    """How much more what was seen fits ``z_s`` than ``−z_s``, about in sigmas."""
    given = reference.signs.get(segment)
    if given is not None:
        return float(np.sign(given @ z_s)) * _MOST
    if len(history) == 0:
        return 0.0
    begin_deg = reference.pitch_rad.get(segment, 0.0) * DEG_PER_RAD
    costs = [
        _cost(segment, signed_pitch_deg(segment, reference, history, s * z_s), hint, begin_deg)
        for s in (1.0, -1.0)
    ]
    return float(np.clip((costs[1] - costs[0]) / _UNSURE_DEG, -_MOST, _MOST))


def _cost(segment: Segment, pitch_deg: FloatArray, hint: MotionHint, begin_deg: float) -> float:
    """How far the range of pitches is from any that the exercise has from where it begins."""
    low, high = np.quantile(pitch_deg, (0.02, 0.98))
    trunk = segment in TRUNK
    expected = hint.pelvis_tilt_deg() if trunk else hint.thigh_pitch_deg()
    ranges = [(min(begin_deg, e), max(begin_deg, e)) for e in expected.tolist()]
    if len(expected):
        ranges.append((min(begin_deg, expected.min()), max(begin_deg, expected.max())))
    fits = [abs(low - a) + abs(high - b) for a, b in ranges]
    cost = min(fits) if fits else -_FORWARD_BIAS * (high + low)
    if hint.standing:
        cost += _BEYOND_COST * max(0.0, -low - _BACKWARD_MOST_DEG[trunk])
    return float(cost)


def frontal_score(
    segment: Segment, reference: Reference, history: SensorHistory, x_s: FloatArray, hint: MotionHint
) -> float:
    """The same for ``x_s`` as the axis of a movement in the frontal plane, or of lying on one's side.

    Lying on the left side lifts the right side of the pelvis; a leg that is raised goes outwards.
    """
    if len(history) == 0:
        return 0.0
    sines = np.cross(reference.up_s[segment], history.up_s) @ x_s
    seen = float(np.sum(sines * np.abs(sines))) / max(1e-9, float(np.sum(sines**2)))
    if hint.side_lying_deg:
        expected = hint.side_lying_deg
    elif segment in TRUNK:
        return 0.0
    else:
        expected = 1.0 if segment.value.endswith("right") else -1.0
    return float(np.clip(_MOST * np.sign(expected) * seen, -_MOST, _MOST))
