"""Simulated sets as packets of real firmware, for the tests of the service."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import firmware_profiles
from fusion.types import Segment
from sensors.replay import ReplayClock, ReplaySource
from sensors.source import DeviceState, DeviceStatus, RawPacket
from service.gateway import Assignment, Gateway
from tests.fusion.people import blocks_of, session_of
from tests.service.doubles import TurnedClock

START_S = 1_767_225_600.0
"""2026-01-01 00:00 UTC."""
ATHLETE = "anna"


@functools.cache
def packets_of(exercise: str = "hip_thrust", reps: int = 4, lumbar_deg: float = 0.0) -> tuple[RawPacket, ...]:
    """All packets of one set in the order in which they came; device ids are the segments' names."""
    return tuple(source_of(exercise, reps, lumbar_deg).packets(START_S))


def source_of(
    exercise: str = "hip_thrust", reps: int = 4, lumbar_deg: float = 0.0, clock: ReplayClock | None = None
) -> ReplaySource:
    """The same set as a source, flat out."""
    blocks = blocks_of(session_of(exercise, reps=reps, lumbar_deg=lumbar_deg))
    return ReplaySource(
        blocks, firmware_profiles.load("movella_dot"), clock or ReplayClock(START_S), speed=0.0
    )


def worn(exercise: str = "hip_thrust") -> Assignment:
    """One athlete with both sensors."""
    segments = (Segment.PELVIS, Segment.THIGH_RIGHT)
    return Assignment({s.value: (ATHLETE, s) for s in segments}, {ATHLETE: exercise})


def deliver(gateway: Gateway, packets: Iterable[RawPacket], clock: TurnedClock) -> None:
    """Let packets arrive at their times."""
    for packet in packets:
        clock.now_s = packet.arrival_s
        gateway.packet(packet)


def streaming(device_id: str, state: DeviceState = DeviceState.STREAMING) -> DeviceStatus:
    """What a source says of a sensor."""
    return DeviceStatus(device_id, device_id, state, START_S, firmware_profiles.load("movella_dot"))
