"""A short visit to a sensor: what it really is, and its battery. Nothing is started."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sensors.battery import BatteryLevel
from sensors.ble.adapters import BleAdapter
from sensors.ble.failures import ERRORS, LinkError, classify
from sensors.ble.link import Link
from sensors.ble.scan import Sighting

_VISIT_S: Final = 15.0


async def visit(sightings: Sequence[Sighting], adapters: Sequence[BleAdapter] = ()) -> list[Sighting]:
    """The sightings with their batteries, or with why they could not be asked; one after the other."""
    by_name = {adapter.name: adapter for adapter in adapters or (BleAdapter(),)}
    return [await _visit(s, by_name) if s.profiles else s for s in sightings]


async def _visit(sighting: Sighting, adapters: Mapping[str, BleAdapter]) -> Sighting:
    levels: list[BatteryLevel] = []
    link = Link(
        sighting.handle, adapters[sighting.adapter], sighting.profiles, lambda *_: None, levels.append
    )
    try:
        async with asyncio.timeout(_VISIT_S):
            await link.connect()
            await link.recognise()
            await link.look_at_battery()
    except (LinkError, *ERRORS) as error:
        return replace(sighting, trouble=classify(error)[1])
    finally:
        with contextlib.suppress(*ERRORS):
            await link.hang_up()
    return replace(sighting, profiles=(link.profile,), battery=levels[-1] if levels else None)
