"""``ilium demo``: the whole service on virtual athletes, with real subscribers that judge it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fusion import exercises
from fusion.types import Segment
from sensors.ble import BleSource
from service.app import Service, unix_clock
from service.gateway import Assignment
from service.live_view import Board, drawing
from service.settings import load_settings
from simulator.audience import Audience
from simulator.ble_backend import Adapter, backend
from simulator.crew import AthletePlan, CrewPlan, assignments
from simulator.radio_process import RadioProcess, radio_process

_STAND_S = 5.0
_TAKE_POSITION_S = 4.0
_START_UP_S = 4.0
_LEAVE_S = 4.0
_ENDLESS_S = 1800.0
_FAULTY_LUMBAR_DEG = 12.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for."""

    athletes: int = 2
    exercise: str = "hip_thrust"
    duration_s: float | None = None
    headless: bool = False
    as_json: bool = False
    seed: int = 1
    port: int = 0
    data_dir: Path | None = None


def main(options: DemoOptions) -> None:
    """Run the demo to its end and print what came of it."""
    console = Console(stderr=options.as_json)
    summary = asyncio.run(run_demo(options, console))
    if options.as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
    else:
        console.print(_table(summary))
        latency = summary["latency_ms"]
        console.print(
            f"latency p50 {latency['p50']} ms, p99 {latency['p99']} ms · "
            f"gateway {summary['cpu_percent']} % of one core, {summary['rss_mb']} MB · "
            f"packets lost {summary['packets']['lost']}"
        )


async def run_demo(options: DemoOptions, console: Console) -> dict[str, Any]:
    """The demo as a coroutine; returns the summary of ``ilium demo --json``."""
    exercises.load(options.exercise)
    plan = crew_plan(options)
    worn = assignments(plan)
    assignment = Assignment(dict(worn), {a.id: options.exercise for a in plan.athletes})
    async with contextlib.AsyncExitStack() as stack:
        folder = options.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ilium-")))
        radio = await stack.enter_async_context(radio_process(plan))
        adapter = Adapter(radio.transport)
        stack.push_async_callback(adapter.close)
        clock = unix_clock()
        source = BleSource(clock, backend=backend(adapter), only=worn.keys(), seed=options.seed)
        settings = load_settings(data_dir=folder, port=options.port)
        service = await stack.enter_async_context(Service(settings, [source], assignment, clock=clock))
        audience = await stack.enter_async_context(Audience(service.mqtt_url, service.api_url))
        if not options.as_json:
            console.print(
                f"REST {service.api_url}/api/v1/docs · MQTT {service.mqtt_url} · seed {options.seed}"
            )
        await _watch(service, options, console)
        return await _summary(service, radio, audience, plan, worn)


def crew_plan(options: DemoOptions) -> CrewPlan:
    """As many repetitions as fit the duration; every second athlete arches the lower back."""
    tempo = exercises.load(options.exercise).tempo
    period_s = 1.35 * (tempo.period_s[1] if tempo else 4.0)
    available_s = (options.duration_s or _ENDLESS_S) - _STAND_S - _TAKE_POSITION_S - _START_UP_S - _LEAVE_S
    athletes = []
    for k in range(options.athletes):
        lumbar = _FAULTY_LUMBAR_DEG if k % 2 else 0.0
        if options.duration_s is None:
            sets = tuple((options.exercise, 8, lumbar, 8.0 if n else 0.0) for n in range(20))
        else:
            reps = max(1, math.floor(available_s / period_s))
            sets = ((options.exercise, reps, lumbar, 0.0),)
        athletes.append(AthletePlan(f"athlete-{k + 1}", options.seed * 100 + k, sets, _STAND_S))
    return CrewPlan(tuple(athletes))


async def _watch(service: Service, options: DemoOptions, console: Console) -> None:
    if options.headless:
        await service.run_for(options.duration_s)
        return
    board = Board()
    service.bus.listen(board.take)
    with contextlib.suppress(asyncio.CancelledError):
        async with drawing(board, console):
            await service.run_for(options.duration_s)


async def _summary(
    service: Service,
    radio: RadioProcess,
    audience: Audience,
    plan: CrewPlan,
    worn: dict[str, tuple[str, Segment]],
) -> dict[str, Any]:
    report = await radio.ask(report=True)
    sent, lost = sum(report["sent"].values()), 0
    athletes = []
    for athlete in plan.athletes:
        session = service.gateway.sessions.get(athlete.id)
        heard = audience.of(athlete.id)
        lost += sum(s.lost for s in session.stats.values()) if session else 0
        athletes.append(
            {
                "id": athlete.id,
                "exercise": athlete.sets[0][0],
                "reps_done": report["reps_done"][athlete.id],
                "reps_counted": session.reps_counted if session else 0,
                "findings": heard.findings,
                "mqtt_messages": heard.mqtt_messages,
                "ws_messages": heard.ws_messages,
                "sensors": {d: s.value for d, (a, s) in worn.items() if a == athlete.id},
            }
        )
    return {
        "athletes": athletes,
        "latency_ms": audience.latency_ms(),
        "cpu_percent": audience.load.cpu_percent(),
        "rss_mb": audience.load.rss_mb(),
        "packets": {"sent": sent, "received": service.gateway.packets_received, "lost": lost},
    }


def _table(summary: dict[str, Any]) -> Table:
    table = Table(title="What was counted of what was done", title_justify="left")
    for column in ("athlete", "exercise", "reps done", "counted", "findings"):
        table.add_column(column)
    for athlete in summary["athletes"]:
        findings = ", ".join(f"{kind} ×{n}" for kind, n in athlete["findings"].items()) or "none"
        done, counted = str(athlete["reps_done"]), str(athlete["reps_counted"])
        table.add_row(athlete["id"], athlete["exercise"], done, counted, findings)
    return table
