"""What a repetition of each exercise looks like in a handful of numbers, and how far one seen is from it.

Posture at both ends (pelvis, both thighs, list, abduction), the range, and the time of both ways. The looks
themselves are the library's key poses. Standard deviations are those of repetitions of tuning people of the
simulator about these poses (seeds 1001 to 1003), widened by half for bodies that are none of its kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, nan
from typing import Final

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Kind, Laterality, Tempo
from fusion.movement.poses import turned_deg
from fusion.movement.track import Track
from fusion.types import FloatArray, Side, SignalBlock

SIDE_LYING_DEG: Final = 60.0
"""List beyond which gravity shows neither P nor T."""
_REST_SD_DEG: Final = np.array([6.0, 6.0, 8.0, 4.0, 5.0, 9.0])
_TURN_SD_DEG: Final = np.array([5.0, 4.0, 8.0, 5.0, 5.0, 9.0])
_TURN_SD_SHARE: Final = 0.05
"""What is added for the range, as people differ in how far they go."""
_MOST: Final = 36.0
_MOST_TIME: Final = 2.5
"""Of one number; people do the same exercise at very different speeds, and few do it in another posture."""
_MOST_STRIDE_TIME: Final = 16.0
_TIME_SD: Final = np.array([0.35, 0.35, 0.5])
_STRIDE_TIME_SD: Final = np.array([0.2, 0.2, 0.5])
"""Of the logarithm of a time; gaits are known by their cadence."""
_POSTURE: Final = (0, 1, 3)
"""P, T and list among the angles."""
_SHARES: Final = (0.25, 1.15)
"""How much of the range a repetition of an exercise that is known may have."""
_PART: Final = (0.2, 1.05)
_PART_DEG: Final = 15.0
"""How far P and T may be off where a part of a repetition begins and turns."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One repetition in numbers: angles where it begins (6,) and where it turns (6,), its times (3,)."""

    rest_deg: FloatArray
    turn_deg: FloatArray
    time: FloatArray
    t_start_s: float
    t_end_s: float
    side: Side


class Template:
    """The model's own look."""

    def __init__(self, exercise: Exercise) -> None:
        rest, turn, tempo = exercise.rest_pose, exercise.turn_pose, exercise.tempo
        if rest is None or turn is None or tempo is None:
            raise ValueError(f"{exercise.id} has no ends to compare with")
        self.exercise = exercise
        on_the_way = [pose for pose in exercise.poses if pose is not turn]
        self.rests = np.array([_model(exercise, pose, turn) for pose in on_the_way])
        self.turn = _model(exercise, turn, rest)
        self.range = np.abs(self.turn - _model(exercise, rest, turn))
        hold_s = tempo.hold_top_s if exercise.lifts_first else tempo.hold_bottom_s
        self.time = np.array([*(log(way_s) for way_s in _ways_s(exercise, tempo)), _squashed(hold_s)])

    def at_most_off(self, look: Look) -> float:
        """Squared distance of a repetition that may be partial, and may be seen from its far end on."""
        return min(
            self._partly_off(look.rest_deg, look.turn_deg), self._partly_off(look.turn_deg, look.rest_deg)
        )

    def may_be_part(self, look: Look) -> bool:
        """Whether P and T go the way of a repetition or less of it, from either end: what tired people do."""
        return self._goes_part(look.rest_deg, look.turn_deg) or self._goes_part(look.turn_deg, look.rest_deg)

    def _goes_part(self, rest_deg: FloatArray, turn_deg: FloatArray) -> bool:
        rest = self.rests[0, :2]
        begins, way, gone = (turned_deg(to[:2], rest) for to in (rest_deg, self.turn, turn_deg))
        share = float(np.nan_to_num(way @ gone / max(1e-9, float(way @ way)), nan=-1.0))
        off = np.abs(np.concatenate((begins, gone - share * way)))
        return _PART[0] <= share <= _PART[1] and bool(off.max() <= _PART_DEG)

    def _partly_off(self, rest_deg: FloatArray, turn_deg: FloatArray) -> float:
        way = np.nan_to_num(turned_deg(self.turn, self.rests[0])) / self._turn_sd
        gone = np.nan_to_num(turned_deg(turn_deg, self.rests[0])) / self._turn_sd
        share = float(np.clip(way @ gone / max(1e-9, float(way @ way)), *_SHARES))
        begins = turned_deg(rest_deg, self.rests) / _REST_SD_DEG
        return float(_capped(begins).sum(axis=1).min() + _capped(gone - share * way).sum())

    @property
    def _turn_sd(self) -> FloatArray:
        return np.asarray(_TURN_SD_DEG + _TURN_SD_SHARE * np.nan_to_num(self.range))


