"""Habits: a warm-up before the main work, a main lift that stays, sets against the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fusion import exercises
from fusion.exercises.model import Movement
from fusion.programme.mix import EXTENSION, Classes
from fusion.programme.records import DoneSession, DoneSet, in_order
from fusion.programme.volume import week_of

_PREPARES = frozenset({Movement.ABDUCTION, Movement.ROTATION, Movement.PELVIC_CONTROL, Movement.MOBILITY})


@dataclass(frozen=True, slots=True)
class Consistency:
    """How steadily the programme is kept."""

    sessions: int
    weeks: int
    """From the first session's week to the last one's."""
    weeks_trained: int
    main_lift: str | None
    """The hip extension exercise that most sessions have; None without any."""
    main_lift_share: float
    """Share of the sessions that have it."""
    sessions_with_warm_up: int


def consistency_of(sessions: Iterable[DoneSession], classes: Classes) -> Consistency:
    """Over all sessions."""
    done = in_order(sessions)
    weeks = sorted({week_of(s.day) for s in done})
    lifts = Counter(
        exercise
        for session in done
        for exercise in {s.exercise for s in session.sets}
        if exercise in classes and classes[exercise].movement in EXTENSION
    )
    lift, times = min(lifts.items(), key=lambda item: (-item[1], item[0]), default=(None, 0))
    return Consistency(
        sessions=len(done),
        weeks=(weeks[-1] - weeks[0]).days // 7 + 1 if weeks else 0,
        weeks_trained=len(weeks),
        main_lift=lift,
        main_lift_share=times / len(done) if done else 0.0,
        sessions_with_warm_up=sum(warm_up_seen(s, classes) for s in done),
    )


def warm_up_seen(session: DoneSession, classes: Classes) -> bool:
    """Whether light or preparatory work came before the first main set.

    A set that the user marked, or a set of abduction, rotation, pelvic control or mobility before the first
    hip extension, or a first hip extension set at no more than 60 % of the session's heaviest load of the
    same exercise. Whether such a block makes the main work better is not proven; it is only told that it was
    there.
    """
    for done in sorted(session.sets, key=lambda s: s.t_start_s):
        kind = classes.get(done.exercise)
        if done.inputs.warm_up or (kind is not None and kind.movement in _PREPARES):
            return True
        if kind is not None and kind.movement in EXTENSION:
            return _light(done, session.of(done.exercise))
    return False


def _light(first: DoneSet, same: list[DoneSet]) -> bool:
    heaviest = max((s.inputs.load_kg or 0.0 for s in same), default=0.0)
    return first.inputs.load_kg is not None and first.inputs.load_kg <= 0.6 * heaviest


def against_plan(session: DoneSession, planned_sets: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Exercise → (sets done, sets planned), of everything planned or done."""
    done = Counter(s.exercise for s in session.sets)
    names = sorted(done.keys() | planned_sets.keys())
    return {name: (done[name], planned_sets.get(name, 0)) for name in names}


def next_steps(exercise_id: str) -> list[str]:
    """What the library has next on the ladder after an exercise; empty for one that it does not know."""
    if exercise_id not in exercises.ids():
        return []
    return list(exercises.load(exercise_id).programme.leads_to)
