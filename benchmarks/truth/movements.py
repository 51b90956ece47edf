"""All movements in all cases by people nobody tuned on: repetitions, angles and faults against truth."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.harness import OUT, Progress, Report, Row, at_least, at_most
from benchmarks.judge import baseline
from benchmarks.judge.cell import Verdict
from benchmarks.judge.plots import fault_curves, heat_map
from benchmarks.judge.run import SIZES_DEG, count_cells, fault_cells, run_cells
from benchmarks.judge.subjects import REPORTED, TUNING
from benchmarks.judge.summary import Line, line, summarize
from fusion import exercises
from simulator.cases import CASES, without_meaning

COMMAND = "make accuracy ARGS=movements"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
PEOPLE = int(os.environ.get("ILIUM_JUDGE_PEOPLE", "5"))
FAULT_PEOPLE = max(1, min(2, PEOPLE))
NOTE = """{movements} movements × {cases} cases × {people} virtual people (seeds {first} to {last}; parameters
are set on seeds {tuning_first} to {tuning_last} alone). Each set goes through the whole pipeline;
nothing but posture and movement tells it how the sensors sit. The people are simulated
(`simulator/`), not measured: read the figures as what the algorithms do with bodies of this kind.
*Exact*: full repetitions counted without error; *F1*: at ±0.3 s of the true top; *bounds*: the
worse of start and end; *late*: announcement after the true top; *false/h*: counted while something
else was done. Angles are compared while the set is done, against the bones, so the movement of the
skin (3 to 8 % of flexion at the thigh) is part of the error.
"""
FAULT_NOTE = """
### Faults

