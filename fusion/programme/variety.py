"""Variety: repetition ranges, loads, positions, muscle lengths, and the range of motion that was visited."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, isfinite
from typing import Final

from fusion.programme.mix import Classes
from fusion.programme.records import DoneRep, DoneSession

REP_RANGES: Final = ((1, 5), (6, 12), (13, 20), (21, None))
"""Usual bands of the repetition continuum (Schoenfeld et al. 2021, doi 10.3390/sports9020032)."""
BAND_DEG = 10.0
LENGTHS: Final = (("short", -180.0, 30.0), ("middle", 30.0, 75.0), ("long", 75.0, 360.0))
"""Greatest hip flexion of a repetition in deg: how far the extensors were lengthened under load."""


@dataclass(frozen=True, slots=True)
class Variety:
    """Sets by repetition range, repetitions by posture and by greatest hip flexion; loads used."""

    sets_by_rep_range: Mapping[str, int]
    reps_by_posture: Mapping[str, int]
    reps_by_length: Mapping[str, int]
    loads_kg: tuple[float, ...]


def variety_of(sessions: Iterable[DoneSession], classes: Classes) -> Variety:
    """Histograms over all sets."""
    ranges: Counter[str] = Counter()
    postures: Counter[str] = Counter()
    lengths: Counter[str] = Counter()
    loads: set[float] = set()
    for session in sessions:
        for done in session.sets:
            ranges[rep_range(len(done.reps))] += bool(done.reps)
            kind = classes.get(done.exercise)
            postures[kind.posture.value if kind else "any"] += len(done.reps)
            lengths.update(_length(rep) for rep in done.reps if _length(rep))
            if done.inputs.load_kg is not None:
                loads.add(done.inputs.load_kg)
    return Variety(_without_zeros(ranges), _without_zeros(postures), dict(lengths), tuple(sorted(loads)))


def rep_range(reps: int) -> str:
    """Name of the band that ``reps`` lie in."""
    for low, high in REP_RANGES:
        if high is not None and low <= reps <= high:
            return f"{low}-{high}"
    return "21+" if reps > 20 else "0"


def _length(rep: DoneRep) -> str:
    names = [n for n, low, high in LENGTHS if low <= rep.hip_flexion_max_deg < high]
    return names[0] if names else ""


def _without_zeros(counts: Counter[str]) -> dict[str, int]:
    return {name: n for name, n in sorted(counts.items()) if n}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Range of motion of one exercise and side: how many repetitions passed each band of hip flexion."""

    exercise: str
    side: str
    reps_by_band_deg: Mapping[int, int]
    """Lower edge of a 10° band → repetitions that passed its middle."""
    quality_rom_deg: float
    """Widest range of a repetition of good quality: the person's compensation-free range; NaN without one."""
    widest_rom_deg: float


def coverage_of(sessions: Iterable[DoneSession]) -> list[Coverage]:
    """The map of every exercise and side that was done."""
    by_place: dict[tuple[str, str], list[DoneRep]] = defaultdict(list)
    for session in sessions:
        for done in session.sets:
            for rep in done.reps:
                if rep.confident:
                    by_place[done.exercise, rep.side.value if rep.side else "both"].append(rep)
    return [_coverage(*place, reps) for place, reps in sorted(by_place.items())]


def _coverage(exercise: str, side: str, reps: list[DoneRep]) -> Coverage:
    bands: Counter[int] = Counter()
    for rep in reps:
        bands.update(_bands(rep.hip_flexion_min_deg, rep.hip_flexion_max_deg))
    good = [r.rom_deg for r in reps if r.quality and isfinite(r.rom_deg)]
    known = [r.rom_deg for r in reps if isfinite(r.rom_deg)]
    return Coverage(
        exercise,
        side,
        dict(sorted(bands.items())),
        max(good, default=float("nan")),
        max(known, default=float("nan")),
    )


def _bands(low_deg: float, high_deg: float) -> list[int]:
    """Bands whose middle lies within [low, high]."""
    if not (isfinite(low_deg) and isfinite(high_deg)):
        return []
    first = floor(low_deg / BAND_DEG)
    edges = range(first, floor(high_deg / BAND_DEG) + 1)
    return [int(k * BAND_DEG) for k in edges if low_deg <= (k + 0.5) * BAND_DEG <= high_deg]
