"""Keeps one sensor streaming: takes a place on an adapter, connects, and comes back after every loss."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bleak.backends.device import BLEDevice

from firmware_profiles import Profile
from sensors.battery import BatteryLevel
from sensors.ble.adapters import AdapterUse, Place, Slots
from sensors.ble.failures import ERRORS, LinkError, classify
from sensors.ble.link import Link
from sensors.reconnect import Backoff, Failure
from sensors.source import (
    NO_HEADING_RESET,
    NOT_CONNECTED,
    DeviceState,
    DeviceStatus,
    PacketSink,
    RawPacket,
)

_UNSEEN_S: Final = 30.0
"""A sensor that is not seen is tried so seldom: a vain attempt keeps the adapter from others for 20 s."""
_STRANGE_AFTER: Final = 3
"""So many complete discoveries without the required characteristics make a stranger."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sensors of a source have in common."""

    sink: PacketSink
    clock: Callable[[], float]
    slots: Slots
    rng: random.Random


class SensorKeeper:
    """One sensor's life."""

    def __init__(self, device_id: str, name: str, candidates: Sequence[Profile], shared: Shared) -> None:
        self.device_id = device_id
        self._name, self._candidates, self._shared = name, candidates, shared
        self._profile = candidates[0]
        self._places: dict[str, Place] = {}
        self._seen = asyncio.Event()
        self._backoff = Backoff(shared.rng)
        self._link: Link | None = None
        self._level: BatteryLevel | None = None
        self._streaming = False
        self._ever_streamed = False
        self._incomplete = 0
        self._failed_on: str | None = None
        self._adapter = ""

    def seen(self, adapter: str, device: BLEDevice, rssi_dbm: int) -> None:
        """It advertises, so it is in range of this adapter and not connected."""
        new = adapter not in self._places
        self._places[adapter] = Place(device, rssi_dbm, self._shared.clock())
        self._seen.set()
        if new:
            self._shared.slots.changed()

    def tell(self, state: DeviceState, reason: str = "") -> None:
        """Report the state."""
        signals = [place.rssi_dbm for place in self._places.values()]
        self._shared.sink.status(
            DeviceStatus(
                self.device_id,
                self._name,
                state,
                self._shared.clock(),
                self._profile,
                reason,
                self._level.percent if self._level else None,
                max(signals, default=None),
                self._level.charging if self._level else None,
                self._adapter,
            )
        )

    async def run(self) -> None:
        """Stream for ever; returns only when the device turns out to be none of ours."""
        while True:
            failure, reason = await self._attempt()
            if failure is Failure.STRANGER:
                self.tell(DeviceState.REFUSED, f"{reason}; left alone")
                return
            self.tell(DeviceState.LOST, reason)
            await self._wait(failure)

    async def identify(self) -> bool:
        """Blink, where the sensor is connected and can."""
        link = self._link
        if link is None:
            return False
        try:
            return await link.command("identify")
        except (LinkError, *ERRORS):
            return False

    async def reset_heading(self, *, revert: bool) -> str | None:
        """See `sensors.source.SensorSource.reset_heading`."""
        link = self._link
        if link is None:
            return NOT_CONNECTED
        try:
            done = await link.command("heading_revert" if revert else "heading_reset")
        except (LinkError, *ERRORS) as error:
            return classify(error)[1]
        return None if done else NO_HEADING_RESET

    async def _wait(self, failure: Failure) -> None:
        """The pause that the failure asks for, and then until the sensor is seen again."""
        self._seen.clear()
        if failure in {Failure.NOT_FOUND, Failure.INCOMPLETE}:
            self._places.clear()
        await asyncio.sleep(self._backoff.next_s(failure))
        if self._places:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_UNSEEN_S):
                    await self._seen.wait()
        else:
            await self._seen.wait()

    async def _attempt(self) -> tuple[Failure, str]:
        """One connection from beginning to end; returns why it ended."""
        slots = self._shared.slots
        if self._places and slots.best(self._places) is None:
            self.tell(DeviceState.FOUND, "all adapters carry as many sensors as they can; add an adapter")
        use = await slots.take(self._places, self._failed_on)
        try:
            return await self._connection(use)
        finally:
            slots.give_back(use)

    async def _connection(self, use: AdapterUse) -> tuple[Failure, str]:
        self._adapter = use.adapter.name
        device = self._places[use.adapter.name].device
        link = Link(device, use.adapter, self._candidates, self._deliver, self._battery)
        stopping = False
        try:
            await self._stream(link, use)
            return Failure.TRANSIENT, await link.watch()
        except asyncio.CancelledError:
            stopping = True
            raise
        except (LinkError, *ERRORS) as error:
            failure, reason = classify(error)
            self._failed_on = use.adapter.name
            if failure is Failure.INCOMPLETE:
                failure = self._count_incomplete()
                await link.forget()
            return failure, reason
        finally:
            self._link, self._streaming = None, False
            if await link.close() and stopping:
                self.tell(DeviceState.STOPPED)

    async def _stream(self, link: Link, use: AdapterUse) -> None:
        async with use.connecting:
            self.tell(DeviceState.CONNECTING)
            await link.connect()
        await link.recognise()
        self._profile = link.profile
        self._incomplete = 0
        await link.start()
        self._link, self._failed_on = link, None
        self._streaming = self._ever_streamed = True
        self._backoff.reset()
        self.tell(DeviceState.STREAMING)

    def _count_incomplete(self) -> Failure:
        """Half-done discoveries happen to true sensors; three in a row do not."""
        self._incomplete += 1
        strange = self._incomplete >= _STRANGE_AFTER and not self._ever_streamed
        return Failure.STRANGER if strange else Failure.INCOMPLETE

    def _battery(self, level: BatteryLevel) -> None:
        changed, self._level = level != self._level, level
        if changed and self._streaming:
            self.tell(DeviceState.STREAMING)

    def _deliver(self, characteristic: str, payload: bytes) -> None:
        shared = self._shared
        shared.sink.packet(RawPacket(self.device_id, characteristic, shared.clock(), payload))
