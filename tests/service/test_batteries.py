"""One warning each time a battery gets low, with the time that is left once it can be told."""

from __future__ import annotations

from dataclasses import replace

from sensors.source import DeviceStatus
from service.batteries import Batteries
from tests.service.recorded import START_S, streaming

DOT = replace(streaming("a"), name="Movella DOT")


def at(minutes: float, percent: int | None, *, charging: bool | None = None) -> DeviceStatus:
    return replace(DOT, t_s=START_S + 60.0 * minutes, battery_percent=percent, charging=charging)


def test_a_battery_that_gets_low_is_said_once_and_again_after_it_was_charged() -> None:
    batteries = Batteries()
    said = [batteries.update(at(k, percent)) for k, percent in enumerate((20, 15, 14, 16, 15))]
    assert [line is not None for line in said] == [False, True, False, False, False]
    assert said[1] is not None
    assert "15 %" in said[1]
    assert batteries.is_low("a")
    assert batteries.update(at(6, 15, charging=True)) is None
    assert not batteries.is_low("a")
    assert batteries.update(at(7, 12)) is not None


def test_the_time_left_follows_from_what_was_used() -> None:
    batteries = Batteries()
    for minutes in range(0, 61, 5):
        batteries.update(at(minutes, 40 - minutes // 3))
    left_s = batteries.left_s("a")
    assert left_s is not None
    assert abs(left_s - 20 * 3 * 60.0) < 300.0


def test_a_sensor_that_tells_no_battery_is_never_low() -> None:
    batteries = Batteries()
    assert batteries.update(at(0, None)) is None
    assert not batteries.is_low("a")
    assert batteries.left_s("a") is None
