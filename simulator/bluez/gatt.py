"""A connected sensor's services, characteristics and descriptors as D-Bus objects."""

from collections.abc import Awaitable
from typing import Annotated, Any, Protocol, TypeVar

from bumble.gatt_client import CharacteristicProxy, Client, DescriptorProxy, ServiceProxy
from dbus_fast import PropertyAccess
from dbus_fast.annotations import (
    DBusBool,
    DBusBytes,
    DBusDict,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
    DBusUInt16,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from simulator.bluez import errors
from simulator.bluez.sender import sender
from simulator.host import long_uuid

READ = PropertyAccess.READ
Answer = TypeVar("Answer")
Strings = Annotated[list[str], DBusSignature("as")]
Paths = Annotated[list[str], DBusSignature("ao")]

_FLAGS = {
    0x01: "broadcast",
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
}
_NOTIFIES = 0x10 | 0x20


class Link(Protocol):
    """What an attribute needs of its device."""

    @property
    def att_mtu(self) -> int:
        """Bytes of an ATT packet on the present connection."""

    @property
    def gatt(self) -> Client:
        """The GATT client of the present connection."""

    async def operate(self, work: Awaitable[Answer]) -> Answer:
        """Run a GATT operation; every failure becomes a BlueZ error."""


class GattService(ServiceInterface):
    """``org.bluez.GattService1``."""

    def __init__(self, service: ServiceProxy, device_path: str) -> None:
        super().__init__("org.bluez.GattService1")
        self._uuid, self._device_path = long_uuid(service.uuid), device_path

    @dbus_property(READ, "UUID")
    def uuid(self) -> DBusStr:
        """128-bit UUID."""
        return self._uuid

    @dbus_property(READ, "Primary")
    def primary(self) -> DBusBool:
        """Only primary services are looked for."""
        return True

    @dbus_property(READ, "Device")
    def device(self) -> DBusObjectPath:
        """Path of its device."""
        return self._device_path

    @dbus_property(READ, "Includes")
    def includes(self) -> Paths:
        """Included services are not looked for."""
        return []


class GattCharacteristic(ServiceInterface):
    """``org.bluez.GattCharacteristic1``; its D-Bus clients share one subscription on the radio."""

    def __init__(self, link: Link, proxy: CharacteristicProxy[Any], service_path: str) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self._link, self._proxy, self._service_path = link, proxy, service_path
        self._value = b""
        self._clients: set[str] = set()

    @dbus_property(READ, "UUID")
    def uuid(self) -> DBusStr:
        """128-bit UUID."""
        return long_uuid(self._proxy.uuid)

    @dbus_property(READ, "Service")
    def service(self) -> DBusObjectPath:
        """Path of its service."""
        return self._service_path

    @dbus_property(READ, "Value")
    def value(self) -> DBusBytes:
        """What was last read or notified."""
        return self._value

    @dbus_property(READ, "Notifying")
    def notifying(self) -> DBusBool:
        """Whether any client has asked for notifications."""
        return bool(self._clients)

    @dbus_property(READ, "Flags")
    def flags(self) -> Strings:
        """What can be done with it."""
        return [name for bit, name in _FLAGS.items() if int(self._proxy.properties) & bit]

    @dbus_property(READ, "MTU")
    def mtu(self) -> DBusUInt16:
        """ATT MTU of the connection."""
        return self._link.att_mtu

    @dbus_method("ReadValue")
    async def read_value(self, _options: DBusDict) -> DBusBytes:
        """Read; BlueZ also signals what was read."""
        value = await self._link.operate(self._link.gatt.read_value(self._proxy, no_long_read=False))
        self._notified(value)
        return bytes(value)

    @dbus_method("WriteValue")
    async def write_value(self, value: DBusBytes, options: DBusDict) -> None:
        """Write as a request, or as a command when the options say so."""
        kind = options.get("type")
        request = kind is None or kind.value != "command"
        write = self._link.gatt.write_value(self._proxy, bytes(value), with_response=request)
        await self._link.operate(write)

    @dbus_method("StartNotify")
    async def start_notify(self) -> None:
        """Signal every notification as a change of ``Value``."""
        client = sender()
        if client in self._clients:
            raise errors.in_progress()
        if not int(self._proxy.properties) & _NOTIFIES:
            raise errors.not_supported()
        first = not self._clients
        self._clients.add(client)
        if first:
            try:
                await self._link.operate(self._link.gatt.subscribe(self._proxy, self._notified))
            except BaseException:
                self._clients.discard(client)
                raise
            self.emit_properties_changed({"Notifying": True})

    @dbus_method("StopNotify")
    async def stop_notify(self) -> None:
        """Give the caller's notifications up; the last one switches them off at the sensor."""
        if sender() not in self._clients:
            raise errors.failed("No notify session started")
        await self.client_left(sender())

    async def client_left(self, client: str) -> None:
        """A D-Bus client stopped or went away."""
        if client not in self._clients:
            return
        self._clients.discard(client)
        if not self._clients:
            await self._link.operate(self._link.gatt.unsubscribe(self._proxy, self._notified))
            self.emit_properties_changed({"Notifying": False})

    def _notified(self, value: bytes) -> None:
        self._value = bytes(value)
        self.emit_properties_changed({"Value": self._value})


class GattDescriptor(ServiceInterface):
    """``org.bluez.GattDescriptor1``."""

    def __init__(self, link: Link, proxy: DescriptorProxy, characteristic_path: str) -> None:
        super().__init__("org.bluez.GattDescriptor1")
        self._link, self._proxy, self._path = link, proxy, characteristic_path

    @dbus_property(READ, "UUID")
    def uuid(self) -> DBusStr:
        """128-bit UUID."""
        return long_uuid(self._proxy.type)

    @dbus_property(READ, "Characteristic")
    def characteristic(self) -> DBusObjectPath:
        """Path of its characteristic."""
        return self._path

    @dbus_method("ReadValue")
    async def read_value(self, _options: DBusDict) -> DBusBytes:
        """Read."""
        return bytes(await self._link.operate(self._link.gatt.read_value(self._proxy)))

    @dbus_method("WriteValue")
    async def write_value(self, value: DBusBytes, _options: DBusDict) -> None:
        """Write."""
        write = self._link.gatt.write_value(self._proxy, bytes(value), with_response=True)
        await self._link.operate(write)
