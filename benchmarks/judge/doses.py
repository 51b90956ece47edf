"""How much of a fault makes how much of what a rule looks for: sizes as multiples of the rule's warn limit.

A multiple of 1.5 is the size at which the rule's own signal is moved half as far again as it takes from good
form to the limit. Where a limit lies on a number that good form does not have at zero (a duration, a range),
the way from the model's usual value to the limit counts as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite

from fusion import exercises
from fusion.exercises.model import Exercise, Kind, MinTypMax
from fusion.exercises.rules import Baseline, Direction, Measure, Rule, Signal
from fusion.form import judge
from fusion.form.measures import LEVELS
from fusion.form.worn import worn_segments
from fusion.types import Side
from simulator.faults import COMPENSATION_FAULTS, FALLING, FAULTS

MULTIPLES = (0.5, 1.5, 3.0)
"""Below the limit, where it has to be found, and far beyond; nothing injected is judged once a movement."""
FOUND_FROM = 1.5
_ORDINARY = ("pelvis_tilt_deg", "thigh_pitch_right_deg")
"""Signals of the two sensors everybody wears."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A rule, the fault that makes it speak, and how much of that fault its warn limit is."""

    movement: str
    kind: str
    fault: str
    at_limit: float
    """Size of the fault, in its own unit, that moves the rule's signal just to the limit."""
    unit: str

    def size(self, multiple: float) -> float:
        """The fault's size at ``multiple`` of the limit."""
        return multiple * self.at_limit

    def reachable(self, multiple: float) -> bool:
        """Whether the simulator does that much, and it is a fault at all: not slower than usual."""
        fault, size = FAULTS[self.fault], self.size(multiple)
        return fault.low <= size <= fault.high and (self.unit != "times" or size > 1.0)


def doses(movement: str) -> list[Dose]:
    """The rules of a movement that two sensors judge and a fault can make speak, each once."""
    exercise = exercises.load(movement)
    if exercise.kind is Kind.OTHER:
        return []
    worn = worn_segments(_ORDINARY)
    found = []
    for rule in exercise.compensations:
        fault = COMPENSATION_FAULTS.get(rule.kind)
        limit = judge.limits_of(rule, exercise, None, {}).warn
        seen = all(need.segment(Side.RIGHT) in worn for need in rule.needs)
        if fault is None or limit is None or not seen:
            continue
        amount = _amount(rule, fault, limit, exercise)
        if amount is not None and isfinite(amount) and amount > 0.0:
            sign = -1.0 if rule.kind in FALLING else 1.0
            found.append(Dose(movement, rule.kind, fault, sign * amount, FAULTS[fault].unit))
    return found


def _amount(rule: Rule, fault: str, limit: float, exercise: Exercise) -> float | None:
    """Size of ``fault`` that moves the model's signal just to ``limit``; None where that is not known."""
    convert = _CONVERSIONS.get(rule.signal)
    if convert is not None:
        return convert(limit, exercise)
    if FAULTS[fault].unit != "deg" or rule.unit != "deg" or fault == "range":
        return None
    away = limit - _usual(rule, exercise)
    if (away < 0.0) != (rule.direction is Direction.BELOW):
        return None
    return abs(away) / _EFFECT.get((rule.signal, rule.measure), 1.0)


def _usual(rule: Rule, exercise: Exercise) -> float:
    """What good form shows: 0 for changes and against a baseline, the model's angle for plain levels."""
    if rule.baseline is not Baseline.ZERO or rule.measure not in LEVELS:
        return 0.0
    return judge.model_value(rule, exercise)


_EFFECT: Mapping[tuple[Signal, Measure], float] = {
    (Signal.PELVIS_LIST, Measure.SD): 0.35,
    (Signal.HIP_ROTATION, Measure.DRIFT): 0.7,
}
"""What the signal does for one degree of the fault, where that is not one degree."""


def _swing_deg(exercise: Exercise, signal: str) -> float:
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return 0.0
    return float(getattr(turn, signal) - getattr(rest, signal))


def _shorter(limit_deg: float, exercise: Exercise) -> float | None:
    count = exercise.count
    return None if count is None else count.rom_typical_deg - limit_deg


def _shallower(limit_deg: float, exercise: Exercise) -> float | None:
    """Degrees of the driven range that leave the thigh at ``limit_deg``."""
    turn, swing, count = exercise.turn_pose, _swing_deg(exercise, "thigh_pitch_deg"), exercise.count
    if turn is None or count is None or abs(swing) < 10.0:
        return None
    return (turn.thigh_pitch_deg - limit_deg) / swing * count.rom_typical_deg


def _of_thigh(limit: float, exercise: Exercise) -> float:
    return limit * abs(_swing_deg(exercise, "thigh_pitch_deg"))


def _of_flexion(limit: float, exercise: Exercise) -> float | None:
    flexion = _swing_deg(exercise, "hip_flexion_deg")
    if abs(flexion) < 10.0:
        return None
    return abs((limit - _swing_deg(exercise, "thigh_pitch_deg") / flexion) * flexion)


def _faster(phase: Callable[[Exercise], MinTypMax | None]) -> Callable[[float, Exercise], float | None]:
    def times(limit_s: float, exercise: Exercise) -> float | None:
        usual = phase(exercise)
        return None if usual is None or limit_s <= 0.0 else usual[1] / limit_s

    return times


def _cut(limit_s: float, exercise: Exercise) -> float | None:
    tempo, hold = exercise.tempo, exercise.hold
    if exercise.kind is Kind.HOLD or tempo is None:
        return None
    return max(tempo.hold_top_s, hold.target_s if hold else 0.0) - limit_s


_CONVERSIONS: Mapping[Signal, Callable[[float, Exercise], float | None]] = {
    Signal.ROM: _shorter,
    Signal.THIGH_PITCH: _shallower,
    Signal.PELVIS_SHARE: _of_thigh,
    Signal.THIGH_SHARE: _of_flexion,
    Signal.CONCENTRIC: _faster(lambda e: e.tempo.concentric_s if e.tempo else None),
    Signal.ECCENTRIC: _faster(lambda e: e.tempo.eccentric_s if e.tempo else None),
    Signal.HOLD: _cut,
    Signal.PELVIS_LEAD: lambda limit_s, _: limit_s,
    Signal.PRETILT: lambda limit_deg, e: _tilted_first(e) - limit_deg,
}
"""Signals whose numbers are not degrees that the fault adds one to one."""


def _tilted_first(exercise: Exercise) -> float:
    """By how much the pelvis of the model turns before the hips lift."""
    if len(exercise.poses) < 2:
        return 0.0
    return abs(exercise.poses[1].pelvis_tilt_deg - exercise.poses[0].pelvis_tilt_deg)
