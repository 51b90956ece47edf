"""Sensors that synchronise themselves by radio, and their own heading; over bleak on a virtual radio."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace as with_changes

import pytest
from bleak.exc import BleakError
from msgspec.structs import replace

import firmware_profiles
from fusion.errors import InputError
from sensors.ble import BleAdapter, BleSource, SyncOutcome, scan, synchronise
from sensors.ble.scan import Sighting
from sensors.source import DeviceState
from simulator.air import VirtualLink
from simulator.firmware import Habits, VirtualFirmware
from simulator.peripheral import VirtualSensor
from tests.sensors.virtual_radio import DOT, Gateway, Sink, address, on_air, sensor_on, virtual_link

CONTROL, ACK, NOTIFIED = (f"1517700{n}-4947-11e9-8646-d663bd873d93" for n in (1, 2, 3))
START = bytes.fromhex("0207013D69F16ECAD453")
"""The vendor's example, for the root D4:CA:6E:F1:69:3D."""


@pytest.fixture(params=list(Gateway))
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """Over our own backend and over bleak's for BlueZ."""
    made: Gateway = request.param
    return made


class Wait:
    """A sleep that takes no time and sees which sensors are connected meanwhile."""

    def __init__(self, sensors: Sequence[VirtualSensor]) -> None:
        self._sensors = sensors
        self.asked_s: list[float] = []
        self.connected: list[str] = []

    async def __call__(self, duration_s: float) -> None:
        self.asked_s.append(duration_s)
        self.connected += [s.address for s in self._sensors if s._connection is not None]


async def in_range(adapters: Sequence[BleAdapter], count: int) -> list[Sighting]:
    """Every sensor, in the order of its number."""
    found: list[Sighting] = []
    while len(found) < count:
        found = await scan(0.5, adapters=adapters)
    return sorted(found, key=lambda s: s.device_id)


def dots(link: VirtualLink, count: int, habits: Habits | None = None) -> list[VirtualSensor]:
    """The last of them has ``habits``."""
    return [sensor_on(link, n, habits=habits if n == count else None) for n in range(1, count + 1)]


async def test_sensors_begin_together_are_left_alone_and_say_that_it_worked(gateway: Gateway) -> None:
    link = virtual_link()
    sensors = dots(link, 3)
    wait = Wait(sensors)
    async with on_air(link, sensors, gateway) as adapters:
        outcomes = await synchronise(await in_range(adapters, 3), adapters, sleep=wait)
    assert outcomes == [SyncOutcome(address(n)) for n in (1, 2, 3)]
    assert (wait.asked_s, wait.connected) == ([14.0], [])
    # D4:22:CD:00:00:01, least byte first; 02+07+01+01+00+00+CD+22+D4 = 1CE, and CE + 32 = 100
    assert {s.firmware.sync.begun_by for s in sensors} == {bytes.fromhex("020701 010000cd22d4 32")}


async def test_a_sensor_that_failed_says_why_and_the_others_are_not_held_up(gateway: Gateway) -> None:
    link = virtual_link()
    sensors = dots(link, 2, Habits(refuses={"sync.result": 7}))
    async with on_air(link, sensors, gateway) as adapters:
        first, second = await synchronise(await in_range(adapters, 2), adapters, sleep=Wait(sensors))
    assert not first.trouble
    assert second.trouble == (
        "Movella DOT answers a read with an error: the clocks differ too much; try again (code 7)"
    )


async def test_nothing_is_begun_unless_every_sensor_could_be_connected() -> None:
    link = virtual_link()
    sensors = dots(link, 2)
    wait = Wait(sensors)
    async with on_air(link, sensors, capacity=1) as adapters:
        first, second = await synchronise(await in_range(adapters, 2), adapters, sleep=wait)
    assert first.trouble == "not begun, because another sensor could not be connected"
    assert "the adapter carries no more sensors" in second.trouble
    assert wait.asked_s == []
    assert [s.firmware.sync.begun_by for s in sensors] == [None, None]


def failing(adapter: BleAdapter, attempts: Collection[int]) -> BleAdapter:
    """The adapter, but these connects fail; the first is 1."""
    assert adapter.client is not None
    numbers = itertools.count(1)

    class Failing(adapter.client):  # type: ignore[name-defined, misc]
        async def connect(self, *args: object, **options: object) -> None:
            if next(numbers) in attempts:
                raise BleakError("le-connection-abort-by-local")
            await super().connect(*args, **options)

    return with_changes(adapter, client=Failing)


async def test_a_connect_that_fails_is_tried_again_before_and_after() -> None:
    """Attempts 1 to 3 meet both sensors, 4 to 6 ask for their results."""
    link = virtual_link()
    sensors = dots(link, 2)
    wait = Wait(sensors)
    async with on_air(link, sensors) as adapters:
        seen = await in_range(adapters, 2)
        outcomes = await synchronise(seen, [failing(adapters[0], {1, 5})], sleep=wait)
    assert [o.trouble for o in outcomes] == ["", ""]
    assert wait.asked_s == [1.0, 14.0, 1.0]


