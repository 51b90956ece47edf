"""``python -m benchmarks.judge``: part of the accuracy table, for whoever tunes; writes no documentation."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from rich.console import Console  # noqa: E402 - threads are set before numpy loads
from rich.table import Table  # noqa: E402

from benchmarks.harness import OUT  # noqa: E402
from benchmarks.judge.cell import Verdict  # noqa: E402
from benchmarks.judge.doses import MULTIPLES  # noqa: E402
from benchmarks.judge.faults import accusations, fault_lines, overall  # noqa: E402
from benchmarks.judge.run import count_cells, fault_cells, run_cells  # noqa: E402
from benchmarks.judge.subjects import seeds  # noqa: E402
from benchmarks.judge.summary import Line, summarize  # noqa: E402
from fusion import exercises  # noqa: E402
from simulator.cases import CASES  # noqa: E402

_BY = {
    "movement": lambda v: v.cell.movement,
    "case": lambda v: v.cell.case,
    "cell": lambda v: f"{v.cell.movement} {v.cell.case}",
    "seed": lambda v: str(v.cell.seed),
    "fault": lambda v: f"{v.cell.movement} {v.cell.rule or 'none'} {v.cell.multiple:g}",
}


def main() -> int:
    """Run the cells that were asked for and print a table."""
    asked = _parser().parse_args()
    movements = list(exercises.ids()) if asked.movements == "all" else asked.movements.split(",")
    cases = list(CASES) if asked.cases == "all" else asked.cases.split(",")
    people = seeds(asked.subjects, asked.count)
    if asked.faults:
        wanted = () if asked.faults == "all" else tuple(asked.faults.split(","))
        cells = fault_cells(movements, people, wanted)
    else:
        cells = count_cells(movements, cases, people)
    cells = [replace(cell, as_live=asked.as_live) for cell in cells]
    console = Console(width=None if sys.stdout.isatty() else 200)
    verdicts = run_cells(cells, console, workers=asked.workers, out=asked.out)
    by = asked.by or (
        "fault" if asked.faults else "cell" if len(cases) > 1 and len(movements) > 1 else "movement"
    )
    console.print(table(summarize(verdicts, _BY[by]), faults=bool(asked.faults)))
    if asked.faults:
        console.print(fault_table(verdicts))
        for said in accusations(verdicts):
            console.print(f"without a fault: {said.movement} {said.kind} in {said.flagged} of {said.reps}")
    _worst(verdicts, console, asked.show)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judge", description=__doc__)
    parser.add_argument("--movements", default="all", help="ids with commas, or all")
    parser.add_argument("--cases", default="nominal", help="names with commas, or all")
    parser.add_argument("--subjects", default="tuning", help="tuning, reported, or seeds with commas")
    parser.add_argument("--count", type=int, default=5, help="how many people of the group")
    parser.add_argument("--faults", default="", help="faults at every size instead of cases: names, or all")
    parser.add_argument("--as-live", action="store_true", help="what was said live, without a second look")
    parser.add_argument("--by", choices=sorted(_BY), help="what makes a line of the table")
    parser.add_argument("--show", type=int, default=0, help="print this many of the worst cells")
    parser.add_argument("--workers", type=int, help="processes; default one a core")
    parser.add_argument("--out", type=Path, default=OUT / "judge.jsonl", help="verdicts, a line of JSON each")
    return parser


def table(lines: list[Line], *, faults: bool) -> Table:
    """The lines as a table for the terminal."""
    out = Table(title_justify="left")
    heads = ["", "cells", "failed", "exact", "±1", "error", "F1", "bounds s", "part. F1", "false/h", "late s"]
    heads += ["tilt °", "hip °", "tilt bias", "hip bias"] + (["flagged"] if faults else [])
    for head in heads:
        out.add_column(head, justify="left" if head == "" else "right")
    for row in lines:
        cells = [f"{100 * row.exact:.0f} %", f"{100 * row.within_one:.0f} %", f"{row.count_error:.2f}"]
        cells += [
            f"{row.f1:.3f}",
            f"{row.boundary_s:.2f}",
            f"{row.partial_f1:.2f}",
            f"{row.false_per_hour:.1f}",
        ]
        cells += [f"{row.latency_s:.2f}", f"{row.tilt_rmse_deg:.1f}", f"{row.hip_rmse_deg:.1f}"]
        cells += [f"{row.tilt_bias_deg:+.1f}", f"{row.hip_bias_deg:+.1f}"]
        cells += [f"{100 * row.flagged:.0f} %"] if faults else []
        out.add_row(row.name, str(row.cells), str(row.failed), *cells)
    return out


def fault_table(verdicts: list[Verdict]) -> Table:
    """Recall and precision of every fault, for the terminal."""
    out = Table(title_justify="left")
    for head in (
        "fault",
        "reps",
        "recall",
        "precision",
        "at 0×",
        *(f"{m:g}×" for m in MULTIPLES),
        "newcomers",
    ):
        out.add_column(head, justify="left" if head == "fault" else "right")
    for row in (*fault_lines(verdicts), overall(verdicts)):
        every = (row.recall, row.precision, row.at_zero, *row.flagged.values(), row.newcomers)
        shares = [f"{100.0 * share:.0f} %" for share in every]
        out.add_row(row.fault, str(row.reps), *shares)
    return out


def _worst(verdicts: list[Verdict], console: Console, count: int) -> None:
    ranked = sorted(verdicts, key=lambda v: -(abs(v.found_full - v.true_full) + bool(v.error)))
    for verdict in ranked[:count]:
        found = f"{verdict.found_full} of {verdict.true_full} full"
        console.print(f"{found} · {verdict.error or 'no error'} · {verdict.cell.command}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
