"""Which way an axis points: the way in which what was seen is what a body, and this exercise, does.

Hips flex much further than they extend, trunks lean further forward than back, and the exercise's key poses
say how far the working leg goes. What is compared are the ends of the range of each segment's pitch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
_OTHER_LEG = 1.5
"""Log odds against a sensor on the other leg than it is named for, of an exercise that steps to the side."""
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
        up_s = reference.up_s[segment]
        if hint.side_lying_deg:
            # Either plane has its sign: people also lie on their backs, and for longer.
            return scores + _sideways_scores(up_s, history, axes_s, hint.side_lying_deg, range(4))
        pitched = _pitch_costs(segment, reference, history, axes_s, hint)
        outwards = 1.0 if segment.value.endswith("right") else -1.0
        as_named, on_the_other = (
            _sideways_scores(up_s, history, axes_s, sign, (0, 2))
            - _standing_costs(segment, reference, history, axes_s, sign)
            for sign in (outwards, -outwards)
        )
        return scores - pitched + np.maximum(as_named, on_the_other - _OTHER_LEG)
    for k, (z_s, cost) in enumerate(
        zip(axes_s, _pitch_costs(segment, reference, history, axes_s, hint), strict=True)
    ):
        aside = _sideways_cost(history, z_s)
        scores[k] -= min(cost + aside / _UNSURE_DEG, _MOST)
    return scores


def _sideways_scores(
    up_s: FloatArray,
    history: SensorHistory,
    axes_s: Sequence[FloatArray],
    sign: float,
    turns: Iterable[int],
) -> FloatArray:
    """What the way in which gravity moves in the frontal plane says of four axes (4,), asked of ``turns``.

    ``sign``: of a list of the pelvis of who lies on the left side, of a right leg that is raised outwards.
    The wrong sign tells against an axis; the right one tells nothing of the plane.
    """
    scores = np.zeros(len(axes_s))
    for k in turns:
        sines = np.cross(up_s, history.up_s) @ quat.cross(up_s, axes_s[k])
        seen = float(np.sum(sines * np.abs(sines))) / max(1e-9, float(np.sum(sines**2)))
        scores[k] = np.clip(_MOST * np.sign(sign) * seen, -_MOST, 0.0)
    return scores


def _pitch_costs(
    segment: Segment,
    reference: Reference,
    history: SensorHistory,
    axes_s: Sequence[FloatArray],
    hint: MotionHint,
) -> FloatArray:
    """How far the pitch about each of four axes goes from what the exercise does (4,)."""
    begin_deg = reference.pitch_rad.get(segment, 0.0) * DEG_PER_RAD
    pitches = (signed_pitch_deg(segment, reference, history, z_s) for z_s in axes_s)
    return np.array([_cost(segment, pitch, hint, begin_deg) for pitch in pitches]) / _UNSURE_DEG


def _standing_costs(
    segment: Segment,
    reference: Reference,
    history: SensorHistory,
    axes_s: Sequence[FloatArray],
    sign: float,
) -> FloatArray:
    """What no thigh of somebody on their feet does, for each of four axes (4,).

    It swings far to the front (a seat, a stair), but not as far to the side or to the back, nor across the
    other leg; ``sign`` is 1 for a right one, -1 for a left one.
    """
    costs = []
    for z_s in axes_s:
        aside = np.arcsin(np.clip(history.up_s @ z_s, -1.0, 1.0)) * DEG_PER_RAD
        low, high = ends(sign * aside, _ENDS)
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
