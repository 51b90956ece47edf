"""A virtual BLE sensor: the GATT server that a firmware profile describes, on bumble's virtual radio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from bumble import att
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR, Address

from firmware_profiles import Profile, Setup
from firmware_profiles.schema import How, Property
from sensors.encode import EncodedPacket
from simulator.advertising import advertised_name, advertisement
from simulator.air import VirtualLink
from simulator.firmware import Answer, Habits, VirtualFirmware
from simulator.host import ATT_MTU
from simulator.link import LinkState
from simulator.sensor_stack import notify, sensor_device
from simulator.transmitter import Transmitter

_ADVERTISING_MS: Final = 40
_PROPERTIES: Final = {
    Property.READ: Characteristic.Properties.READ,
    Property.WRITE: Characteristic.Properties.WRITE,
    Property.WRITE_WITHOUT_RESPONSE: Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    Property.NOTIFY: Characteristic.Properties.NOTIFY,
    Property.INDICATE: Characteristic.Properties.INDICATE,
}

Train = Callable[[Setup], Sequence[EncodedPacket]]
"""Everything that a sensor will send when it is run in this way."""


class VirtualSensor:
    """Advertises, answers, and streams its train in time with ``clock`` while it is told to."""

    def __init__(
        self,
        link: VirtualLink,
        profile: Profile,
        address: str,
        train: Train,
        *,
        radio: LinkState,
        clock: Callable[[], float],
        habits: Habits | None = None,
        begin: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.profile, self.address = profile, address
        self.firmware = VirtualFirmware(profile, habits)
        self.transmitter = Transmitter(radio, clock, link.events)
        self._link, self._train = link, train
        self._begin = begin
        """What it waits for before it sends."""
        self._number = address.replace(":", "")
        self._subscribed: set[str] = set()
        self._connection: Connection | None = None
        self._streaming: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._trains: dict[tuple[str, tuple[tuple[str, float], ...]], Sequence[EncodedPacket]] = {}
        self._present = False
        self.told = 0
        """All that a gateway hears: samples, repeats after a reconnect, answers, values that it read."""
        self.name = advertised_name(profile, self._number)
        self._device = sensor_device(self.name, address, link)
        self._characteristics: dict[str, Characteristic[bytes]] = {}
        self._device.add_services([self._service(uuid) for uuid in profile.services])
        self._device.gatt_server.max_mtu = ATT_MTU
        self._device.on("connection", self._connected)
        self._packets()

    @property
    def streaming(self) -> bool:
        """Whether it sends."""
        return self._streaming is not None

    @property
    def sent(self) -> int:
        """Packets sent, repeats after a reconnect not counted."""
        return len(self.transmitter.sent)

    @property
    def dropped(self) -> int:
        """Packets that the link lost."""
        return self.transmitter.dropped

    async def power_on(self) -> None:
        """Start advertising."""
        await self._device.power_on()
        await self._appear()

    async def vanish(self, duration_s: float) -> None:
        """Drop the link and stay silent for a while, as out of range or with a flat battery."""
        await self._disappear()
        await asyncio.sleep(duration_s)
        await self._appear()

    async def drop(self) -> None:
        """Cut the link; advertises again at once."""
        for connection in list(self._device.connections.values()):
            await connection.disconnect(HCI_REMOTE_USER_TERMINATED_CONNECTION_ERROR)

    async def move_to(self, address: str) -> None:
        """Come back under another address, as many devices do when they are switched on anew."""
        await self._disappear()
        self._link.scan_responses.pop(self.address, None)
        self.address, self._device.random_address = address, Address(address)
        await self._device.power_on()
        await self._appear()

    async def _appear(self) -> None:
        self._present = True
        await self._advertise()

    async def _disappear(self) -> None:
        self._present = False
        await self._device.stop_advertising()
        await self.drop()

    async def _advertise(self) -> None:
        number = bytes.fromhex(self._number)
        self._device.advertising_data, answer = advertisement(self.profile, self.name, number)
        self._link.scan_responses[self.address] = answer
        await self._device.start_advertising(
            advertising_interval_min=_ADVERTISING_MS, advertising_interval_max=_ADVERTISING_MS
        )

    # --- attributes

    def _service(self, uuid: str) -> Service:
        found = self.profile.services[uuid]
        return Service(uuid, [self._characteristic(u, properties) for u, properties in found.items()])

    def _characteristic(self, uuid: str, has: Sequence[Property]) -> Characteristic[bytes]:
        properties = Characteristic.Properties(0)
        for one in has:
            properties |= _PROPERTIES.get(one, Characteristic.Properties(0))
        permissions = Characteristic.Permissions.READABLE | Characteristic.Permissions.WRITEABLE
        value: CharacteristicValue[bytes] = CharacteristicValue(
            read=lambda _: self._read(uuid), write=lambda _, written: self._written(uuid, written)
        )
        made: Characteristic[bytes] = Characteristic(uuid, properties, permissions, value)
        made.on("subscription", lambda _, notify, indicate: self._subscription(uuid, on=notify or indicate))
        self._characteristics[uuid] = made
        return made

    def _read(self, uuid: str) -> bytes:
        """Bumble 0.0.236 does not look at an attribute's permissions itself."""
        value = self.firmware.read(uuid)
        if value is None:
            raise att.ATT_Error(att.ErrorCode.READ_NOT_PERMITTED)
        self.told += 1
        return value

    def _written(self, uuid: str, value: bytes) -> None:
        answers = self.firmware.written(uuid, bytes(value))
        self._spawn(self._say(answers))

    def _subscription(self, uuid: str, *, on: bool) -> None:
        (self._subscribed.add if on else self._subscribed.discard)(uuid)
        battery = self.profile.battery
        if on and battery is not None and uuid == battery.characteristic and not battery.tag:
            self._spawn(self._say([Answer(uuid, self.firmware.battery(), How.NOTIFY)]))
        self._stream_or_not()

    async def _say(self, answers: Sequence[Answer]) -> None:
        """Answer after the write itself has been acknowledged; then stream, if that was asked for."""
        await asyncio.sleep(0)
        for answer in answers:
            await self._notify(answer.characteristic, answer.payload, indicate=answer.how is How.INDICATE)
        self._stream_or_not()

    async def _notify(self, uuid: str, payload: bytes, *, indicate: bool = False) -> None:
        connection, characteristic = self._connection, self._characteristics[uuid]
        if connection is None:
            return
        self.told += 1
        if indicate:
            await self._device.indicate_subscriber(connection, characteristic, payload)
        elif uuid in self._subscribed:
            notify(self._device, connection, characteristic.handle, payload)

    # --- the link

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        connection.on("disconnection", self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        self._subscribed.clear()
        self.firmware.disconnected()
        self._stream_or_not()
        if self._present:
            self._spawn(self._advertise())

    def _stream_or_not(self) -> None:
        """Stream while there is a link, all that it takes was written, and somebody listens."""
        wanted = {stream.characteristic for stream in self.firmware.setup.streams}
        able = self._connection is not None and self.firmware.started and wanted <= self._subscribed
        if able and self._streaming is None:
            self._streaming = asyncio.ensure_future(self._stream())
        elif not able and self._streaming is not None:
            self._streaming.cancel()
            self._streaming = None

    async def _stream(self) -> None:
        if self._begin is not None:
            await self._begin()
        if await self.transmitter.run(self._packets(), self._send):
            await self.drop()

    async def _send(self, packet: EncodedPacket) -> None:
        await self._notify(packet.characteristic, packet.payload)

    def _packets(self) -> Sequence[EncodedPacket]:
        setup = self.firmware.setup
        key = (setup.mode.id, tuple(sorted(setup.values.items())))
        if key not in self._trains:
            self._trains[key] = self._train(setup)
        return self._trains[key]

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
