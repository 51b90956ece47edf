"""A usual repetition in time: how long its phases take, and how many of them fit a silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Tempo
from fusion.types import FloatArray

_MOVES_SHARE = 0.2
"""Of a phase's mean speed, below which one rests at an end."""
_SLACK_S = 0.3


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


def phases_through(
    ends: list[tuple[float, float]], took_s: float, cycle: Cycle
) -> tuple[float, float, tuple[float, float]]:
    """Times in the cycle from which and up to which one went, the second of them in a later cycle.

    Of all numbers of turns, the one whose time is nearest to the time that it took; last come the misfits, as
    |ln| of the two times, of that number and of the second best.
    """
    first, last = (cycle.place(*end) for end in ends)
    period_s = cycle.period_s
    found = []
    for turns in range(int(took_s / period_s) + 3):
        least_s = last[0] + turns * period_s - first[1]
        most_s = last[1] + turns * period_s - first[0]
        if most_s < -_SLACK_S:
            continue
        nearest_s = min(max(took_s, least_s, 0.0), max(most_s, 0.0))
        off = abs(float(np.log((took_s + _SLACK_S) / (nearest_s + _SLACK_S))))
        spare_s = nearest_s - (last[0] + turns * period_s - first[1])
        from_s = first[1] - max(0.0, min(spare_s, first[1] - first[0]))
        found.append((off, from_s, max(from_s, from_s + nearest_s)))
    found.sort(key=lambda one: one[0])
    off, from_s, to_s = found[0]
    return from_s, to_s, (off, found[1][0] if len(found) > 1 else float("inf"))
