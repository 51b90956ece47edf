"""All of a person's programme as one document, as the API and a screen show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from fusion.programme import balance, habits, joints, mix, overload, tiredness, trends, variety, volume
from fusion.programme.records import DoneSession, exercises_of, in_order
from fusion.summary import Document, number


def programme_document(
    sessions: Iterable[DoneSession], classes: mix.Classes, goal: mix.GoalProfile
) -> Document:
    """Volume, progress, mix, variety, balance, fatigue, trends and habits of ``sessions``."""
    done = in_order(sessions)
    names = exercises_of(done)
    return {
        "goal": goal.id,
        "sessions": len(done),
        "weeks": [
            {"monday": monday.isoformat()} | _clean(asdict(v)) for monday, v in volume.weekly(done).items()
        ],
        "mix": _clean(asdict(mix.mix_of(done, classes, goal))),
        "variety": _clean(asdict(variety.variety_of(done, classes))),
        "coverage": [_clean(asdict(c)) for c in variety.coverage_of(done)],
        "consistency": _clean(asdict(habits.consistency_of(done, classes))),
        "exercises": [_exercise_document(done, name) for name in names],
    }


def _exercise_document(done: list[DoneSession], name: str) -> Document:
    latest = [s for s in done if s.of(name)][-1]
    sides = balance.balance_of(done, name)
    return {
        "exercise": name,
        "overload": _clean(asdict(overload.overload_of(done, name))),
        "balance": _clean(asdict(sides)) if sides else None,
        "knee_to_hip": _clean(asdict(joints.knee_to_hip_of(done, name))),
        "fatigue": _clean(asdict(tiredness.fatigue_of(latest, name))),
        "trends": [_clean(asdict(t)) for t in trends.trends_of(done, name)],
        "next_steps": habits.next_steps(name),
    }


def _clean(value: Document) -> Document:
    """Floats rounded, NaN as None, tuples as lists, keys as text."""
    return {str(key): _plain(item) for key, item in value.items()}


def _plain(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return _clean(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
