"""Who trains with which sensors: what a crew of virtual athletes is made from."""

from __future__ import annotations

import msgspec

from fusion.types import Segment
from simulator.link import LinkModel


class CrewPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who trains: sent to the radio's process as JSON."""

    athletes: tuple[AthletePlan, ...]
    profile: str = "movella_dot"
    link: LinkModel = LinkModel()


class AthletePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One virtual athlete; sets are (exercise, repetitions, lumbar fault in deg, walk before in s)."""

    id: str
    seed: int
    sets: tuple[tuple[str, int, float, float], ...]
    stand_s: float = 5.0


SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT)


def address(athlete: int, segment: int) -> str:
    """Address of an athlete's sensor, in Movella's range."""
    return f"D4:22:CD:00:{athlete + 1:02X}:{segment + 1:02X}"


def assignments(plan: CrewPlan) -> dict[str, tuple[str, Segment]]:
    """device_id → (athlete, segment) of everyone in the plan."""
    return {
        address(a, s): (athlete.id, segment)
        for a, athlete in enumerate(plan.athletes)
        for s, segment in enumerate(SEGMENTS)
    }
