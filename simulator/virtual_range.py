"""``ilium radio``: virtual sensors in range of virtual adapters, for any program that speaks to BlueZ."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import numpy as np

import firmware_profiles
from firmware_profiles import Profile, Setup
from simulator.air import VirtualLink, gateway_adapter
from simulator.bluez import bluez, private_bus
from simulator.endless import PERIOD_SAMPLES, EndlessTrain, Period
from simulator.link import LinkModel, LinkState
from simulator.peripheral import VirtualSensor
from simulator.ports import free_port

_MAX_SENSORS = 40


@dataclass(frozen=True, slots=True)
class RangePlan:
    """Which virtual sensors there are, and how many adapters hear them."""

    profiles: Sequence[str]
    adapters: int = 1
    link: LinkModel = field(default_factory=LinkModel)
    seed: int = 1


@contextlib.asynccontextmanager
async def virtual_range(plan: RangePlan) -> AsyncIterator[tuple[str, list[VirtualSensor]]]:
    """Run sensors, adapters and BlueZ's look-alike; yields the bus's address and the sensors."""
    link = VirtualLink()
    sensors = sensors_of(link, [firmware_profiles.load(i) for i in plan.profiles], plan)
    async with contextlib.AsyncExitStack() as stack:
        transports = []
        for index in range(plan.adapters):
            port = free_port()
            await stack.enter_async_context(gateway_adapter(link, port, index))
            transports.append(f"tcp-client:127.0.0.1:{port}")
        await asyncio.gather(*(sensor.power_on() for sensor in sensors))
        bus = await stack.enter_async_context(private_bus())
        await stack.enter_async_context(bluez(bus, transports))
        yield bus, sensors


def sensors_of(link: VirtualLink, profiles: Sequence[Profile], plan: RangePlan) -> list[VirtualSensor]:
    """One sensor for each profile, each with an address, a motion and a clock of its own."""
    sensors = []
    for number, profile in enumerate(profiles[:_MAX_SENSORS], start=1):
        rng = np.random.default_rng((plan.seed, number))
        state = LinkState(plan.link, np.random.default_rng((plan.seed, number, 1)))
        sensors.append(
            VirtualSensor(
                link, profile, address(number), _Train(_sway(rng), rng), radio=state, clock=_Since()
            )
        )
    return sensors


def address(number: int) -> str:
    """A random static address."""
    return f"F0:11:D0:00:00:{number:02X}"


class _Since:
    """Seconds since the first question: since the sensor first streamed."""

    def __init__(self) -> None:
        self._began_s: float | None = None

    def __call__(self) -> float:
        now_s = time.perf_counter()
        if self._began_s is None:
            self._began_s = now_s
        return now_s - self._began_s


class _Train:
    """What a sensor sends, however it is run."""

    def __init__(self, period: Period, rng: np.random.Generator) -> None:
        self._period = period
        self._start_s = float(rng.uniform(5.0, 4000.0))

    def __call__(self, setup: Setup) -> EndlessTrain:
        return EndlessTrain(setup, self._period, self._start_s)


def _sway(rng: np.random.Generator) -> Period:
    """Someone who stands and sways: gravity along a random axis, a few degrees to and fro."""
    phase = 2.0 * np.pi * np.arange(PERIOD_SAMPLES) / (PERIOD_SAMPLES / rng.integers(5, 15))
    up, side = np.linalg.qr(rng.normal(size=(3, 3)))[0][:2]
    tilt = np.radians(5.0) * np.sin(phase)
    acc = 9.81 * (np.cos(tilt)[:, None] * up + np.sin(tilt)[:, None] * side)
    gyr = np.radians(5.0) * np.cos(phase)[:, None] * np.cross(up, side)
    return Period(acc + rng.normal(0.0, 0.02, acc.shape), gyr + rng.normal(0.0, 0.002, gyr.shape))
