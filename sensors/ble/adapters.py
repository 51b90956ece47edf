"""Bluetooth adapters: what each may carry, and which of them takes a sensor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import BaseBleakScanner

CONNECTIONS = 5
"""Streaming IMUs that one adapter carries without losses: Movella recommends 5, users of bleak report losses
at 12 (hbldh/bleak, issue 1343)."""


@dataclass(frozen=True, slots=True)
class BleAdapter:
    """One adapter: its name on BlueZ (``hci1``; empty for the platform's own choice) and its budget."""

    name: str = ""
    connections: int = CONNECTIONS
    scanner: type[BaseBleakScanner] | None = None
    """bleak's backend where it is not the platform's own; with `client`."""
    client: type[BaseBleakClient] | None = None

    @property
    def scanner_options(self) -> dict[str, Any]:
        """Keyword arguments for `bleak.BleakScanner`."""
        return self._options(self.scanner)

    @property
    def client_options(self) -> dict[str, Any]:
        """Keyword arguments for `bleak.BleakClient`."""
        return self._options(self.client)

    def _options(self, backend: type | None) -> dict[str, Any]:
        if backend is not None:
            return {"backend": backend}
        return {"bluez": {"adapter": self.name}} if self.name else {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sensor was last seen: bleak's handle on one adapter, its signal and when (host's clock)."""

    device: BLEDevice
    rssi_dbm: int
    seen_s: float


class AdapterUse:
    """What an adapter carries at the moment."""

    def __init__(self, adapter: BleAdapter) -> None:
        self.adapter = adapter
        self.carried = 0
        self.connecting = asyncio.Lock()
        """One connect at a time: parallel ones lose services or fail on real adapters."""

    @property
    def free(self) -> int:
        """How many more sensors it takes."""
        return self.adapter.connections - self.carried


class Slots:
    """Gives every sensor a place on an adapter, within the budgets."""

    def __init__(self, adapters: Iterable[BleAdapter]) -> None:
        self.uses = {adapter.name: AdapterUse(adapter) for adapter in adapters}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """A sensor was seen by another adapter, or a place became free: who waits looks again."""
        self._changed.set()

    def best(self, places: Mapping[str, Place], avoid: str | None = None) -> AdapterUse | None:
        """The adapter to take, of those that see the sensor: most room, then the better signal.

        ``avoid`` is where it just failed; it is taken only if no other has room.
        """
        able = [use for name, use in self.uses.items() if name in places and use.free > 0]
        return max(
            able,
            key=lambda use: (
                use.adapter.name != avoid,
                use.free / use.adapter.connections,
                places[use.adapter.name].rssi_dbm,
            ),
            default=None,
        )

    async def take(self, places: Mapping[str, Place], avoid: str | None = None) -> AdapterUse:
        """Take a place on an adapter that sees the sensor, once one has room; ``places`` may change."""
        while (use := self.best(places, avoid)) is None:
            self._changed.clear()
            await self._changed.wait()
        use.carried += 1
        return use

    def give_back(self, use: AdapterUse) -> None:
        """The sensor is gone from the adapter."""
        use.carried -= 1
        self.changed()
