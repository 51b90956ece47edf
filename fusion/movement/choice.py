"""Which analyzer counts an exercise."""

from __future__ import annotations

from collections.abc import Sequence

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.form import Limits, PersonReference
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.holds import HoldAnalyzer
from fusion.movement.usual_repetition import UsualRepetition
from fusion.types import Side


def movement_analyzer(
    exercise: Exercise,
    side: Side,
    rate_hz: float,
    *,
    references: Sequence[PersonReference] = (),
    limits: Limits | None = None,
    usual: UsualRepetition | None = None,
) -> MovementAnalyzer | HoldAnalyzer:
    """The analyzer that fits how the exercise is counted; ``usual`` is known from an earlier look."""
    if exercise.kind is Kind.HOLD:
        return HoldAnalyzer(exercise, side, rate_hz, references=references, limits=limits)
    return MovementAnalyzer(exercise, side, rate_hz, references=references, limits=limits, usual=usual)
