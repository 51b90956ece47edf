"""What a set shows of its ends: who picks something up or sets it down, sits, or walks to and from it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from fusion.exercises import Exercise
from fusion.movement.poses import upright

if TYPE_CHECKING:
    from fusion.movement.sets import Candidate

_KNOWN_BY = 3
"""So many other repetitions, or strides, show how the set is done."""
_UNHURRIED = 1.6
"""Who picks a bar up or sets it down takes so many times the slowest of the set's own repetitions: nobody
tires at once, and the far end of these exercises is a stand, in which one stays before walking away."""
_RESTS_S = 8.0
"""So much longer than any other has been still within it, and one has sat down."""
_OWN_AHEAD, _APART = 1.0, 2.0
"""A stride that is nearer by the first to the exercise than to other gaits is surely its own; others that are
nearer to another gait, and by the second behind these, are not. In deviations, as `Strides` has them."""


def handled(candidates: Sequence[Candidate], exercise: Exercise) -> list[int]:
    """Which ends of a set were picking up, setting down, or sitting, by the time they took; last first."""
    within = candidates[1:-1]
    return [at for at in (len(candidates) - 1, 0) if _is_handling(candidates[at], within, exercise)]


def _is_handling(one: Candidate, within: Sequence[Candidate], exercise: Exercise) -> bool:
    alike = [c for c in within if c.by_free_leg is one.by_free_leg]
    if len(alike) < _KNOWN_BY:
        return False
    stands = [pose is not None and upright(pose) for pose in (exercise.rest_pose, exercise.turn_pose)]
    if any(stands) and one.rests_s > max(c.rests_s for c in alike) + _RESTS_S:
        return True
    return stands[1] and _took_s(one) > _UNHURRIED * max(map(_took_s, alike))


def of_other_gait(candidates: Sequence[Candidate]) -> list[int]:
    """Which strides are another gait's, as others show what the set's own look like; highest index first.

    Alone, what was planned has an advance over everyday gaits; a set that has strides that need none needs
    it for no other.
    """
    own = [c.gait_margin for c in candidates if c.gait_margin >= _OWN_AHEAD]
    if len(own) < _KNOWN_BY:
        return []
    most = min(0.0, median(own) - _APART)
    return [k for k in range(len(candidates) - 1, -1, -1) if candidates[k].gait_margin < most]


def _took_s(one: Candidate) -> float:
    return one.rep.t_end_s - one.rep.t_start_s
