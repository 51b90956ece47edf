"""A bleak backend over bumble: the same `BleakScanner` and `BleakClient`, on a virtual or HCI radio.

One adapter is shared by all clients and scanners of an event loop;
`ble_adapter(adapter)` makes its pair of classes.
"""

from __future__ import annotations

import asyncio
import contextlib
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
from bumble import att, core, hci
from bumble.device import Advertisement, Connection, Device, Peer

from sensors.ble import BleAdapter
from sensors.ble.adapters import CONNECTIONS
from simulator.host import (
    ATT_MTU,
    Adapter,
    NoRadioError,
    local_name,
    long_uuid,
    manufacturer_data,
    service_uuids,
)

Answer = TypeVar("Answer")


def ble_adapter(adapter: Adapter, connections: int = CONNECTIONS) -> BleAdapter:
    """Bleak's scanner and client classes on ``adapter``, as one of the gateway's adapters."""
    scanner = type("BumbleScanner", (_Scanner,), {"adapter": adapter})
    client = type("BumbleClient", (_Client,), {"adapter": adapter})
    return BleAdapter(f"hci{adapter.index}", connections, scanner, client)


def _advertisement(seen: Advertisement) -> AdvertisementData:
    makers, services = manufacturer_data(seen), service_uuids(seen)
    return AdvertisementData(local_name(seen), makers, {}, services, None, seen.rssi, (seen,))


async def _available(adapter: Adapter) -> Device:
    """The host; bleak's own error when there is none."""
    try:
        return await adapter.device()
    except NoRadioError as error:
        raise BleakBluetoothNotAvailableError(
            str(error), BleakBluetoothNotAvailableReason.NO_BLUETOOTH
        ) from error


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
        await _available(self.adapter)
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
        device = await _available(self.adapter)
        try:
            async with asyncio.timeout(self._timeout):
                async with self.adapter.connecting:
                    self._connection = await device.connect(self._target, timeout=None)
                self._connection.on("disconnection", self._lost)
                self._peer = Peer(self._connection)
                if pair:
                    await self._connection.pair()
                await self._operation(self._peer.request_mtu(ATT_MTU))
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
            kept = BleakGATTService(service, service.handle, long_uuid(service.uuid))
            found.add_service(kept)
            for characteristic in await service.discover_characteristics():
                entry = BleakGATTCharacteristic(
                    characteristic,
                    characteristic.handle - 1,
                    long_uuid(characteristic.uuid),
                    list(gatt_char_props_to_strs(characteristic.properties)),
                    lambda: self.mtu_size - 3,
                    kept,
                )
                found.add_characteristic(entry)
                for descriptor in await characteristic.discover_descriptors():
                    found.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, long_uuid(descriptor.type), entry)
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