async def test_a_result_that_cannot_be_asked_is_no_success() -> None:
    link = virtual_link()
    sensors = dots(link, 2)
    async with on_air(link, sensors) as adapters:
        seen = await in_range(adapters, 2)
        outcomes = await synchronise(seen, [failing(adapters[0], range(4, 7))], sleep=Wait(sensors))
    assert [o.trouble for o in outcomes] == [
        "",
        "its result could not be asked: le-connection-abort-by-local",
    ]


async def test_without_the_first_sensor_nothing_is_begun() -> None:
    link = virtual_link()
    sensors = dots(link, 2)
    wait = Wait(sensors)
    deaf = {u: {c: p for c, p in cs.items() if c != CONTROL} for u, cs in DOT.services.items()}
    old = sensor_on(link, 1, profile=replace(DOT, services=deaf))
    async with on_air(link, [old, sensors[1]]) as adapters:
        first, second = await synchronise(await in_range(adapters, 2), adapters, sleep=wait)
    assert CONTROL in first.trouble
    assert second.trouble == "the first sensor, which all others follow, did not begin"
    assert (wait.asked_s, sensors[1].firmware.sync.begun_by) == ([], None)


async def test_sensors_that_cannot_be_synchronised_are_named_in_one_line() -> None:
    link = virtual_link()
    other = sensor_on(link, 2, profile=firmware_profiles.load("movesense"))
    async with on_air(link, [sensor_on(link, 1), other]) as adapters:
        one, two = await in_range(adapters, 2)
        with pytest.raises(InputError, match=rf"of their own: {address(2)} \(Movesense.*\); leave them out"):
            await synchronise([one, two], adapters)
        for too_few in ([one], [one, one]):
            with pytest.raises(InputError, match="two sensors or more, each named once"):
                await synchronise(too_few, adapters)


def test_a_virtual_sensor_is_synchronised_only_after_it_was_disconnected() -> None:
    firmware = VirtualFirmware(DOT)

    def status() -> bytes:
        (answer,) = firmware.written(CONTROL, bytes.fromhex("020108F5"))
        assert answer.characteristic == NOTIFIED
        return answer.payload

    assert firmware.read(ACK) == bytes.fromhex("02020309F0")
    assert firmware.written(CONTROL, START) == []
    assert firmware.read(ACK) == bytes.fromhex("02020309F0")
    assert status() == bytes.fromhex("02025109A2")
    firmware.disconnected()
    assert firmware.read(ACK) == bytes.fromhex("02020300F9")
    assert status() == bytes.fromhex("02025104A7")
    (stopped,) = firmware.written(CONTROL, bytes.fromhex("020102FB"))
    assert stopped.payload == bytes.fromhex("02025000AC")
    assert status() == bytes.fromhex("02025109A2")


@contextlib.asynccontextmanager
async def streaming(adapters: Sequence[BleAdapter], device_id: str) -> AsyncIterator[BleSource]:
    """A source with one sensor that streams."""
    source, sink = BleSource(asyncio.get_running_loop().time, adapters=adapters), Sink()
    task = asyncio.ensure_future(source.run(sink))
    try:
        await sink.until(lambda: DeviceState.STREAMING in sink.of(device_id))
        yield source
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_heading_of_a_sensor_that_streams_is_reset_and_reverted(gateway: Gateway) -> None:
    link = virtual_link()
    async with (
        on_air(link, [sensor_on(link, 1)], gateway) as adapters,
        streaming(adapters, address(1)) as source,
    ):
        assert await source.reset_heading(address(1)) is None
        assert await source.reset_heading(address(1), revert=True) is None
        assert await source.reset_heading(address(9)) == "it is not connected"


async def test_a_heading_that_was_not_reset_says_why() -> None:
    link = virtual_link()
    stubborn = sensor_on(link, 1, habits=Habits(refuses={"heading_reset": 0}))
    async with on_air(link, [stubborn]) as adapters, streaming(adapters, address(1)) as source:
        reason = await source.reset_heading(address(1))
    assert reason == (
        "Movella DOT answers 01 00 with an error: the heading was not reset; the sensor must be measuring"
        " and an earlier reset reverted (code 0)"
    )


async def test_a_sensor_without_a_heading_of_its_own_says_so() -> None:
    link = virtual_link()
    movesense = sensor_on(link, 1, profile=firmware_profiles.load("movesense"))
    async with on_air(link, [movesense]) as adapters, streaming(adapters, address(1)) as source:
        assert await source.reset_heading(address(1)) == "this kind of sensor has no heading to reset"
