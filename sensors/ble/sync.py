"""Sensors that synchronise their clocks among themselves by radio, as their profile describes it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
_PAUSE_S: Final = 1.0
_PASSING: Final = frozenset({Failure.TRANSIENT, Failure.BUSY})
"""What is worth another attempt at once."""
_NOT_BEGUN: Final = "not begun, because another sensor could not be connected"
_NO_ROOT: Final = "the first sensor, which all others follow, did not begin"

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
    visits = _Visits({adapter.name: adapter for adapter in adapters or (BleAdapter(),)}, sleep)
    links: list[Link] = []
    try:
        for sighting in sightings:
            link, trouble = await visits.meet(sighting)
            if trouble:
                return [SyncOutcome(s.device_id, trouble if s is sighting else _NOT_BEGUN) for s in sightings]
            links.append(link)
        troubles = [await _try(links[0], lambda link: _begin(link, root))]
        if troubles[0]:
            return [
                SyncOutcome(s.device_id, troubles[0] if s is sightings[0] else _NO_ROOT) for s in sightings
            ]
        troubles += [await _try(link, lambda link: _begin(link, root)) for link in links[1:]]
    finally:
        await asyncio.gather(*map(_hang_up, links))
    await sleep(max(link.profile.sync.wait_s for link in links if link.profile.sync))
    return [
        SyncOutcome(s.device_id, t or await visits.result(s))
        for s, t in zip(sightings, troubles, strict=True)
    ]


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


class _Visits:
    """Connects to sensors, as often as it takes."""

    def __init__(self, adapters: Mapping[str, BleAdapter], sleep: Sleep) -> None:
        self._adapters, self._sleep = adapters, sleep

    async def meet(self, sighting: Sighting) -> tuple[Link, str]:
        """A link to the sensor; or one that is hung up, and why."""
        adapter = self._adapters[sighting.adapter]
        for attempt in range(1, _ATTEMPTS + 1):
            link = Link(sighting.handle, adapter, sighting.profiles, lambda *_: None, lambda _: None)
            failure, trouble = await _reach(link)
            if failure not in _PASSING or attempt == _ATTEMPTS:
                break
            await self._sleep(_PAUSE_S)
        return link, trouble

    async def result(self, sighting: Sighting) -> str:
        """Why a sensor is not synchronised; empty when it is."""
        link, trouble = await self.meet(sighting)
        if trouble:
            return f"its result could not be asked: {trouble}"
        try:
            return await _try(link, lambda link: link.command("sync.result"))
        finally:
            await _hang_up(link)


async def _reach(link: Link) -> tuple[Failure | None, str]:
    """Connect; what failed and why, the link then being hung up."""
    async with contextlib.AsyncExitStack() as undo:
        undo.push_async_callback(_hang_up, link)
        try:
            async with asyncio.timeout(_STEP_S):
                await link.connect()
                await link.recognise()
        except (LinkError, *ERRORS) as error:
            return classify(error)
        undo.pop_all()
    return None, ""


async def _try(link: Link, step: _Step) -> str:
    """Why the step failed; empty when it did not."""
    try:
        async with asyncio.timeout(_STEP_S):
            await step(link)
    except (LinkError, *ERRORS) as error:
        return classify(error)[1]
    return ""


async def _begin(link: Link, root: bytes) -> None:
    """Rate and filter must be set before."""
    await link.command("configure")
    if not await link.command("sync.start", {"root_address": root}):
        raise LinkError(Failure.REFUSED, f"a {link.profile.name} has no radio synchronisation of its own")


async def _hang_up(link: Link) -> None:
    with contextlib.suppress(*ERRORS):
        await link.hang_up()
