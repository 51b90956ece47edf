"""A reference pose where nobody stood still: the recording begins in mid-movement.

The plane of motion needs no stand. Within it the exercise's key poses say which range the pitch of each
segment has; where in the movement which end is, is told by the pelvis, which accelerates upwards when it is
low, by where the person lingers, and by how pelvis and thigh go together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.axis import estimate_axis
from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import TRUNK, Reference
from fusion.motion_hint import MotionHint
from fusion.quantiles import ends
from fusion.types import FloatArray, Segment
from fusion.units import DEG_PER_RAD, RAD_PER_DEG

LEAST_GLIMPSES = 16
_ENDS = (0.04, 0.96)
_ZERO_SD_RAD = 6.0 * RAD_PER_DEG
_MOST_SD_RAD = 30.0 * RAD_PER_DEG
"""No zero is doubted more: angles would be as good as none, and how they change is known all the same."""
_NO_POSE_SD_DEG = 30.0
"""One sigma of where in its range a segment stands that no key pose tells of."""
_DECIDES = 2.0
"""Difference of the scores of two ways round at which one is e times as likely as the other: scores of
movements that were taken the wrong way round have differed by up to six."""
_HIGH_IS_SURE = 0.15
"""Correlation of upward acceleration with depth from which on it decides alone."""
_FASTER_FORWARD = 1.0
_FOLLOWS = 3.0
_LINGER = 3.0
_ALONG = 6.0
_FEW = 3.0
_SLOW_RAD = 1.5 * RAD_PER_DEG
"""Turning by less in a glimpse is lingering."""
_NEAR_DEG = 8.0


def cold_reference(
    histories: Mapping[Segment, SensorHistory],
    q_es: Mapping[Segment, FloatArray],
    hint: MotionHint,
    lines_s: Mapping[Segment, FloatArray],
) -> Reference | None:
    """What the movement so far says of a pose: the mean one. None while too little was seen.

    ``q_es`` (4,) is any orientation of each sensor, for its heading; ``lines_s`` (3,) along which line in S
    a segment lies, where that is known.
    """
    if min(len(h) for h in histories.values()) < LEAST_GLIMPSES:
        return None
    up_s, angles, axes = {}, {}, {}
    for segment, history in histories.items():
        mean = history.up_s.mean(axis=0)
        up = mean / np.linalg.norm(mean)
        axes[segment] = estimate_axis(up, history).axis_s
        forward = quat.cross(up, axes[segment])
        sign = -1.0 if segment in TRUNK else 1.0
        up_s[segment] = up
        angles[segment] = sign * np.arctan2(history.up_s @ forward, history.up_s @ up) * DEG_PER_RAD
    signs, pitch, doubt = _ends(histories, angles, hint, _Poses(up_s, axes, lines_s))
    level = {s: _levelled(q, up_s[s]) for s, q in q_es.items()}
    directions = {s: signs[s] * axes[s] for s in axes}
    return Reference("motion", up_s, level, _ZERO_SD_RAD, pitch, directions, doubt_rad=doubt)


@dataclass(frozen=True, slots=True, eq=False)
class _Poses:
    """Mean vertical, axis without sign, and where known the line of each segment, in S."""

    up_s: Mapping[Segment, FloatArray]
    axis_s: Mapping[Segment, FloatArray]
    line_s: Mapping[Segment, FloatArray]

    def along(self, segment: Segment, sign: float, pitch_rad: float) -> float:
        """|cos| between a thigh's line and its Y if its mean pitch were this; 0 where there is no line."""
        if segment not in self.line_s:
            return 0.0
        turn = quat.from_rotation_vector(pitch_rad * sign * self.axis_s[segment])
        return float(quat.rotate(turn, self.up_s[segment]) @ self.line_s[segment])


def _levelled(q_es: FloatArray, up_s: FloatArray) -> FloatArray:
    """The orientation, turned by the least that makes ``up_s`` vertical."""
    now = quat.rotate(q_es, up_s)
    up = np.array([0.0, 0.0, 1.0])
    axis = quat.cross(now, up)
    sine, cosine = float(np.linalg.norm(axis)), float(now @ up)
    angle = np.arctan2(sine, cosine)
    turn = axis / sine * angle if sine > 1e-9 else np.zeros(3)
    return quat.multiply(quat.from_rotation_vector(turn), q_es)


