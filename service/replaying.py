"""Runs the service on a recording."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

import firmware_profiles
from fusion import exercises
from fusion.errors import InputError
from fusion.summary import Document
from fusion.types import Segment
from sensors.imports import read_recording_files
from sensors.replay import ReplayClock, ReplaySource
from service.app import Service
from service.bus import Message
from service.gateway import Assignment
from service.live_view import Board, drawing
from service.logs import configure_logs
from service.settings import load_settings

ATHLETE = "replay"
_WORN = (Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT)


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What the command line asked for."""

    exercise: str
    speed: float = 1.0
    stand_s: tuple[float, float] | None = None
    headless: bool = False
    as_json: bool = False
    port: int = 0
    data_dir: Path | None = None


def main(files: list[Path], options: ReplayOptions) -> None:
    """Replay to the end and print what came of it."""
    console = Console(stderr=options.as_json)
    configure_logs(quiet=not options.headless)
    document = asyncio.run(replay(files, options, console))
    if options.as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        console.print(
            f"{document['packets']} packets, {document['reps_counted']} repetitions in"
            f" {len(document['sets'])} sets · session {document['session_id']}"
        )


async def replay(
    files: list[Path],
    options: ReplayOptions,
    console: Console,
    listener: Callable[[Message], None] | None = None,
) -> Document:
    """Replay as a coroutine; ``listener`` sees every message. Returns what was counted."""
    exercises.plan(options.exercise)
    found = read_recording_files(files)
    worn = {segment.value: segment for segment in _WORN if segment in found}
    if Segment.PELVIS not in found or len(worn) < 2:
        raise InputError("a replay needs pelvis and at least one thigh; give both files")
    clock = ReplayClock(time.time())
    profile = firmware_profiles.load("movella_dot")
    source = ReplaySource({d: found[s] for d, s in worn.items()}, profile, clock, options.speed)
    assignment = Assignment(
        {device_id: (ATHLETE, segment) for device_id, segment in worn.items()},
        {ATHLETE: options.exercise},
        {ATHLETE: options.stand_s} if options.stand_s else {},
    )
    async with contextlib.AsyncExitStack() as stack:
        folder = options.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ilium-")))
        settings = load_settings(data_dir=folder, port=options.port)
        service = await stack.enter_async_context(Service(settings, [source], assignment, clock=clock))
        if listener is not None:
            service.bus.listen(listener)
        if not options.headless:
            board = Board(f"REST {service.api_url}/api/v1/docs · MQTT {service.mqtt_url}")
            service.bus.listen(board.take)
            await stack.enter_async_context(drawing(board, console))
        await service.run_until(source.finished)
        session = service.gateway.sessions[ATHLETE]
        packets, status = service.gateway.packets_received, session.status()
        session_id = await service.gateway.close(ATHLETE)
        assert session_id is not None  # noqa: S101 - it was open a line ago
        return status | {"packets": packets, "sets": service.repository.sets(session_id)}
