"""The look-alike as this process's own system bus: bleak in the same process finds it there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence

from bleak.backends.bluezdbus.manager import get_global_bluez_manager

from simulator.bluez.bus import private_bus
from simulator.bluez.device import DeviceObject
from simulator.bluez.stack import Bluez, bluez

_ADDRESS = "DBUS_SYSTEM_BUS_ADDRESS"


@contextlib.asynccontextmanager
async def as_system_bus(
    transports: Sequence[str], on_found: Callable[[DeviceObject], None] | None = None
) -> AsyncIterator[Bluez]:
    """Run the look-alike and point this process to it until the block ends."""
    async with private_bus() as bus:
        before = os.environ.get(_ADDRESS)
        os.environ[_ADDRESS] = bus
        try:
            async with bluez(bus, transports) as daemon:
                if on_found is not None:
                    daemon.on_found = on_found
                try:
                    yield daemon
                finally:
                    await _leave_bus()
        finally:
            if before is None:
                del os.environ[_ADDRESS]
            else:
                os.environ[_ADDRESS] = before


async def _leave_bus() -> None:
    """Bleak keeps one connection to the bus for as long as the loop lives."""
    manager = await get_global_bluez_manager()
    if manager._bus is not None:  # noqa: SLF001 - there is no public way to close it
        manager._bus.disconnect()  # noqa: SLF001
