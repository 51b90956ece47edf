"""Strides: the exercise's own, and those of everyday gaits, which are no repetitions.

A stride is four numbers: mean P, greatest and least T, and ln of the time it took.
"""

from __future__ import annotations

from math import inf

import numpy as np

from fusion.exercises import Exercise
from fusion.movement.fault_reach import tilt_bounds_deg
from fusion.movement.track import Track
from fusion.types import FloatArray

_STRIDE_TILT_DEG, _STRIDE_DEG, _STRIDE_SHARE, _STRIDE_TIME = 18.0, 12.0, 0.3, 0.5
"""How far a stride may be from the exercise's: P, extremes of T (also as a share of their range), ln time."""
_LEADS_IN = 1.6
"""A way there that takes so much longer than the way back has begun with something else."""
_STRIDE_SD = np.array([8.0, 10.0, 10.0, 0.25])
_PLANNED = 1.5
"""What the exercise that is looked for is ahead of everyday gaits, in such deviations."""
_LIKE_GAIT = 2.5
"""Within so many deviations of a gait, an excursion may be one of its strides."""
_GAIT_PLANNED = 0.5
"""The same where several strides speak: what was planned weighs less."""
_SHIFT_S, _MOST_SHIFT_DEG = 0.03, 30.0
"""How far levels may be off per deg/s of a gait's usual peak, and at most: limbs that swing fast, and a body
that gains speed, hide the vertical. At the start of a sprint half of g is felt forwards, 27°."""
_LOST_DPS, _SURELY_AHEAD, _LOST_TILT_DEG, _ITS_PACE = 500.0, 3.0, 48.0, 0.15
"""Of limbs this fast the level of T may be lost: range and time alone tell a gait that is ahead by so much,
if P and ln time are no further off than this."""
_LEVEL_SD_DEG = np.array([8.0, 6.0])
_GAIT_SHARE, _RANGE_SD_DEG, _RANGE_SD_SHARE = 0.45, 8.0, 0.2
"""How far the range may be from the exercise's, as a share of it; and its deviation among people."""
_GAITS = {
    "walk": np.array([3.0, 26.0, -16.0, np.log(1.1)]),
    "run": np.array([11.0, 25.0, -22.0, np.log(0.72)]),
    "stairs": np.array([5.5, 55.0, 0.0, np.log(1.3)]),
    "sprint": np.array([20.0, 68.0, -40.0, np.log(0.46)]),
}
"""Mean P, greatest and least T, deg, and ln of the period of everyday gaits: the library's own."""


class Strides:
    """How like an excursion is to a stride of the exercise, and to one of everyday life."""

    def __init__(self, exercise: Exercise) -> None:
        self._id = exercise.id
        self._model = _stride_of(exercise)
        self._below_deg, self._above_deg = (max(0.0, d - _STRIDE_TILT_DEG) for d in tilt_bounds_deg(exercise))
        tempo = exercise.tempo
        self._times = np.log(tempo.period_s[::2]).tolist() if tempo else [-inf, inf]
        """ln of the shortest and the longest stride that the exercise knows: any in between is its own."""

    def levelled(self, seen: FloatArray, doubt_deg: float) -> FloatArray:
        """``seen`` with T shifted towards the exercise's by what its level may be off."""
        if self._model is None:
            return seen
        off = float(self._model[1:3].mean() - seen[1:3].mean())
        shift = min(doubt_deg, max(-doubt_deg, off))
        return np.array([seen[0], seen[1] + shift, seen[2] + shift, seen[3]])

    def is_everyday(self, seen: FloatArray) -> bool:
        """Whether it is near a stride of an everyday gait."""
        return bool(np.isfinite(seen).all()) and _everyday_off(seen) < _LIKE_GAIT

    def is_rather_everyday(
        self, seen: FloatArray, pitch_deg: tuple[float, float], *, in_doubt: bool = False
    ) -> bool:
        """Whether it is near a stride of an everyday gait, and nearer than to the exercise.

        ``pitch_deg``: T at the ends of the exercise's movement, as far as this one goes. What is planned is
        ahead, except ``in_doubt``: where nothing else speaks for it.
        """
        if self._model is None:
            return False
        own = np.array([self._model[0], max(pitch_deg), min(pitch_deg), self._model[3]])
        gait = _everyday_off(seen)
        return gait < _LIKE_GAIT and gait < _off(seen, own) - (0.0 if in_doubt else _PLANNED)

    def is_surely_own(self, seen: FloatArray) -> bool:
        """Whether it is near the exercise's own stride at any pace that it knows, and to no other gait's."""
        near = self._model is not None and _off(seen, self._own(seen)) < _LIKE_GAIT
        return near and self._ahead(seen) > 0.0

    def is_own(self, seen: FloatArray) -> bool:
        """Whether it may be the exercise's own stride, and is nearer to it than to any everyday gait."""
        if self._model is None:
            return True
        allowed = max(_STRIDE_DEG, _STRIDE_SHARE * float(self._model[1] - self._model[2]))
        if (np.abs(seen - self._own(seen)) > [_STRIDE_TILT_DEG, allowed, allowed, _STRIDE_TIME]).any():
            return False
        return self._ahead(seen) >= -_PLANNED

    def _ahead(self, seen: FloatArray) -> float:
        """By how much it is nearer to the exercise's own stride than to any other gait's, in deviations."""
        if self._model is None:
            return 0.0
        others = (gait for name, gait in _GAITS.items() if name != self._id)
        return min(_off(seen, gait) for gait in others) - _off(seen, self._own(seen))

    def _own(self, seen: FloatArray) -> FloatArray:
        """The exercise's stride, as quick or slow and leaning as this one where it knows any such."""
        assert self._model is not None  # noqa: S101 - the callers have asked
        own = self._as_leaning(seen, self._model)
        own[3] = min(max(float(seen[3]), self._times[0]), self._times[1])
        return own

    def _as_leaning(self, seen: FloatArray, model: FloatArray) -> FloatArray:
        """The model's stride with as much of the lean that is seen as is a fault of it and nothing else."""
        own = model.copy()
        own[0] += min(max(float(seen[0] - model[0]), -self._below_deg), self._above_deg)
        return own

    def is_own_gait(self, usual: FloatArray, peak_dps: float) -> bool:
        """Whether strides of which ``usual`` is the median are the exercise's own.

        ``usual`` is mean P, mid and range of T, ln time (4,); ``peak_dps`` their usual greatest speed.
        """
        if self._model is None:
            return True
        own = _by_level(self._own(usual))
        others = [_by_level(gait) for name, gait in _GAITS.items() if name != self._id]
        range_deg = max(_STRIDE_DEG, _GAIT_SHARE * float(own[2]))
        off = np.abs(usual - own)
        if (off[2:] > [range_deg, _STRIDE_TIME]).any():
            return False
        lost = peak_dps >= _LOST_DPS and off[0] <= _LOST_TILT_DEG and off[3] <= _ITS_PACE
        if lost and _is_ahead(usual, own, others, inf, _SURELY_AHEAD):
            return True
        shift_deg = min(_MOST_SHIFT_DEG, _SHIFT_S * peak_dps)
        near = (off[:2] <= [_STRIDE_TILT_DEG + shift_deg, _STRIDE_DEG + shift_deg]).all()
        return bool(near) and _is_ahead(usual, own, others, shift_deg, -_GAIT_PLANNED)


