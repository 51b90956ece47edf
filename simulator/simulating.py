"""What ``ilium simulate`` does: one set with options, or every athlete of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec.structs import replace as with_fields

from fusion.types import Segment
from simulator.errors import SimulationError
from simulator.recording import set_plan, simulate_recording
from simulator.scenarios import Scenario, load
from simulator.session import session_plan


@dataclass(frozen=True, slots=True)
class SetOptions:
    """What the command line asked for."""

    exercise: str
    reps: int | None = None
    case: str = "nominal"
    faults: tuple[str, ...] = ()
    rate_hz: float = 60.0
    segments: tuple[str, ...] = ("pelvis", "thigh_right", "thigh_left")
    sensor: str = "generic"
    walk_s: float = 0.0
    seed: int = 1


def simulate_set(options: SetOptions, folder: Path) -> str:
    """Write one set; returns a line that says what it was."""
    if not options.exercise:
        raise SimulationError("exercise: give --exercise ID or --scenario NAME")
    plan = set_plan(
        options.exercise,
        options.reps,
        case=options.case,
        faults=options.faults,
        rate_hz=options.rate_hz,
        seed=options.seed,
        segments=_segments(options.segments),
    )
    first = with_fields(plan.sets[0], walk_s=options.walk_s)
    plan = replace(
        plan,
        sets=(first, *plan.sets[1:]),
        sensor=with_fields(plan.sensor, family=options.sensor),
        sensors={s: with_fields(p, family=options.sensor) for s, p in plan.sensors.items()},
    )
    session = simulate_recording(plan, folder)
    done = sum(len(done.reps) for done in session.sets)
    return f"seed {options.seed}: {done} repetitions of {options.exercise} ({options.case}) in {folder}"


def simulate_scenario(name: str, seed: int, folder: Path) -> Iterator[str]:
    """Write every athlete of a scenario into a folder of their own; a line each."""
    scenario: Scenario = load(name)
    for athlete in scenario.athletes:
        own = Scenario.athlete(athlete, seed - 1)
        session = simulate_recording(session_plan(own, scenario.rate_hz), folder / athlete.id)
        sets = ", ".join(f"{len(done.reps)} {done.exercise}" for done in session.sets)
        yield f"seed {own.seed}: {athlete.id}: {sets} in {folder / athlete.id}"


def _segments(names: tuple[str, ...]) -> list[Segment]:
    try:
        return [Segment(name.strip()) for name in names]
    except ValueError as error:
        known = ", ".join(s.value for s in Segment)
        raise SimulationError(f"segments: {error}; known are {known}") from error
