"""Every profile over the virtual radio, through bleak, on both gateways: what was measured is what arrives.

Forward acceleration and rate rise steadily, so that each decoded sample tells which one it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import Setup
from firmware_profiles.primitives import Quantity
from firmware_profiles.streams import LossMethod, Stream
from fusion.types import FloatArray
from sensors.ble import BleSource
from sensors.codec import Decoder
from sensors.encode import EncodedPacket
from sensors.layout import scale_of
from sensors.source import DeviceState
from sensors.stream import SensorStream
from simulator.firmware import Habits
from simulator.link import LinkModel, LinkState
from simulator.numbered import NumberedMotion, just_before_the_wrap
from simulator.peripheral import VirtualSensor
from tests.sensors.test_ble import running
from tests.sensors.virtual_radio import Gateway, Sink, on_air, virtual_link

ADDRESS = "D4:22:CD:00:00:01"
SPEED = 2.0
"""Virtual seconds in one of ours."""
SAMPLES = 900
HABITS = Habits(battery_percent=75)
LINK = LinkModel(interval_s=0.02, repeat=0.05, jitter_s=0.002)


def motion(rate_hz: float) -> NumberedMotion:
    return NumberedMotion(SAMPLES, rate_hz)


def train(setup: Setup) -> list[EncodedPacket]:
    """The motion as the packets of a device whose counter soon wraps and runs 40 ppm fast."""
    start_s = just_before_the_wrap(setup)
    return motion(setup.rate_hz()).packets(setup, skew=40e-6, device_start_s=start_s)


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
    enough = max(30, min(100, int(2.5 * setup.rate_hz())))
    async with on_air(link, [sensor], gateway) as adapters:
        async with running(BleSource(now_s, adapters=adapters), sink):
            await sink.until(lambda: sensor.sent * setup.main.batch >= enough)
            before = sensor.sent
            await sensor.vanish(1.5 * setup.main.batch / setup.rate_hz() / SPEED)  # longer than a packet
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
    check_values(setup, sink)
    check_stream(setup, sink)
    if setup.profile.battery is not None:
        assert sink.states[-1].battery_percent == HABITS.battery_percent


def check_values(setup: Setup, sink: Sink) -> None:
    """Every decoded sample is one of the motion's, to quantisation, each once, in order, none left out."""
    truth, decoder = motion(setup.rate_hz()), Decoder(setup)
    numbers: dict[str, list[int]] = {stream.name: [] for stream in setup.streams}
    for packet in sink.packets:
        for decoded in decoder.decode(packet.characteristic, packet.payload):
            stream = setup.profile.stream(decoded.stream)
            numbers[stream.name] += check_packet(setup, stream, decoded.values, truth)
    assert decoder.malformed == 0
    for name, found in numbers.items():
        steps = np.diff(found)
        assert len(found) >= 30, name
        assert (steps > 0).all(), name
        assert (steps > 1).sum() == 1, name  # the drop


def check_packet(setup: Setup, stream: Stream, values: FloatArray, truth: NumberedMotion) -> list[int]:
    """Numbers of a packet's samples."""
    at = 0
    numbers: list[int] = []
    for field in stream.fields:
        part = values[:, at : at + field.quantity.components]
        at += field.quantity.components
        if field.quantity not in {Quantity.ACC, Quantity.GYR}:
            continue
        here = np.rint(truth.number(field.quantity, part[:, 0])).astype(int)
        least = 1e-5 if field.type.is_float else float(np.max(np.abs(scale_of(field, setup.values))))
        assert np.abs(part - truth.of(field.quantity)[here]).max() <= 0.51 * least + 1e-4
        assert numbers in ([], here.tolist())
        numbers = here.tolist()
    return numbers


def check_stream(setup: Setup, sink: Sink) -> None:
    """The gap is counted to the sample where the device's time or number allows; pairs belong together."""
    stream = SensorStream(setup, ADDRESS)
    blocks, arrived_s = [], 0.0
    for packet in sink.packets:
        if arrived_s and packet.arrival_s > arrived_s + 0.1 * SPEED:
            blocks.append(stream.take())
            stream.restart()
        arrived_s = packet.arrival_s
        stream.on_packet(packet.characteristic, packet.payload, packet.arrival_s)
    blocks.append(stream.take())
    whole = [block for block in blocks if block is not None]
    if not stream.usable:
        assert whole == []
        return
    truth = motion(setup.rate_hz())
    acc = truth.number(Quantity.ACC, np.concatenate([b.acc_ms2[:, 0] for b in whole]))
    gyr = truth.number(Quantity.GYR, np.concatenate([b.gyr_rads[:, 0] for b in whole]))
    assert np.abs(acc - gyr).max() < (0.6 if len(setup.streams) == 1 else 3.0)
    if setup.main.loss is not LossMethod.RATE:
        first, last = round(float(gyr[0])), round(float(gyr[-1]))
        assert stream.stats.lost == last - first + 1 - stream.stats.received > 0
