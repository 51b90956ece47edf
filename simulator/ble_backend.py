"""A bleak backend over bumble: the same `BleakScanner` and `BleakClient`, on a virtual or HCI radio.

One adapter is shared by all clients and scanners of an event loop. `backend(transport)` makes the pair of
classes for one adapter; the transport is any that bumble names, here the simulator's HCI over TCP.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from bleak.uuids import normalize_uuid_str
from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.transport import open_transport

from sensors.ble import Backend

_ADDRESS = "F0:F1:F2:F3:F4:F5"
_MTU = 247
_NOTIFICATION = int(att.Opcode.ATT_HANDLE_VALUE_NOTIFICATION)
Answer = TypeVar("Answer")


class Adapter:
    """One bumble host, opened on first use, once ``ready()`` has returned, and shared."""

    def __init__(self, transport: str, ready: Callable[[], Awaitable[None]] | None = None) -> None:
        self._name = transport
        self._ready = ready
        self._opening: asyncio.Task[Device] | None = None
        self._transport: Any = None
        self._scanners = 0
        self.connecting = asyncio.Lock()
        self._scanning = asyncio.Lock()

    async def device(self) -> Device:
        """The powered host. Raises bleak's own error when there is no radio at the other end."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Device:
        if self._ready is not None:
            await self._ready()
        try:
            self._transport = await open_transport(self._name)
        except OSError as error:
            raise BleakBluetoothNotAvailableError(
                f"no virtual radio at {self._name}", BleakBluetoothNotAvailableReason.NO_BLUETOOTH
            ) from error
        device = Device.with_hci(
            "gateway", hci.Address(_ADDRESS), self._transport.source, self._transport.sink
        )
        self._transport.source.set_packet_sink(_ShortCut(device))
        await device.power_on()
        return device

    async def scan(self, listener: Callable[[Advertisement], None], *, on: bool, active: bool = True) -> None:
        """Add or remove a scanner; the radio scans while there is one."""
        device = await self.device()
        async with self._scanning:
            self._scanners += 1 if on else -1
            if on:
                device.on("advertisement", listener)
                if self._scanners == 1:
                    await device.start_scanning(legacy=True, active=active, filter_duplicates=False)
            else:
                device.remove_listener("advertisement", listener)
                if self._scanners == 0 and device.is_scanning:
                    await device.stop_scanning(legacy=True)

    async def close(self) -> None:
        """Hang up on the radio."""
        if self._opening is None:
            return
        with contextlib.suppress(Exception):
            await self._opening
        if self._transport is not None:
            await self._transport.close()


class _ShortCut:
    """Hands whole notifications straight to the connection's client; the host gets everything else.

    The host would parse each one three times and write a line about it for nobody: work that, with a real
    radio, the system's Bluetooth stack does in a process of its own.
    """

    _HEAD = struct.Struct("<BHHHHBH")
    """HCI packet type, connection, ACL length; L2CAP length and channel; ATT operation and attribute."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._host = device.host

    def on_packet(self, packet: bytes) -> None:
        """One HCI packet from the controller."""
        if packet[0] != hci.HCI_ACL_DATA_PACKET or len(packet) < self._HEAD.size:
            self._host.on_packet(packet)
            return
        _, connection, _, length, channel, operation, attribute = self._HEAD.unpack_from(packet)
        link = self._device.connections.get(connection & 0xFFF)
        whole = channel == att.ATT_CID and operation == _NOTIFICATION and length == len(packet) - 9
        if not whole or link is None:
            self._host.on_packet(packet)
            return
        value = packet[self._HEAD.size :]
        link.gatt_client.on_att_handle_value_notification(
            att.ATT_Handle_Value_Notification(attribute_handle=attribute, attribute_value=value)
        )


def backend(adapter: Adapter) -> Backend:
    """Bleak's scanner and client classes on ``adapter``."""
    scanner = type("BumbleScanner", (_Scanner,), {"adapter": adapter})
    client = type("BumbleClient", (_Client,), {"adapter": adapter})
    return Backend(scanner, client)


