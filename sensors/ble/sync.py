"""Sensors that synchronise their clocks among themselves by radio, as their profile describes it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fusion.errors import InputError
from sensors.ble.adapters import BleAdapter
from sensors.ble.failures import ERRORS, LinkError, classify
from sensors.ble.link import Link
from sensors.ble.scan import Sighting
from sensors.reconnect import Failure

_ADDRESS: Final = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){5}", re.IGNORECASE)
_FEWEST: Final = 2
_STEP_S: Final = 30.0
"""For connecting and what is said then; a sensor that is out of range must not keep the others waiting."""
_ATTEMPTS: Final = 3
"""To come back for the result: without it nobody knows whether the sensors are synchronised."""
_PAUSE_S: Final = 1.0

Sleep = Callable[[float], Awaitable[object]]
_Step = Callable[[Link], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """How it went for one sensor."""

    device_id: str
    trouble: str = ""
    """Why it is not synchronised, in plain words; empty when it is."""


async def synchronise(
    sightings: Sequence[Sighting], adapters: Sequence[BleAdapter] = (), *, sleep: Sleep = asyncio.sleep
) -> list[SyncOutcome]:
    """Synchronise sensors with the first of them (the root); none may be connected elsewhere.

    All are connected, one at a time, and only then told to begin, so that they begin together. They are
    disconnected for as long as the profile asks, and asked for the result. Nothing is begun unless every
    sensor could be connected. Raises `InputError` for sensors that cannot be synchronised with each other.
    """
    root = _root_address(sightings)
    by_name = {adapter.name: adapter for adapter in adapters or (BleAdapter(),)}
    links = [_link(s, by_name) for s in sightings]
    try:
        outcomes = await _each(sightings, links, _meet)
        if any(o.trouble for o in outcomes):
            return [o if o.trouble else SyncOutcome(o.device_id, _NOT_BEGUN) for o in outcomes]
        outcomes = await _each(sightings, links, lambda link: _begin(link, root))
    finally:
        await asyncio.gather(*map(_hang_up, links))
    if not outcomes[0].trouble:
        await sleep(max(link.profile.sync.wait_s for link in links if link.profile.sync))
        return [
            o if o.trouble else await _result(s, by_name, sleep)
            for s, o in zip(sightings, outcomes, strict=True)
        ]
    return [o if o.trouble else SyncOutcome(o.device_id, _NO_ROOT) for o in outcomes]


_NOT_BEGUN: Final = "not begun, because another sensor could not be connected"
_NO_ROOT: Final = "the first sensor, which all others follow, did not begin"


def _root_address(sightings: Sequence[Sighting]) -> bytes:
    """The first sensor's address, least byte first, once it is clear that all can be synchronised."""
    if len(sightings) < _FEWEST or len({s.device_id for s in sightings}) < len(sightings):
        raise InputError("synchronisation takes two sensors or more, each named once")
    without = [s for s in sightings if not any(p.sync for p in s.profiles)]
    if without:
        named = ", ".join(f"{s.device_id} ({s.profile.name if s.profile else 'no profile'})" for s in without)
        raise InputError(f"no radio synchronisation of their own: {named}; leave them out")
    if len({p.id for s in sightings for p in s.profiles if p.sync}) > 1:
        raise InputError(
            "sensors of different kinds cannot be synchronised with each other; name those of one"
        )
    address = sightings[0].handle.address
    if not _ADDRESS.fullmatch(address):
        raise InputError(
            f"this system's Bluetooth hides the sensors' addresses ({address}), which the synchronisation"
            " needs; use Linux or Windows"
        )
    return bytes.fromhex(address.replace(":", ""))[::-1]


def _link(sighting: Sighting, adapters: dict[str, BleAdapter]) -> Link:
    adapter = adapters[sighting.adapter]
    return Link(sighting.handle, adapter, sighting.profiles, lambda *_: None, lambda _: None)


async def _each(sightings: Sequence[Sighting], links: Sequence[Link], step: _Step) -> list[SyncOutcome]:
    """One step with every sensor, one after the other."""
    return [await _try(s.device_id, link, step) for s, link in zip(sightings, links, strict=True)]


async def _try(device_id: str, link: Link, step: _Step) -> SyncOutcome:
    try:
        async with asyncio.timeout(_STEP_S):
            await step(link)
    except (LinkError, *ERRORS) as error:
        return SyncOutcome(device_id, classify(error)[1])
    return SyncOutcome(device_id)


async def _meet(link: Link) -> None:
    await link.connect()
    await link.recognise()
    if link.profile.sync is None:
        raise LinkError(Failure.REFUSED, f"a {link.profile.name} has no radio synchronisation of its own")


async def _begin(link: Link, root: bytes) -> None:
    """Rate and filter must be set before."""
    await link.command("configure")
    await link.command("sync.start", {"root_address": root})


async def _result(sighting: Sighting, adapters: dict[str, BleAdapter], sleep: Sleep) -> SyncOutcome:
    """Connect again, as often as it takes, and ask once."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            await sleep(_PAUSE_S)
        link = _link(sighting, adapters)
        try:
            outcome = await _try(sighting.device_id, link, _meet)
            if not outcome.trouble:
                return await _try(sighting.device_id, link, lambda link: link.command("sync.result"))
        finally:
            await _hang_up(link)
    return SyncOutcome(sighting.device_id, f"its result could not be asked: {outcome.trouble}")


async def _hang_up(link: Link) -> None:
    with contextlib.suppress(*ERRORS):
        await link.hang_up()
