"""Virtual sensors in this process, for tests of everything between radio and packets."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import Profile
from sensors.ble import BleAdapter
from sensors.ble.adapters import CONNECTIONS
from sensors.encode import EncodedPacket
from sensors.source import DeviceState, DeviceStatus, RawPacket
from simulator.air import CAPACITY, VirtualLink, gateway_adapter
from simulator.ble_backend import ble_adapter
from simulator.firmware import Habits
from simulator.host import Adapter
from simulator.link import LinkModel, LinkState
from simulator.peripheral import VirtualSensor
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


def packets_of(count: int) -> list[EncodedPacket]:
    """``count`` packets, one ready every 4 ms."""
    stream = DOT_STREAM.characteristic
    return [EncodedPacket(0.004 * (k + 1), stream, payload(k), 1) for k in range(count)]


def sensor_on(
    link: VirtualLink,
    number: int,
    *,
    packets: int = 0,
    profile: Profile = DOT,
    model: LinkModel = FAST,
    habits: Habits | None = None,
) -> VirtualSensor:
    """A sensor with ``packets`` packets, one ready every 4 ms after it was told to stream."""
    state, train = LinkState(model, np.random.default_rng(1)), packets_of(packets)
    return VirtualSensor(
        link, profile, address(number), lambda _: train, radio=state, clock=WornClock(), habits=habits
    )


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

    @property
    def samples(self) -> list[RawPacket]:
        """Packets of DOT's stream; answers and battery left out."""
        return [p for p in self.packets if p.characteristic == DOT_STREAM.characteristic]

    def of(self, device_id: str) -> list[DeviceState]:
        """All states of a device in order."""
        return [s.state for s in self.states if s.device_id == device_id]

    def last(self, state: DeviceState, *, ever: bool = False) -> dict[str, DeviceStatus]:
        """Devices that are in a state (or ever were), with the status that said so."""
        latest = {s.device_id: s for s in self.states if not ever or s.state is state}
        return {device: status for device, status in latest.items() if status.state is state}

    def reasons(self) -> str:
        """All reasons so far."""
        return "; ".join(s.reason for s in self.states)

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
    *,
    on_found: Callable[[Any], None] | None = None,
    budgets: Sequence[int] = (CONNECTIONS,),
    capacity: int = CAPACITY,
) -> AsyncIterator[list[BleAdapter]]:
    """Sensors advertise and the gateway has an adapter for each of ``budgets``; yields bleak's on them."""
    async with contextlib.AsyncExitStack() as stack:
        transports = []
        for index in range(len(budgets)):
            port = free_port()
            await stack.enter_async_context(gateway_adapter(link, port, index, capacity))
            transports.append(f"tcp-client:127.0.0.1:{port}")
        for sensor in sensors:
            await sensor.power_on()
        if gateway is Gateway.BLUEZ:
            if sys.platform != "linux":
                pytest.skip("BlueZ is Linux's Bluetooth stack")
            program("dbus-daemon", "dbus")
            from simulator.bluez import as_system_bus

            await stack.enter_async_context(as_system_bus(transports, on_found))
            yield [BleAdapter(f"hci{k}", budget) for k, budget in enumerate(budgets)]
            return
        hosts = [Adapter(transport, index=k) for k, transport in enumerate(transports)]
        for host in hosts:
            stack.push_async_callback(host.close)
        yield [ble_adapter(host, budget) for host, budget in zip(hosts, budgets, strict=True)]


class HeardLink(VirtualLink):
    """The virtual radio, which also tells how often a sensor has advertised."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: Counter[str] = Counter()
        self._changed = asyncio.Event()

    def send_advertising_pdu(self, sender_controller: Any, packet: Any) -> None:
        super().send_advertising_pdu(sender_controller, packet)
        self._heard[sender_controller.name] += 1
        self._changed.set()

    async def advertised(self, device_id: str, times: int) -> None:
        """Wait until the sensor has advertised so many times more."""
        name = f"sensor {device_id}"
        wanted = self._heard[name] + times
        async with asyncio.timeout(PATIENCE_S):
            while self._heard[name] < wanted:
                self._changed.clear()
                await self._changed.wait()


def virtual_link() -> HeardLink:
    return HeardLink()
