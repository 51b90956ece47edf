"""The service on sensors in range: what is said when one is missing or unknown."""

from __future__ import annotations

import asyncio

import pytest

from fusion.errors import InputError
from fusion.types import Segment
from sensors.ble import BleSource, RadioError
from service.gateway import Assignment
from service.running import advice, parse_assignment, run
from service.settings import Settings
from tests.sensors.virtual_radio import on_air, virtual_link

WORN = Assignment({"AA:01": ("anna", Segment.PELVIS), "AA:02": ("anna", Segment.THIGH_LEFT)})


def test_without_any_sensor_it_is_said_what_to_do() -> None:
    (line,) = advice(WORN, [])
    assert line.startswith("no sensor in range yet; wake it")


def test_a_missing_sensor_is_named_with_its_segment() -> None:
    assert advice(WORN, ["AA:01"]) == [
        "AA:02 (thigh_left) has not been seen yet; wake it, charge it or come closer"
    ]


def test_a_sensor_that_nobody_wears_is_named_with_the_option_that_changes_it() -> None:
    assert advice(WORN, ["AA:01", "AA:02", "AA:07"]) == ["AA:07 is worn by nobody; add --wear AA:07=pelvis"]


def test_nothing_is_said_when_all_are_there() -> None:
    assert advice(WORN, ["AA:02", "AA:01"]) == []


async def test_a_run_that_met_no_sensor_fails(settings: Settings) -> None:
    async with on_air(virtual_link(), []) as adapters:
        clock = asyncio.get_running_loop().time
        source = BleSource(clock, adapters=adapters)
        with pytest.raises(RadioError, match="no sensor came into range; wake it"):
            await run(settings, Assignment(), source, clock, 0.1, headless=True)


def test_the_wearing_is_read_from_the_options() -> None:
    read = parse_assignment(["aa:01=pelvis", "AA:02=thigh_left"], "anna", "rdl")
    assert (read.sensors, read.exercises) == (WORN.sensors, {"anna": "rdl"})


@pytest.mark.parametrize("wear", ["AA:01", "AA:01=", "=pelvis", "AA:01=elbow"])
def test_what_cannot_be_read_is_said(wear: str) -> None:
    with pytest.raises(InputError, match="must be ADDRESS=SEGMENT"):
        parse_assignment([wear], "anna", "rdl")
