"""What a set shows of its ends: who picks something up or sets it down, or sits."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from statistics import median

from fusion.exercises import Exercise
from fusion.movement.poses import upright
from fusion.movement.sets import Candidate

_KNOWN_BY = 3
"""So many other repetitions, or strides, show how the set is done."""
_UNHURRIED = 1.6
"""Who picks a bar up or sets it down takes so many times the slowest of the set's own repetitions: nobody
tires at once, and the far end of these exercises is a stand, in which one stays before walking away."""
_LONGER, _SEAT_DEG = 1.25, 7.5
"""Who gets up from a seat, or sits down, takes longer too, and P there is off by so much."""
_RESTS_S = 8.0
"""So much longer than any other has been still within it, and one has sat down."""


def handled(candidates: Sequence[Candidate], exercise: Exercise) -> list[int]:
    """Which ends of a set were picking up, setting down, or sitting, by the time they took; last first."""
    within = candidates[1:-1]
    ends = ((len(candidates) - 1, True), (0, False))
    return [at for at, last in ends if _is_handling(candidates[at], within, exercise, at_end=last)]


def _is_handling(one: Candidate, within: Sequence[Candidate], exercise: Exercise, *, at_end: bool) -> bool:
    alike = [c for c in within if c.by_free_leg is one.by_free_leg]
    if len(alike) < _KNOWN_BY:
        return False
    stands = [pose is not None and upright(pose) for pose in (exercise.rest_pose, exercise.turn_pose)]
    if any(stands) and one.rests_s > max(c.rests_s for c in alike) + _RESTS_S:
        return True
    longest_s = max(map(_took_s, alike))
    slow = _took_s(one) > _UNHURRIED * longest_s
    from_seat = _took_s(one) > _LONGER * longest_s and _off_deg(one, within, at_end=at_end) > _SEAT_DEG
    return stands[1] and (slow or from_seat)


def _off_deg(one: Candidate, within: Sequence[Candidate], *, at_end: bool) -> float:
    """How far P is off where the first begins, or the last ends, from where the others do; 0 if not known."""
    own = one.end_posture_deg[0] if at_end else one.start_posture_deg[0]
    others = [(c.end_posture_deg if at_end else c.start_posture_deg)[0] for c in within]
    known = [tilt for tilt in others if isfinite(tilt)]
    return abs(own - median(known)) if known and isfinite(own) else 0.0


def _took_s(one: Candidate) -> float:
    return one.rep.t_end_s - one.rep.t_start_s
