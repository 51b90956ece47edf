"""``ilium radio``: keeps virtual sensors in range until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import typer

import firmware_profiles
from simulator.errors import SimulationError
from simulator.virtual_range import RangePlan, virtual_range


def main(plan: RangePlan, duration_s: float | None) -> None:
    """Run; raises `SimulationError` where there is no D-Bus, `ProfileError` for an unknown profile."""
    if sys.platform != "linux":
        raise SimulationError("BlueZ's look-alike needs Linux; elsewhere try: ilium demo")
    for profile_id in plan.profiles:
        firmware_profiles.load(profile_id)
    asyncio.run(_serve(plan, duration_s))


async def _serve(plan: RangePlan, duration_s: float | None) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with virtual_range(plan) as (bus, sensors):
        typer.echo(f"export DBUS_SYSTEM_BUS_ADDRESS='{bus}'")
        for sensor in sensors:
            typer.echo(f"# {sensor.address}  {sensor.profile.id:20} {sensor.name}")
        typer.echo(
            f"# seed {plan.seed}; in another terminal, use the first line, then for example: ilium scan"
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), duration_s)
