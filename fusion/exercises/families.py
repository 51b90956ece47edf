"""Families: movements that differ only in what the worn sensors do not show, each with its reason."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from fusion import exercises
from fusion.exercises.rules import Worn

__all__ = ["accepts", "alike", "families"]


@cache
def families() -> dict[str, tuple[str, ...]]:
    """Name of each family → ids of its members, sorted."""
    found: dict[str, list[str]] = {}
    for one in map(exercises.load, exercises.ids()):
        if one.family is not None:
            found.setdefault(one.family.name, []).append(one.id)
    return {name: tuple(sorted(members)) for name, members in sorted(found.items())}


def alike(exercise_id: str, worn: Collection[Worn] = ()) -> tuple[str, ...]:
    """Other movements of the library that look the same to the pelvis, one thigh and ``worn`` besides."""
    family = exercises.load(exercise_id).family if exercise_id in exercises.ids() else None
    if family is None or family.seen_by in worn:
        return ()
    return tuple(i for i in families()[family.name] if i != exercise_id)


def accepts(said: str, done: str, worn: Collection[Worn] = ()) -> bool:
    """Whether ``said`` names what was done, as far as the worn sensors can tell."""
    return said == done or said in alike(done, worn)
