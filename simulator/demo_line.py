"""The service of the demo: fed by the virtual radio, judged by real subscribers."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from fusion.types import Segment
from sensors.ble import BleSource
from service.app import Service, unix_clock
from service.gateway import Assignment
from service.live_view import Board, drawing
from service.settings import load_settings
from simulator.air import CAPACITY
from simulator.audience import Audience
from simulator.ble_backend import ble_adapter
from simulator.demo_options import DemoOptions
from simulator.host import Adapter
from simulator.plan import CrewPlan, assignments
from simulator.radio_process import RadioProcess


async def run_line(
    options: DemoOptions, plan: CrewPlan, radio: RadioProcess, console: Console
) -> dict[str, Any]:
    """Run for as long as asked, or until everyone is done; returns the summary of ``ilium demo --json``."""
    worn = assignments(plan)
    assignment = Assignment(dict(worn), {a.id: a.planned for a in plan.athletes})
    stop = _stop_on_signals()
    async with contextlib.AsyncExitStack() as stack:
        folder = options.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ilium-")))
        hosts = [Adapter(transport, radio.ready, k) for k, transport in enumerate(radio.transports)]
        for host in hosts:
            stack.push_async_callback(host.close)
        clock = unix_clock()
        adapters = [ble_adapter(host, CAPACITY) for host in hosts]
        source = BleSource(clock, adapters=adapters, only=worn.keys(), seed=options.seed)
        settings = load_settings(data_dir=folder, port=options.port)
        service = await stack.enter_async_context(Service(settings, [source], assignment, clock=clock))
        audience = await stack.enter_async_context(Audience(service.mqtt_url, service.api_url))
        addresses = f"REST {service.api_url}/api/v1/docs · MQTT {service.mqtt_url} · seed {options.seed}"
        lasts_s = await radio.lasts_s()
        header = f"{addresses} · {_length(options.duration_s or lasts_s)}"
        stack.enter_context(_stopping(stop, options.duration_s, radio))
        await _watch(service, options, console, header, stop)
        return await _summary(service, radio, audience, plan, worn)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


@contextlib.contextmanager
def _stopping(stop: asyncio.Event, duration_s: float | None, radio: RadioProcess) -> Iterator[None]:
    """Set ``stop`` after a while, or else when everyone has finished."""

    async def wait() -> None:
        await (radio.finished() if duration_s is None else asyncio.sleep(duration_s))
        stop.set()

    waiting = asyncio.create_task(wait())
    try:
        yield
    finally:
        waiting.cancel()


def _length(seconds: float) -> str:
    length = f"{seconds:.0f} s" if seconds < 120.0 else f"{seconds / 60.0:.0f} min"
    return f"takes {length}, or until Ctrl-C"


async def _watch(
    service: Service, options: DemoOptions, console: Console, header: str, stop: asyncio.Event
) -> None:
    if options.headless:
        console.print(header)
        await service.run_until(stop)
        return
    board = Board(header)
    service.bus.listen(board.take)
    async with drawing(board, console):
        await service.run_until(stop)


async def _summary(
    service: Service,
    radio: RadioProcess,
    audience: Audience,
    plan: CrewPlan,
    worn: dict[str, tuple[str, Segment]],
) -> dict[str, Any]:
    """Of sessions that have ended, so that the last set is among those counted."""
    load = {"cpu_percent": audience.load.cpu_percent(), "rss_mb": audience.load.rss_mb()}
    await service.stop_sources()
    report, gateway = await radio.ask(report=True), service.gateway
    sessions = dict(gateway.sessions)
    packets = {
        "sent": sum(report["sent"].values()),
        "dropped": sum(report["dropped"].values()),
        "received": gateway.packets_received,
        "lost": sum(s.lost for session in sessions.values() for s in session.stats.values()),
    }
    for athlete_id in sessions:
        await gateway.close(athlete_id)
    await audience.leave()
    athletes = []
    for athlete in plan.athletes:
        session, heard = sessions.get(athlete.id), audience.of(athlete.id)
        found = service.repository.sets(session.facts.id) if session else []
        athletes.append(
            {
                "id": athlete.id,
                "exercise": athlete.planned,
                "reps_done": report["reps_done"][athlete.id],
                "reps_counted": session.reps_counted if session else 0,
                "sets_done": report["sets_done"][athlete.id],
                "sets_counted": [{"exercise": s["exercise"], "reps": s["rep_count"]} for s in found],
                "findings": heard.findings,
                "mqtt_messages": heard.mqtt_messages,
                "ws_messages": heard.ws_messages,
                "sensors": {d: s.value for d, (a, s) in worn.items() if a == athlete.id},
            }
        )
    return {
        "athletes": athletes,
        "latency_ms": audience.latency_ms(),
        **load,
        "radio_cpu_percent": report["cpu_percent"],
        "packets": packets,
    }
