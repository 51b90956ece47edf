"""``python -m simulator.radio PORT …``: the child of `simulator.radio_process`.

Reads the plan and then requests from stdin, a line each; answers each with the crew's report on stdout. The
load in it counts from the moment everyone is in range: people are made up before that. Each port is an
adapter.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from simulator.air import VirtualLink, gateway_adapter
from simulator.crew import Crew
from simulator.load import Load
from simulator.plan import CrewPlan
from simulator.radio_process import LINE_LIMIT


async def _serve(ports: Sequence[int]) -> None:
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = msgspec.json.decode(await reader.readline(), type=CrewPlan)
    link = VirtualLink()
    crew = Crew(plan, link)
    await crew.power_on()
    vanishing: set[asyncio.Task[None]] = set()
    async with contextlib.AsyncExitStack() as stack:
        for index, port in enumerate(ports):
            await stack.enter_async_context(gateway_adapter(link, port, index))
        load = Load()
        _answer(crew.report())
        while line := await reader.readline():
            request = msgspec.json.decode(line)
            if "vanish" in request:
                sensor = crew.sensors[request["vanish"]]
                vanishing.add(asyncio.ensure_future(sensor.vanish(float(request["seconds"]))))
            _answer(crew.report() | {"cpu_percent": load.cpu_percent()})


def _answer(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(_serve([int(port) for port in sys.argv[1:]]))
