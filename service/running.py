"""Runs the service on real sensors until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Collection

from rich.console import Console

from firmware_profiles import library
from fusion import exercises
from fusion.errors import InputError
from fusion.types import Segment
from sensors.ble import BleAdapter, BleSource, RadioError
from sensors.source import SensorSource
from service.app import Service, unix_clock
from service.gateway import Assignment
from service.live_view import Board, drawing
from service.logs import configure_logs
from service.settings import Settings

_LOOK_S = 10.0
"""After this long it is said which sensors are missing."""


def main(
    settings: Settings,
    wear: list[str],
    athlete_id: str,
    exercise: str | None,
    *,
    duration_s: float | None,
    headless: bool,
) -> None:
    """Run until Ctrl-C, SIGTERM or the duration; sensors are stopped and sessions closed."""
    configure_logs(quiet=not headless)
    assignment = parse_assignment(wear, athlete_id, exercise)
    clock = unix_clock()
    profiles = library(settings.profiles_dir)
    source = BleSource(clock, adapters=adapters_of(settings), profiles=profiles)
    asyncio.run(run(settings, assignment, source, clock, duration_s, headless=headless))


def adapters_of(settings: Settings) -> list[BleAdapter]:
    """The Bluetooth adapters of the settings, each with its budget."""
    return [BleAdapter(name, settings.connections_per_adapter) for name in settings.adapters or ("",)]


def parse_assignment(wear: list[str], athlete_id: str, exercise: str | None) -> Assignment:
    """``ADDRESS=SEGMENT`` of each sensor. Raises `InputError` for what cannot be read."""
    sensors: dict[str, tuple[str, Segment]] = {}
    for text in wear:
        address, separator, name = text.rpartition("=")
        try:
            sensors[address.upper()] = (athlete_id, Segment(name))
        except ValueError as error:
            known = ", ".join(s.value for s in Segment)
            raise InputError(f"--wear {text!r}: must be ADDRESS=SEGMENT, with one of {known}") from error
        if not separator or not address:
            raise InputError(f"--wear {text!r}: must be ADDRESS=SEGMENT")
    if exercise is None:
        if wear:
            raise InputError("--wear needs --exercise: what is the athlete going to do?")
        return Assignment()
    exercises.plan(exercise)
    return Assignment(sensors, {athlete_id: exercise})


def advice(assignment: Assignment, seen: Collection[str]) -> list[str]:
    """What stands between the present state and a session, a line each."""
    if not seen:
        return ["no sensor in range yet; wake it by its button or by moving it, and come closer"]
    missing = [
        f"{device_id} ({segment.value}) has not been seen yet; wake it, charge it or come closer"
        for device_id, (_, segment) in assignment.sensors.items()
        if device_id not in seen
    ]
    free = sorted(set(seen) - set(assignment.sensors))
    return missing + [f"{device_id} is worn by nobody; add --wear {device_id}=pelvis" for device_id in free]


async def run(
    settings: Settings,
    assignment: Assignment,
    source: SensorSource,
    clock: Callable[[], float],
    duration_s: float | None,
    *,
    headless: bool,
) -> None:
    """Run as a coroutine. Raises `RadioError` when no sensor came into range in ``duration_s``."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    console = Console()
    async with contextlib.AsyncExitStack() as stack:
        service = await stack.enter_async_context(Service(settings, [source], assignment, clock=clock))
        addresses = f"REST {service.api_url}/api/v1/docs · MQTT {service.mqtt_url}"
        if headless:
            console.print(addresses)
        else:
            board = Board(addresses)
            service.bus.listen(board.take)
            await stack.enter_async_context(drawing(board, console))

        def advise() -> None:
            for line in advice(assignment, service.gateway.devices):
                console.print(f"[yellow]{line}[/yellow]")

        loop.call_later(_LOOK_S, advise)
        if duration_s is not None:
            loop.call_later(duration_s, stop.set)
        await service.run_until(stop)
        if duration_s is not None and not service.gateway.devices:
            raise RadioError(
                "no sensor came into range; wake it by its button or by moving it, and come closer"
            )
