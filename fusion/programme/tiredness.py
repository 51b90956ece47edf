"""Fatigue within sets and over a session: the same measures on two scales."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fusion.metrics import fatigue
from fusion.programme.records import DoneRep, DoneSession, DoneSet


@dataclass(frozen=True, slots=True)
class SessionFatigue:
    """One exercise in one session."""

    exercise: str
    sets: tuple[dict[str, float], ...]
    """Within each set, of three repetitions or more."""
    session: dict[str, float]
    """Over all repetitions of its sets at the heaviest load in common."""


def fatigue_of(session: DoneSession, exercise: str) -> SessionFatigue:
    """Fatigue of one exercise; sets at another load than the heaviest are not compared with each other."""
    sets = sorted(session.of(exercise), key=lambda s: s.t_start_s)
    compared = _same_load(sets)
    return SessionFatigue(
        exercise,
        tuple(_fatigue(s.reps) for s in sets),
        _fatigue([rep for done in compared for rep in done.reps]),
    )


def _fatigue(reps: Sequence[DoneRep]) -> dict[str, float]:
    sure = [r for r in reps if r.confident and r.full]
    return fatigue(
        [r.concentric_dps for r in sure],
        [r.hip_flexion_min_deg for r in sure],
        [r.residual_deg for r in sure],
        [r.rom_deg for r in sure],
    )


def _same_load(sets: Sequence[DoneSet]) -> list[DoneSet]:
    loads = [s.inputs.load_kg for s in sets if s.inputs.load_kg is not None]
    if not loads:
        return list(sets)
    return [s for s in sets if s.inputs.load_kg == max(loads)]
