"""Sensors over bleak on a virtual radio: found, checked, started, lost, found again, stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from bleak import BleakClient, BleakScanner
from msgspec.structs import replace

from sensors.ble import Backend, BleSource, RadioError, scan
from sensors.source import DeviceState, PacketSink
from simulator.ble_backend import backend
from simulator.host import Adapter
from simulator.ports import free_port
from tests.sensors.virtual_radio import (
    DOT,
    DOT_STREAM,
    Gateway,
    Sink,
    address,
    on_air,
    payload,
    sensor_on,
    virtual_link,
)

FOUND, CONNECTING, STREAMING, LOST, STOPPED = (
    DeviceState.FOUND,
    DeviceState.CONNECTING,
    DeviceState.STREAMING,
    DeviceState.LOST,
    DeviceState.STOPPED,
)


@pytest.fixture(params=list(Gateway))
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Every test runs over our own backend and over bleak's for BlueZ."""
    made: Gateway = request.param
    return made


@contextlib.asynccontextmanager
async def running(source: BleSource, sink: PacketSink) -> AsyncIterator[None]:
    """The source runs while the block does."""
    task = asyncio.ensure_future(source.run(sink))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def source_on(bleak_backend: Backend, **options: object) -> BleSource:
    clock = asyncio.get_running_loop().time
    return BleSource(clock, backend=bleak_backend, **options)  # type: ignore[arg-type]


async def test_a_scan_names_the_profile_of_each_sensor_in_range(gateway: Gateway) -> None:
    link = virtual_link()
    stranger = replace(DOT, match=replace(DOT.match, names=["Kettle"], manufacturer_id=None))
    sensors = [sensor_on(link, 1), sensor_on(link, 2, profile=stranger)]
    async with on_air(link, sensors, gateway) as radio:
        seen = {s.device_id: s for s in await scan(0.5, backend=radio)}
    assert seen[address(1)].profile == DOT
    assert seen[address(1)].name == "Movella DOT 01"
    assert seen[address(2)].profile is None


async def test_every_packet_arrives_once_and_in_order(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n, packets=50) for n in (1, 2)]
    async with on_air(link, sensors, gateway) as radio, running(source_on(radio), sink):
        await sink.until(lambda: len(sink.packets) == 100)
    for number in (1, 2):
        mine = [p for p in sink.packets if p.device_id == address(number)]
        assert [p.payload for p in mine] == [payload(k) for k in range(50)]
        assert {p.characteristic for p in mine} == {DOT_STREAM.characteristic}
        assert sink.of(address(number)) == [FOUND, CONNECTING, STREAMING, STOPPED]
    assert {s.battery_percent for s in sink.states if s.state is STREAMING} == {87}


async def test_sensors_are_connected_one_at_a_time(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n) for n in range(1, 5)]
    async with on_air(link, sensors, gateway) as radio, running(source_on(radio), sink):
        await sink.until(lambda: sum(s.state is STREAMING for s in sink.states) == 4)
    under_way = 0
    for status in sink.states:
        under_way += {CONNECTING: 1, STREAMING: -1}.get(status.state, 0)
        assert under_way <= 2  # the next one connects while the last one's stream is being started


async def test_a_sensor_that_vanishes_is_lost_and_goes_on_when_it_returns(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensor = sensor_on(link, 1, packets=100_000)
    async with on_air(link, [sensor], gateway) as radio, running(source_on(radio), sink):
        await sink.until(lambda: len(sink.packets) >= 10)
        await sensor.vanish(0.2)
        await sink.until(lambda: sink.of(address(1)).count(STREAMING) == 2)
        before = len(sink.packets)
        await sink.until(lambda: len(sink.packets) >= before + 10)
    assert sink.of(address(1))[:4] == [FOUND, CONNECTING, STREAMING, LOST]
    (lost,) = [s for s in sink.states if s.state is LOST]
    assert lost.reason == "the radio link was lost"
    numbers = [int.from_bytes(p.payload[:4], "little") for p in sink.packets]
    assert numbers == sorted(set(numbers))


async def test_at_the_end_every_sensor_is_told_to_stop(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensor = sensor_on(link, 1, packets=100_000)
    async with on_air(link, [sensor], gateway) as radio:
        async with running(source_on(radio), sink):
            await sink.until(lambda: len(sink.packets) >= 5)
            streamed = [sensor.streaming]
        streamed.append(sensor.streaming)
    assert streamed == [True, False]
    assert sink.of(address(1))[-1] is STOPPED


async def test_a_sensor_that_only_looks_like_ours_is_left_with_a_reason_and_tried_again(
    gateway: Gateway,
) -> None:
    link, sink = virtual_link(), Sink()
    battery_only = {u: cs for u, cs in DOT.services.items() if DOT_STREAM.characteristic not in cs}
    impostor = sensor_on(link, 1, profile=replace(DOT, services=battery_only))
    async with on_air(link, [impostor], gateway) as radio, running(source_on(radio), sink):
        await sink.until(lambda: sink.of(address(1)).count(LOST) >= 2)
    reason = next(s.reason for s in sink.states if s.state is LOST)
    assert reason.startswith("characteristic 15172")
    assert reason.endswith("is not there")
    assert STREAMING not in sink.of(address(1))


async def test_an_attempt_that_was_given_up_does_not_stand_in_the_way_of_the_next(gateway: Gateway) -> None:
    """A sensor goes out of range between its advertisement and the connection."""
    link = virtual_link()
    sensor = sensor_on(link, 1)
    async with on_air(link, [sensor], gateway) as radio:
        (seen,) = await BleakScanner.discover(timeout=0.3, **radio.scanner_options)
        await sensor._device.stop_advertising()
        away = BleakClient(seen, timeout=0.2, **radio.client_options)
        with pytest.raises(TimeoutError):
            await away.connect()
        await sensor._advertise()
        async with BleakClient(seen, **radio.client_options) as back:
            assert back.services.get_characteristic(DOT_STREAM.characteristic) is not None


async def test_only_the_sensors_that_were_asked_for_are_connected(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n, packets=3) for n in (1, 2)]
    async with on_air(link, sensors, gateway) as radio, running(source_on(radio, only=[address(2)]), sink):
        await sink.until(lambda: len(sink.packets) == 3)
    assert {s.device_id for s in sink.states} == {address(2)}


async def test_a_sensor_that_streams_can_be_made_to_blink(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    async with on_air(link, [sensor_on(link, 1)], gateway) as radio:
        source = source_on(radio)
        async with running(source, sink):
            assert not await source.identify(address(1))
            await sink.until(lambda: STREAMING in sink.of(address(1)))
            assert await source.identify(address(1))
            assert not await source.identify(address(9))


async def test_without_an_adapter_it_is_said_what_to_do() -> None:
    nothing = backend(Adapter(f"tcp-client:127.0.0.1:{free_port()}"))
    with pytest.raises(RadioError, match=r"no usable Bluetooth adapter .*; plug one in"):
        await scan(0.5, backend=nothing)
    with pytest.raises(RadioError, match=r"no usable Bluetooth adapter"):
        await source_on(nothing).run(Sink())
