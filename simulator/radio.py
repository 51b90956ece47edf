"""``python -m simulator.radio PORT``: the child of `simulator.radio_process`.

Reads the plan and then requests from stdin, a line each; answers with a line on stdout.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

import msgspec

from simulator.air import VirtualLink, gateway_adapter
from simulator.crew import Crew
from simulator.plan import CrewPlan
from simulator.radio_process import LINE_LIMIT


async def _serve(port: int) -> None:
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = msgspec.json.decode(await reader.readline(), type=CrewPlan)
    link = VirtualLink()
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
