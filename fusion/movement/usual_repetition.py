"""A usual repetition in time: how long its phases take, and how many of them fit a silence."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Tempo
from fusion.movement.travel import travel_misfit
from fusion.types import FloatArray

_MOVES_SHARE = 0.2
"""Of a phase's mean speed, below which one rests at an end."""
_MIDST = (0.2, 0.8)
_SLACK_S = 0.3
_TRAVEL_WEIGHT = 0.5
"""How far one has gone is known less well than how long it took."""
_HASTE = 1.5
"""Who rests at an end of a silence rests for longer more easily than doing a repetition in less time."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """How long rest, way out, far end and way back of a repetition take, s."""

    rest_s: float
    out_s: float
    far_s: float
    back_s: float

    @property
    def period_s(self) -> float:
        """Of one repetition and the rest before it."""
        return self.rest_s + self.out_s + self.far_s + self.back_s

    def share(self, at_s: FloatArray) -> FloatArray:
        """Share of the range (n,) at times from the beginning of a rest."""
        knots = np.cumsum([0.0, self.rest_s, self.out_s, self.far_s, self.back_s])
        way = np.interp(np.mod(at_s, self.period_s), knots, [0.0, 0.0, 1.0, 1.0, 0.0])
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * way))

    def stops(self, share: float, speed: float) -> bool:
        """Whether one stands still where a repetition goes through: a gait has no rests there."""
        slow = speed * (self.out_s if speed > 0.0 else -self.back_s) < _MOVES_SHARE
        return slow and _MIDST[0] < share < _MIDST[1]

    def place(self, share: float, speed: float) -> tuple[float, float]:
        """When in the cycle (s) one is at a share of the range with a speed in 1/s, from and to."""
        ahead = float(np.arccos(1.0 - 2.0 * min(1.0, max(0.0, share)))) / np.pi
        if speed > _MOVES_SHARE / self.out_s:
            at_s = self.rest_s + ahead * self.out_s
            return at_s, at_s
        if speed < -_MOVES_SHARE / self.back_s:
            at_s = self.period_s - ahead * self.back_s
            return at_s, at_s
        far_s = self.rest_s + self.out_s
        return (far_s, far_s + self.far_s) if share > 0.5 else (0.0, self.rest_s)


@dataclass(frozen=True, slots=True, eq=False)
class UsualRepetition:
    """The person's usual repetition: each signal (k, 2) at rest and at the far end, deg; NaN: not known."""

    levels: FloatArray
    cycle: Cycle
    travel_deg: tuple[float, float] = (nan, nan)
    """How far the pelvis and the thigh go in it, there and back; NaN: not known."""
    shows: tuple[bool, bool] = (True, True)
    """Whether the pelvis, and the thigh, is always about as far on its way as the repetition is."""
    known_from: int = 0
    """How many of the person's own repetitions show it; 0: it is the exercise's model."""


def model_repetition(exercise: Exercise, names: tuple[str, ...], side: str) -> UsualRepetition | None:
    """The exercise's own, in the order of ``names``, for the leg of ``side``; None without key poses."""
    rest, turn, tempo = exercise.rest_pose, exercise.turn_pose, exercise.tempo
    if rest is None or turn is None or tempo is None:
        return None
    levels = np.full((len(names), 2), np.nan)
    for k, pose in enumerate((rest, turn)):
        levels[names.index("pelvis_tilt_deg"), k] = pose.pelvis_tilt_deg
        levels[names.index("pelvis_list_deg"), k] = pose.pelvis_list_deg
        levels[names.index(f"thigh_pitch_{side}_deg"), k] = pose.thigh_pitch_deg
        levels[names.index(f"hip_flexion_{side}_deg"), k] = pose.hip_flexion_deg
    return UsualRepetition(levels, _cycle(tempo, lifts_first=exercise.lifts_first))


def _cycle(tempo: Tempo, *, lifts_first: bool) -> Cycle:
    half = 0.5 * tempo.period_s[1]
    lift_s, lower_s = (s[1] if s is not None else half for s in (tempo.concentric_s, tempo.eccentric_s))
    top_s, bottom_s = tempo.hold_top_s, tempo.hold_bottom_s
    if lifts_first:
        return Cycle(bottom_s, lift_s, top_s, lower_s)
    return Cycle(top_s, lower_s, bottom_s, lift_s)


@dataclass(frozen=True, slots=True)
class Through:
    """How a silence may have been gone through: from one time in the cycle to another in a later one, s."""

    from_s: float
    to_s: float
    misfit: float
    """|ln| of the time that it takes and of the one that it took, with that of the way if it is known."""
    second: float
    """The same with the next best number of turns."""


def phases_through(
    ends: list[tuple[float, float]], took_s: float, cycle: Cycle, travelled: float = nan
) -> Through:
    """Of all numbers of turns, the one whose time and way are nearest to those of the silence.

    ``ends`` are shares and speeds (1/s) at both of its ends, ``travelled`` the repetitions to which the way
    of a sensor that was heard amounts, if there was one.
    """
    first, last = (cycle.place(*end) for end in ends)
    period_s = cycle.period_s
    rests = any(soonest < latest for soonest, latest in (first, last))
    haste = _HASTE if rests else 1.0
    found = []
    for turns in range(int(took_s / period_s) + 3):
        least_s = last[0] + turns * period_s - first[1]
        most_s = last[1] + turns * period_s - first[0]
        if most_s < -_SLACK_S:
            continue
        nearest_s = min(max(took_s, least_s, 0.0), max(most_s, 0.0))
        off = float(np.log((took_s + _SLACK_S) / (nearest_s + _SLACK_S)))
        off *= 1.0 if off >= 0.0 else -haste
        off = float(np.hypot(off, _TRAVEL_WEIGHT * travel_misfit(travelled, nearest_s / period_s)))
        spare_s = nearest_s - (last[0] + turns * period_s - first[1])
        from_s = first[1] - max(0.0, min(spare_s, first[1] - first[0]))
        found.append((off, from_s, max(from_s, from_s + nearest_s)))
    found.sort(key=lambda one: one[0])
    off, from_s, to_s = found[0]
    return Through(from_s, to_s, off, found[1][0] if len(found) > 1 else inf)
