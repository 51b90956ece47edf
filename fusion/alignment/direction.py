"""Which way an axis points: the way in which what was seen is what a body, and this exercise, does.

Hips flex much further than they extend, trunks lean further forward than back, and the exercise's key poses
say how far the working leg goes. What is compared are the ends of the range of each segment's pitch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import TRUNK, Reference
from fusion.motion_hint import MotionHint, Plane
from fusion.quantiles import ends, quantile
from fusion.types import FloatArray, Segment
from fusion.units import DEG_PER_RAD

_BACKWARD_MOST_DEG: Mapping[bool, float] = {True: 20.0, False: 30.0}
"""Furthest lean back of a trunk (True), furthest extension of a thigh (False), standing."""
_BEYOND_COST = 2.0
_UNSURE_DEG = 10.0
_MOST = 5.0
_FORWARD_BIAS = 0.3
_TELLING_DEG = 10.0
"""A plan that leaves the first pose by this much says itself which way is forward."""
_OTHER_PLANE = 2.5
"""Log odds against a motion in another plane than the plan's."""
_SIDEWAYS_COST = 0.5
_SIDEWAYS_MOST_DEG = 60.0
_ABDUCTED_MOST_DEG, _CROSSED_MOST_DEG = 35.0, 8.0
"""Furthest to the side in a step; furthest across the other leg: a walk's swing would cross it each time."""
_ENDS = (0.02, 0.98)


def signed_pitch_deg(
    segment: Segment, reference: Reference, history: SensorHistory, z_s: FloatArray
) -> FloatArray:
    """Pitch (n,) of the glimpses about ``z_s``, with the sign of docs/conventions.md, deg."""
    up = reference.up_s[segment]
    forward = quat.cross(up, z_s)
    angle = np.arctan2(history.up_s @ forward, history.up_s @ up)
    sign = -1.0 if segment in TRUNK else 1.0
    return np.asarray((sign * angle + reference.pitch_rad.get(segment, 0.0)) * DEG_PER_RAD)


def turn_scores(
    segment: Segment,
    reference: Reference,
    history: SensorHistory,
    axes_s: Sequence[FloatArray],
    hint: MotionHint,
) -> FloatArray:
    """How well each of four axes (3,), a quarter turn apart, fits what was seen: log likelihoods (4,).

    The first and third are of the plane that is planned.
    """
    scores = np.array([0.0, -_OTHER_PLANE, 0.0, -_OTHER_PLANE])
    given = reference.signs.get(segment)
    if given is not None:
        return scores + 0.5 * _MOST * np.array([float(given @ z) for z in axes_s])
    if len(history) == 0:
        return scores
    if is_frontal(segment, hint):
        # On one's side either plane has its sign: people also lie on their backs, and for longer.
        for k in range(4) if hint.side_lying_deg else (0, 2):
            x_s = quat.cross(reference.up_s[segment], axes_s[k])
            # The wrong sign tells against an axis; the right one tells nothing of the plane.
            scores[k] += min(0.0, _frontal_score(segment, reference, history, x_s, hint))
        if not hint.side_lying_deg:
            scores -= _standing_costs(segment, reference, history, axes_s)
        return scores
    begin_deg = reference.pitch_rad.get(segment, 0.0) * DEG_PER_RAD
    for k, z_s in enumerate(axes_s):
        pitch_deg = signed_pitch_deg(segment, reference, history, z_s)
        cost = _cost(segment, pitch_deg, hint, begin_deg) + _sideways_cost(history, z_s)
        scores[k] -= min(cost / _UNSURE_DEG, _MOST)
    return scores


def _standing_costs(
    segment: Segment, reference: Reference, history: SensorHistory, axes_s: Sequence[FloatArray]
) -> FloatArray:
    """What no thigh of somebody on their feet does, for each of four axes (4,).

    It swings far to the front (a seat, a stair), but not as far to the side or to the back, nor across the
    other leg.
    """
    costs = []
    for z_s in axes_s:
        aside = np.arcsin(np.clip(history.up_s @ z_s, -1.0, 1.0)) * DEG_PER_RAD
        outwards = aside if segment.value.endswith("right") else -aside
        low, high = ends(outwards, _ENDS)
        back = -quantile(signed_pitch_deg(segment, reference, history, z_s), _ENDS[0])
        beyond = max(0.0, high - low - _ABDUCTED_MOST_DEG) + max(0.0, -low - _CROSSED_MOST_DEG)
        beyond += max(0.0, back - _BACKWARD_MOST_DEG[False])
        costs.append(min(_BEYOND_COST * beyond / _UNSURE_DEG, _MOST))
    return np.array(costs)


def _width(angle_deg: FloatArray) -> float:
    low, high = ends(angle_deg, _ENDS)
    return high - low


def is_frontal(segment: Segment, hint: MotionHint) -> bool:
    """Whether the motion that counts turns the segment about its X."""
    if hint.side_lying_deg:
        return True
    return hint.plane is Plane.FRONTAL and segment not in TRUNK


def is_sideways(hint: MotionHint) -> bool:
    """Whether the exercise steps to the side."""
    return hint.plane is Plane.FRONTAL and not hint.side_lying_deg


def _sideways_cost(history: SensorHistory, z_s: FloatArray) -> float:
    """How far the segment would have leaned sideways, and how much of that no body does."""
    angle = np.arcsin(np.clip(history.up_s @ z_s, -1.0, 1.0)) * DEG_PER_RAD
    low, high = ends(angle, _ENDS)
    return float(_SIDEWAYS_COST * (high - low) + _BEYOND_COST * max(0.0, high - low - _SIDEWAYS_MOST_DEG))


def _cost(segment: Segment, pitch_deg: FloatArray, hint: MotionHint, begin_deg: float) -> float:
    """How far the range of pitches is from any that the exercise has from where it begins."""
    low, high = ends(pitch_deg, _ENDS)
    trunk = segment in TRUNK
    expected = hint.pelvis_tilt_deg() if trunk else hint.thigh_pitch_deg()
    ranges = [(min(begin_deg, e), max(begin_deg, e)) for e in expected.tolist()]
    if len(expected):
        ranges.append((min(begin_deg, expected.min()), max(begin_deg, expected.max())))
    fits = [abs(low - a) + abs(high - b) for a, b in ranges]
    cost = min(fits, default=0.0)
    if np.abs(expected - begin_deg).max(initial=0.0) < _TELLING_DEG:
        cost -= _FORWARD_BIAS * (high + low)
    if hint.standing:
        cost += _BEYOND_COST * max(0.0, -low - _BACKWARD_MOST_DEG[trunk])
    return float(cost)


def _frontal_score(
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
