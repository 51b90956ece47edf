"""How lifts are shared by knee and hip: the share of the thigh's front in the work, as far as angles tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from statistics import median

from fusion.programme.records import DoneSession

RATIO = "knee_to_hip_ratio"
"""Name of the measure of a repetition (`fusion.form.metrics_of`)."""


@dataclass(frozen=True, slots=True)
class KneeToHip:
    """Degrees the knee opens for one of the hip: median over confident full repetitions."""

    ratio: float
    """NaN while it is not known."""
    reps: int
    change: float
    """Of the last session against the first; NaN with less than two sessions."""
    missing: str
    """Which sensor it would take; empty where it was worn."""


def knee_to_hip_of(sessions: Sequence[DoneSession], exercise: str) -> KneeToHip:
    """Over all ``sessions`` (oldest first). A fall means less knee, not less of any muscle."""
    by_session = [_ratios(session, exercise) for session in sessions]
    known = [ratios for ratios in by_session if ratios]
    every = [ratio for ratios in known for ratio in ratios]
    if not every:
        return KneeToHip(nan, 0, nan, "shank")
    change = median(known[-1]) - median(known[0]) if len(known) > 1 else nan
    return KneeToHip(median(every), len(every), change, "")


def _ratios(session: DoneSession, exercise: str) -> list[float]:
    reps = (rep for done in session.of(exercise) for rep in done.reps if rep.full and rep.confident)
    return [value for rep in reps if isfinite(value := rep.metrics.get(RATIO, nan))]
