"""``ilium demo``: the whole service on virtual athletes, with real subscribers that judge it."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from fusion import exercises
from service.logs import configure_logs
from simulator.demo_options import DemoOptions
from simulator.plan import AthletePlan, CrewPlan, SetPlan
from simulator.radio_process import radio_process

_STAND_S = 5.0
_TAKE_POSITION_S = 4.0
_START_UP_S = 4.0
_LEAVE_S = 4.0
_ENDLESS_S = 1800.0
_FAULTY_LUMBAR_DEG = 12.0


def main(options: DemoOptions) -> None:
    """Run the demo to its end and print what came of it."""
    console = Console(stderr=options.as_json)
    configure_logs(quiet=not options.headless)
    summary = asyncio.run(run_demo(options, console))
    if options.as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
    else:
        console.print(_table(summary))
        latency, packets = summary["latency_ms"], summary["packets"]
        console.print(
            f"latency p50 {latency['p50']} ms, p99 {latency['p99']} ms · "
            f"gateway {summary['cpu_percent']} % of one core, {summary['rss_mb']} MB · "
            f"virtual radio {summary['radio_cpu_percent']} % · "
            f"packets received {packets['received']} of {packets['sent']}, {packets['lost']} lost on the way"
        )


async def run_demo(options: DemoOptions, console: Console) -> dict[str, Any]:
    """The demo as a coroutine; returns the summary of ``ilium demo --json``."""
    plan = scenario_plan(options) if options.scenario else crew_plan(options)
    async with radio_process(plan) as radio:
        # Loading the service takes seconds, in which the radio's process makes itself ready.
        from simulator.demo_line import run_line  # noqa: PLC0415

        return await run_line(options, plan, radio, console)


def scenario_plan(options: DemoOptions) -> CrewPlan:
    """The crew of a named scenario (or of a scenario's file)."""
    from simulator.scenarios import load  # noqa: PLC0415

    return load(options.scenario).crew(options.seed - 1)


def crew_plan(options: DemoOptions) -> CrewPlan:
    """As many repetitions as fit the duration; every second athlete arches the lower back."""
    tempo = exercises.load(options.exercise).tempo
    period_s = 1.35 * (tempo.period_s[1] if tempo else 4.0)
    available_s = (options.duration_s or _ENDLESS_S) - _STAND_S - _TAKE_POSITION_S - _START_UP_S - _LEAVE_S
    athletes = []
    for k in range(options.athletes):
        faults = {"lumbar": _FAULTY_LUMBAR_DEG} if k % 2 else {}
        if options.duration_s is None:
            sets = tuple(SetPlan(options.exercise, 8, faults, 8.0 if n else 0.0) for n in range(20))
        else:
            reps = max(1, math.floor(available_s / period_s))
            sets = (SetPlan(options.exercise, reps, faults),)
        athletes.append(AthletePlan(f"athlete-{k + 1}", options.seed * 100 + k, sets, _STAND_S))
    return CrewPlan(tuple(athletes))


def _table(summary: dict[str, Any]) -> Table:
    table = Table(title="What was counted of what was done", title_justify="left")
    for column in ("athlete", "done", "counted", "findings"):
        table.add_column(column)
    for athlete in summary["athletes"]:
        findings = "\n".join(f"{kind} ×{n}" for kind, n in athlete["findings"].items()) or "none"
        done, counted = (_sets(athlete[f"sets_{name}"]) for name in ("done", "counted"))
        table.add_row(athlete["id"], done, counted, findings)
    return table


def _sets(sets: list[dict[str, Any]]) -> str:
    """A line for each exercise in a row: "8 + 8 hip_thrust"."""
    runs = itertools.groupby(sets, key=lambda one: one["exercise"])
    lines = [f"{' + '.join(str(one['reps']) for one in run)} {exercise}" for exercise, run in runs]
    return "\n".join(lines) or "none"
