"""What should have been counted: the planned exercise's repetitions that the worn sensors could see.

A repetition is *unseen* when every sensor that shows it (the one whose segment turns most from the start to
the far end, and any that turns by 15° and by 35 % of that) was silent from 0.3 s before that far end to 0.3 s
after. Nothing has shown that it was done: it is not expected. It was done all the same: one that is inferred
is not false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.judge.matching import TOLERANCE_S, match
from fusion import exercises, quaternion
from fusion.exercises.model import Exercise, Kind, Laterality
from fusion.types import ImuBlock, RepSummary, Segment
from simulator.athlete_types import TrueRep
from simulator.body import place_segment
from simulator.session import SimulatedSession

_MOVES_RAD, _MOVES_SHARE = np.radians(15.0), 0.35
_INSTANTS = 60
_ITSELF = frozenset({("walk", "around_walk"), ("stairs", "around_stairs"), ("sit_to_stand", "around_sit")})
"""Movements and cases where what is done around the set is the movement itself, and rightly counted."""


def true_reps(movement: str, session: SimulatedSession) -> list[TrueRep]:
    """Repetitions of the planned exercise that its sensors can see, whether or not they were silent."""
    exercise = exercises.load(movement)
    worn = {segment.value.split("_")[0] for segment in session.sensors}
    needed = {str(needed.value).removeprefix("other_") for needed in exercise.sensors.needed}
    if exercise.kind is Kind.OTHER or not needed <= worn:
        return []
    planned = {id(rep) for done in session.sets if done.exercise == movement for rep in done.reps}
    return [
        rep
        for rep in session.reps()
        if id(rep) in planned and rep.t_start_s >= _first_s(session) and _can_see(exercise, rep, session)
    ]


def unseen(
    reps: Sequence[TrueRep], blocks: Mapping[Segment, ImuBlock], session: SimulatedSession
) -> list[bool]:
    """For each repetition whether its far end fell into silence."""
    return [not _is_seen(rep, blocks, session) for rep in reps]


def is_itself(movement: str, case: str) -> bool:
    """Whether what is done around the set is the movement itself: then only the set is judged."""
    return (movement, case) in _ITSELF


def without_inferred(
    found: Sequence[RepSummary], truth: Sequence[TrueRep], hidden: Sequence[TrueRep]
) -> list[RepSummary]:
    """``found`` without those that stand for an unseen repetition, one for each."""
    matched = {j for _, j in match([r.t_top_s for r in truth], [r.t_top_s for r in found]).pairs}
    others = [r for j, r in enumerate(found) if j not in matched]
    inferred = []
    for rep in hidden:
        span = (rep.t_start_s - TOLERANCE_S, rep.t_end_s + TOLERANCE_S)
        one = next((r for r in others if span[0] <= r.t_top_s <= span[1] and r not in inferred), None)
        inferred += [one] if one is not None else []
    return [r for r in found if r not in inferred]


def _can_see(exercise: Exercise, rep: TrueRep, session: SimulatedSession) -> bool:
    """Whether the leg that moves wears a sensor, or the exercise says what the other leg shows of it."""
    alone = exercise.laterality is Laterality.UNILATERAL and exercise.driver.free_leg is None
    return not alone or rep.side.thigh in session.sensors


def _first_s(session: SimulatedSession) -> float:
    return max(float(s.t_s[0]) for s in session.sensors.values()) - 0.1


def _is_seen(rep: TrueRep, blocks: Mapping[Segment, ImuBlock], session: SimulatedSession) -> bool:
    """Whether a sensor that moves was heard while it was at its far end."""
    times = np.linspace(rep.t_start_s, rep.t_end_s, _INSTANTS)
    turned = {}
    for segment in session.sensors:
        q_eb = place_segment(session.motion, session.subject.build, segment, times).q_eb
        turned[segment] = quaternion.angle_rad(q_eb, q_eb[0])
    most = max(float(angle.max()) for angle in turned.values())
    least = max(min(_MOVES_RAD, most), _MOVES_SHARE * most)
    moving = {s: a for s, a in turned.items() if float(a.max()) >= least}
    return any(_was_heard(float(times[np.argmax(angle)]), blocks[s]) for s, angle in moving.items())


def _was_heard(at_s: float, block: ImuBlock) -> bool:
    first, last = np.searchsorted(block.t_s, [at_s - TOLERANCE_S, at_s + TOLERANCE_S])
    return bool(last > first)
