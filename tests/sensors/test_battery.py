"""Battery of any sensor: percent, volts, charging; warned of once; time left from what has been used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware_profiles
from sensors.battery import (
    BatteryLevel,
    BatteryReader,
    LowBattery,
    TimeLeft,
    battery_payload,
    percent_of,
)

WITH_BATTERY = [p for p in map(firmware_profiles.load, firmware_profiles.ids()) if p.battery]
WIT = firmware_profiles.load("wit_motion")


@pytest.mark.parametrize("profile", WITH_BATTERY, ids=lambda p: p.id)
@pytest.mark.parametrize("percent", [5, 15, 50, 100])
def test_what_a_virtual_sensor_sends_reads_back(profile: firmware_profiles.Profile, percent: int) -> None:
    assert profile.battery is not None
    payload = battery_payload(profile, percent, charging=True)
    level = BatteryReader(profile).read(profile.battery.characteristic, payload)
    assert level is not None
    assert level.percent == percent
    assert level.charging is (True if profile.battery.charging_offset is not None else None)


# The vendor's table: from 3.96 V on 100 %, 3.93 90, 3.87 75, 3.82 60, 3.79 50, 3.77 40, 3.73 30, 3.70 20,
# 3.68 15, 3.50 10, 3.40 5.
@pytest.mark.parametrize(
    ("volts", "percent"), [(4.2, 100), (3.96, 100), (3.95, 90), (3.8, 50), (3.69, 15), (3.41, 5), (3.3, 0)]
)
def test_volts_become_percent_by_the_vendor_s_table(volts: float, percent: int) -> None:
    assert WIT.battery is not None
    assert percent_of(WIT.battery.table, volts) == percent


@given(st.binary(max_size=30))
def test_random_bytes_are_a_level_that_can_be_true_or_nothing(payload: bytes) -> None:
    for profile in WITH_BATTERY:
        assert profile.battery is not None
        level = BatteryReader(profile).read(profile.battery.characteristic, payload)
        assert level is None or 0 <= level.percent <= 100


def test_another_characteristic_is_no_battery() -> None:
    assert BatteryReader(WIT).read("0000ffe9-0000-1000-8000-00805f9a34fb", battery_payload(WIT, 50)) is None


def test_a_low_battery_is_warned_of_once_until_it_was_charged() -> None:
    low = LowBattery(low_percent=15.0, clear_percent=20.0)
    percents = [30, 16, 15, 14, 16, 15, 19, 15, 20, 15, 14]
    warned = [low.update(BatteryLevel(p)) for p in percents]
    assert [p for p, w in zip(percents, warned, strict=True) if w] == [15, 15]
    assert low.is_low
    again = [low.update(level) for level in (BatteryLevel(14, charging=True), BatteryLevel(14))]
    assert again == [False, True]


def test_time_left_follows_the_slope_of_what_was_used() -> None:
    """1 % every 6 minutes: at 70 % seven hours are left."""
    left = TimeLeft()
    answers = [left.update(360.0 * k, BatteryLevel(100 - k)) for k in range(31)]
    assert answers[:2] == [None, None]
    assert answers[-1] == pytest.approx(7 * 3600.0, rel=0.01)


def test_time_left_is_not_known_while_charging_and_starts_over_after() -> None:
    left = TimeLeft()
    for k in range(20):
        left.update(360.0 * k, BatteryLevel(50 - k))
    assert left.update(7300.0, BatteryLevel(40, charging=True)) is None
    assert left.update(7400.0, BatteryLevel(90)) is None


def test_a_gauge_that_stands_still_gives_no_time() -> None:
    left = TimeLeft()
    assert [left.update(600.0 * k, BatteryLevel(80)) for k in range(20)] == [None] * 20