Share of repetitions flagged by a rule that looks for the fault, over all movements that have such a
rule, {people} people. At 0° whatever is flagged is false.
"""


def run(progress: Progress) -> Report:
    """The table, the faults, and the comparison with the baseline."""
    people = list(REPORTED[:PEOPLE])
    movements = list(exercises.ids())
    console = Console(stderr=True)
    progress(f"{len(movements)} movements × {len(CASES)} cases × {len(people)} people")
    counts = run_cells(count_cells(movements, list(CASES), people), console, out=OUT / "movements.jsonl")
    progress("faults")
    faults = run_cells(fault_cells(movements, people[:FAULT_PEOPLE]), console, out=OUT / "faults.jsonl")
    by_movement = summarize(counts, lambda v: v.cell.movement)
    by_case = summarize(counts, lambda v: v.cell.case)
    by_fault = sorted(summarize(faults, lambda v: f"{v.cell.fault} {v.cell.size:g}"), key=lambda r: r.name)
    table = baseline.rates({"movement": by_movement, "case": by_case})
    baseline.write(table, baseline.RATES)
    heat_map(counts, IMAGES / "accuracy_movements.svg")
    fault_curves(by_fault, IMAGES / "accuracy_faults.svg")
    rows = _rows(counts, faults, baseline.worse(baseline.read(), table))
    return Report("Movements, cases, people", rows, _markdown(by_movement, by_case, by_fault, counts))


def _rows(counts: Sequence[Verdict], faults: Sequence[Verdict], fallen: list[str]) -> list[Row]:
    everything = line("all", counts)
    nominal = line("nominal", [v for v in counts if v.cell.case == "nominal"])
    lumbar = {d: _flagged(faults, "lumbar", d) for d in SIZES_DEG}
    rows = [
        at_least("sets within ±1, ordinary", nominal.within_one, 0.93, "share", command=COMMAND)
        if math.isfinite(nominal.within_one)
        else Row("sets within ±1, ordinary", math.nan, "share", command=COMMAND),
        Row("sets exact, ordinary", nominal.exact, "share", command=COMMAND),
        Row("sets within ±1, all cases", everything.within_one, "share", "RecoFit", 0.93, command=COMMAND),
        Row("sets exact, all cases", everything.exact, "share", command=COMMAND),
        Row("F1 at ±0.3 s, all cases", everything.f1, "", command=COMMAND),
        Row("counted in other activity", everything.false_per_hour, "1/h", command=COMMAND),
        Row("pelvic tilt RMSE, ordinary", nominal.tilt_rmse_deg, "deg", command=COMMAND),
        Row("hip flexion RMSE, ordinary", nominal.hip_rmse_deg, "deg", command=COMMAND),
        Row("lumbar fault of 12° found", lumbar[12.0], "of reps", command=COMMAND),
        Row("lumbar fault said at 0°", lumbar[0.0], "of reps", command=COMMAND),
        at_most("groups worse than the baseline", float(len(fallen)), 0.0, "", command=COMMAND),
    ]
    return rows + [Row(f"worse: {text}", 0.0, "", ok=False, command=COMMAND) for text in fallen]


def _flagged(faults: Sequence[Verdict], fault: str, size: float) -> float:
    group = [v for v in faults if v.cell.fault == fault and v.cell.size == size]
    return line("", group).flagged if group else math.nan


def _markdown(
    by_movement: list[Line], by_case: list[Line], by_fault: list[Line], counts: Sequence[Verdict]
) -> str:
    note = NOTE.format(
        movements=len(by_movement),
        cases=len(by_case),
        people=PEOPLE,
        first=REPORTED[0],
        last=REPORTED[PEOPLE - 1],
        tuning_first=TUNING[0],
        tuning_last=TUNING[-1],
    )
    worst = sorted(counts, key=lambda v: -(abs(v.found_full - v.true_full) + bool(v.error)))[:8]
    return "\n".join(
        [
            note,
            *(f"- left out: {case} of {exercise}: {why}." for case, exercise, why in without_meaning()),
            "",
            "![Share of sets counted exactly, by movement and case](images/accuracy_movements.svg)\n",
            "### By movement\n",
            *_table(by_movement),
            "\n### By case\n",
            *_table(by_case),
            FAULT_NOTE.format(people=FAULT_PEOPLE),
            "![Repetitions flagged over the size of the fault](images/accuracy_faults.svg)\n",
            *_fault_table(by_fault),
            "\n### The worst sets, to make again\n",
            *(f"- {v.found_full} of {v.true_full}: `{v.cell.command}`{_said(v)}" for v in worst),
            f"\n`{COMMAND}`\n",
        ]
    )


def _said(verdict: Verdict) -> str:
    return f" ({verdict.error})" if verdict.error else ""


def _table(lines: Sequence[Line]) -> list[str]:
    heads = (
        "",
        "exact",
        "±1",
        "mean error",
        "F1",
        "bounds",
        "partial F1",
        "false/h",
        "late",
        "tilt",
        "hip",
        "bias",
    )
    rows = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in lines:
        cells = [
            row.name,
            f"{100 * row.exact:.0f} %",
            f"{100 * row.within_one:.0f} %",
            f"{row.count_error:.2f}",
            f"{row.f1:.3f}",
            _number(row.boundary_s, 2, " s"),
            _number(row.partial_f1, 2),
            f"{row.false_per_hour:.1f}",
            _number(row.latency_s, 2, " s"),
            _number(row.tilt_rmse_deg, 1, "°"),
            _number(row.hip_rmse_deg, 1, "°"),
            _number(row.hip_bias_deg, 1, "°"),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _fault_table(lines: Sequence[Line]) -> list[str]:
    shares: dict[str, dict[float, float]] = {}
    for row in lines:
        fault, size = row.name.split(" ")
        shares.setdefault(fault, {})[float(size)] = row.flagged
    heads = " | ".join(f"{size:g}°" for size in SIZES_DEG)
    rows = [f"| fault | {heads} | precision at 12° |", f"|{'---|' * (len(SIZES_DEG) + 2)}"]
    for fault, by_size in shares.items():
        cells = " | ".join(_number(100.0 * by_size.get(size, math.nan), 0, " %") for size in SIZES_DEG)
        found, false = by_size.get(12.0, math.nan), by_size.get(0.0, math.nan)
        precision = found / (found + false) if found + false else math.nan
        rows.append(f"| {fault} | {cells} | {_number(100.0 * precision, 0, ' %')} |")
    return rows


def _number(value: float, digits: int, unit: str = "") -> str:
    return f"{value:.{digits}f}{unit}" if math.isfinite(value) else "–"
