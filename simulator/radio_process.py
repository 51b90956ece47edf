"""The virtual radio in a process of its own, so that the gateway's load is measured alone.

The child reads one JSON request a line from stdin and answers each with one line on stdout; it ends when
stdin closes, so it never outlives the gateway.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from simulator.errors import SimulationError
from simulator.plan import CrewPlan
from simulator.ports import free_port

LINE_LIMIT = 1 << 20


class RadioProcess:
    """The parent's side: ask for a report, or make a sensor vanish. First wait until it is `ready`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._asking = asyncio.Lock()
        self.transport = f"tcp-client:127.0.0.1:{port}"

    async def ready(self) -> None:
        """Return when everyone's sensors are in range."""
        async with self._asking:
            await self._answer()

    async def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request; returns the answer. Raises `SimulationError` when the radio has ended."""
        async with self._asking:
            await self.tell(**request)
            return await self._answer()

    async def tell(self, **request: Any) -> None:
        """Send one line."""
        assert self._process.stdin is not None  # noqa: S101 - piped
        self._process.stdin.write(msgspec.json.encode(request) + b"\n")
        await self._process.stdin.drain()

    async def _answer(self) -> dict[str, Any]:
        """The next line of the radio."""
        assert self._process.stdout is not None  # noqa: S101 - piped
        line = await self._process.stdout.readline()
        if not line:
            raise SimulationError(f"the virtual radio ended (exit code {await self._process.wait()})")
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer


@asynccontextmanager
async def radio_process(plan: CrewPlan) -> AsyncIterator[RadioProcess]:
    """Run the radio with everyone of ``plan`` until the block ends."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator.radio",
        str(port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
    )
    try:
        radio = RadioProcess(process, port)
        await radio.tell(**msgspec.to_builtins(plan))
        yield radio
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5.0)
        except TimeoutError:
            process.kill()
            await process.wait()
