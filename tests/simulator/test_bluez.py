"""The org.bluez look-alike behaves like the daemon that it stands in for, as bleak's own backend sees it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDBusError, BleakGATTProtocolError
from bumble import hci
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

import firmware_profiles
from simulator.air import _GatewayController
from simulator.bluez.device import GATT_SERVICE, DeviceObject
from tests.sensors.virtual_radio import (
    DOT,
    DOT_STREAM,
    Gateway,
    address,
    on_air,
    payload,
    sensor_on,
    virtual_link,
)

(START,) = firmware_profiles.choose(DOT).writes("start")
CONTROL = START.characteristic


def _put(queue: asyncio.Queue[bytes], _: object, value: bytearray) -> None:
    queue.put_nowait(bytes(value))


async def call(bus: MessageBus, path: str, member: str, interface: str = "org.bluez.Adapter1") -> Message:
    answer = await bus.call(Message("org.bluez", path, interface, member))
    assert answer is not None
    return answer


async def managed(bus: MessageBus) -> dict[str, dict[str, Any]]:
    answer = await call(bus, "/", "GetManagedObjects", "org.freedesktop.DBus.ObjectManager")
    objects: dict[str, dict[str, Any]] = answer.body[0]
    return objects


async def until_gone(bus: MessageBus, path: str) -> None:
    async with asyncio.timeout(10):
        while path in await managed(bus):
            await asyncio.sleep(0)


async def test_attributes_are_on_the_bus_while_there_is_a_link() -> None:
    link = virtual_link()
    async with on_air(link, [sensor_on(link, 1)], Gateway.BLUEZ):
        (seen,) = await BleakScanner.discover(timeout=0.2)
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        device = f"/org/bluez/hci0/dev_{address(1).replace(':', '_')}"
        assert sorted(await managed(bus)) == ["/org/bluez/hci0", device]
        async with BleakClient(seen) as client:
            objects = await managed(bus)
            flags = {
                properties["UUID"].value: properties["Flags"].value
                for interfaces in objects.values()
                if (properties := interfaces.get("org.bluez.GattCharacteristic1"))
            }
            assert flags[DOT_STREAM.characteristic] == ["notify"]
            assert {u for cs in DOT.services.values() for u in cs} <= flags.keys()
            found = client.services.get_characteristic(DOT_STREAM.characteristic)
            assert found is not None
            assert found.max_write_without_response_size == 244
            kept = {path for path in objects if path.startswith(f"{device}/service")}
        await until_gone(bus, min(kept))
        assert device in await managed(bus)
        bus.disconnect()


async def test_a_second_connect_on_the_same_adapter_is_refused_while_the_first_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link, under_way = virtual_link(), asyncio.Event()
    away = sensor_on(link, 1)
    attempt = _GatewayController.on_hci_le_create_connection_command

    def begun(controller: _GatewayController, command: hci.HCI_LE_Create_Connection_Command) -> None:
        attempt(controller, command)
        under_way.set()

    monkeypatch.setattr(_GatewayController, "on_hci_le_create_connection_command", begun)
    async with on_air(link, [away, sensor_on(link, 2)], Gateway.BLUEZ):
        found = {d.address: d for d in await BleakScanner.discover(timeout=0.2)}
        await away._disappear()
        first = asyncio.ensure_future(BleakClient(found[address(1)], timeout=1.0).connect())
        await under_way.wait()
        with pytest.raises(BleakDBusError, match="InProgress"):
            await BleakClient(found[address(2)]).connect()
        with pytest.raises(TimeoutError):
            await first
        async with BleakClient(found[address(2)]) as second:
            assert second.is_connected


async def test_discovery_belongs_to_the_client_that_began_it_and_ends_with_it() -> None:
    link = virtual_link()
    async with on_air(link, [sensor_on(link, 1)], Gateway.BLUEZ):
        one, other = [await MessageBus(bus_type=BusType.SYSTEM).connect() for _ in range(2)]
        assert (
            await call(one, "/org/bluez/hci0", "StartDiscovery")
        ).message_type is MessageType.METHOD_RETURN
        assert (
            await call(one, "/org/bluez/hci0", "StartDiscovery")
        ).error_name == "org.bluez.Error.InProgress"
        assert (await call(other, "/org/bluez/hci0", "StopDiscovery")).error_name == "org.bluez.Error.Failed"

        async def discovering() -> bool:
            return bool((await managed(other))["/org/bluez/hci0"]["org.bluez.Adapter1"]["Discovering"].value)

        assert await discovering()
        one.disconnect()
        async with asyncio.timeout(10):
            while await discovering():
                await asyncio.sleep(0)
        other.disconnect()


async def test_a_half_discovered_sensor_stays_so_until_it_is_removed_from_the_cache() -> None:
    """As real adapters do to one of two sensors that are connected at once."""
    broken: list[DeviceObject] = []

    def once(device: DeviceObject) -> None:
        device.half_discovered = not broken
        broken.append(device)

    link = virtual_link()
    async with on_air(link, [sensor_on(link, 1)], Gateway.BLUEZ, on_found=once):
        (seen,) = await BleakScanner.discover(timeout=0.2)
        client = BleakClient(seen)
        for _ in range(2):
            async with client:
                assert [service.uuid for service in client.services] == [GATT_SERVICE]
        await client.unpair()
        (again,) = await BleakScanner.discover(timeout=0.2)
        async with BleakClient(again) as fresh:
            assert fresh.services.get_characteristic(CONTROL) is not None


async def test_notifications_come_to_the_clients_that_asked_and_errors_have_their_names() -> None:
    link = virtual_link()
    sensor = sensor_on(link, 1, packets=20)
    async with on_air(link, [sensor], Gateway.BLUEZ):
        (seen,) = await BleakScanner.discover(timeout=0.2)
        got: asyncio.Queue[bytes] = asyncio.Queue()
        async with BleakClient(seen) as client:
            with pytest.raises(BleakDBusError, match="NotSupported"):
                await client.start_notify(CONTROL, print)
            with pytest.raises(BleakGATTProtocolError, match=r"(?i)read.not.permitted"):
                await client.read_gatt_char(DOT_STREAM.characteristic)
            take = partial(_put, got)
            await client.start_notify(DOT_STREAM.characteristic, take)
            with pytest.raises(BleakDBusError, match="InProgress"):
                await client.start_notify(DOT_STREAM.characteristic, take)
            await client.write_gatt_char(CONTROL, START.payload, response=True)
            async with asyncio.timeout(10):
                assert [await got.get() for _ in range(20)] == [payload(k) for k in range(20)]
            await client.stop_notify(DOT_STREAM.characteristic)