def _uuid(uuid: core.UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


def _advertisement(seen: Advertisement) -> AdvertisementData:
    makers: dict[int, bytes] = {}
    services: list[str] = []
    for kind, raw in seen.data.ad_structures:
        if kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA:
            makers[int.from_bytes(raw[:2], "little")] = bytes(raw[2:])
        elif kind == AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS:
            services += [_uuid(core.UUID.from_bytes(raw[i : i + 16])) for i in range(0, len(raw), 16)]
    name = seen.data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return AdvertisementData(text, makers, {}, services, None, seen.rssi, (seen,))


class _Scanner(BaseBleakScanner):
    adapter: Adapter

    def __init__(
        self,
        detection_callback: Any,
        service_uuids: list[str] | None,
        scanning_mode: str = "active",
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    def _seen(self, advertisement: Advertisement) -> None:
        address = advertisement.address.to_string(False)
        data = _advertisement(advertisement)
        if data.local_name is None and not data.manufacturer_data:
            return
        if self.is_allowed_uuid(data.service_uuids):
            device = self.create_or_update_device(
                address, address, data.local_name, advertisement.address, data
            )
            self.call_detection_callbacks(device, data)

    async def start(self) -> None:
        self.seen_devices = {}
        await self.adapter.scan(self._seen, on=True, active=self._active)

    async def stop(self) -> None:
        await self.adapter.scan(self._seen, on=False)


class _Client(BaseBleakClient):
    adapter: Adapter

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        _services: set[str] | None = None,
        *,
        disconnected_callback: Callable[[], None] | None = None,
        timeout: float = 30.0,
        **_: Any,
    ) -> None:
        super().__init__(address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout)
        self._target = (
            address_or_ble_device.details
            if isinstance(address_or_ble_device, BLEDevice)
            else hci.Address(self.address)
        )
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._subscribers: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        return int(self._connected().att_mtu)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def _connected(self) -> Connection:
        if self._connection is None:
            raise BleakError("not connected")
        return self._connection

    async def connect(self, pair: bool, **_: Any) -> None:
        device = await self.adapter.device()
        try:
            async with asyncio.timeout(self._timeout):
                async with self.adapter.connecting:
                    self._connection = await device.connect(self._target, timeout=None)
                self._connection.on("disconnection", self._lost)
                self._peer = Peer(self._connection)
                if pair:
                    await self._connection.pair()
                await self._operation(self._peer.request_mtu(_MTU))
                await self._operation(self._discover(self._peer))
        except BaseException as error:
            if device.is_le_connecting:
                await device.cancel_connection()  # type: ignore[no-untyped-call]
            await self._drop()
            if isinstance(error, core.BaseBumbleError):
                raise BleakError(str(error)) from error
            raise

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.disconnect()

    def _lost(self, _reason: int) -> None:
        self._connection = self._peer = None
        self._subscribers.clear()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        connection = self._connection
        if connection is None:
            return
        gone = asyncio.Event()
        connection.once("disconnection", lambda *_: gone.set())
        await connection.disconnect()
        await asyncio.wait_for(gone.wait(), self._timeout)

    async def pair(self, *_: Any, **__: Any) -> None:
        await self._operation(self._connected().pair())

    async def unpair(self) -> None:
        raise BleakError("the virtual radio keeps no pairing")

    async def _discover(self, peer: Peer) -> None:
        found = BleakGATTServiceCollection()
        await peer.discover_services()
        for service in peer.services:
            kept = BleakGATTService(service, service.handle, _uuid(service.uuid))
            found.add_service(kept)
            for characteristic in await service.discover_characteristics():
                entry = BleakGATTCharacteristic(
                    characteristic,
                    characteristic.handle - 1,
                    _uuid(characteristic.uuid),
                    list(gatt_char_props_to_strs(characteristic.properties)),
                    lambda: self.mtu_size - 3,
                    kept,
                )
                found.add_characteristic(entry)
                for descriptor in await characteristic.discover_descriptors():
                    found.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, _uuid(descriptor.type), entry)
                    )
        self.services = found

    async def _operation(self, work: Awaitable[Answer]) -> Answer:
        """Run a GATT operation; bumble's errors become bleak's, and a lost link ends it."""
        try:
            return await self._connected().cancel_on_disconnection(work)
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(BleakGATTProtocolErrorCode(error.error_code)) from error
        except core.BaseBumbleError as error:
            raise BleakError(str(error)) from error
        except asyncio.CancelledError:
            if self._connection is None:
                raise BleakError("the link was lost") from None
            raise

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        client = self._gatt()
        return bytearray(await self._operation(client.read_value(characteristic.obj, no_long_read=False)))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:
        return bytearray(await self._operation(self._gatt().read_value(descriptor.obj)))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        write = self._gatt().write_value(characteristic.obj, bytes(data), with_response=response)
        await self._operation(write)

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        await self._operation(self._gatt().write_value(descriptor.obj, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **_: Any
    ) -> None:
        if characteristic.handle in self._subscribers:
            raise BleakError("notifications were already started")

        def received(value: bytes) -> None:
            callback(bytearray(value))

        self._subscribers[characteristic.handle] = received
        await self._operation(self._gatt().subscribe(characteristic.obj, received))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        subscriber = self._subscribers.pop(characteristic.handle)
        await self._operation(self._gatt().unsubscribe(characteristic.obj, subscriber))

    def _gatt(self) -> Any:
        if self._peer is None:
            raise BleakError("not connected")
        return self._peer.gatt_client
