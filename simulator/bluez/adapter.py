"""``org.bluez.Adapter1``: discovery for each client, and the devices that were seen."""

import asyncio
from collections.abc import Callable

from bumble.device import Advertisement
from dbus_fast.annotations import DBusBool, DBusDict, DBusObjectPath, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from simulator.bluez import errors
from simulator.bluez.device import DeviceObject, Objects
from simulator.bluez.gatt import READ, Strings
from simulator.bluez.sender import sender
from simulator.host import Adapter, service_uuids

_TEMPORARY_S = 30.0
"""BlueZ forgets a device that nobody connected so long after the scan."""


class AdapterObject(ServiceInterface):
    """One adapter and the devices below it."""

    def __init__(self, objects: Objects, host: Adapter, found: Callable[[DeviceObject], None]) -> None:
        super().__init__("org.bluez.Adapter1")
        self._objects, self._host, self._found = objects, host, found
        self.path = f"/org/bluez/hci{host.index}"
        self.devices: dict[str, DeviceObject] = {}
        self._discovering: dict[str, frozenset[str]] = {}
        """Client → the service UUIDs that it asked for; empty for all."""
        self._filters: dict[str, frozenset[str]] = {}
        self._changing = asyncio.Lock()
        self._forgetting: asyncio.TimerHandle | None = None

    @dbus_property(READ, "Address")
    def address(self) -> DBusStr:
        """Bluetooth address."""
        return self._host.address

    @dbus_property(READ, "AddressType")
    def address_type(self) -> DBusStr:
        """``public`` or ``random``."""
        return "public"

    @dbus_property(READ, "Name")
    def adapter_name(self) -> DBusStr:
        """Name of the machine."""
        return "ilium"

    @dbus_property(READ, "Alias")
    def alias(self) -> DBusStr:
        """Name shown to others."""
        return "ilium"

    @dbus_property(READ, "Powered")
    def powered(self) -> DBusBool:
        """Always on."""
        return True

    @dbus_property(READ, "Discovering")
    def discovering(self) -> DBusBool:
        """Whether any client has a discovery session."""
        return bool(self._discovering)

    @dbus_property(READ, "UUIDs")
    def uuids(self) -> Strings:
        """It offers no services of its own."""
        return []

    @dbus_property(READ, "Roles")
    def roles(self) -> Strings:
        """It is a central."""
        return ["central"]

    @dbus_method("SetDiscoveryFilter")
    def set_discovery_filter(self, wanted: DBusDict) -> None:
        """Keep the caller's service UUIDs for its next discovery; nothing clears the filter."""
        uuids = wanted["UUIDs"].value if "UUIDs" in wanted else ()
        self._filters[sender()] = frozenset(uuids)

    @dbus_method("StartDiscovery")
    async def start_discovery(self) -> None:
        """A discovery session for the caller; the radio scans while there is one."""
        client = sender()
        async with self._changing:
            if client in self._discovering:
                raise errors.in_progress()
            if not self._discovering:
                await self._host.scan(self._seen, on=True)
            self._discovering[client] = self._filters.get(client, frozenset())
        if self._forgetting is not None:
            self._forgetting.cancel()
        self.emit_properties_changed({"Discovering": True})

    @dbus_method("StopDiscovery")
    async def stop_discovery(self) -> None:
        """End the caller's session."""
        if sender() not in self._discovering:
            raise errors.failed("No discovery started")
        await self._end_session(sender())

    async def _end_session(self, client: str) -> None:
        async with self._changing:
            if self._discovering.pop(client, None) is None or self._discovering:
                return
            await self._host.scan(self._seen, on=False)
        for device in self.devices.values():
            device.scan_ended()
        self._forgetting = asyncio.get_running_loop().call_later(_TEMPORARY_S, self._forget)
        self.emit_properties_changed({"Discovering": False})

    @dbus_method("RemoveDevice")
    async def remove_device(self, path: DBusObjectPath) -> None:
        """Forget a device and what is cached of it."""
        device = next((d for d in self.devices.values() if d.path == path), None)
        if device is None:
            raise errors.does_not_exist()
        await device.hang_up()
        self._remove(device)

    def _seen(self, advertisement: Advertisement) -> None:
        address = advertisement.address.to_string(False)
        device = self.devices.get(address)
        if device is not None:
            device.emit_properties_changed(device.seen(advertisement))
            return
        if not self._wanted(advertisement):
            return
        device = self.devices[address] = DeviceObject(self._objects, self._host, advertisement.address)
        device.seen(advertisement)
        self._objects.export(device.path, device)
        self._found(device)

    def _wanted(self, advertisement: Advertisement) -> bool:
        offered = set(service_uuids(advertisement))
        return any(not uuids or uuids & offered for uuids in self._discovering.values())

    def _forget(self) -> None:
        for device in [d for d in self.devices.values() if not d.is_connected]:
            self._remove(device)

    def _remove(self, device: DeviceObject) -> None:
        self._objects.unexport(device.path)
        self.devices = {address: d for address, d in self.devices.items() if d is not device}

    async def client_left(self, client: str) -> None:
        """A D-Bus client went away: its discovery ends, its notifications too; links stay, as on BlueZ."""
        self._filters.pop(client, None)
        await self._end_session(client)
        for device in list(self.devices.values()):
            for characteristic in list(device.characteristics):
                await characteristic.client_left(client)

    async def close(self) -> None:
        """Hang up on everyone and on the radio."""
        if self._forgetting is not None:
            self._forgetting.cancel()
        for device in list(self.devices.values()):
            await device.hang_up()
        await self._host.close()
