"""How far a repetition may be from the exercise's key poses and still be one: a fault of it is part of it.

What an exercise's own rules call a fault must be counted, or nobody hears of it. So the pelvis may be as far
from the model as twice what fails, and no further than a lower back bends.
"""

from __future__ import annotations

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose
from fusion.exercises.rules import Baseline, Direction, Measure, Rule, Signal

_TWICE = 2.0
_LOWER_BACK_DEG = 45.0
"""Between the pelvis and the trunk there is no more than this, either way (an engineering estimate)."""
_PEOPLE_DEG = 10.0
"""How far a person's own good form lies from the model's."""
_LEVELS = frozenset({Measure.MAX, Measure.MIN, Measure.MEAN, Measure.END})
_MOVES_PELVIS = frozenset({Signal.PELVIS_TILT, Signal.PELVIS_RESIDUAL})


def tilt_bounds_deg(exercise: Exercise) -> tuple[float, float]:
    """How far P may lie below and above the model's at the far end for what the exercise's rules look for.

    0 where none looks that way. Where repetitions begin there is no more room: who rises from a chair leans.
    """
    ways = [_way_deg(rule, exercise) for rule in exercise.compensations]
    below, above = max((-w for w in ways), default=0.0), max(ways, default=0.0)
    return _bound_deg(below), _bound_deg(above)


def _bound_deg(way_deg: float) -> float:
    return min(way_deg, _LOWER_BACK_DEG) + _PEOPLE_DEG if way_deg > 0.0 else 0.0


def _way_deg(rule: Rule, exercise: Exercise) -> float:
    """How far P lies from the model where a rule's number is twice as far from good form as what fails."""
    rest, turn, limit = exercise.rest_pose, exercise.turn_pose, rule.limits[-1]
    if rest is None or turn is None:
        return 0.0
    sign = 1.0 if rule.direction is Direction.ABOVE else -1.0
    if rule.signal is Signal.PELVIS_SHARE:
        turned_deg = abs(turn.thigh_pitch_deg - rest.thigh_pitch_deg)
        return sign * max(0.0, _TWICE * abs(limit) * turned_deg)
    if rule.signal is Signal.BUTT_WINK:
        return -_TWICE * limit
    if rule.signal is Signal.THIGH_SHARE:
        tilted, pitched = (
            getattr(turn, a) - getattr(rest, a) for a in ("pelvis_tilt_deg", "thigh_pitch_deg")
        )
        bent = tilted + pitched
        return _TWICE * (pitched / bent - limit) * bent if bent else 0.0
    if rule.signal not in _MOVES_PELVIS:
        return 0.0
    return _absolute_deg(rule, turn) if _is_absolute(rule) else sign * _TWICE * abs(limit)


def _absolute_deg(rule: Rule, pose: KeyPose) -> float:
    sign = 1.0 if rule.direction is Direction.ABOVE else -1.0
    off = rule.limits[-1] - pose.pelvis_tilt_deg
    return _TWICE * off if sign * off > 0.0 else 0.0


def _is_absolute(rule: Rule) -> bool:
    tilt = rule.signal is Signal.PELVIS_TILT
    return tilt and rule.measure in _LEVELS and rule.baseline is Baseline.ZERO
