"""The service of the demo: fed by the virtual radio, judged by real subscribers."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from fusion.types import Segment
from sensors.ble import BleSource
from service.app import Service, unix_clock
from service.gateway import Assignment
from service.live_view import Board, drawing
from service.settings import load_settings
from simulator.audience import Audience
from simulator.ble_backend import ble_adapter
from simulator.demo_options import DemoOptions
from simulator.host import Adapter
from simulator.plan import CrewPlan, assignments
from simulator.radio_process import RadioProcess


async def run_line(
    options: DemoOptions, plan: CrewPlan, radio: RadioProcess, console: Console
) -> dict[str, Any]:
    """Run for as long as asked; returns the summary of ``ilium demo --json``."""
    worn = assignments(plan)
    assignment = Assignment(dict(worn), {a.id: a.sets[0].exercise for a in plan.athletes})
    async with contextlib.AsyncExitStack() as stack:
        folder = options.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ilium-")))
        adapter = Adapter(radio.transport, radio.ready)
        stack.push_async_callback(adapter.close)
        clock = unix_clock()
        source = BleSource(
            clock, adapters=[ble_adapter(adapter, len(worn))], only=worn.keys(), seed=options.seed
        )
        settings = load_settings(data_dir=folder, port=options.port)
        service = await stack.enter_async_context(Service(settings, [source], assignment, clock=clock))
        audience = await stack.enter_async_context(Audience(service.mqtt_url, service.api_url))
        addresses = f"REST {service.api_url}/api/v1/docs · MQTT {service.mqtt_url} · seed {options.seed}"
        await _watch(service, options, console, addresses)
        return await _summary(service, radio, audience, plan, worn)


async def _watch(service: Service, options: DemoOptions, console: Console, addresses: str) -> None:
    if options.headless:
        console.print(addresses)
        await service.run_for(options.duration_s)
        return
    board = Board(addresses)
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
                "exercise": athlete.sets[0].exercise,
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
