"""What is simulated: sets, what is done around them, sensors, links. Read from scenarios, sent as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

from fusion.exercises import AUTO
from fusion.types import Segment
from simulator.link import LinkModel
from simulator.manner import Manner
from simulator.wearing import Mount

SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT)


class SetPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set of a session, and what is done around it."""

    exercise: str
    reps: int = 8
    faults: dict[str, float] = {}
    walk_s: float = 0.0
    """Walking before the set."""
    manner: Manner = Manner()
    before: tuple[str, ...] = ()
    """Other activities before the set, such as ``sit 20`` or ``plates 3``; see `simulator.activities`."""
    after: tuple[str, ...] = ()
    rest_s: float = 2.0
    """Standing after the set."""


class Trouble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong between sensor and recording."""

    loss: float = 0.0
    """Share of samples lost, in bursts."""
    burst: int = 4
    gaps_s: tuple[float, ...] = ()
    """Whole seconds without a sample, spread over the recording."""
    clock_ppm: float = 0.0
    offset_s: float = 0.0
    wire: bool = False
    """Through bytes and the decoder, with what follows."""
    duplicates: float = 0.0
    reorder: float = 0.0
    reset_at: float = 0.0
    """Share of the recording after which the device starts again from zero; 0 for never."""
    wrap: bool = False
    """The device's counter runs over in the middle."""


class SensorPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sensor: which chip, how worn, how it fails. Sizes that are None are drawn."""

    family: str = "generic"
    mount: Mount = Mount.ANY
    rigid: bool = False
    """No soft tissue under it."""
    worn_on: Segment | None = None
    """Where it really is, when it was put on the wrong segment."""
    slip_deg: float = 0.0
    slip_at: float = 0.5
    """Share of the session after which it slips."""
    creep_deg_min: float = 0.0
    gyr_bias_dps: float | None = None
    gyr_range_dps: float | None = None
    temperature_step_k: float = 0.0
    magnetometer: bool = False
    trouble: Trouble = Trouble()


class AthletePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One virtual athlete: what is done, by whom (a seed), with which sensors."""

    id: str
    seed: int
    sets: tuple[SetPlan, ...]
    stand_s: float = 5.0
    segments: tuple[Segment, ...] = SEGMENTS
    sensors: dict[Segment, SensorPlan] = {}
    """Sensors that are not ordinary."""
    working_leg: Literal["right", "left"] = "right"

    @property
    def planned(self) -> str:
        """What a coach would tell the gateway: the exercise of all sets, or to recognise each."""
        kinds = {part.exercise for part in self.sets}
        return kinds.pop() if len(kinds) == 1 else AUTO


class CrewPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who trains: sent to the radio's process as JSON."""

    athletes: tuple[AthletePlan, ...]
    profile: str = "movella_dot"
    link: LinkModel = LinkModel()


def address(athlete: int, segment: int) -> str:
    """Address of an athlete's sensor, in Movella's range."""
    return f"D4:22:CD:00:{athlete + 1:02X}:{segment + 1:02X}"


def assignments(plan: CrewPlan) -> dict[str, tuple[str, Segment]]:
    """device_id → (athlete, segment) of everyone in the plan."""
    return {
        address(a, s): (athlete.id, segment)
        for a, athlete in enumerate(plan.athletes)
        for s, segment in enumerate(athlete.segments)
    }
