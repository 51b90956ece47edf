"""``org.bluez.Device1``: an advertiser, and its connection while there is one."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Annotated, Any, Protocol

from bumble import att, core, hci
from bumble.device import Advertisement, Connection, Peer
from bumble.gatt_client import Client
from dbus_fast import DBusError, Variant
from dbus_fast.annotations import DBusBool, DBusInt16, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from simulator.bluez import errors
from simulator.bluez.gatt import (
    READ,
    Answer,
    GattCharacteristic,
    GattDescriptor,
    GattService,
    Strings,
)
from simulator.host import ATT_MTU, Adapter, local_name, long_uuid, manufacturer_data, service_uuids

GATT_SERVICE = "00001801-0000-1000-8000-00805f9b34fb"
_CONNECT_S = 25.0
_NO_SIGNAL = -127
_CLIENT_CONFIGURATION = "00002902-0000-1000-8000-00805f9b34fb"


class Objects(Protocol):
    """Where D-Bus objects appear and disappear."""

    def export(self, path: str, interface: ServiceInterface) -> None:
        """Put an object on the bus."""

    def unexport(self, path: str) -> None:
        """Take it away."""


class DeviceObject(ServiceInterface):
    """One advertiser as BlueZ shows it."""

    def __init__(self, objects: Objects, adapter: Adapter, address: hci.Address) -> None:
        super().__init__("org.bluez.Device1")
        self._objects, self._adapter, self._address = objects, adapter, address
        self.path = f"/org/bluez/hci{adapter.index}/dev_{address.to_string(False).replace(':', '_')}"
        self.characteristics: list[GattCharacteristic] = []
        self.half_discovered = False
        """The fault of real adapters that connect two sensors at once: only the GATT service is there,
        until the device is removed from the cache."""
        self._seen_name: str | None = None
        self._makers: dict[int, bytes] = {}
        self._services: list[str] = []
        self._rssi_dbm = _NO_SIGNAL
        self._connection: Connection | None = None
        self._peer: Peer | None = None
        self._resolving: asyncio.Task[None] | None = None
        self._connecting = False
        self._paths: list[str] = []

    # --- what was advertised

    def seen(self, advertisement: Advertisement) -> dict[str, Any]:
        """Take an advertisement in; returns the properties to signal."""
        self._rssi_dbm = advertisement.rssi
        changed: dict[str, Any] = {"RSSI": self._rssi_dbm}
        name, makers = local_name(advertisement), manufacturer_data(advertisement)
        services = list(dict.fromkeys(self._services + service_uuids(advertisement)))
        if name is not None and name != self._seen_name:
            self._seen_name = name
            changed |= {"Name": name, "Alias": name}
        if makers and makers != self._makers:
            self._makers = makers
            changed["ManufacturerData"] = self._maker_variants()
        if services != self._services:
            self._services = services
            changed["UUIDs"] = services
        return changed

    def scan_ended(self) -> None:
        """Without a scan there is no signal strength."""
        self._rssi_dbm = _NO_SIGNAL
        self.emit_properties_changed({}, ["RSSI"])

    def _maker_variants(self) -> dict[int, Variant]:
        return {company: Variant("ay", data) for company, data in self._makers.items()}

    @dbus_property(READ, "Address")
    def address(self) -> DBusStr:
        """Bluetooth address."""
        return str(self._address.to_string(False))

    @dbus_property(READ, "AddressType")
    def address_type(self) -> DBusStr:
        """``public`` or ``random``."""
        return "random" if self._address.is_random else "public"

    @dbus_property(READ, "Name")
    def advertised_name(self) -> DBusStr:
        """The name as advertised."""
        return self._seen_name or ""

    @dbus_property(READ, "Alias")
    def alias(self) -> DBusStr:
        """The name, or the address with dashes."""
        return self._seen_name or self._address.to_string(False).replace(":", "-")

    @dbus_property(READ, "Adapter")
    def adapter(self) -> DBusObjectPath:
        """Path of the adapter that saw it."""
        return f"/org/bluez/hci{self._adapter.index}"

    @dbus_property(READ, "Paired")
    def paired(self) -> DBusBool:
        """Nothing pairs here."""
        return False

    @dbus_property(READ, "Trusted")
    def trusted(self) -> DBusBool:
        """Nothing is trusted here."""
        return False

    @dbus_property(READ, "Blocked")
    def blocked(self) -> DBusBool:
        """Nothing is blocked here."""
        return False

    @dbus_property(READ, "RSSI")
    def rssi(self) -> DBusInt16:
        """Signal strength of the last advertisement in dBm."""
        return self._rssi_dbm

    @dbus_property(READ, "UUIDs")
    def uuids(self) -> Strings:
        """Service UUIDs as advertised."""
        return self._services

    @dbus_property(READ, "ManufacturerData")
    def maker_data(self) -> Annotated[dict[int, Variant], DBusSignature("a{qv}")]:
        """Company id → data as advertised."""
        return self._maker_variants()

    @dbus_property(READ, "Connected")
    def connected(self) -> DBusBool:
        """Whether there is a link."""
        return self._connection is not None

    @dbus_property(READ, "ServicesResolved")
    def services_resolved(self) -> DBusBool:
        """Whether all attributes are on the bus."""
        return self._connection is not None and self._resolving is not None and self._resolving.done()

    # --- the connection

    @property
    def is_connected(self) -> bool:
        """Whether there is a link."""
        return self._connection is not None

    @property
    def att_mtu(self) -> int:
        """Bytes of an ATT packet on the present connection."""
        return self._connection.att_mtu if self._connection else att.ATT_DEFAULT_MTU

    @property
    def gatt(self) -> Client:
        """The GATT client of the present connection."""
        if self._peer is None:
            raise errors.not_connected()
        return self._peer.gatt_client

    async def operate(self, work: Awaitable[Answer]) -> Answer:
        """Run a GATT operation; every failure becomes a BlueZ error."""
        connection = self._connection
        if connection is None:
            raise errors.not_connected()
        try:
            return await connection.cancel_on_disconnection(work)
        except att.ATT_Error as error:
            raise errors.of_att(error) from error
        except core.BaseBumbleError as error:
            raise errors.failed(str(error)) from error
        except asyncio.CancelledError:
            if self._connection is connection:
                raise
            raise errors.not_connected() from None

    @dbus_method("Connect")
    async def connect(self) -> None:
        """Connect, then find the attributes in the background."""
        if self._connection is not None:
            return
        if self._connecting or self._adapter.connecting.locked():
            raise errors.in_progress()
        device = await self._adapter.device()
        self._connecting = True
        try:
            async with self._adapter.connecting, asyncio.timeout(_CONNECT_S):
                self._connection = await device.connect(self._address, timeout=None)
        except TimeoutError:
            await device.cancel_connection()  # type: ignore[no-untyped-call]
            raise errors.failed("le-connection-abort-by-local") from None
        except core.ConnectionError as error:
            raise errors.of_connecting(error.error_code or 0) from error
        finally:
            self._connecting = False
        self._connection.on("disconnection", self._lost)
        self._resolving = asyncio.ensure_future(self._resolve(self._connection))
        self.emit_properties_changed({"Connected": True})

    @dbus_method("Disconnect")
    async def disconnect(self) -> None:
        """Hang up, or give a connection attempt up."""
        if self._connecting:
            device = await self._adapter.device()
            await device.cancel_connection()  # type: ignore[no-untyped-call]
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the link, if there is one."""
        if self._connection is not None:
            with contextlib.suppress(core.BaseBumbleError):
                await self._connection.disconnect()

    @dbus_method("Pair")
    def pair(self) -> None:
        """No sensor here pairs."""
        raise DBusError("org.bluez.Error.AuthenticationFailed", "Authentication Failed")

    def _lost(self, _reason: int) -> None:
        self._connection = self._peer = None
        if self._resolving is not None:
            self._resolving.cancel()
        self.characteristics.clear()
        for path in reversed(self._paths):
            self._objects.unexport(path)
        self._paths.clear()
        self.emit_properties_changed({"Connected": False, "ServicesResolved": False})

    async def _resolve(self, connection: Connection) -> None:
        """Find every attribute and put it on the bus; a link that is lost meanwhile ends it."""
        with contextlib.suppress(core.BaseBumbleError, att.ATT_Error):
            self._peer = peer = Peer(connection)
            await peer.request_mtu(ATT_MTU)
            await peer.discover_services()
            for service in peer.services:
                if not self.half_discovered or long_uuid(service.uuid) == GATT_SERVICE:
                    await self._add_service(service)
            asyncio.get_running_loop().call_soon(
                lambda: self.emit_properties_changed({"ServicesResolved": True})
            )

    async def _add_service(self, service: Any) -> None:
        path = f"{self.path}/service{service.handle:04x}"
        self._add(path, GattService(service, self.path))
        for proxy in await service.discover_characteristics():
            # BlueZ names a characteristic by its declaration, one before its value
            below = f"{path}/char{proxy.handle - 1:04x}"
            characteristic = GattCharacteristic(self, proxy, path)
            self.characteristics.append(characteristic)
            self._add(below, characteristic)
            for descriptor in await proxy.discover_descriptors():
                if long_uuid(descriptor.type) != _CLIENT_CONFIGURATION:
                    self._add(f"{below}/desc{descriptor.handle:04x}", GattDescriptor(self, descriptor, below))

    def _add(self, path: str, interface: ServiceInterface) -> None:
        self._objects.export(path, interface)
        self._paths.append(path)
