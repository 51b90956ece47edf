"""Precision and recall of every fault, and what was said where nothing was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from benchmarks.judge.cell import Verdict
from benchmarks.judge.doses import FOUND_FROM, MULTIPLES, doses


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One fault over all movements that have a rule for it; shares are of repetitions, NaN of none."""

    fault: str
    reps: int
    """Repetitions done with 1.5 times the limit or more, whether or not they were counted."""
    recall: float
    precision: float
    """Of repetitions flagged with 1.5 times the limit or more, or with nothing: those with the fault."""
    at_zero: float
    """Share flagged where nothing was injected."""
    flagged: dict[float, float]
    """Multiple of the limit → share flagged."""
    newcomers: float
    """Share flagged at 1.5 times the limit of people who bring no approved repetitions."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """A kind of finding that was made where nothing was injected."""

    movement: str
    kind: str
    flagged: int
    reps: int


def fault_lines(verdicts: Sequence[Verdict]) -> list[FaultLine]:
    """One line a fault, those of rules in order of their names."""
    names = sorted({v.cell.fault for v in verdicts if v.cell.fault})
    return [_line(name, verdicts) for name in names]


def _line(fault: str, verdicts: Sequence[Verdict]) -> FaultLine:
    injected = [v for v in verdicts if v.cell.fault == fault]
    clean, wrong = _at_zero(fault, {v.cell.movement for v in injected}, verdicts)
    return _of(fault, injected, clean, wrong)


def _of(name: str, injected: Sequence[Verdict], clean: int, wrong: int) -> FaultLine:
    known = [v for v in injected if v.cell.prepared]
    found, reps = _found([v for v in known if v.cell.multiple >= FOUND_FROM])
    return FaultLine(
        name,
        reps,
        _share(found, reps),
        _share(found, found + wrong),
        _share(wrong, clean),
        {m: _share(*_found([v for v in known if v.cell.multiple == m])) for m in MULTIPLES},
        _share(*_found([v for v in injected if not v.cell.prepared])),
    )


def _at_zero(fault: str, movements: set[str], verdicts: Sequence[Verdict]) -> tuple[int, int]:
    """Repetitions without any fault in the movements that have a rule for it, and those flagged for it."""
    kinds = {m: {d.kind for d in doses(m) if d.fault == fault} for m in movements}
    clean = [v for v in verdicts if not v.cell.fault and v.cell.movement in movements]
    wrong = sum(
        min(v.judged, sum(v.flagged_kinds.get(kind, 0) for kind in kinds[v.cell.movement])) for v in clean
    )
    return sum(v.judged for v in clean), wrong


def _found(group: Sequence[Verdict]) -> tuple[int, int]:
    """Repetitions flagged, and repetitions done: one that was not counted was not found either."""
    return sum(min(v.flagged, v.true_all) for v in group), sum(v.true_all for v in group)


def overall(verdicts: Sequence[Verdict]) -> FaultLine:
    """All faults together; each set without fault counts once."""
    clean = [v for v in verdicts if not v.cell.fault]
    wrong = sum(min(v.judged, sum(v.flagged_kinds.values())) for v in clean)
    return _of("all", [v for v in verdicts if v.cell.fault], sum(v.judged for v in clean), wrong)


def accusations(verdicts: Sequence[Verdict]) -> list[Accusation]:
    """Every kind said where nothing was injected, the most frequent first."""
    clean = [v for v in verdicts if not v.cell.fault]
    reps: dict[str, int] = {}
    said: dict[tuple[str, str], int] = {}
    for v in clean:
        reps[v.cell.movement] = reps.get(v.cell.movement, 0) + v.judged
        for kind, count in v.flagged_kinds.items():
            said[v.cell.movement, kind] = said.get((v.cell.movement, kind), 0) + count
    found = [Accusation(m, kind, count, reps[m]) for (m, kind), count in said.items()]
    return sorted(found, key=lambda a: (-a.flagged, a.movement, a.kind))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan
