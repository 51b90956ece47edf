"""Virtual sensors in this process, for tests of everything between radio and packets."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import Profile
from sensors.ble import Backend
from sensors.source import DeviceState, DeviceStatus, RawPacket
from simulator.air import VirtualLink, gateway_adapter
from simulator.ble_backend import backend
from simulator.host import Adapter
from simulator.link import LinkModel, LinkState
from simulator.peripheral import PacketTrain, VirtualSensor
from simulator.ports import free_port
from tests.service.debian import program

PATIENCE_S = 30.0
FAST = LinkModel(interval_s=0.002, repeat=0.0)
DOT = firmware_profiles.load("movella_dot")
DOT_STREAM = firmware_profiles.choose(DOT).main


def address(number: int) -> str:
    return f"D4:22:CD:00:00:{number:02X}"


class WornClock:
    """Starts with the first question: with the first stream."""

    def __init__(self) -> None:
        self._began_s: float | None = None

    def __call__(self) -> float:
        now_s = asyncio.get_running_loop().time()
        if self._began_s is None:
            self._began_s = now_s
        return now_s - self._began_s


def payload(number: int) -> bytes:
    """A packet of the right length that tells itself from the others."""
    return number.to_bytes(4, "little") + bytes(DOT_STREAM.padded_length - 4)


def sensor_on(
    link: VirtualLink, number: int, *, packets: int = 0, profile: Profile = DOT, model: LinkModel = FAST
) -> VirtualSensor:
    """A sensor with ``packets`` packets, one ready every 4 ms after it was told to stream."""
    train = PacketTrain([0.004 * (k + 1) for k in range(packets)], [payload(k) for k in range(packets)])
    state = LinkState(model, np.random.default_rng(1))
    return VirtualSensor(link, profile, address(number), train, radio=state, clock=WornClock())


class Sink:
    """Keeps packets and states; `reach` waits for a state."""

    def __init__(self) -> None:
        self.packets: list[RawPacket] = []
        self.states: list[DeviceStatus] = []
        self._changed = asyncio.Event()

    def packet(self, packet: RawPacket) -> None:
        self.packets.append(packet)
        self._changed.set()

    def status(self, status: DeviceStatus) -> None:
        self.states.append(status)
        self._changed.set()

    def of(self, device_id: str) -> list[DeviceState]:
        """All states of a device in order."""
        return [s.state for s in self.states if s.device_id == device_id]

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until ``seen()`` holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not seen():
                self._changed.clear()
                await self._changed.wait()


class Gateway(StrEnum):
    """How bleak reaches the virtual radio."""

    BUMBLE = "bumble"
    """our backend on bumble's host"""
    BLUEZ = "bluez"
    """bleak's own BlueZ backend, on the look-alike on a private D-Bus"""


@contextlib.asynccontextmanager
async def on_air(
    link: VirtualLink,
    sensors: Sequence[VirtualSensor],
    gateway: Gateway = Gateway.BUMBLE,
    on_found: Callable[[Any], None] | None = None,
) -> AsyncIterator[Backend]:
    """Sensors advertise and a gateway's adapter is there; yields bleak's backend on it."""
    port = free_port()
    transport = f"tcp-client:127.0.0.1:{port}"
    async with gateway_adapter(link, port):
        for sensor in sensors:
            await sensor.power_on()
        if gateway is Gateway.BLUEZ:
            async with own_bluez([transport], on_found):
                yield Backend()
            return
        adapter = Adapter(transport)
        try:
            yield backend(adapter)
        finally:
            await adapter.close()


@contextlib.asynccontextmanager
async def own_bluez(
    transports: Sequence[str], on_found: Callable[[Any], None] | None = None
) -> AsyncIterator[Any]:
    """A private bus with the look-alike on it, as this process's system bus."""
    if sys.platform != "linux":
        pytest.skip("BlueZ is Linux's Bluetooth stack")
    program("dbus-daemon", "dbus")
    from bleak.backends.bluezdbus.manager import get_global_bluez_manager

    from simulator.bluez import bluez, private_bus

    async with private_bus() as bus:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
            async with bluez(bus, transports) as daemon:
                if on_found is not None:
                    daemon.on_found = on_found
                yield daemon
                manager = await get_global_bluez_manager()
                assert manager._bus is not None
                manager._bus.disconnect()


def virtual_link() -> VirtualLink:
    return VirtualLink()  # type: ignore[no-untyped-call]
