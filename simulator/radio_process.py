"""The virtual radio in a process of its own, so that the gateway's load is measured alone.

The child reads one JSON request a line from stdin and answers each with one line on stdout; it ends when
stdin closes, so it never outlives the gateway.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from simulator.air import CAPACITY
from simulator.errors import SimulationError
from simulator.plan import CrewPlan
from simulator.ports import free_port

LINE_LIMIT = 1 << 20
_LAST_PACKETS_S = 1.0


class RadioProcess:
    """The parent's side: ask for a report, or make a sensor vanish. First wait until it is `ready`."""

    def __init__(self, process: asyncio.subprocess.Process, ports: Sequence[int]) -> None:
        self._process = process
        self._asking = asyncio.Lock()
        self._first: dict[str, Any] | None = None
        self.transports = [f"tcp-client:127.0.0.1:{port}" for port in ports]
        """One for each adapter."""

    async def ready(self) -> None:
        """Return when everyone's sensors are in range."""
        await self.lasts_s()

    async def lasts_s(self) -> float:
        """How long the longest session is, once everyone's sensors are in range."""
        async with self._asking:
            if self._first is None:
                self._first = await self._answer()
            return float(self._first["left_s"])

    async def finished(self) -> None:
        """Return when every session is over and its last packets have had time to arrive."""
        left_s = await self.lasts_s()
        while left_s > -_LAST_PACKETS_S:
            await asyncio.sleep(left_s + _LAST_PACKETS_S)
            left_s = float((await self.ask(report=True))["left_s"])

    async def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request; returns the answer. Raises `SimulationError` when the radio has ended."""
        await self.ready()
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
    """Run the radio with everyone of ``plan``, and as many adapters as they need, until the block ends."""
    sensors = sum(len(athlete.segments) for athlete in plan.athletes)
    ports = [free_port() for _ in range(math.ceil(sensors / CAPACITY))]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator.radio",
        *map(str, ports),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT,
        start_new_session=True,  # Ctrl-C is the gateway's; it then lets this one end
    )
    try:
        radio = RadioProcess(process, ports)
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
