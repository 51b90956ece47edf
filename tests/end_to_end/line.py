"""The `ilium` command as a user starts it, and its messages on the live WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import websockets

PATIENCE_S = 240.0
"""The first start of a version compiles, for a minute or two."""
_KNOCK_S = 0.05
"""Between two knocks at an API that is not up yet; knocking without end takes the core that it starts on."""


def ilium(
    *arguments: object, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, outside the checkout."""
    command = [sys.executable, "-m", "service.cli", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@contextlib.asynccontextmanager
async def started(*arguments: object, cwd: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command while the block runs; killed at its end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.cli",
        *map(str, arguments),
        cwd=cwd,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


Messages = AsyncIterator[tuple[str, dict[str, Any]]]


@contextlib.asynccontextmanager
async def live(port: int) -> AsyncIterator[Messages]:
    """(topic, body) of every live message while the block runs, from the moment the API is up."""
    async with asyncio.timeout(PATIENCE_S), _connected(port) as socket:
        yield _messages(socket)


@contextlib.asynccontextmanager
async def _connected(port: int) -> AsyncIterator[websockets.ClientConnection]:
    while True:
        try:
            socket = await websockets.connect(f"ws://127.0.0.1:{port}/api/v1/live", close_timeout=1)
            break
        except OSError:
            await asyncio.sleep(_KNOCK_S)
    async with socket:
        yield socket


async def _messages(socket: websockets.ClientConnection) -> Messages:
    async for text in socket:
        message = json.loads(text)
        yield message["topic"], message["body"]
