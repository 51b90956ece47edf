"""Left against right: work done and how it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite, nan

from fusion.metrics import symmetry_percent
from fusion.programme.records import DoneRep, DoneSession
from fusion.types import Side

FLAG_PERCENT = 15.0
_MEASURES: Mapping[str, Callable[[DoneRep], float]] = {
    "rom_deg": lambda rep: rep.rom_deg,
    "concentric_mean_dps": lambda rep: rep.concentric_dps,
    "hold_s": lambda rep: rep.hold_s,
}


@dataclass(frozen=True, slots=True)
class Balance:
    """One exercise on both sides; percentages are 100·|L−R| over the mean of both, positive: left is more."""

    exercise: str
    left_reps: int
    right_reps: int
    quality_percent: float
    """Difference of the quality repetitions."""
    measures_percent: Mapping[str, float]
    flagged: tuple[str, ...]
    """What differs by more than 15 %."""


def balance_of(sessions: Iterable[DoneSession], exercise: str) -> Balance | None:
    """Both sides of one exercise; None unless both were done and known."""
    reps = [rep for session in sessions for done in session.of(exercise) for rep in done.reps]
    left = [r for r in reps if r.side is Side.LEFT]
    right = [r for r in reps if r.side is Side.RIGHT]
    if not left or not right:
        return None
    quality = symmetry_percent(float(sum(r.quality for r in left)), float(sum(r.quality for r in right)))
    measures = {
        name: symmetry_percent(_mean(left, measure), _mean(right, measure))
        for name, measure in _MEASURES.items()
    }
    known = {"quality_reps": quality} | measures
    flagged = tuple(n for n, v in known.items() if isfinite(v) and abs(v) > FLAG_PERCENT)
    return Balance(exercise, len(left), len(right), quality, measures, flagged)


def _mean(reps: Iterable[DoneRep], measure: Callable[[DoneRep], float]) -> float:
    values = [v for r in reps if r.confident and isfinite(v := measure(r))]
    return sum(values) / len(values) if values else nan
