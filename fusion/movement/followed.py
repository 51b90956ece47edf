"""Another movement without a rest in between: what comes after a pause and is done otherwise, all of it.

One sensor on the pelvis and one on a thigh see a squat where a lunge was planned, and one movement alone
leaves it at that. But people repeat a movement alike: where they begin and end it moves by a few degrees.
When everything after a longer pause begins or ends elsewhere, it is another one, and the key poses tell
which of the two was planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from statistics import median

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.movement.poses import turned_deg
from fusion.movement.set_ends import handled
from fusion.movement.sets import Candidate, known_median

_LEAST = 2
"""So many alike are a movement."""
_PAUSE_S, _PAUSE_SHARE = 2.5, 3.0
_TILT_DEG, _RANGE_SHARE = 8.0, 1.13
"""How far P at either end, or the range, of the other movement is from the set's."""
_LESS_SHARE = 0.9
"""Who goes less far is tired, or pumps out partial ones."""
_NEARER_DEG = 1.0
_SEAT_S, _SEAT_SHARE = 4.0, 4.0


def others(candidates: Sequence[Candidate], exercise: Exercise) -> list[int]:
    """Which candidates of an open set are of another movement; highest index first."""
    if not candidates or exercise.kind not in {Kind.REP, Kind.SCREEN, Kind.EVENT}:
        return []
    ends = handled(candidates, exercise)
    if ends or exercise.kind is Kind.EVENT:
        return ends
    if strays := _seats(candidates) or _strides(candidates):
        return strays
    for first, until in _splits(candidates):
        before, after = candidates[:first], candidates[until:]
        kept_first = _off_model_deg(before, exercise) <= _off_model_deg(after, exercise)
        kept, other = (before, after) if kept_first else (after, before)
        nearer = _off_model_deg(other, exercise) - _off_model_deg(kept, exercise) > _NEARER_DEG
        if nearer and _differ(kept, other):
            gone = range(first, len(candidates)) if kept_first else range(until)
            return list(gone)[::-1]
    return []


def _seats(candidates: Sequence[Candidate]) -> list[int]:
    """Ends of a set at whose far end somebody stayed for much longer than in the others: on a chair."""
    if len(candidates) <= _LEAST:
        return []
    ends = (len(candidates) - 1, 0)
    longest_s = _SEAT_S + _SEAT_SHARE * median(c.stays_s for c in candidates)
    return [k for k in ends if candidates[k].stays_s > longest_s]


def _strides(candidates: Sequence[Candidate]) -> list[int]:
    """Ends of a set that stand apart and may be strides, where the others may not."""
    if len(candidates) <= _LEAST or 2 * sum(c.like_stride for c in candidates) > len(candidates):
        return []
    pauses = [b.rep.t_start_s - a.rep.t_end_s for a, b in pairwise(candidates)]
    longest_s = max(_PAUSE_S, _PAUSE_SHARE * median(pauses))
    ends = ((len(candidates) - 1, pauses[-1]), (0, pauses[0]))
    return [k for k, pause_s in ends if candidates[k].like_stride and pause_s > longest_s]


def _splits(candidates: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Where a longer pause divides the candidates, the longest first: (end of one part, begin of the next).

    Who pauses at the far end has done half of either movement: that one is of neither part.
    """
    count = len(candidates)
    if count < 2 * _LEAST:
        return []
    pauses = [b.rep.t_start_s - a.rep.t_end_s for a, b in pairwise(candidates)]
    stays = [c.stays_s for c in candidates]
    least = [max(_PAUSE_S, _PAUSE_SHARE * median(times)) for times in (pauses, stays)]
    found = [(s, k + 1, k + 1) for k, s in enumerate(pauses) if s > least[0]]
    found += [(s, k, k + 1) for k, s in enumerate(stays) if s > least[1]]
    return [(a, b) for _, a, b in sorted(found, reverse=True) if a >= _LEAST and count - b >= _LEAST]


def _differ(kept: Sequence[Candidate], other: Sequence[Candidate]) -> bool:
    share = known_median([c.rep.rom_deg for c in other]) / known_median([c.rep.rom_deg for c in kept])
    tilts = ([c.start_posture_deg[0] for c in part] for part in (kept, other))
    tops = ([c.top_tilt_deg for c in part] for part in (kept, other))
    apart = max(abs(known_median(a) - known_median(b)) for a, b in (tilts, tops))
    return share > _RANGE_SHARE or (share > _LESS_SHARE and apart > _TILT_DEG)


def _off_model_deg(part: Sequence[Candidate], exercise: Exercise) -> float:
    """How far from the key poses the ends of these are, on average."""
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return 0.0
    pairs = [
        ([c.start_posture_deg[0] for c in part], rest.pelvis_tilt_deg),
        ([c.start_posture_deg[1] for c in part], rest.thigh_pitch_deg),
        ([c.top_tilt_deg for c in part], turn.pelvis_tilt_deg),
        ([c.top_pitch_deg for c in part], turn.thigh_pitch_deg),
    ]
    off = [abs(float(turned_deg(known_median(seen), model))) for seen, model in pairs]
    known = [value for value in off if isfinite(value)]
    return sum(known) / len(known) if known else 0.0
