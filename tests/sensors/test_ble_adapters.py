"""Which adapter takes a sensor: one that sees it, with most room, the better signal, not where it failed."""

from __future__ import annotations

import asyncio

from bleak.backends.device import BLEDevice

from sensors.ble.adapters import BleAdapter, Place, Slots


def seen(**rssi_dbm: int) -> dict[str, Place]:
    return {name: Place(BLEDevice("AA", None, None), rssi, 0.0) for name, rssi in rssi_dbm.items()}


def slots(**budgets: int) -> Slots:
    return Slots([BleAdapter(name, budget) for name, budget in budgets.items()])


def best(of: Slots, places: dict[str, Place], avoid: str | None = None) -> str | None:
    use = of.best(places, avoid)
    return use.adapter.name if use else None


async def test_only_an_adapter_that_sees_the_sensor_is_taken() -> None:
    assert best(slots(hci0=5, hci1=5), seen(hci1=-90)) == "hci1"
    assert best(slots(hci0=5, hci1=5), {}) is None


async def test_with_equal_room_the_better_signal_wins() -> None:
    assert best(slots(hci0=5, hci1=5), seen(hci0=-70, hci1=-50)) == "hci1"


async def test_sensors_are_spread_by_the_room_that_is_left() -> None:
    pool, places = slots(hci0=4, hci1=2), seen(hci0=-50, hci1=-80)
    taken = [(await pool.take(places)).adapter.name for _ in range(6)]
    assert taken == ["hci0", "hci1", "hci0", "hci0", "hci1", "hci0"]
    assert best(pool, places) is None


async def test_where_it_just_failed_is_the_last_resort() -> None:
    pool, places = slots(hci0=5, hci1=1), seen(hci0=-40, hci1=-80)
    assert best(pool, places, avoid="hci0") == "hci1"
    await pool.take(places, avoid="hci0")
    assert best(pool, places, avoid="hci0") == "hci0"


async def test_who_waits_gets_the_place_that_becomes_free() -> None:
    pool, places = slots(hci0=1), seen(hci0=-50)
    first = await pool.take(places)
    waiting = asyncio.ensure_future(pool.take(places))
    await asyncio.sleep(0)
    assert not waiting.done()
    pool.give_back(first)
    assert await waiting is first


async def test_who_waits_takes_another_adapter_once_that_sees_the_sensor() -> None:
    pool, places = slots(hci0=0, hci1=1), seen(hci0=-50)
    waiting = asyncio.ensure_future(pool.take(places))
    await asyncio.sleep(0)
    places |= seen(hci1=-80)
    pool.changed()
    assert (await waiting).adapter.name == "hci1"


def test_bleak_is_told_the_adapter_by_its_name_on_bluez() -> None:
    assert BleAdapter("hci1").client_options == {"bluez": {"adapter": "hci1"}}
    assert BleAdapter().scanner_options == {}
