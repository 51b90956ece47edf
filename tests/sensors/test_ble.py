"""Sensors over bleak on a virtual radio: found, checked, started, lost, found again, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from functools import partial

import pytest
from bleak import BleakClient, BleakScanner
from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus
from msgspec.structs import replace

import firmware_profiles
from firmware_profiles.schema import Serial
from sensors.ble import BleAdapter, BleSource, RadioError, scan
from sensors.ble.link import Link
from sensors.source import DeviceState, PacketSink
from simulator.ble_backend import ble_adapter
from simulator.bluez.device import DeviceObject
from simulator.firmware import Habits
from simulator.host import Adapter
from simulator.ports import free_port
from tests.sensors.virtual_radio import (
    DOT,
    DOT_STREAM,
    PATIENCE_S,
    Gateway,
    Sink,
    address,
    on_air,
    payload,
    sensor_on,
    virtual_link,
)

FOUND, CONNECTING, STREAMING, LOST, REFUSED, STOPPED = (
    DeviceState.FOUND,
    DeviceState.CONNECTING,
    DeviceState.STREAMING,
    DeviceState.LOST,
    DeviceState.REFUSED,
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


def source_on(adapters: Sequence[BleAdapter], **options: object) -> BleSource:
    clock = asyncio.get_running_loop().time
    return BleSource(clock, adapters=adapters, **options)  # type: ignore[arg-type]


async def test_a_scan_names_the_profile_of_each_sensor_in_range(gateway: Gateway) -> None:
    link = virtual_link()
    stranger = replace(
        DOT, match=replace(DOT.match, names=("Kettle",), example_name="Kettle", manufacturer_id=None)
    )
    sensors = [sensor_on(link, 1), sensor_on(link, 2, profile=stranger)]
    async with on_air(link, sensors, gateway) as adapters:
        seen = {s.device_id: s for s in await scan(0.5, adapters=adapters)}
    assert seen[address(1)].profile == DOT
    assert seen[address(1)].name == "Movella DOT"
    assert seen[address(2)].profile is None


async def test_every_packet_arrives_once_and_in_order(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n, packets=50) for n in (1, 2)]
    async with on_air(link, sensors, gateway) as adapters, running(source_on(adapters), sink):
        await sink.until(lambda: len(sink.samples) == 100)
    for number in (1, 2):
        mine = [p for p in sink.samples if p.device_id == address(number)]
        assert [p.payload for p in mine] == [payload(k) for k in range(50)]
        assert {p.characteristic for p in mine} == {DOT_STREAM.characteristic}
        assert sink.of(address(number)) == [FOUND, CONNECTING, STREAMING, STOPPED]
    assert {s.battery_percent for s in sink.states if s.state is STREAMING} == {87}


async def test_a_sensor_told_no_more_and_no_less_than_was_heard() -> None:
    """Answers and values read count as well. (BlueZ also reads the battery for itself.)"""
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n, packets=20) for n in (1, 2)]
    async with on_air(link, sensors) as adapters, running(source_on(adapters), sink):
        await sink.until(lambda: len(sink.samples) == 40 and len(sink.last(STREAMING)) == 2)
        told = {sensor.address: sensor.told for sensor in sensors}
    assert min(told.values()) > 20
    assert told == Counter(p.device_id for p in sink.packets[: sum(told.values())])


async def test_sensors_are_connected_one_at_a_time(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """The BlueZ look-alike refuses a second connect meanwhile, as real adapters do."""
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n) for n in range(1, 5)]
    under_way, most = 0, 0
    connect = Link.connect

    async def watched(self: Link) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            await connect(self)
        finally:
            under_way -= 1

    monkeypatch.setattr(Link, "connect", watched)
    async with on_air(link, sensors, gateway) as adapters, running(source_on(adapters), sink):
        await sink.until(lambda: sum(s.state is STREAMING for s in sink.states) == 4)
    assert most == 1
    assert LOST not in {s.state for s in sink.states}


async def test_a_sensor_that_vanishes_is_lost_and_goes_on_when_it_returns(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensor = sensor_on(link, 1, packets=100_000)
    async with on_air(link, [sensor], gateway) as adapters, running(source_on(adapters), sink):
        await sink.until(lambda: len(sink.samples) >= 10)
        await sensor.vanish(0.2)
        await sink.until(lambda: sink.of(address(1)).count(STREAMING) == 2)
        before = len(sink.samples)
        await sink.until(lambda: len(sink.samples) >= before + 10)
    assert sink.of(address(1))[:4] == [FOUND, CONNECTING, STREAMING, LOST]
    (lost,) = [s for s in sink.states if s.state is LOST]
    assert lost.reason == "the radio link was lost"
    numbers = [int.from_bytes(p.payload[:4], "little") for p in sink.samples]
    assert numbers == sorted(set(numbers))


async def test_at_the_end_every_sensor_is_told_to_stop(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensor = sensor_on(link, 1, packets=100_000)
    async with on_air(link, [sensor], gateway) as adapters:
        async with running(source_on(adapters), sink):
            await sink.until(lambda: len(sink.samples) >= 5)
            streamed = [sensor.streaming]
        streamed.append(sensor.streaming)
    assert streamed == [True, False]
    assert sink.of(address(1))[-1] is STOPPED


async def test_a_cancellation_that_got_lost_on_the_way_still_ends_the_stream(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As happens when an answer comes in the very turn of the loop in which the gateway is told to end."""
    asked = asyncio.Event()

    async def answered_just_then(_link: Link) -> None:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(Link, "ask_battery", answered_just_then)
    link, sink = virtual_link(), Sink()
    sensor = sensor_on(link, 1, packets=100_000)
    async with on_air(link, [sensor], gateway) as adapters, asyncio.timeout(PATIENCE_S):
        async with running(source_on(adapters), sink):
            await asked.wait()
        assert not sensor.streaming


