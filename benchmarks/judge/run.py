"""Many cells in parallel, with a progress bar; every verdict goes to a file as it comes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.judge.cell import Cell, Verdict, judge
from benchmarks.judge.doses import FOUND_FROM, MULTIPLES, Dose, doses
from service import lean
from simulator.cases import left_out

_CHUNK = 8


def count_cells(
    movements: Sequence[str], cases: Sequence[str], seeds: Sequence[int], *, as_live: bool = False
) -> list[Cell]:
    """Every movement in every case that has a meaning for it, by every person.

    The order spreads the whole table evenly over the cores.
    """
    return [
        Cell(m, c, s, as_live=as_live)
        for s in seeds
        for c in cases
        for m in movements
        if left_out(c, m) is None
    ]


def fault_cells(movements: Sequence[str], seeds: Sequence[int], faults: Sequence[str] = ()) -> list[Cell]:
    """Every rule that a fault can make speak, at multiples of its warn limit, and a set without any fault."""
    cells = []
    for movement in movements:
        wanted = [d for d in doses(movement) if not faults or d.fault in faults or d.kind in faults]
        for seed in seeds if wanted or not faults else ():
            cells += [Cell(movement, "nominal", seed, prepared=p) for p in (True, False)]
            for dose in wanted:
                cells += _dosed(dose, seed)
    return cells


def _dosed(dose: Dose, seed: int) -> list[Cell]:
    """A rule's fault at all sizes by a person who is known, and by a newcomer where it has to be found."""
    sizes = {multiple: dose.size(multiple, seed) for multiple in MULTIPLES}
    newcomer = replace(
        Cell(dose.movement, "nominal", seed, dose.fault, rule=dose.kind), size=sizes[FOUND_FROM] or 0.0
    )
    known = replace(newcomer, prepared=True)
    cells = [replace(known, size=s, multiple=m) for m, s in sizes.items() if s is not None]
    return cells + ([replace(newcomer, multiple=FOUND_FROM)] if newcomer.size else [])


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
    with ProcessPoolExecutor(processes, initializer=lean.settle) as pool:
        for chunk in pool.map(_judge_all, _chunks(cells)):
            yield from chunk


def _judge_all(cells: list[Cell]) -> list[Verdict]:
    return [judge(cell) for cell in cells]


def _chunks(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    rest = iter(cells)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
