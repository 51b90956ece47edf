"""The exercise library: one TOML file per movement. Adding an exercise is adding a file.

`load` gives one `Exercise` by id, `read` one from a file of the user's own, `ids` all there are.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from fusion.errors import ExerciseError
from fusion.exercises.model import Exercise

__all__ = ["Exercise", "ids", "load", "parse", "read"]


@cache
def ids() -> tuple[str, ...]:
    """Ids of the library, sorted."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load(exercise_id: str) -> Exercise:
    """The exercise with this id. Raises `ExerciseError` that lists near names when there is none."""
    if exercise_id not in ids():
        near = [i for i in ids() if exercise_id[:4] in i or i[:4] in exercise_id]
        hint = f"did you mean {' or '.join(near)}?" if near else "see: ilium exercises list"
        raise ExerciseError(f"no exercise {exercise_id!r}; {hint}")
    text = files(__package__).joinpath(f"{exercise_id}.toml").read_text(encoding="utf-8")
    return parse(text, f"{exercise_id}.toml")


def read(path: Path) -> Exercise:
    """An exercise from a user's own file. Raises `ExerciseError` naming file and key."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ExerciseError(f"{path}: not a text file ({error})") from error


def parse(text: str, name: str) -> Exercise:
    """An exercise from TOML text; ``name`` is what errors call it."""
    try:
        return msgspec.convert(tomllib.loads(text), Exercise)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExerciseError(f"{name}: {error}") from error