class TemplateTable:
    """The looks of several exercises side by side."""

    def __init__(self, templates: Sequence[Template]) -> None:
        most = max((len(t.rests) for t in templates), default=0)
        rows = [t.rests[np.minimum(np.arange(most), len(t.rests) - 1)] for t in templates]
        self._rests = np.array(rows).reshape(len(templates), most, 6)
        self._postures = self._rests[:, :, _POSTURE].reshape(-1, 3)
        self._turns = np.array([t.turn for t in templates]).reshape(-1, 6)
        ranges = np.array([t.range for t in templates]).reshape(-1, 6)
        self._turn_sd = _TURN_SD_DEG + _TURN_SD_SHARE * np.nan_to_num(ranges)
        self._times = np.array([t.time for t in templates]).reshape(-1, 3)
        strides = np.array([[t.exercise.kind is Kind.STEP] for t in templates]).reshape(-1, 1)
        self._quick_sd, self._slow_sd = (
            np.array([_time_sd(t.exercise, k) for t in templates]) for k in (0, 2)
        )
        self._most_time = np.where(strides, _MOST_STRIDE_TIME, _MOST_TIME)

    def may_rest_at(self, posture_deg: FloatArray, within_deg: float) -> bool:
        """Whether any of them begins within so much of P, T and |ML| (3,); what is not known fits."""
        far = np.abs(turned_deg(posture_deg, self._postures)) > within_deg
        return not bool(far.any(axis=1).all())

    def distances(self, look: Look) -> FloatArray:
        """Squared distance (n,) of each, in standard deviations, over what is known of the look."""
        begins = _capped(turned_deg(look.rest_deg, self._rests) / _REST_SD_DEG).sum(axis=2).min(axis=1)
        ends = _capped(turned_deg(look.turn_deg, self._turns) / self._turn_sd).sum(axis=1)
        late = look.time - self._times
        late /= np.where(late < 0.0, self._quick_sd, self._slow_sd)
        late = _capped(late, self._most_time).sum(axis=1)
        return np.asarray(begins + ends + late)


def _capped(deviations: FloatArray, most: FloatArray | float = _MOST) -> FloatArray:
    """Squares of deviations, none more than ``most``, what is not known counting nothing."""
    return np.asarray(np.minimum(np.where(np.isnan(deviations), 0.0, deviations) ** 2, most))


def _time_sd(exercise: Exercise, limit: int) -> FloatArray:
    """Standard deviations (3,) of the logarithms of times towards the shortest (0) or the longest (2) stride.

    A gait is known by its cadence, as far as its exercise says how quick and slow it may be.
    """
    if exercise.kind is not Kind.STEP or exercise.tempo is None:
        return _TIME_SD
    period_s = exercise.tempo.period_s
    return np.maximum(_STRIDE_TIME_SD, [abs(log(period_s[limit] / period_s[1]))] * 2 + [0.0])


def _ways_s(exercise: Exercise, tempo: Tempo) -> list[float]:
    """Usual times (s) of the way out and the way back; those of strides fill the whole of their period."""
    spans = [tempo.concentric_s, tempo.eccentric_s]
    ways = [span[1] if span else 0.5 * tempo.period_s[1] for span in spans]
    if exercise.kind is Kind.STEP:
        ways = [way * tempo.period_s[1] / sum(ways) for way in ways]
    return ways if exercise.lifts_first else ways[::-1]


def _squashed(hold_s: float) -> float:
    """A pause as a number in which none and a short one are near each other."""
    return log(0.5 + hold_s)


def _model(exercise: Exercise, pose: KeyPose, opposite: KeyPose) -> FloatArray:
    """Angles (6,) of a key pose as a sensor would see them; NaN where gravity does not show one."""
    rest = exercise.rest_pose or pose
    other = pose.other_thigh_pitch_deg
    if other is None:
        if exercise.kind is Kind.STEP:
            other = opposite.thigh_pitch_deg
        elif exercise.laterality is Laterality.UNILATERAL:
            other = rest.thigh_pitch_deg
        else:
            other = pose.thigh_pitch_deg
    lying = abs(pose.pelvis_list_deg) > SIDE_LYING_DEG
    angles = [
        nan if lying else pose.pelvis_tilt_deg,
        nan if lying else pose.thigh_pitch_deg,
        nan if lying else other,
        abs(pose.pelvis_list_deg),
        pose.hip_adduction_deg,
        pose.hip_flexion_deg if lying else nan,
    ]
    return np.array(angles)


def look_of(track: Track) -> Look:
    """The numbers of one excursion."""
    far = track.reach + int(np.argmax(track.effort_deg[track.reach : track.leave + 1]))
    at = [track.start, far]
    times = track.t_s[at]
    signals, side = track.signals, track.side.value
    adduction = _at(signals, f"hip_adduction_{side}_deg", times)
    lean = np.abs(track.pelvis_list_deg[at])
    lying = bool(lean.max() > SIDE_LYING_DEG)
    unknown = np.full(2, nan)
    rows = np.stack(
        (
            unknown if lying else track.pelvis_tilt_deg[at],
            unknown if lying else track.thigh_pitch_deg[at],
            unknown if lying else track.other_thigh_deg[at],
            lean,
            adduction,
            track.hip_flexion_deg[at] if lying else unknown,
        ),
        axis=-1,
    )
    out_s = max(0.05, float(track.t_s[track.reach] - track.t_s[track.start]))
    back_s = max(0.05, float(track.t_s[track.end] - track.t_s[track.leave]))
    return Look(
        rows[0],
        rows[1],
        np.array(
            [log(out_s), log(back_s), _squashed(float(track.t_s[track.leave] - track.t_s[track.reach]))]
        ),
        float(track.t_s[track.start]),
        float(track.t_s[track.end]),
        track.side,
    )


def _at(signals: SignalBlock, name: str, t_s: FloatArray) -> FloatArray:
    """A signal at two of its times; NaN where its uncertainty says nothing or it does not exist."""
    if name not in signals.names:
        return np.full(len(t_s), nan)
    row = signals.names.index(name)
    at = np.searchsorted(signals.t_s, t_s).clip(0, len(signals) - 1)
    return np.where(signals.sd[row][at] < 15.0, signals.values[row][at], nan)
