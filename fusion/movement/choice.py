"""Which analyzer counts an exercise."""

from __future__ import annotations

from collections.abc import Sequence

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.form import Limits, PersonReference
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.holds import HoldAnalyzer
from fusion.types import Side


def movement_analyzer(
    exercise: Exercise,
    side: Side,
    rate_hz: float,
    *,
    references: Sequence[PersonReference] = (),
    limits: Limits | None = None,
) -> MovementAnalyzer | HoldAnalyzer:
    """The analyzer that fits how the exercise is counted."""
    kind = HoldAnalyzer if exercise.kind is Kind.HOLD else MovementAnalyzer
    return kind(exercise, side, rate_hz, references=references, limits=limits)
