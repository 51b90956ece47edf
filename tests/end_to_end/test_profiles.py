"""Every profile over the virtual radio, through bleak, on both gateways: what was measured is what arrives.

The motion's forward acceleration rises steadily, so that each decoded sample tells which one it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import Setup
from firmware_profiles.primitives import Quantity
from firmware_profiles.streams import LossMethod
from fusion.types import FloatArray
from sensors.ble import BleSource
from sensors.encode import EncodedPacket, encode_train
from sensors.layout import scale_of
from sensors.source import DeviceState
from sensors.stream import SensorStream
from simulator.firmware import Habits
from simulator.link import LinkModel, LinkState
from simulator.peripheral import VirtualSensor
from tests.sensors.test_ble import running
from tests.sensors.virtual_radio import Gateway, Sink, on_air, virtual_link

ADDRESS = "D4:22:CD:00:00:01"
SPEED = 4.0
"""Virtual seconds in one of ours."""
SAMPLES = 900
HABITS = Habits(battery_percent=75)
LINK = LinkModel(interval_s=0.02, repeat=0.05, jitter_s=0.002)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What the virtual IMU measures at each of its samples."""

    t_s: FloatArray
    acc_ms2: FloatArray
    gyr_rads: FloatArray

    def number(self, acc_x_ms2: FloatArray) -> FloatArray:
        """Which sample has this forward acceleration."""
        first, last = self.acc_ms2[0, 0], self.acc_ms2[-1, 0]
        return (acc_x_ms2 - first) / (last - first) * (len(self.t_s) - 1)


def motion(rate_hz: float) -> Motion:
    t_s = np.arange(SAMPLES) / rate_hz
    phase = 2.0 * np.pi * np.arange(SAMPLES) / 50.0
    acc = np.stack([np.linspace(-14.0, 14.0, SAMPLES), 2.0 * np.sin(phase), 9.81 * np.cos(phase)], axis=1)
    gyr = np.stack([3.0 * np.sin(phase), 2.0 * np.cos(phase), np.sin(2.0 * phase)], axis=1)
    return Motion(t_s, acc, gyr)


def train(setup: Setup) -> list[EncodedPacket]:
    """The motion as the packets of a device whose counter soon wraps and runs 40 ppm fast."""
    samples = motion(setup.rate_hz())
    stamps = [s.timestamp for s in setup.streams if s.timestamp is not None]
    wrap_s = min((s.tick_s * 2.0**s.type.bits for s in stamps if s.type.bits <= 32), default=100.0)
    device_s = wrap_s - 1.0 + samples.t_s * (1.0 + 40e-6)
    return encode_train(setup, samples.t_s, samples.acc_ms2, samples.gyr_rads, device_s=device_s)


def step(setup: Setup, quantity: Quantity) -> float:
    """The least difference that is sent, in SI."""
    for stream in setup.streams:
        for field in stream.fields:
            if field.quantity is quantity:
                return 1e-5 if field.type.is_float else float(np.max(np.abs(scale_of(field, setup.values))))
    raise AssertionError(f"{setup.profile.id} sends no {quantity}")


def clock() -> Callable[[], float]:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    return lambda: (loop.time() - began_s) * SPEED


@pytest.mark.parametrize("gateway", list(Gateway))
@pytest.mark.parametrize("profile_id", firmware_profiles.ids())
async def test_what_is_measured_arrives_and_comes_back_after_a_drop(
    profile_id: str, gateway: Gateway
) -> None:
    profile = firmware_profiles.load(profile_id)
    setup = firmware_profiles.choose(profile)
    link, sink, now_s = virtual_link(), Sink(), clock()
    sensor = VirtualSensor(
        link,
        profile,
        ADDRESS,
        train,
        radio=LinkState(LINK, np.random.default_rng(1)),
        clock=worn(now_s),
        habits=HABITS,
    )
    enough = int(0.12 * SAMPLES)
    async with on_air(link, [sensor], gateway) as adapters:
        async with running(BleSource(now_s, adapters=adapters), sink):
            await sink.until(lambda: sensor.sent * setup.main.batch >= enough)
            before = sensor.sent
            await sensor.drop()
            await sink.until(lambda: sink.of(ADDRESS).count(DeviceState.STREAMING) >= 2)
            await sink.until(lambda: (sensor.sent - before) * setup.main.batch >= enough)
        assert not sensor.streaming
    assert sink.states[-1].state is DeviceState.STOPPED
    assert sink.states[-1].profile == profile
    judge(setup, sink)


def worn(now_s: Callable[[], float]) -> Callable[[], float]:
    """The motion begins when the sensor is first told to stream."""
    began: list[float] = []

    def since() -> float:
        began.append(now_s()) if not began else None
        return now_s() - began[0]

    return since


def judge(setup: Setup, sink: Sink) -> None:
    """Every sample is one of the motion's, each once and in order, and the gaps are counted."""
    stream = SensorStream(setup, ADDRESS)
    arrived_s = 0.0
    for packet in sink.packets:
        if arrived_s and packet.arrival_s > arrived_s + 0.1 * SPEED:
            stream.restart()
        arrived_s = packet.arrival_s
        stream.on_packet(packet.characteristic, packet.payload, packet.arrival_s)
    block = stream.take()
    assert block is not None
    truth = motion(setup.rate_hz())
    number = truth.number(block.acc_ms2[:, 0])
    at = np.rint(number).astype(int)
    assert np.all(np.diff(at) > 0)
    acc_step, gyr_step = step(setup, Quantity.ACC), step(setup, Quantity.GYR)
    assert np.abs(block.acc_ms2 - truth.acc_ms2[at]).max() <= 0.51 * acc_step + 1e-3
    assert np.abs(block.gyr_rads - truth.gyr_rads[at]).max() <= 0.51 * gyr_step + 1e-3
    assert stream.stats.malformed == 0
    if setup.main.loss is not LossMethod.RATE:
        assert stream.stats.lost == at[-1] - at[0] + 1 - len(at) > 0
    if setup.profile.battery is not None:
        assert sink.states[-1].battery_percent == HABITS.battery_percent