async def test_a_stranger_that_advertises_like_ours_is_left_alone_with_a_reason(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    battery_only = {u: cs for u, cs in DOT.services.items() if DOT_STREAM.characteristic not in cs}
    stranger = sensor_on(link, 1, profile=replace(DOT, services=battery_only))
    async with on_air(link, [stranger], gateway) as adapters, running(source_on(adapters), sink):
        await sink.until(lambda: REFUSED in sink.of(address(1)))
        attempts = sink.of(address(1)).count(CONNECTING)
        await link.advertised(address(1), 5)
    assert sink.of(address(1)).count(CONNECTING) == attempts == 3
    assert sink.states[-1].reason == (
        "it has no characteristic 15172001-4947-11e9-8646-d663bd873d93 as a Movella DOT must; left alone"
    )
    assert STREAMING not in sink.of(address(1))


async def test_a_half_done_discovery_is_cleared_from_the_cache_and_done_again() -> None:
    """As real adapters leave it, on which BlueZ then insists."""
    link, sink = virtual_link(), Sink()
    found: list[DeviceObject] = []

    def broken_at_first(device: DeviceObject) -> None:
        device.half_discovered = not found
        found.append(device)

    sensor = sensor_on(link, 1, packets=5)
    async with (
        on_air(link, [sensor], Gateway.BLUEZ, on_found=broken_at_first) as adapters,
        running(source_on(adapters), sink),
    ):
        await sink.until(lambda: len(sink.samples) == 5)
    # A report of the object that has just been removed may still come, and costs another attempt.
    states = sink.of(address(1))
    assert states[:4] == [FOUND, CONNECTING, LOST, CONNECTING]
    assert STREAMING in states
    assert [device.half_discovered for device in found] == [True] + [False] * (len(found) - 1)
    assert len(found) > 1


async def test_a_sensor_that_answers_with_an_error_is_said_to_in_its_own_words(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    movesense = firmware_profiles.load("movesense")
    full = sensor_on(link, 1, profile=movesense, habits=Habits(refuses={"start": 507}))
    async with on_air(link, [full], gateway) as adapters, running(source_on(adapters), sink):
        await sink.until(lambda: LOST in sink.of(address(1)))
    reason = next(s.reason for s in sink.states if s.state is LOST)
    assert re.fullmatch(r"Movesense.* answers [0-9a-f ]+ with an error: .+ \(code 507\)", reason)
    assert STREAMING not in sink.of(address(1))


async def test_each_adapter_carries_its_budget_and_the_rest_wait_for_room(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n) for n in range(1, 5)]
    async with on_air(link, sensors, gateway, budgets=(1, 2)) as adapters:
        source = source_on(adapters)
        async with running(source, sink):
            await sink.until(lambda: len(sink.last(STREAMING)) == 3 and "add an adapter" in sink.reasons())
            carried = [s.adapter for s in sink.last(STREAMING).values()]
            assert sorted(carried) == ["hci0", "hci1", "hci1"]
            (waiting,) = {address(n) for n in range(1, 5)} - sink.last(STREAMING).keys()
            leaver = next(s for s in sensors if s.address != waiting)
            await leaver.vanish(0.0)
            await sink.until(lambda: waiting in sink.last(STREAMING))


async def test_a_controller_with_less_room_than_its_budget_says_so_and_the_others_go_on(
    gateway: Gateway,
) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n) for n in (1, 2)]
    async with (
        on_air(link, sensors, gateway, capacity=1) as adapters,
        running(source_on(adapters), sink),
    ):
        await sink.until(lambda: "the adapter carries no more sensors" in sink.reasons())
        await sink.until(lambda: len(sink.last(STREAMING)) == 1)