def _ends(
    histories: Mapping[Segment, SensorHistory],
    angles: Mapping[Segment, FloatArray],
    hint: MotionHint,
    poses: _Poses,
) -> tuple[dict[Segment, float], dict[Segment, float], dict[Segment, float]]:
    """Sign of every axis, pitch in rad at the mean vertical, and one sigma of what else that may be, rad."""
    signs, pitch, doubt = {}, {}, {}
    lift = histories[Segment.PELVIS].lift_ms2
    leading: FloatArray | None = None
    sure = 1.0
    thighs = [s for s in angles if s not in TRUNK]
    thighs.sort(key=lambda s: -_width(angles[s]))
    for segment in [*thighs, *(s for s in angles if s in TRUNK)]:
        trunk = segment in TRUNK
        expected = hint.pelvis_tilt_deg() if trunk else hint.thigh_pitch_deg()
        dwells = hint.dwells_deg()
        pause = None if dwells is None else dwells[0 if trunk else 1]
        candidates = []
        for sign in (1.0, -1.0):
            seen = sign * angles[segment]
            offset = _offset_deg(seen, expected, pause)
            score = _lingers(seen + offset, histories[segment].turn_rad, expected, pause)
            if not trunk:
                score += _score(seen + offset, lift)
                score += _ALONG * poses.along(segment, sign, offset * RAD_PER_DEG)
            if leading is not None:
                score += _FOLLOWS * _together(seen, leading, trunk, hint)
            candidates.append((score, sign, offset))
        chance = _chance_of_other(candidates)
        if leading is None:
            sure = 1.0 - chance
        else:
            chance = 1.0 - (1.0 - chance) * sure  # it follows the leading thigh the wrong way as well
        known = pause is not None and len(expected) > 0
        doubt[segment] = _doubt_rad(candidates, angles[segment], chance, known=known)
        _, sign, offset = max(candidates)
        signs[segment], pitch[segment] = sign, offset * RAD_PER_DEG
        if leading is None:
            leading = sign * angles[segment] + offset
    return signs, pitch, doubt


def _chance_of_other(candidates: list[tuple[float, float, float]]) -> float:
    """How likely the way round with the lower score is, of both with score, sign and offset."""
    worse, better = sorted(score for score, _, _ in candidates)
    return 1.0 / (1.0 + float(np.exp(min((better - worse) / _DECIDES, 50.0))))


def _doubt_rad(
    candidates: list[tuple[float, float, float]], angle_deg: FloatArray, chance: float, *, known: bool
) -> float:
    """How far off the pitch may be: as far as the other way round is, for the ``chance`` that it is that.

    ``known`` when key poses tell the offset.
    """
    (_, sign, offset), (_, best_sign, best_offset) = sorted(candidates)
    apart = (sign - best_sign) * angle_deg + (offset - best_offset)
    unknown = 0.0 if known else _NO_POSE_SD_DEG**2
    return min(float(np.sqrt(chance * np.mean(apart**2) + unknown)) * RAD_PER_DEG, _MOST_SD_RAD)


def _width(angle_deg: FloatArray) -> float:
    low, high = ends(angle_deg, _ENDS)
    return high - low


def _offset_deg(seen_deg: FloatArray, expected_deg: FloatArray, pause_deg: float | None) -> float:
    """What to add so that the range seen lies where the exercise has one as wide, the paused end fixed.

    Without key poses the lower end is upright.
    """
    low, high = ends(seen_deg, _ENDS)
    if pause_deg is None or not len(expected_deg):
        return float(-low)
    rest = pause_deg
    ranges = [(min(rest, e), max(rest, e)) for e in expected_deg.tolist()]
    ranges.append((float(expected_deg.min()), float(expected_deg.max())))
    least, most = min(ranges, key=lambda r: abs((r[1] - r[0]) - (high - low)))
    if least < rest < most:
        return float(0.5 * (least + most - low - high))
    return float(least - low if rest <= least else most - high)


def _lingers(
    pitch_deg: FloatArray, turn_rad: FloatArray, expected_deg: FloatArray, pause_deg: float | None
) -> float:
    """Whether the person pauses where one does: slow glimpses near that pose or near the far end."""
    if pause_deg is None or len(expected_deg) < 2:
        return 0.0
    rest = pause_deg
    far = float(expected_deg[np.argmax(np.abs(expected_deg - rest))])
    if abs(far - rest) < _NEAR_DEG:
        return 0.0
    slow = turn_rad < _SLOW_RAD
    at = (pitch_deg[slow] - rest) / (far - rest)
    near, away = float((at < 0.3).sum()), float((at > 0.7).sum())
    return _LINGER * (near - away) / (near + away + _FEW)


def _score(pitch_deg: FloatArray, lift_ms2: FloatArray) -> float:
    """How well a pitch fits a leg on the ground: low when it is bent, and swung forward faster than back."""
    n = min(len(pitch_deg), len(lift_ms2))
    height = np.cos(pitch_deg[-n:] * RAD_PER_DEG)
    low = -_correlation(height, lift_ms2[-n:])
    rate = np.gradient(pitch_deg)
    skew = float(np.mean(rate**3) / max(1e-9, np.mean(rate**2)) ** 1.5)
    return float(np.clip(low / _HIGH_IS_SURE, -2.0, 2.0)) + _FASTER_FORWARD * float(np.clip(skew, -0.5, 0.5))


def _together(seen_deg: FloatArray, leading_deg: FloatArray, trunk: bool, hint: MotionHint) -> float:
    """How well a segment moves with the leading thigh as the exercise has it (legs: alike, or in turn)."""
    n = min(len(seen_deg), len(leading_deg))
    seen = _correlation(seen_deg[-n:], leading_deg[-n:])
    if not trunk:
        return seen if not hint.alternating else -seen
    expected = hint.tilt_per_pitch()
    return seen * float(np.sign(expected)) if expected else seen


def _correlation(a: FloatArray, b: FloatArray) -> float:
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 1e-9 else 0.0
