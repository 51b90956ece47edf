"""Many cells in parallel, with a progress bar; every verdict goes to a file as it comes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.judge.cell import Cell, Verdict, judge
from fusion import exercises
from fusion.exercises.model import Kind
from simulator.cases import left_out
from simulator.faults import COMPENSATION_FAULTS, FAULTS

SIZES_DEG = (0.0, 3.0, 5.0, 8.0, 12.0, 20.0)
_CHUNK = 8


def count_cells(movements: Sequence[str], cases: Sequence[str], seeds: Sequence[int]) -> list[Cell]:
    """Every movement in every case that has a meaning for it, by every person.

    The order spreads the whole table evenly over the cores.
    """
    return [Cell(m, c, s) for s in seeds for c in cases for m in movements if left_out(c, m) is None]


def fault_cells(movements: Sequence[str], seeds: Sequence[int], faults: Sequence[str] = ()) -> list[Cell]:
    """Every fault in degrees that a rule of the movement looks for, at every size that the fault allows."""
    cells = []
    for movement in movements:
        for fault in angle_faults(movement):
            if faults and fault not in faults:
                continue
            cells += [Cell(movement, "nominal", s, fault, d) for s in seeds for d in SIZES_DEG]
    return cells


def angle_faults(movement: str) -> list[str]:
    """Faults in degrees that rules of the movement look for, each once."""
    exercise = exercises.load(movement)
    if exercise.kind is Kind.OTHER:
        return []
    names = dict.fromkeys(COMPENSATION_FAULTS.get(rule.kind, "") for rule in exercise.compensations)
    return [n for n in names if n in FAULTS and FAULTS[n].unit == "deg" and FAULTS[n].high >= SIZES_DEG[-1]]


def run_cells(
    cells: Sequence[Cell], console: Console, *, workers: int | None = None, out: Path | None = None
) -> list[Verdict]:
    """Verdicts in the order of ``cells``."""
    processes = workers or os.cpu_count() or 1
    verdicts: list[Verdict] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("judging", total=len(cells))
        for verdict in _verdicts(cells, processes):
            verdicts.append(verdict)
            progress.advance(task)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("".join(json.dumps(v.document()) + "\n" for v in verdicts))
    return verdicts


def _verdicts(cells: Sequence[Cell], processes: int) -> Iterator[Verdict]:
    if processes == 1:
        yield from map(judge, cells)
        return
    with ProcessPoolExecutor(processes) as pool:
        for chunk in pool.map(_judge_all, _chunks(cells)):
            yield from chunk


def _judge_all(cells: list[Cell]) -> list[Verdict]:
    return [judge(cell) for cell in cells]


def _chunks(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    rest = iter(cells)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
