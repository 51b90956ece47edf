"""The daemon: adapters on the bus under the name ``org.bluez``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from dbus_fast import BusType, DBusError, Message, MessageType, RequestNameReply
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface

from simulator.bluez.adapter import AdapterObject
from simulator.bluez.device import DeviceObject
from simulator.bluez.sender import remember
from simulator.errors import SimulationError
from simulator.host import Adapter

_BUS = "org.freedesktop.DBus"


class Bluez:
    """The look-alike while it runs."""

    def __init__(self, bus: MessageBus, transports: Sequence[str]) -> None:
        self._bus = bus
        self.on_found: Callable[[DeviceObject], None] = lambda _device: None
        """Called with each device that appears; the place to inject a fault."""
        self.adapters = [
            AdapterObject(self, Adapter(transport, index=k), self._found)
            for k, transport in enumerate(transports)
        ]
        self._farewells: set[asyncio.Task[None]] = set()

    def _found(self, device: DeviceObject) -> None:
        self.on_found(device)

    def export(self, path: str, interface: ServiceInterface) -> None:
        """Put an object on the bus."""
        self._bus.export(path, interface)

    def unexport(self, path: str) -> None:
        """Take it away."""
        self._bus.unexport(path)

    async def start(self) -> None:
        """Show the adapters and take the name."""
        self._bus.add_message_handler(remember)
        self._bus.add_message_handler(self._owner_changed)
        rule = f"type='signal',sender='{_BUS}',member='NameOwnerChanged'"
        await self._bus.call(
            Message(_BUS, "/org/freedesktop/DBus", _BUS, "AddMatch", signature="s", body=[rule])
        )
        for adapter in self.adapters:
            self.export(adapter.path, adapter)
        if await self._bus.request_name("org.bluez") is not RequestNameReply.PRIMARY_OWNER:
            raise SimulationError("the bus already has an org.bluez; this look-alike needs a bus of its own")

    async def close(self) -> None:
        """Leave the radio and the bus."""
        for adapter in self.adapters:
            await adapter.close()
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def _owner_changed(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if not owner:
                task = asyncio.ensure_future(self._client_left(name))
                self._farewells.add(task)
                task.add_done_callback(self._farewells.discard)

    async def _client_left(self, name: str) -> None:
        for adapter in self.adapters:
            with contextlib.suppress(DBusError):
                await adapter.client_left(name)


@contextlib.asynccontextmanager
async def bluez(bus_address: str, transports: Sequence[str]) -> AsyncIterator[Bluez]:
    """Run the look-alike on a bus: ``hci0`` on the first of the HCI transports, and so on."""
    bus = await MessageBus(bus_address, BusType.SYSTEM).connect()
    daemon = Bluez(bus, transports)
    try:
        await daemon.start()
        yield daemon
    finally:
        await daemon.close()
