"""Real listeners of a running service: MQTT and WebSocket subscribers in their own process, a load meter.

The MQTT subscriber measures how long a frame takes from the notification that completed it to here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import msgspec
import numpy as np

_STATM = f"/proc/{os.getpid()}/statm"


@dataclass(slots=True)
class Heard:
    """What came of one athlete."""

    mqtt_messages: int = 0
    ws_messages: int = 0
    findings: Counter[str] = field(default_factory=Counter)


class Load:
    """CPU time and resident memory of this process since it was made."""

    def __init__(self) -> None:
        self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()

    def cpu_percent(self) -> float:
        """Share of one core."""
        wall_s = time.perf_counter() - self._wall_s
        return round(100.0 * (time.process_time() - self._cpu_s) / wall_s, 1)

    def rss_mb(self) -> float:
        """Resident memory now, or its peak where the system tells no more."""
        try:
            with open(_STATM, encoding="ascii") as file:  # noqa: PTH123 - a kernel file
                return round(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
        except OSError:
            import resource  # noqa: PLC0415 - not on every system

            return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10, 1)


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
        )
        self._stack.push_async_callback(process.wait)
        assert process.stdin is not None  # noqa: S101 - piped
        self._stack.callback(process.stdin.close)
        reading = asyncio.create_task(self._read(process))
        self._stack.callback(reading.cancel)
        return self

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
