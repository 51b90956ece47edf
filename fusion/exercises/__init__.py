"""The exercise library: one TOML file per movement. Adding an exercise is adding a file.

`load` gives one `Exercise` by id, `read` one from a file of the user's own, `ids` all there are.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from fusion.errors import ExerciseError
from fusion.exercises import model, rules
from fusion.exercises.model import Exercise
from fusion.exercises.validation import first_fault

__all__ = ["AUTO", "Exercise", "ids", "load", "parse", "plan", "read"]

AUTO = "auto"
"""What stands for an exercise where it has to be recognised."""

_LONGEST_FILE = 200_000
"""No file of an exercise is this long; a wrong path easily is."""


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


def plan(exercise_id: str) -> Exercise | None:
    """The exercise planned under this id; None for `AUTO`. Raises `ExerciseError` as `load` does."""
    return None if exercise_id == AUTO else load(exercise_id)


def read(path: Path) -> Exercise:
    """An exercise from a user's own file. Raises `ExerciseError` naming file and key."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except OSError as error:
        raise ExerciseError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > _LONGEST_FILE:
        raise ExerciseError(f"{path}: longer than {_LONGEST_FILE} bytes; this is no exercise file")
    try:
        return parse(data.decode("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ExerciseError(f"{path}: not a text file ({error})") from error


def parse(text: str, name: str) -> Exercise:
    """An exercise from TOML text; ``name`` is what errors call it."""
    try:
        exercise = msgspec.convert(tomllib.loads(text), Exercise)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExerciseError(f"{name}: {error}{_near_name(str(error))}") from error
    fault = first_fault(exercise)
    if fault is not None:
        raise ExerciseError(f"{name}: {fault}")
    return exercise


def _near_name(message: str) -> str:
    """What the person may have meant by a misspelt key or word."""
    wrong = re.search(r"unknown field `(\w+)`|Invalid enum value '(\w+)'", message)
    if wrong is None:
        return ""
    near = get_close_matches(wrong[1] or wrong[2], _vocabulary(fields=wrong[1] is not None), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


@cache
def _vocabulary(*, fields: bool) -> tuple[str, ...]:
    words: set[str] = set()
    for item in (*vars(model).values(), *vars(rules).values()):
        if not isinstance(item, type):
            continue
        if fields and issubclass(item, msgspec.Struct):
            words.update(item.__struct_fields__)
        elif not fields and issubclass(item, StrEnum):
            words.update(member.value for member in item)
    return tuple(sorted(words))