async def test_a_sensor_that_comes_back_under_another_address_keeps_its_id(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    numbered = replace(DOT, match=replace(DOT.match, serial=Serial(after_name=True)))
    sensor = sensor_on(link, 1, packets=100_000, profile=numbered)
    async with on_air(link, [sensor], gateway) as adapters:
        source = source_on(adapters, profiles=[numbered])
        async with running(source, sink):
            await sink.until(lambda: len(sink.samples) >= 5)
            await sensor.move_to(address(77))
            await sink.until(lambda: sink.of(address(1)).count(STREAMING) == 2)
    assert {s.device_id for s in sink.states} == {address(1)} == {p.device_id for p in sink.packets}


async def test_an_attempt_that_was_given_up_does_not_stand_in_the_way_of_the_next(gateway: Gateway) -> None:
    """A sensor goes out of range between its advertisement and the connection."""
    link = virtual_link()
    sensor = sensor_on(link, 1)
    async with on_air(link, [sensor], gateway) as adapters:
        options = adapters[0].scanner_options
        seen = await BleakScanner.find_device_by_address(address(1), timeout=PATIENCE_S, **options)
        assert seen is not None
        await sensor._disappear()
        away = BleakClient(seen, timeout=0.2, **adapters[0].client_options)
        with pytest.raises(TimeoutError):
            await away.connect()
        await sensor._appear()
        async with BleakClient(seen, **adapters[0].client_options) as back:
            assert back.services.get_characteristic(DOT_STREAM.characteristic) is not None


async def test_only_the_sensors_that_were_asked_for_are_connected(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    sensors = [sensor_on(link, n, packets=3) for n in (1, 2)]
    async with (
        on_air(link, sensors, gateway) as adapters,
        running(source_on(adapters, only=[address(2)]), sink),
    ):
        await sink.until(lambda: len(sink.samples) == 3)
    assert {s.device_id for s in sink.states} == {address(2)}


async def test_a_sensor_that_streams_can_be_made_to_blink(gateway: Gateway) -> None:
    link, sink = virtual_link(), Sink()
    async with on_air(link, [sensor_on(link, 1)], gateway) as adapters:
        source = source_on(adapters)
        async with running(source, sink):
            assert not await source.identify(address(1))
            await sink.until(lambda: STREAMING in sink.of(address(1)))
            assert await source.identify(address(1))
            assert not await source.identify(address(9))


async def test_without_an_adapter_it_is_said_what_to_do() -> None:
    nothing = [ble_adapter(Adapter(f"tcp-client:127.0.0.1:{free_port()}"))]
    with pytest.raises(RadioError, match=r"no usable Bluetooth adapter .*; plug one in"):
        await scan(0.5, adapters=nothing)
    with pytest.raises(RadioError, match=r"no usable Bluetooth adapter"):
        await source_on(nothing).run(Sink())


async def test_a_link_that_was_lost_leaves_no_connection_to_the_bus_behind() -> None:
    """bleak keeps one for each client until it is told to disconnect; a bus has 256 of them for a user."""
    link, sink = virtual_link(), Sink()
    sensor = sensor_on(link, 1)
    async with on_air(link, [sensor], Gateway.BLUEZ) as adapters, running(source_on(adapters), sink):
        names = []
        for count in (1, 2, 3, 4):
            await sink.until(partial(has_been, sink, STREAMING, count))
            names.append(await clients_of_the_bus())
            await sensor.drop()
            await sink.until(partial(has_been, sink, LOST, count))
    assert len(set(names)) == 1


def has_been(sink: Sink, state: DeviceState, times: int) -> bool:
    return sink.of(address(1)).count(state) == times


async def clients_of_the_bus() -> int:
    """How many connections there are, without our own."""
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    where = "org.freedesktop.DBus"
    answer = await bus.call(Message(where, "/org/freedesktop/DBus", where, "ListNames"))
    assert answer is not None
    bus.disconnect()
    return sum(name.startswith(":") for name in answer.body[0]) - 1
