"""Real listeners of a running service: MQTT and WebSocket subscribers in their own process, a load meter.

The MQTT subscriber measures how long a frame takes from the notification that completed it to here.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np

from simulator.load import Load


@dataclass(slots=True)
class Heard:
    """What came of one athlete."""

    mqtt_messages: int = 0
    ws_messages: int = 0
    findings: Counter[str] = field(default_factory=Counter)


class Audience:
    """Listens while the block runs."""

    def __init__(self, mqtt_url: str, api_url: str) -> None:
        self._mqtt_url = mqtt_url
        self._live_url = api_url.replace("http", "ws", 1) + "/api/v1/live"
        self._heard: dict[str, Heard] = {}
        self._latencies_ms: list[float] = []
        self._stack = contextlib.AsyncExitStack()
        self.load = Load()

    def of(self, athlete_id: str) -> Heard:
        """What was heard of one athlete."""
        return self._heard.setdefault(athlete_id, Heard())

    def latency_ms(self) -> dict[str, float | None]:
        """Percentiles over all frames."""
        if not self._latencies_ms:
            return {"p50": None, "p99": None}
        p50, p99 = np.percentile(self._latencies_ms, (50, 99))
        return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}

    async def __aenter__(self) -> Self:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "simulator.subscriber",
            self._mqtt_url,
            self._live_url,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 22,
            start_new_session=True,  # Ctrl-C is the gateway's; it then lets this one end
        )
        self._stack.push_async_callback(process.wait)
        self._reading = asyncio.create_task(self._read(process))
        self._stack.callback(self._reading.cancel)
        assert process.stdin is not None  # noqa: S101 - piped
        self._end = process.stdin.close
        self._stack.callback(self._end)
        return self

    async def leave(self) -> None:
        """Stop listening; what was heard is complete then."""
        self._end()
        await self._reading

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Reports of the subscribers, two lines a second."""
        assert process.stdout is not None  # noqa: S101 - piped
        while line := await process.stdout.readline():
            report: dict[str, Any] = msgspec.json.decode(line)
            self._latencies_ms.extend(report["latencies_ms"])
            for athlete_id, count in report["mqtt"].items():
                self.of(athlete_id).mqtt_messages += count
            for athlete_id, count in report["ws"].items():
                self.of(athlete_id).ws_messages += count
            for athlete_id, kinds in report["findings"].items():
                self.of(athlete_id).findings.update(kinds)
