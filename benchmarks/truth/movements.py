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
from benchmarks.judge.doses import MULTIPLES
from benchmarks.judge.faults import Accusation, FaultLine, accusations, fault_lines, overall
from benchmarks.judge.plots import fault_curves, heat_map
from benchmarks.judge.run import count_cells, fault_cells, run_cells
from benchmarks.judge.subjects import REPORTED, TUNING
from benchmarks.judge.summary import Line, line, summarize
from fusion import exercises
from simulator.cases import CASES, without_meaning

COMMAND = "make accuracy ARGS=movements"
IMAGES = Path(__file__).parents[2] / "docs" / "images"
PEOPLE = int(os.environ.get("ILIUM_JUDGE_PEOPLE", "5"))
FAULT_PEOPLE = max(1, min(2, PEOPLE))
LIVE_CASES = (
    "nominal",
    "around_walk",
    "around_sit",
    "around_stairs",
    "around_lie",
    "loss_5",
    "start_mid_movement",
)
LIVE_PEOPLE = max(1, min(3, PEOPLE))
NOTE = """{movements} movements × {cases} cases × {people} virtual people (seeds {first} to {last}; parameters
are set on seeds {tuning_first} to {tuning_last} alone). Each set goes through the whole pipeline;
nothing but posture and movement tells it how the sensors sit. The people are simulated
(`simulator/`), not measured: read the figures as what the algorithms do with bodies of this kind.
*Exact*: full repetitions counted without error; *F1*: at ±0.3 s of the true top; *bounds*: the
worse of start and end; *late*: announcement after the true top; *false/h*: counted while something
else was done. A repetition at whose far end every sensor that shows it was silent, ±0.3 s, is
*unseen*: it is not expected, and not false when it is inferred all the same. Where what is done
around the set is the movement itself (walking around a walk, stairs, sitting around sit to stand), only
the set is judged.
Angles are compared while the set is done, against the bones, so the movement of the
skin (3 to 8 % of flexion at the thigh) is part of the error.
"""
LIVE_NOTE = """
### As said live

Above, a set is judged once the whole recording has shown how the sensors sit. Here the same pipeline is
judged by what it said while the person moved, knowing nothing beforehand: {people} of the people, the cases
that ask most of it, beside the reviewed figures of the same sets.

"""
FAULT_NOTE = """
### Faults

Each rule that two sensors judge and the simulator has a fault for, {people} people. A fault's size is a
multiple of the rule's warn limit, and it is the true motion that has it: every repetition shows at least so
much of what the rule reads, whatever that takes of the fault. Sizes that leave less than half of the movement
are not asked for. The people have stood and done two sets that a coach approved, with the same sensors, none
of whose repetitions is judged; *newcomers* have only stood: 1.5 times the limit again, without approved
repetitions. *Recall*: repetitions with 1.5 or 3 times the limit that were flagged by a rule for that fault,
of all that were done, counted or not; *precision*: of the repetitions flagged there or in sets without any
fault, those that had it; *0×*: sets without any fault, of people known and of newcomers. Below the limit a
fault may be found or not.
"""


def run(progress: Progress) -> Report:
    """The table, the faults, and the comparison with the baseline."""
    people = list(REPORTED[:PEOPLE])
    movements = list(exercises.ids())
    console = Console(stderr=True)
    progress(f"{len(movements)} movements × {len(CASES)} cases × {len(people)} people")
    counts = run_cells(count_cells(movements, list(CASES), people), console, out=OUT / "movements.jsonl")
    progress(f"as live: {len(LIVE_CASES)} cases × {LIVE_PEOPLE} people")
    as_live = count_cells(movements, LIVE_CASES, people[:LIVE_PEOPLE], as_live=True)
    live = run_cells(as_live, console, out=OUT / "movements_live.jsonl")
    progress("faults")
    faults = run_cells(fault_cells(movements, people[:FAULT_PEOPLE]), console, out=OUT / "faults.jsonl")
    by_movement = summarize(counts, lambda v: v.cell.movement)
    by_case = summarize(counts, lambda v: v.cell.case)
    by_fault = fault_lines(faults)
    table = baseline.rates({"movement": by_movement, "case": by_case})
    baseline.write(table, baseline.RATES)
    heat_map(counts, IMAGES / "accuracy_movements.svg")
    fault_curves(by_fault, IMAGES / "accuracy_faults.svg")
    rows = _rows(counts, live, faults, fallen=baseline.worse(baseline.read(), table))
    return Report(
        "Movements, cases, people",
        rows,
        _markdown(by_movement, by_case, by_fault, accusations(faults), counts, live=live),
    )


