"""What was truly done: repetitions and sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan

from fusion.types import Side


@dataclass(frozen=True, slots=True)
class TrueRep:
    """One repetition as it was done; ``t_top_s`` ends the lifting phase, or begins the hold."""

    t_start_s: float
    t_top_s: float
    t_end_s: float
    full: bool
    side: Side
    share: float = 1.0
    """Of the exercise's own range."""
    faults: Mapping[str, float] = field(default_factory=dict)
    hold_s: float = 0.0
    t_turn_s: float = nan
    """Arrival at the far end, and..."""
    t_leave_s: float = nan
    """...departure from it."""


@dataclass(slots=True)
class TrueSet:
    """One set as it was done, [start, end) from the first repetition to the last."""

    exercise: str
    reps: list[TrueRep] = field(default_factory=list)
