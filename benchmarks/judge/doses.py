"""How much of a fault makes how much of what a rule looks for: sizes as multiples of the rule's warn limit.

A multiple of 1.5 is the size at which the rule's own measure *of the true motion*
(`benchmarks.judge.injected`) is half as much again as the limit, or more, in every repetition. Where a limit
lies on a number that good form does not have at zero (an angle, a range, a hold), the way from the model's
usual value to the limit counts as one; a phase is as many times faster than its limit. Sizes are looked for
person by person: what moves one body by 7.5° need not another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import copysign, isfinite, nan

from benchmarks.judge.injected import MODEL_PERSON, RATE_HZ, least_range, reading
from fusion import exercises
from fusion.exercises.model import Exercise, Kind
from fusion.exercises.rules import Baseline, Direction, Rule, Signal
from fusion.form import good_form
from fusion.form.measures import LEVELS
from fusion.form.worn import worn_segments
from fusion.types import Side
from simulator.faults import FALLING, FAULTS, Fault, fault_of

MULTIPLES = (0.5, 1.5, 3.0)
"""Below the limit, where it has to be found, and far beyond; nothing injected is judged once a movement."""
FOUND_FROM = 1.5
_ORDINARY = ("pelvis_tilt_deg", "thigh_pitch_right_deg")
"""Signals of the two sensors everybody wears."""
_PHASES = frozenset({Signal.CONCENTRIC, Signal.ECCENTRIC})
_NEAR_ENOUGH = 0.05
"""Of the way to the wanted number within which a size is taken."""
_TRIES = 7
_MOST_OF_IT, _PARTIAL = 0.5, 0.3
"""Shares of the usual range from which a repetition can be told from another movement, and from which one
that stops short is one at all."""
_TIMES = frozenset({"tempo", "fast_drop"})


@dataclass(frozen=True, slots=True)
class Dose:
    """A rule and the fault that makes it speak."""

    movement: str
    rule: Rule
    fault: str
    usual: float
    """What the model's good form shows of the rule's number, after its baseline."""

    @property
    def kind(self) -> str:
        """Name of what the rule finds."""
        return self.rule.kind

    def target(self, multiple: float) -> float:
        """What the rule's number, after its baseline, must be in truth at ``multiple`` of its limit."""
        limit = _limit(self.rule)
        if self.rule.signal in _PHASES:
            return limit / multiple
        return self.usual + multiple * (limit - self.usual)

    def size(self, multiple: float, person: int) -> float | None:
        """The fault's size, in its own unit, that does so for a person; None where nothing does."""
        own = reading(self.rule, self.movement, person)
        base = _baseline(self, own)
        wanted = base + self.target(multiple)

        mildest = (self.rule.direction is Direction.BELOW) == (multiple >= 1.0)

        def true(size: float) -> float:
            return reading(self.rule, self.movement, person, self.fault, size, share=float(mildest))

        least = 1.0 / RATE_HZ if self.rule.unit == "s" else 0.0
        start = own if isfinite(own) else base + self.usual
        search = _Search(FAULTS[self.fault], self._away(), self._guess(multiple), least)
        size = _solve(true, start, wanted, search)
        return size if size is not None and self._still_itself(size, person) else None

    def _still_itself(self, size: float, person: int) -> bool:
        """Whether what is left of the movement is still one, or a partial where it stops short."""
        count = exercises.load(self.movement).count
        if count is None or exercises.load(self.movement).kind is Kind.HOLD or self.fault in _TIMES:
            return True
        share = _PARTIAL if self.fault == "range" else _MOST_OF_IT
        return least_range(self.movement, person, self.fault, size) >= share * count.rom_typical_deg

    def _away(self) -> float:
        """Sign of the sizes that are a fault."""
        return -1.0 if self.kind in FALLING else 1.0

    def _guess(self, multiple: float) -> float:
        fault, limit = FAULTS[self.fault], _limit(self.rule)
        if fault.unit == "times":
            return 1.0 + multiple
        if fault.unit == self.rule.unit:
            return multiple * max(abs(limit - self.usual), 1e-3)
        return 0.25 * fault.high


def doses(movement: str) -> list[Dose]:
    """The rules of a movement that two sensors judge and a fault can make speak, each once."""
    exercise = exercises.load(movement)
    if exercise.kind is Kind.OTHER:
        return []
    worn = worn_segments(_ORDINARY)
    found = []
    for rule in exercise.compensations:
        fault = fault_of(rule)
        seen = all(need.segment(Side.RIGHT) in worn for need in rule.needs)
        if fault is None or not seen or _loud(rule) is None:
            continue
        found.append(Dose(movement, rule, fault, _usual(rule, exercise)))
    return found


def _limit(rule: Rule) -> float:
    """The limit that is loud for a person whose reference is known."""
    limit = _loud(rule)
    assert limit is not None
    return limit


def _loud(rule: Rule) -> float | None:
    return rule.warn if rule.warn is not None else rule.fail


def _usual(rule: Rule, exercise: Exercise) -> float:
    """What good form shows: 0 for changes and against a baseline, the model's number for plain levels."""
    level = rule.measure in LEVELS or rule.direction is Direction.BELOW or rule.signal is Signal.THIGH_SHARE
    if rule.baseline is Baseline.OWN or not level:
        return 0.0
    shown = reading(rule, exercise.id, MODEL_PERSON) - good_form.baseline(rule, exercise, None)
    return shown if isfinite(shown) else 0.0


def _baseline(dose: Dose, own: float) -> float:
    """What the rule's number is compared with for a person whose good form shows ``own``."""
    if dose.rule.baseline is Baseline.OWN:
        return own
    return good_form.baseline(dose.rule, exercises.load(dose.movement), None)


@dataclass(frozen=True, slots=True)
class _Search:
    """Where to look for a size: from none at all to the largest, a guess first."""

    fault: Fault
    away: float
    guess: float
    least: float
    """So near to the wanted number is near enough."""


def _solve(true: Callable[[float], float], start: float, wanted: float, search: _Search) -> float | None:
    """The size at which ``true`` comes to ``wanted``: secants from no fault at all, halved past a break."""
    way = abs(wanted - start)
    enough = max(_NEAR_ENOUGH * way, search.least)
    neutral = 1.0 if search.fault.unit == "times" else 0.0
    highest = search.fault.high if search.away > 0.0 else -search.fault.low
    low, short = neutral, -way
    high, beyond = highest, nan
    size = min(max(search.guess, neutral + 1e-3), highest)
    for _ in range(_TRIES):
        gone = copysign(1.0, wanted - start) * (true(search.away * size) - wanted)
        if abs(gone) <= enough:
            return search.away * size
        if gone < 0.0:
            if size >= highest:
                return None
            steepness = max((gone - short) / (size - low), way / (highest - neutral))
            low, short = size, gone
            size = min(size - gone / steepness, highest)
        else:
            high, beyond = size, gone
        if isfinite(beyond) and not low < size < high:
            size = low + (high - low) * max(0.1, min(0.9, -short / (beyond - short)))
        elif not isfinite(gone):
            size = 0.5 * (low + high)
    return None
