"""A virtual BLE sensor: the GATT server that a firmware profile describes, on bumble's virtual radio."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bumble import att
from bumble.controller import Controller
from bumble.core import AdvertisingData
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR, Address
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from firmware_profiles import Profile, choose
from sensors.battery import battery_payload
from simulator.air import VirtualLink
from simulator.link import LinkState

_MTU = 247
_ADVERTISING_MS = 40


def _unreadable(_: Connection) -> bytes:
    """A read is refused; bumble 0.0.236 does not look at an attribute's permissions itself."""
    raise att.ATT_Error(att.ErrorCode.READ_NOT_PERMITTED)


@dataclass(frozen=True, slots=True)
class PacketTrain:
    """Everything a sensor will send: when each packet is ready (s on the wearer's clock), and its bytes."""

    ready_s: Sequence[float]
    payloads: Sequence[bytes]


class VirtualSensor:
    """Advertises, answers, and streams its train in time with ``clock`` while it is told to."""

    def __init__(
        self,
        link: VirtualLink,
        profile: Profile,
        address: str,
        train: PacketTrain,
        *,
        radio: LinkState,
        clock: Callable[[], float],
    ) -> None:
        self.profile, self.address = profile, address
        self._setup = choose(profile)
        self.sent = self.dropped = 0
        self._train, self._radio, self._clock = train, radio, clock
        self._next = 0
        self._streaming: asyncio.Task[None] | None = None
        controller = Controller(f"sensor {address}", link=link)
        name = f"{profile.match.names[0]} {address[-2:]}"
        self._device = Device(
            name=name, address=Address(address), host=Host(controller, AsyncPipeSink(controller))
        )
        self._notifier: Characteristic[bytes] | None = None
        self._device.add_services([self._service(uuid) for uuid in profile.services])
        self._device.gatt_server.max_mtu = _MTU
        self._device.advertising_data = self._advertisement(name)
        self._device.on("connection", lambda connection: connection.on("disconnection", self._stop))

    @property
    def streaming(self) -> bool:
        """Whether it was told to stream."""
        return self._streaming is not None

    async def power_on(self) -> None:
        """Start advertising."""
        await self._device.power_on()
        await self._advertise()

    async def vanish(self, duration_s: float) -> None:
        """Drop the link and stay silent for a while, as out of range or with a flat battery."""
        await self._device.stop_advertising()
        for connection in list(self._device.connections.values()):
            await connection.disconnect(HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR)
        await self._device.stop_advertising()
        await asyncio.sleep(duration_s)
        await self._advertise()

    async def _advertise(self) -> None:
        await self._device.start_advertising(
            auto_restart=True,
            advertising_interval_min=_ADVERTISING_MS,
            advertising_interval_max=_ADVERTISING_MS,
        )

    def _advertisement(self, name: str) -> bytes:
        fields = [(AdvertisingData.FLAGS, b"\x06"), (AdvertisingData.COMPLETE_LOCAL_NAME, name.encode())]
        maker = self.profile.match.manufacturer_id
        if maker is not None:
            fields.append((AdvertisingData.MANUFACTURER_SPECIFIC_DATA, struct.pack("<H", maker)))
        return bytes(AdvertisingData(fields))

    def _service(self, uuid: str) -> Service:
        return Service(uuid, [self._characteristic(c) for c in self.profile.services[uuid]])

    def _characteristic(self, uuid: str) -> Characteristic[bytes]:
        properties, permissions = Characteristic.Properties, Characteristic.Permissions
        if uuid == self._setup.main.characteristic:
            silent = CharacteristicValue[bytes](read=_unreadable)
            self._notifier = Characteristic(uuid, properties.NOTIFY, permissions(0), silent)
            return self._notifier
        battery = self.profile.battery
        if battery is not None and uuid == battery.characteristic:
            level = battery_payload(self.profile, 87)
            return Characteristic(uuid, properties.READ, permissions.READABLE, level)
        return Characteristic(
            uuid,
            properties.READ | properties.WRITE,
            permissions.READABLE | permissions.WRITEABLE,
            CharacteristicValue(read=lambda _: b"", write=lambda c, value: self._written(c, uuid, value)),
        )

    def _written(self, connection: Connection, uuid: str, value: bytes) -> None:
        starts, stops = self._setup.writes("start"), self._setup.writes("stop")
        if any(c.characteristic == uuid and c.payload == value for c in starts):
            self._stop()
            self._streaming = asyncio.ensure_future(self._stream(connection))
        elif any(c.characteristic == uuid and c.payload == value for c in stops):
            self._stop()

    def _stop(self, *_: object) -> None:
        if self._streaming is not None:
            self._streaming.cancel()
            self._streaming = None

    async def _stream(self, connection: Connection) -> None:
        """Send what is ready at every connection event; what was ready before the start is gone."""
        assert self._notifier is not None  # noqa: S101 - the profile's check guarantees it
        ready, interval_s = self._train.ready_s, self._radio.model.interval_s
        now_s = self._clock()
        while self._next < len(ready) and ready[self._next] < now_s:
            self._next += 1
        event_s = now_s
        queue: list[tuple[float, bytes]] = []
        while self._next < len(ready) or queue:
            event_s += interval_s
            await asyncio.sleep(max(0.0, event_s - self._clock()))
            queue.extend(self._due(event_s))
            while queue and queue[0][0] <= event_s:
                _, payload = queue.pop(0)
                await self._device.notify_subscriber(connection, self._notifier, payload)
                self.sent += 1

    def _due(self, event_s: float) -> list[tuple[float, bytes]]:
        first = self._next
        while self._next < len(self._train.ready_s) and self._train.ready_s[self._next] <= event_s:
            self._next += 1
        due = []
        for k, delay_s in zip(range(first, self._next), self._radio.fates(self._next - first), strict=True):
            if delay_s == float("inf"):
                self.dropped += 1
            else:
                due.append((event_s + float(delay_s), self._train.payloads[k]))
        return due
