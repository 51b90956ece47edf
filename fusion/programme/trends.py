"""Is a change real? A person's sessions against their own history.

The typical error is the standard deviation of the differences between consecutive sessions over √2
(Hopkins 2000, doi 10.2165/00007256-200030010-00001); a change counts as real beyond the smallest detectable
change, 1.96 · √2 · typical error (Weir 2005, doi 10.1519/15184.1), and never below what putting the sensors
on again can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, sqrt
from statistics import fmean, stdev

from fusion.programme.records import DoneRep, DoneSession, in_order
from fusion.types import Side

SESSIONS_MIN = 4
"""Three differences at least, before a typical error is worth its name."""
BASELINE = 3
"""The first sessions are what later ones are compared with."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity that is followed."""

    unit: str
    of: Callable[[DoneRep], float]
    floor: float
    """Least change that can be real: donning ±5° on angles from the stand, 2–3° on ranges within a set."""


MEASURES: Mapping[str, Measure] = {
    "rom_deg": Measure("deg", lambda r: r.rom_deg, 3.0),
    "hip_flexion_min_deg": Measure("deg", lambda r: r.hip_flexion_min_deg, 5.0),
    "hip_flexion_max_deg": Measure("deg", lambda r: r.hip_flexion_max_deg, 5.0),
    "pelvis_residual_deg": Measure("deg", lambda r: r.residual_deg, 2.0),
    "hold_s": Measure("s", lambda r: r.hold_s, 0.2),
    "concentric_mean_dps": Measure("dps", lambda r: r.concentric_dps, 5.0),
    "quality_share": Measure("ratio", lambda r: float(r.quality), 0.1),
}


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure of one exercise over the sessions."""

    measure: str
    unit: str
    sessions: int
    baseline: float
    latest: float
    change: float
    typical_error: float
    smallest_real_change: float
    real: bool
    """Whether the change is larger than what chance and sensor placement can do."""


def trends_of(sessions: Iterable[DoneSession], exercise: str, side: Side | None = None) -> list[Trend]:
    """Every measure that was taken in at least four sessions of the exercise."""
    done = [s for s in in_order(sessions) if s.of(exercise)]
    trends = []
    for name, measure in MEASURES.items():
        values = [v for s in done if isfinite(v := _session_mean(s, exercise, side, measure))]
        if len(values) >= SESSIONS_MIN:
            trends.append(trend(name, measure.unit, values, measure.floor))
    return trends


def trend(name: str, unit: str, values: list[float], floor: float = 0.0) -> Trend:
    """Latest of at least four session values against the mean of the first three."""
    error = typical_error(values)
    smallest = max(floor, smallest_real_change(error))
    baseline, latest = fmean(values[:BASELINE]), values[-1]
    change = latest - baseline
    return Trend(name, unit, len(values), baseline, latest, change, error, smallest, abs(change) > smallest)


def typical_error(values: list[float]) -> float:
    """Within-person standard deviation from session to session, from at least three values."""
    differences = [b - a for a, b in pairwise(values)]
    return stdev(differences) / sqrt(2.0)


def smallest_real_change(error: float) -> float:
    """95 % limit of the difference of two sessions."""
    return 1.96 * sqrt(2.0) * error


def _session_mean(session: DoneSession, exercise: str, side: Side | None, measure: Measure) -> float:
    values = [
        v
        for done in session.of(exercise)
        for rep in done.reps
        if rep.full
        and rep.confident
        and (side is None or rep.side is side)
        and isfinite(v := measure.of(rep))
    ]
    return fmean(values) if values else float("nan")
