"""What a programme is made of: sessions, sets and repetitions that were done, with what the user said.

The values come from stored summaries (``fusion.summary``), so that a year of training is judged without
a single sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import nan
from typing import Any

from fusion.errors import InputError
from fusion.types import Side

CONFIDENT = 0.5
"""Repetitions below this confidence count as done, but no measure is taken from them."""


@dataclass(frozen=True, slots=True)
class SetInputs:
    """What only the user can tell of a set; every field may be missing.

    ``load_kg`` 0–1000, ``rpe`` 1–10 (rating of perceived exertion), ``rating`` 0–10 (how well the working
    muscles were felt, or any scale the coach agreed on; never derived from a sensor).
    """

    load_kg: float | None = None
    rpe: float | None = None
    rating: float | None = None
    warm_up: bool = False

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("load_kg", self.load_kg, 0.0, 1000.0),
            ("rpe", self.rpe, 1.0, 10.0),
            ("rating", self.rating, 0.0, 10.0),
        ):
            if value is not None and not low <= value <= high:
                raise InputError(f"{name} {value:g}: allowed are {low:g} to {high:g}")


@dataclass(frozen=True, slots=True)
class DoneRep:
    """The stored facts of one repetition; a measure that is not known is NaN."""

    t_start_s: float
    t_end_s: float
    full: bool
    quality: bool
    confidence: float
    rom_deg: float
    hip_flexion_min_deg: float
    hip_flexion_max_deg: float
    hold_s: float
    residual_deg: float
    side: Side | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[str, ...] = ()

    @property
    def confident(self) -> bool:
        """Whether measures may be taken from it."""
        return self.confidence >= CONFIDENT

    @property
    def concentric_dps(self) -> float:
        """Mean speed of the lifting phase, deg/s."""
        return self.metrics.get("concentric_mean_dps", nan)


@dataclass(frozen=True, slots=True)
class DoneSet:
    """One set."""

    exercise: str
    reps: tuple[DoneRep, ...]
    inputs: SetInputs = SetInputs()
    t_start_s: float = 0.0
    t_end_s: float = 0.0

    @property
    def quality_reps(self) -> int:
        """Repetitions with range, pelvis, hold and tempo all good."""
        return sum(r.quality for r in self.reps)


@dataclass(frozen=True, slots=True)
class DoneSession:
    """One visit; ``day`` is the date it began on."""

    id: str
    day: date
    sets: tuple[DoneSet, ...]

    def of(self, exercise: str) -> list[DoneSet]:
        """Its sets of one exercise."""
        return [s for s in self.sets if s.exercise == exercise]


def rep_from(document: Mapping[str, Any]) -> DoneRep:
    """A repetition from the document that ``fusion.summary.rep_document`` made."""
    side = document.get("side")
    return DoneRep(
        t_start_s=_known(document["t_start_s"]),
        t_end_s=_known(document["t_end_s"]),
        full=bool(document["full"]),
        quality=bool(document["quality"]),
        confidence=_known(document["confidence"]),
        rom_deg=_known(document["rom_deg"]),
        hip_flexion_min_deg=_known(document["hip_flexion_min_deg"]),
        hip_flexion_max_deg=_known(document["hip_flexion_max_deg"]),
        hold_s=_known(document["hold_s"]),
        residual_deg=_known(document["pelvis_residual_peak_deg"]),
        side=Side(side) if side else None,
        metrics={name: _known(value) for name, value in document.get("metrics", {}).items()},
        findings=tuple(f["kind"] for f in document.get("findings", ()) if f["severity"] != "info"),
    )


def set_from(
    document: Mapping[str, Any], reps: Iterable[Mapping[str, Any]], inputs: SetInputs = SetInputs()
) -> DoneSet:
    """A set from its document and those of its repetitions."""
    return DoneSet(
        exercise=document["exercise"],
        reps=tuple(rep_from(rep) for rep in reps),
        inputs=inputs,
        t_start_s=_known(document["t_start_s"]),
        t_end_s=_known(document["t_end_s"]),
    )


def in_order(sessions: Iterable[DoneSession]) -> list[DoneSession]:
    """Sessions from oldest to newest."""
    return sorted(sessions, key=lambda s: (s.day, s.id))


def exercises_of(sessions: Iterable[DoneSession]) -> list[str]:
    """Ids of all exercises done, sorted."""
    return sorted({done.exercise for session in sessions for done in session.sets})


def _known(value: float | None) -> float:
    return nan if value is None else float(value)
