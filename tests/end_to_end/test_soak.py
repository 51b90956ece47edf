"""Six sensors whose links are cut again and again: all stream at the end, every gap is counted."""

from __future__ import annotations

import sys

import pytest
from msgspec.structs import replace

from benchmarks.soak import LINK, SoakPlan, soak
from tests.service.debian import program

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("gateway", ["bumble", "bluez"])
async def test_links_that_are_cut_every_few_seconds_cost_only_what_is_counted(gateway: str) -> None:
    if gateway == "bluez":
        if sys.platform != "linux":
            pytest.skip("BlueZ is Linux's Bluetooth stack")
        program("dbus-daemon", "dbus")
    plan = SoakPlan(duration_s=18.0, link=replace(LINK, loss=0.05, drop_every_s=3.0))
    rows = await soak(plan, gateway)
    assert len(rows) == 6
    for row in rows:
        assert row.ok, row
        assert row.connections >= 4
        assert row.missing > 50
        assert row.dropped_twice > 0
    assert {row.adapter for row in rows} == {"hci0", "hci1"}
