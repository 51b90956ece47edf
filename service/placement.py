"""The guided check of where sensors are worn: asks for a movement, listens for a few seconds, judges."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from firmware_profiles import Profile
from fusion.errors import IliumError
from fusion.summary import Document
from fusion.types import FloatArray, Segment
from sensors.placement_check import Movement, Placement, check_placement
from sensors.source import RawPacket
from sensors.stream import SensorStream
from service.bus import Message
from service.gateway import Gateway


class NothingWornError(IliumError, ValueError):
    """The athlete wears too few sensors for a check; says how to change that."""


class Listener:
    """Samples of one athlete's sensors while the check runs."""

    def __init__(self, worn: Mapping[str, Segment], profiles: Mapping[str, Profile]) -> None:
        self.worn = dict(worn)
        self._streams = {d: SensorStream(profiles[d], d) for d in worn if d in profiles}

    def packet(self, packet: RawPacket) -> None:
        """Take a notification of any sensor in."""
        stream = self._streams.get(packet.device_id)
        if stream is not None:
            stream.on_packet(packet.characteristic, packet.payload, packet.arrival_s)

    def recordings(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """device_id → times (n,) in s and rates (n, 3) in rad/s, of sensors that sent anything."""
        blocks = ((device, stream.take()) for device, stream in self._streams.items())
        return {device: (block.t_s, block.gyr_rads) for device, block in blocks if block is not None}


@dataclass(frozen=True, slots=True)
class GuidedCheck:
    """Runs checks; ``wait`` sleeps for a number of seconds."""

    gateway: Gateway
    publish: Callable[[Message], None]
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, athlete_id: str, movement: Movement, duration_s: float) -> Placement:
        """Ask, listen, judge; both ends are published. Raises `NothingWornError`."""
        worn = self.gateway.assignment.worn_by(athlete_id)
        if len(worn) < 2:
            raise NothingWornError(
                f"athlete {athlete_id!r} wears {len(worn)} sensors; a check needs two: "
                "PUT /api/v1/sensors/{device_id}/assignment"
            )
        listener = Listener(worn, self.gateway.profiles_of(worn))
        self._tell(athlete_id, {"event": "placement_requested"}, movement, {"duration_s": duration_s})
        with self.gateway.tapped(listener.packet):
            await self.wait(duration_s)
        found = check_placement(movement, worn, listener.recordings())
        self._tell(athlete_id, {"event": "placement_checked"}, movement, placement_document(found))
        return found

    def _tell(self, athlete_id: str, event: Document, movement: Movement, facts: Document) -> None:
        asked = {"athlete_id": athlete_id, "movement": movement.value, "request": movement.words}
        self.publish(Message("placement", athlete_id, event | asked | facts))


def placement_document(found: Placement) -> Document:
    """A check's result for the API and the bus."""
    return {
        "movement": found.movement.value,
        "verdict": found.verdict.value,
        "turned_deg": {device: round(turn, 1) for device, turn in found.turned_deg.items()},
        "swaps": [list(pair) for pair in found.swaps],
        "messages": list(found.messages),
    }
