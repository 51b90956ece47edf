"""Where somebody rested: which of several still postures is the upright one.

A recording that begins in the midst of a set shows the exercise's own rests first – lying, hanging, on all
fours – and the stand only at its end. Which of them is the stand is told by what was done: seen from the
right one, both segments lean in the movement as far as they do in the exercise. The lean from a vertical has
no sign and needs no axis, so it can be asked before anything else is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import StandCollection
from fusion.alignment.stand import StillPose
from fusion.motion_hint import MotionHint, Pose
from fusion.types import FloatArray, Segment
from fusion.units import DEG_PER_RAD, RAD_PER_DEG

_MOST_PLACES = 12
_MOVES_RAD = 2.0 * RAD_PER_DEG
"""A glimpse in which gravity turns by less shows a rest, not the movement."""
_FULL_TURN_RAD = 8.0 * RAD_PER_DEG
_LEAST_TURN = 8.0
"""So much movement, in full turns of a glimpse, tells one posture from another."""
_MOST_OFF_DEG = 60.0
_AS_GOOD_DEG = 5.0
_FIT_SD_DEG, _LONG_S, _SURE = 6.0, 10.0, 1.5
"""What it takes to believe in another stand: so many degrees of fit count as much as e times as long a rest,
up to a length at which it is long; and so much of it is needed."""
_FITS_DEG = 22.0
"""A stand is at most so far off: people differ from the models, and lie down and get up."""
_STEPS = 8

Upright = Mapping[Segment, FloatArray]
Misfit = Callable[[Upright], float]


class StillPlaces:
    """Postures that were held still and are not the zero."""

    def __init__(self) -> None:
        self._places: list[StandCollection] = []
        self._was_stand: StandCollection | None = None
        """The one that was taken for the stand before."""

    def add(self, pose: StillPose) -> bool:
        """Take a still pose; True when that can change which one is the stand."""
        place = next((p for p in self._places if p.agrees(p.off_rad(pose))), None)
        if place is None:
            place = StandCollection()
            self._places = [*self._places, place][-_MOST_PLACES:]
        return place.add(pose)

    def turn(self, segment: Segment, rotation: FloatArray) -> None:
        """What was seen before a slip, as the sensor sits after it."""
        for place in self._places:
            place.turn(segment, rotation)

    def instead_of(
        self, stands: StandCollection, misfit_deg: Misfit, may_be: Callable[[StillPose], bool]
    ) -> StandCollection | None:
        """The place that is the stand rather than ``stands``, which takes its place here; None to stay."""
        able = [p for p in self._places if may_be(p.longest)]
        if not able:
            return None
        offs = [misfit_deg(p.reference().up_s) for p in able]
        now = misfit_deg(stands.reference().up_s) if len(stands) else np.inf
        if not np.isfinite(offs).all():
            return None
        # Of those that fit about alike, the one that was held longest.
        near = [k for k, off in enumerate(offs) if off <= min(offs) + _AS_GOOD_DEG]
        best = max(near, key=lambda k: able[k].longest.duration_s)
        fits = able[best] is self._was_stand or offs[best] <= _FITS_DEG
        if not fits or not _outdoes(able[best], offs[best], stands, now):
            return None
        chosen = able[best]
        self._places = [p for p in self._places if p is not chosen]
        if len(stands):
            self._places.append(stands)
            self._was_stand = stands
        return chosen


def _outdoes(place: StandCollection, off_deg: float, stands: StandCollection, now_deg: float) -> bool:
    """Whether a place fits so much better, or was held so much longer, that it is the stand."""
    if not len(stands):
        return not place.longest.short
    held = [min(p.longest.duration_s, _LONG_S) for p in (place, stands)]
    return (now_deg - off_deg) / _FIT_SD_DEG + float(np.log(held[0] / held[1])) > _SURE


def misfit_deg(up_s: Upright, histories: Mapping[Segment, SensorHistory], hint: MotionHint) -> float:
    """How far the leans in the movement are from the exercise's, deg, if ``up_s`` were upright.

    NaN while too little has moved, or where nothing is known of the exercise.
    """
    leans = _model_leans_deg(hint)
    at = _in_common(histories)
    thighs = [s for s in histories if s in {Segment.THIGH_LEFT, Segment.THIGH_RIGHT}]
    if not len(leans) or not thighs:
        return float("nan")
    turn_rad = np.mean([h.turn_rad[at[s]] for s, h in histories.items()], axis=0)
    weights = np.where(turn_rad > _MOVES_RAD, np.minimum(1.0, turn_rad / _FULL_TURN_RAD), 0.0)
    if weights.sum() < _LEAST_TURN:
        return float("nan")
    lean_deg = {s: _lean_deg(histories[s].up_s[at[s]], up_s[s]) for s in (Segment.PELVIS, *thighs)}
    off = np.full(len(turn_rad), np.inf)
    for thigh in thighs:  # the leg that does not work is not in the plan
        seen = np.stack((lean_deg[Segment.PELVIS], lean_deg[thigh]), axis=-1)
        off = np.minimum(off, np.abs(seen[:, None] - leans).max(axis=-1).min(axis=-1))
    return float(np.average(np.minimum(off, _MOST_OFF_DEG), weights=weights))


def _in_common(histories: Mapping[Segment, SensorHistory]) -> dict[Segment, NDArray[np.intp]]:
    """Which glimpses of each sensor are of times that all have."""
    times = [h.t_s for h in histories.values()]
    common = reduce(np.intersect1d, times)
    return {s: np.searchsorted(h.t_s, common) for s, h in histories.items()}


def _lean_deg(seen_s: FloatArray, up_s: FloatArray) -> FloatArray:
    cosine = seen_s @ up_s / np.linalg.norm(seen_s, axis=-1)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)) * DEG_PER_RAD)


def _model_leans_deg(hint: MotionHint) -> FloatArray:
    """Leans of trunk and thigh from the vertical (n, 2) along one repetition, deg."""
    poses = np.array([_angles(p) for p in hint.poses])
    if not len(poses):
        return np.empty((0, 2))
    ways = [a + (b - a) * np.linspace(0.0, 1.0, _STEPS)[:, None] for a, b in pairwise([*poses, poses[0]])]
    tilt, pitch, lean = np.cos(np.concatenate(ways) * RAD_PER_DEG).T
    return np.asarray(np.arccos(np.stack((tilt * lean, pitch * lean), axis=-1)) * DEG_PER_RAD)


def _angles(pose: Pose) -> tuple[float, float, float]:
    return pose.pelvis_tilt_deg or 0.0, pose.thigh_pitch_deg or 0.0, pose.pelvis_list_deg