def _rows(
    counts: Sequence[Verdict], live: Sequence[Verdict], faults: Sequence[Verdict], *, fallen: list[str]
) -> list[Row]:
    everything = line("all", counts)
    nominal = line("nominal", [v for v in counts if v.cell.case == "nominal"])
    every = overall(faults)
    rows = [
        Row("sets exact, ordinary", nominal.exact, "share", command=COMMAND),
        Row("sets within ±1, ordinary", nominal.within_one, "share", "RecoFit", 0.93, command=COMMAND),
        at_least("sets exact, all cases", everything.exact, 0.97, "share", command=COMMAND),
        at_least("sets within ±1, all cases", everything.within_one, 0.995, "share", command=COMMAND),
        at_least("F1 at ±0.3 s, all cases", everything.f1, 0.98, "", command=COMMAND),
        at_most("counted in other activity", everything.false_per_hour, 1.0, "1/h", command=COMMAND),
        *_live_rows(counts, live),
        Row("pelvic tilt RMSE, ordinary", nominal.tilt_rmse_deg, "deg", command=COMMAND),
        Row("hip flexion RMSE, ordinary", nominal.hip_rmse_deg, "deg", command=COMMAND),
        at_least("faults of 1.5 limits found", every.recall, 0.95, "of reps", command=COMMAND),
        at_least("faults said that were there", every.precision, 0.95, "of reps", command=COMMAND),
        at_most("repetitions blamed without a fault", every.at_zero, 0.0, "of reps", command=COMMAND),
        at_most("groups worse than the baseline", float(len(fallen)), 0.0, "", command=COMMAND),
    ]
    return rows + [Row(f"worse: {text}", 0.0, "", ok=False, command=COMMAND) for text in fallen]


def _live_rows(counts: Sequence[Verdict], live: Sequence[Verdict]) -> list[Row]:
    """What is said live, at most two sets in a hundred behind the second look at the same ones."""
    rows = []
    for case, words in (("nominal", "ordinary"), ("around_walk", "walking around it")):
        said = line(case, [v for v in live if v.cell.case == case])
        looked_at = line(case, _reviewed(counts, live, case))
        rows.append(
            at_least(
                f"sets exact as said live, {words}",
                said.exact,
                looked_at.exact - 0.02,
                "share",
                command=COMMAND,
            )
        )
    everything = line("live", live)
    rows.append(
        at_most("counted in other activity, live", everything.false_per_hour, 1.0, "1/h", command=COMMAND)
    )
    return rows


def _reviewed(counts: Sequence[Verdict], live: Sequence[Verdict], case: str) -> list[Verdict]:
    """The second look at the sets of one case that were judged as live."""
    seeds = {v.cell.seed for v in live}
    return [v for v in counts if v.cell.case == case and v.cell.seed in seeds]


def _live_table(counts: Sequence[Verdict], live: Sequence[Verdict]) -> list[str]:
    lines = []
    for case in dict.fromkeys(v.cell.case for v in live):
        lines.append(line(f"{case}, live", [v for v in live if v.cell.case == case]))
        lines.append(line(f"{case}, reviewed", _reviewed(counts, live, case)))
    return _table(lines)


def _markdown(
    by_movement: list[Line],
    by_case: list[Line],
    by_fault: list[FaultLine],
    said: list[Accusation],
    counts: Sequence[Verdict],
    *,
    live: Sequence[Verdict],
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
            LIVE_NOTE.format(people=LIVE_PEOPLE),
            *_live_table(counts, live),
            FAULT_NOTE.format(people=FAULT_PEOPLE),
            "![Repetitions flagged over the size of the fault](images/accuracy_faults.svg)\n",
            *_fault_table(by_fault),
            "\nSaid where nothing was injected:\n",
            *(f"- {a.movement}: {a.kind} in {a.flagged} of {a.reps}" for a in said),
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


def _fault_table(lines: Sequence[FaultLine]) -> list[str]:
    heads = " | ".join(f"{m:g}×" for m in MULTIPLES)
    rows = [
        f"| fault | reps | recall | precision | 0× | {heads} | newcomers |",
        f"|{'---|' * (len(MULTIPLES) + 6)}",
    ]
    for row in lines:
        shares = (row.recall, row.precision, row.at_zero, *(row.flagged[m] for m in MULTIPLES), row.newcomers)
        cells = " | ".join(_number(100.0 * share, 0, " %") for share in shares)
        rows.append(f"| {row.fault} | {row.reps} | {cells} |")
    return rows


def _number(value: float, digits: int, unit: str = "") -> str:
    return f"{value:.{digits}f}{unit}" if math.isfinite(value) else "–"
