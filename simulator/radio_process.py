"""The virtual radio in a process of its own, so that the gateway's load is measured alone.

The child reads one JSON request a line from stdin and answers each with one line on stdout; it ends when
stdin closes, so it never outlives the gateway.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from simulator.crew import Crew, CrewPlan
from simulator.errors import SimulationError
from simulator.radio import VirtualLink, free_port, gateway_adapter

_LINE_LIMIT = 1 << 20


class RadioProcess:
    """The parent's side: ask for a report, or make a sensor vanish."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._asking = asyncio.Lock()
        self.transport = f"tcp-client:127.0.0.1:{port}"

    async def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request; returns the answer. Raises `SimulationError` when the radio has ended."""
        assert self._process.stdin is not None  # noqa: S101 - piped
        async with self._asking:
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            await self._process.stdin.drain()
            return await self.answer()

    async def answer(self) -> dict[str, Any]:
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
        "simulator.radio_process",
        str(port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_LIMIT,
    )
    try:
        radio = RadioProcess(process, port)
        await radio.ask(**msgspec.to_builtins(plan))
        yield radio
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 5.0)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _serve(port: int) -> None:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = msgspec.json.decode(await reader.readline(), type=CrewPlan)
    link = VirtualLink()  # type: ignore[no-untyped-call]
    crew = Crew(plan, link)
    await crew.power_on()
    vanishing: set[asyncio.Task[None]] = set()
    async with gateway_adapter(link, port):
        _answer({"ready": True})
        while line := await reader.readline():
            request = msgspec.json.decode(line)
            if "vanish" in request:
                sensor = crew.sensors[request["vanish"]]
                vanishing.add(asyncio.ensure_future(sensor.vanish(float(request["seconds"]))))
            _answer(crew.report())


def _answer(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(_serve(int(sys.argv[1])))
