"""The commands as a user starts them, on BlueZ's look-alike with virtual sensors in range."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import firmware_profiles
from simulator.peripheral import VirtualSensor
from simulator.virtual_range import RangePlan, virtual_range
from tests.end_to_end.line import PATIENCE_S, live
from tests.service.debian import program

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="BlueZ is Linux's Bluetooth stack"),
]


@contextlib.asynccontextmanager
async def in_range(*profiles: str, adapters: int = 1) -> AsyncIterator[tuple[str, list[VirtualSensor]]]:
    program("dbus-daemon", "dbus")
    async with virtual_range(RangePlan(profiles, adapters)) as found:
        yield found


async def started(bus: str, cwd: Path, *arguments: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.cli",
        *map(str, arguments),
        cwd=cwd,
        env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus, "ILIUM_DATA_DIR": str(cwd / "data")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ilium(bus: str, cwd: Path, *arguments: object) -> tuple[int | None, str, str]:
    process = await started(bus, cwd, *arguments)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    return process.returncode, out.decode(), err.decode()


async def test_a_scan_finds_a_sensor_of_every_profile_and_asks_its_battery(tmp_path: Path) -> None:
    everything = firmware_profiles.ids()
    async with in_range(*everything) as (bus, sensors):
        code, out, err = await ilium(bus, tmp_path, "scan", "--duration", 1, "--battery", "--json")
        assert code == 0, err
        rows: list[dict[str, Any]] = json.loads(out)
    assert sorted(r["profile"] for r in rows) == sorted(everything)
    assert {r["id"] for r in rows} == {s.address for s in sensors}
    assert {r["trouble"] for r in rows} == {""}
    with_battery = {p for p in everything if firmware_profiles.load(p).battery is not None}
    assert {r["profile"] for r in rows if r["battery_percent"] is not None} == with_battery
    asked_to = [s for s in sensors if s.profile.commands.start]
    assert not any(s.streaming or s.sent for s in asked_to)


async def test_a_scan_without_profiles_in_range_fails_and_says_what_to_do(tmp_path: Path) -> None:
    async with in_range() as (bus, _):
        code, out, err = await ilium(bus, tmp_path, "scan", "--duration", 0.5)
    assert (code, out) == (1, "")
    assert "wake it by its button" in err


async def test_an_adapter_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with in_range() as (bus, _):
        code, _, err = await ilium(bus, tmp_path, "scan", "--duration", 0.5, "--adapter", "hci7")
    assert code == 1
    assert err.count("\n") == 1
    assert "no usable Bluetooth adapter hci7" in err


async def test_a_gateway_streams_blinks_checks_and_leaves_sensors_quiet_on_sigterm(
    tmp_path: Path,
) -> None:
    async with in_range("movella_dot", "metamotion_bmi270", adapters=2) as (bus, sensors):
        wear = [f"--wear={s.address}={p}" for s, p in zip(sensors, ("pelvis", "thigh_right"), strict=True)]
        port = 18_431
        gateway = await started(
            bus, tmp_path, "run", "--headless", "--exercise", "hip_thrust", "--port", port,
            "--adapter", "hci0", "--adapter", "hci1", *wear,
        )  # fmt: skip
        try:
            async with live(port) as messages:
                async for topic, _ in messages:
                    if topic == "kinematics" and all(s.sent > 60 for s in sensors):
                        break
            url = f"--url=http://127.0.0.1:{port}"
            code, out, err = await ilium(bus, tmp_path, "sensors", "list", "--json", url)
            assert code == 0, err
            seen = {s["id"]: s for s in json.loads(out)}
            # Which takes which depends on who hears it first; test_ble_adapters.py asks for the rest.
            assert {s["adapter"] for s in seen.values()} <= {"hci0", "hci1"}
            assert {s["battery_percent"] for s in seen.values()} == {87}
            blinker = sensors[0]
            code, _, err = await ilium(bus, tmp_path, "sensors", "blink", blinker.address, url)
            assert (code, blinker.firmware.blinks) == (0, 1), err
            headings = [
                await ilium(bus, tmp_path, "sensors", "heading-reset", s.address, url) for s in sensors
            ]
            assert [code for code, _, _ in headings] == [0, 1]
            assert "keeps its heading: this kind of sensor has no heading to reset" in headings[1][2]
            check = ("sensors", "check", "lift_right_knee", "--duration", 2, url)
            code, out, _ = await ilium(bus, tmp_path, *check)
            assert code == 1
            assert "no sensor turned by 20°" in out
            gateway.terminate()
            await asyncio.wait_for(gateway.communicate(), PATIENCE_S)
        finally:
            if gateway.returncode is None:
                gateway.kill()
                await gateway.wait()
        assert gateway.returncode == 0
        assert not any(sensor.streaming for sensor in sensors)
        assert all(sensor.sent for sensor in sensors)


async def test_sensors_are_synchronised_and_those_out_of_range_named(tmp_path: Path) -> None:
    """With a profile of the user's own, the same but for the wait."""
    stock = Path(firmware_profiles.__file__).parent / "movella_dot.toml"
    hasty = stock.read_text(encoding="utf-8").replace("wait_s = 14.0", "wait_s = 0.0")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "movella_dot.toml").write_text(hasty, encoding="utf-8")
    (tmp_path / "ilium.toml").write_text('profiles_dir = "profiles"\n', encoding="utf-8")
    async with in_range("movella_dot", "movella_dot") as (bus, sensors):
        one, two = (s.address for s in sensors)
        code, out, err = await ilium(bus, tmp_path, "sensors", "sync", one, two, "--duration", 1)
        assert (code, out) == (0, f"{one}  synchronised\n{two}  synchronised\n"), err
        assert all(s.firmware.sync.done for s in sensors)
        code, _, err = await ilium(
            bus, tmp_path, "sensors", "sync", one, "F0:00:00:00:00:99", "--duration", 1
        )
    assert code == 2
    assert "not in range: F0:00:00:00:00:99; wake them" in err


async def test_the_radio_as_a_command_says_how_to_reach_it(tmp_path: Path) -> None:
    program("dbus-daemon", "dbus")
    process = await started("unix:path=/nonexistent", tmp_path, "radio", "--profile", "polar_h10")
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode()
    assert line.startswith("export DBUS_SYSTEM_BUS_ADDRESS='unix:path=")
    code, out, err = await ilium(line.split("'")[1], tmp_path, "scan", "--duration", 0.5, "--json")
    assert code == 0, err
    assert [r["profile"] for r in json.loads(out)] == ["polar_h10"]
    process.terminate()
    await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0