def _is_ahead(
    usual: FloatArray, own: FloatArray, others: list[FloatArray], shift_deg: float, least: float
) -> bool:
    """Whether strides are nearer to one gait than to all others, by so many deviations at least."""
    off = _gait_off(usual, own, shift_deg)
    return all(_gait_off(usual, gait, shift_deg) - off >= least for gait in others)


def _by_level(stride: FloatArray) -> FloatArray:
    """A stride as mean P, mid and range of T, ln time (4,)."""
    tilt, high, low, ln_s = stride.tolist()
    return np.array([tilt, 0.5 * (high + low), high - low, ln_s])


def _gait_off(usual: FloatArray, gait: FloatArray, shift_deg: float) -> float:
    """How far strides are from a gait, both as by `_by_level`, in deviations; ``inf`` leaves levels out."""
    range_sd = max(_RANGE_SD_DEG, _RANGE_SD_SHARE * float(gait[2]))
    sd = np.array([*np.hypot(_LEVEL_SD_DEG, shift_deg), range_sd, _STRIDE_SD[3]])
    return float((np.abs(usual - gait) / sd).sum())


def _off(seen: FloatArray, stride: FloatArray) -> float:
    return float((np.abs(seen - stride) / _STRIDE_SD).sum())


def _everyday_off(seen: FloatArray) -> float:
    return min(_off(seen, gait) for gait in _GAITS.values())


def seen_stride(track: Track, part: slice) -> FloatArray | None:
    """Mean P, greatest and least T in ``part``, and ln of the whole time (4,); None where one was silent."""
    pitch, tilts = track.thigh_pitch_deg[part], track.pelvis_tilt_deg[part]
    if not (np.isfinite(pitch).any() and np.isfinite(tilts).any()):
        return None
    tilt = float(np.nanmean(tilts))
    took_s = float(track.t_s[track.end] - track.t_s[track.start])
    return np.array([tilt, np.nanmax(pitch), np.nanmin(pitch), np.log(max(took_s, 0.1))])


def own_stride(track: Track) -> FloatArray | None:
    """The same of an excursion that may be one of the exercise's strides: of its way back.

    The way there of a first stride begins in a stand, and with what leads into the posture.
    """
    seen = seen_stride(track, slice(track.reach, track.end + 1))
    if seen is None:
        return None
    there_s = float(track.t_s[track.reach] - track.t_s[track.start])
    back_s = float(track.t_s[track.end] - track.t_s[track.reach])
    if there_s > _LEADS_IN * back_s:
        seen[3] = np.log(max(2.0 * back_s, 0.1))
    return seen


def _stride_of(exercise: Exercise) -> FloatArray | None:
    """Mean P, greatest and least T, deg, and the logarithm of the period of a model stride (4,)."""
    rest, turn, tempo = exercise.rest_pose, exercise.turn_pose, exercise.tempo
    if rest is None or turn is None or tempo is None:
        return None
    ends = sorted((rest.thigh_pitch_deg, turn.thigh_pitch_deg))
    tilt = 0.5 * (rest.pelvis_tilt_deg + turn.pelvis_tilt_deg)
    ways = [span[1] for span in (tempo.concentric_s, tempo.eccentric_s) if span is not None]
    moving_s = sum(ways) if len(ways) == 2 else tempo.period_s[1]
    return np.array([tilt, ends[1], ends[0], 0.5 * np.log(tempo.period_s[1] * moving_s)])
