"""Scenarios: TOML files that compose athletes, sensors, exercises, faults and link trouble into a session.

`load` gives one by name or from a file of the user's own, `names` all there are.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec

from fusion import exercises
from fusion.exercises.model import Kind
from simulator.errors import SimulationError
from simulator.link import LinkModel
from simulator.plan import AthletePlan, CrewPlan

__all__ = ["Scenario", "load", "names", "parse"]


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who trains what, with which sensors, over what a radio."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    about: Annotated[str, msgspec.Meta(max_length=600)]
    athletes: Annotated[tuple[AthletePlan, ...], msgspec.Meta(min_length=1, max_length=32)]
    profile: str = "movella_dot"
    link: LinkModel = LinkModel()
    rate_hz: Annotated[float, msgspec.Meta(ge=5.0, le=2000.0)] = 60.0
    """Of recordings; on the radio the profile says it."""

    def crew(self, seed: int = 0) -> CrewPlan:
        """The athletes on a virtual radio; ``seed`` makes other people of them, 0 those of the file."""
        return CrewPlan(tuple(self.athlete(a, seed) for a in self.athletes), self.profile, self.link)

    @staticmethod
    def athlete(athlete: AthletePlan, seed: int) -> AthletePlan:
        """The athlete with a seed of its own for each ``seed``."""
        return msgspec.structs.replace(athlete, seed=athlete.seed + 10_000 * seed)


@cache
def names() -> tuple[str, ...]:
    """Names of the library's scenarios, sorted."""
    entries = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in entries if name.endswith(".toml")))


def load(name: str) -> Scenario:
    """A scenario by name, or from a ``.toml`` file.

    Raises `SimulationError` that lists the names when there is none, or names file and key.
    """
    if name.endswith(".toml"):
        path = Path(name)
        try:
            return parse(path.read_text(encoding="utf-8"), name)
        except (OSError, UnicodeDecodeError) as error:
            raise SimulationError(f"{name}: cannot be read ({error})") from error
    if name not in names():
        raise SimulationError(f"scenario {name!r}: must be one of {', '.join(names())}, or a .toml file")
    return parse(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def parse(text: str, name: str) -> Scenario:
    """A scenario from TOML text; ``name`` is what errors call it."""
    try:
        scenario = msgspec.convert(tomllib.loads(text), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SimulationError(f"{name}: {error}") from error
    ids = [athlete.id for athlete in scenario.athletes]
    if len(set(ids)) != len(ids):
        raise SimulationError(f"{name}: two athletes with one id; give each its own")
    for athlete in scenario.athletes:
        _check(athlete, name)
    return scenario


def _check(athlete: AthletePlan, name: str) -> None:
    if not athlete.sets:
        raise SimulationError(f"{name}: athlete {athlete.id}: sets is empty; give at least one")
    unworn = set(athlete.sensors) - set(athlete.segments)
    if unworn:
        missing = ", ".join(sorted(segment.value for segment in unworn))
        raise SimulationError(f"{name}: athlete {athlete.id}: sensors {missing} are not among its segments")
    for part in athlete.sets:
        if exercises.load(part.exercise).kind is Kind.OTHER and part.faults:
            raise SimulationError(f"{name}: athlete {athlete.id}: {part.exercise} has no faults to play")
