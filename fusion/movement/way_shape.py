"""How far a smooth way has got by when: from rest to rest, through the poses that an exercise passes on it.

Between poses it goes on fifth-order polynomials that are twice differentiable. At a pose that it passes it
keeps the harmonic mean of the speeds before and after (Fritsch & Carlson 1980, doi 10.1137/0717021), so that
it never overshoots; without any it is minimum jerk (Flash & Hogan 1985, doi
10.1523/JNEUROSCI.05-07-01688.1985).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal, KeyPose, Phase
from fusion.types import FloatArray

_PLAIN = frozenset({DriverSignal.HIP_FLEXION, DriverSignal.THIGH_PITCH, DriverSignal.PELVIS_TILT})
"""Angles of which a key pose tells the value."""
_TABLE = 1001


@dataclass(frozen=True, slots=True)
class WayShape:
    """Poses as (share of the time, share of the way), from (0, 0) to (1, 1), neither descending."""

    poses: tuple[tuple[float, float], ...]

    def share(self, s: FloatArray) -> FloatArray:
        """Share of the way (n,) at shares ``s`` (n,) of the time."""
        u, (v0, r0, step, a, b, c) = self._pieces(s)
        return np.asarray(v0 + u * step * r0 + u**3 * (a + u * (b + u * c)))

    def speed(self, s: FloatArray) -> FloatArray:
        """Its derivative (n,)."""
        u, (_, r0, step, a, b, c) = self._pieces(s)
        return np.asarray(r0 + u**2 * (3.0 * a + u * (4.0 * b + u * 5.0 * c)) / step)

    def times_of(self, *shares: float) -> FloatArray:
        """Shares of the time (k,) at which it has got to ``shares`` of the way."""
        s = np.linspace(0.0, 1.0, _TABLE)
        return np.interp(shares, self.share(s), s)

    def _pieces(self, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Share (n,) of the piece that each is in, and its value, rate, time and coefficients (6, n)."""
        s = np.clip(s, 0.0, 1.0)
        times = np.array([t for t, _ in self.poses])
        at = np.clip(np.searchsorted(times, s, "right") - 1, 0, len(times) - 2)
        return (s - times[at]) / np.diff(times)[at], self._coefficients()[at].T

    def _coefficients(self) -> FloatArray:
        """Value, rate, time and the third to fifth coefficient of each piece (k, 6)."""
        speeds = [(v1 - v0) / (t1 - t0) for (t0, v0), (t1, v1) in pairwise(self.poses)]
        rates = [0.0, *(2.0 * a * b / (a + b) if a * b > 0.0 else 0.0 for a, b in pairwise(speeds)), 0.0]
        rows = []
        for ((t0, v0), (t1, v1)), (r0, r1) in zip(pairwise(self.poses), pairwise(rates), strict=True):
            step = t1 - t0
            d, r0s, r1s = v1 - v0, r0 * step, r1 * step
            a = 10.0 * d - 6.0 * r0s - 4.0 * r1s
            b = -15.0 * d + 8.0 * r0s + 7.0 * r1s
            c = 6.0 * d - 3.0 * r0s - 3.0 * r1s
            rows.append((v0, r0, step, a, b, c))
        return np.array(rows)


STRAIGHT = WayShape(((0.0, 0.0), (1.0, 1.0)))
"""No pose in between."""


@dataclass(frozen=True, slots=True)
class WayShapes:
    """The ways out and back of the driving angle, and of the thigh's pitch."""

    driver: tuple[WayShape, WayShape]
    thigh: tuple[WayShape, WayShape]


ALL_STRAIGHT = WayShapes((STRAIGHT, STRAIGHT), (STRAIGHT, STRAIGHT))


def way_shapes(exercise: Exercise, signal: DriverSignal) -> WayShapes:
    """How the angle that drives a count goes out and back, and the thigh, as the exercise's phases say."""
    return WayShapes(_shapes(exercise, signal), _shapes(exercise, DriverSignal.THIGH_PITCH))


def _shapes(exercise: Exercise, signal: DriverSignal) -> tuple[WayShape, WayShape]:
    runs = [list(run) for _, run in groupby(exercise.phases, key=lambda phase: phase.kind)]
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if signal not in _PLAIN or len(runs) != 2 or rest is None or turn is None:
        return STRAIGHT, STRAIGHT
    return _shape(exercise, signal, rest, runs[0]), _shape(exercise, signal, turn, runs[1])


def _shape(exercise: Exercise, signal: DriverSignal, begins: KeyPose, run: Sequence[Phase]) -> WayShape:
    values = [_value(pose, signal) for pose in (begins, *(exercise.pose(phase.to) for phase in run))]
    way = values[-1] - values[0]
    times = np.cumsum([0.0, *(phase.share for phase in run)])
    shares = [(value - values[0]) / way if way else 0.0 for value in values]
    if any(b < a for a, b in pairwise(shares)):
        return STRAIGHT
    return WayShape(tuple(zip((times / times[-1]).tolist(), shares, strict=True)))


def _value(pose: KeyPose, signal: DriverSignal) -> float:
    if signal is DriverSignal.HIP_FLEXION:
        return pose.hip_flexion_deg
    return pose.thigh_pitch_deg if signal is DriverSignal.THIGH_PITCH else pose.pelvis_tilt_deg
