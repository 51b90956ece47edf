"""A recording as live sensors: packets of a real profile, at 1×, n× or flat out."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Iterator, Mapping

from firmware_profiles import Profile, choose
from fusion.types import ImuBlock
from sensors.encode import encode_train
from sensors.registry import KnownDevice
from sensors.source import NOT_CONNECTED, DeviceState, DeviceStatus, PacketSink, RawPacket

_YIELD_EVERY = 50
"""Flat out, others get the event loop after this many packets."""


class ReplayClock:
    """Time of the replay: moves when a packet is due, so that flat out is as exact as 1×."""

    def __init__(self, start_s: float) -> None:
        self.now_s = start_s

    def __call__(self) -> float:
        """Unix seconds as the replay sees them."""
        return self.now_s


class ReplaySource:
    """Sends each device's samples as its packets; ends when all are sent.

    ``speed`` 1 is real time, 0 flat out.
    """

    def __init__(
        self, recordings: Mapping[str, ImuBlock], profile: Profile, clock: ReplayClock, speed: float = 1.0
    ) -> None:
        self._recordings, self._profile = recordings, profile
        self._setup = choose(profile)
        self._clock, self._speed = clock, speed
        self.finished = asyncio.Event()

    async def run(self, sink: PacketSink) -> None:
        """Deliver everything, then set ``finished``."""
        start_s = self._clock()
        for device_id in self._recordings:
            for state in (DeviceState.FOUND, DeviceState.STREAMING):
                sink.status(DeviceStatus(device_id, device_id, state, start_s, self._profile))
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for count, packet in enumerate(self.packets(start_s)):
            if self._speed > 0.0:
                due_s = began_s + (packet.arrival_s - start_s) / self._speed
                await asyncio.sleep(max(0.0, due_s - loop.time()))
            elif count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
            self._clock.now_s = packet.arrival_s
            sink.packet(packet)
        for device_id in self._recordings:
            sink.status(DeviceStatus(device_id, device_id, DeviceState.STOPPED, self._clock(), self._profile))
        self.finished.set()

    async def identify(self, device_id: str) -> bool:
        """A recording cannot blink."""
        del device_id
        return False

    async def reset_heading(self, device_id: str, *, revert: bool = False) -> str | None:
        """A recording's heading is as it was."""
        del device_id, revert
        return NOT_CONNECTED

    def know(self, devices: Iterable[KnownDevice]) -> None:
        """A recording's devices are called as it calls them."""

    def packets(self, start_s: float) -> Iterator[RawPacket]:
        """All packets in the order in which they arrive, the first at ``start_s``."""
        for t_s, device_id, characteristic, payload in heapq.merge(*map(self._packets, self._recordings)):
            yield RawPacket(device_id, characteristic, start_s + t_s, payload)

    def _packets(self, device_id: str) -> Iterator[tuple[float, str, str, bytes]]:
        block = self._recordings[device_id]
        first_s = min(float(b.t_s[0]) for b in self._recordings.values())
        # A sample is sent when it is taken; the device's counter starts at the recording's own time.
        packets = encode_train(self._setup, block.t_s, block.acc_ms2, block.gyr_rads, block.mag_ut)
        for packet in packets:
            yield packet.ready_s - first_s, device_id, packet.characteristic, packet.payload
