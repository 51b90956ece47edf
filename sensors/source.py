"""What every source of packets has in common: real sensors, virtual ones, recordings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from firmware_profiles import Profile
from sensors.registry import KnownDevice

NOT_CONNECTED: Final = "it is not connected"
NO_HEADING_RESET: Final = "this kind of sensor has no heading to reset"


class DeviceState(StrEnum):
    """Where a sensor is in its life."""

    FOUND = "found"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    LOST = "lost"
    REFUSED = "refused"
    STOPPED = "stopped"


RESTARTED: Final = "restarted"
"""In place of a characteristic: the sensor was connected anew. Kept with the packets, so that a recording is
read as it was live."""


CHOSEN: Final = "chosen"
"""In place of a characteristic: the payload (JSON) says how the sensor is run, where that is not as its
profile does by itself."""


@dataclass(frozen=True, slots=True)
class RawPacket:
    """One notification exactly as it came; ``arrival_s`` on the host's monotonic clock."""

    device_id: str
    characteristic: str
    arrival_s: float
    payload: bytes


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A sensor changed its state."""

    device_id: str
    name: str
    state: DeviceState
    t_s: float
    profile: Profile | None = None
    reason: str = ""
    battery_percent: int | None = None
    rssi_dbm: int | None = None
    """Of its last advertisement; connected sensors do not tell."""
    charging: bool | None = None
    adapter: str = ""
    """Name of the adapter that it is connected through, where there are several."""


class PacketSink(Protocol):
    """Where a source delivers; both are called on the event loop and return at once."""

    def packet(self, packet: RawPacket) -> None:
        """A notification arrived."""

    def status(self, status: DeviceStatus) -> None:
        """A sensor changed its state."""


class SensorSource(Protocol):
    """Something that delivers packets until it is cancelled or has no more."""

    async def run(self, sink: PacketSink) -> None:
        """Deliver; cleans up after itself when cancelled."""

    async def identify(self, device_id: str) -> bool:
        """Make a sensor show itself; False where it cannot."""

    async def reset_heading(self, device_id: str, *, revert: bool = False) -> str | None:
        """Make a streaming sensor's own heading zero, or take that back; None when done, else why not."""

    def know(self, devices: Iterable[KnownDevice]) -> None:
        """Sensors of earlier runs, so that one that comes under another address keeps its id."""
