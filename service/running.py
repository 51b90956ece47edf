"""Runs the service on real sensors until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from rich.console import Console

from fusion import exercises
from fusion.errors import InputError
from fusion.types import Segment
from sensors.ble import BleSource
from service.app import Service, unix_clock
from service.gateway import Assignment
from service.live_view import Board, drawing
from service.logs import configure_logs
from service.settings import Settings


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
    asyncio.run(_run(settings, assignment, duration_s, headless=headless))


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
    exercises.load(exercise)
    return Assignment(sensors, {athlete_id: exercise})


async def _run(
    settings: Settings, assignment: Assignment, duration_s: float | None, *, headless: bool
) -> None:
    clock = unix_clock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    console = Console()
    async with contextlib.AsyncExitStack() as stack:
        service = await stack.enter_async_context(
            Service(settings, [BleSource(clock)], assignment, clock=clock)
        )
        addresses = f"REST {service.api_url}/api/v1/docs · MQTT {service.mqtt_url}"
        if headless:
            console.print(addresses)
        else:
            board = Board(addresses)
            service.bus.listen(board.take)
            await stack.enter_async_context(drawing(board, console))
        if duration_s is not None:
            loop.call_later(duration_s, stop.set)
        await service.run_until(stop)
