"""Continuous body motion: named coordinates that pass from knot to knot on minimum-jerk paths.

Minimum jerk (Flash & Hogan 1985, doi 10.1523/JNEUROSCI.05-07-01688.1985) is twice differentiable across
knots, so that specific force and angular rate come from the same motion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from fusion.types import FloatArray


class Coordinate(IntEnum):
    """Generalised coordinates of the virtual body; angles in deg, lengths in m."""

    PELVIS_TILT = 0
    PELVIS_LIST = 1
    THIGH_RIGHT = 2
    THIGH_LEFT = 3
    LUMBAR = 4
    """Tilt of the pelvis that the lower back adds: the injected fault."""
    YAW = 5
    FORWARD_M = 6


@dataclass(frozen=True, slots=True)
class Gait:
    """A bout of walking laid over the knots: [start, end), period of a stride, amplitudes."""

    t_start_s: float
    t_end_s: float
    stride_s: float
    thigh_amplitude_deg: float = 21.0
    thigh_mean_deg: float = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Knots (k,) with coordinates (k, c), the lumbar fault's own knots (m,), and walking laid over both."""

    t_s: FloatArray
    values: FloatArray
    lumbar_t_s: FloatArray
    lumbar_deg: FloatArray
    gaits: tuple[Gait, ...] = ()

    @property
    def duration_s(self) -> float:
        """Time of the last knot."""
        return float(self.t_s[-1])

    def at(self, t_s: FloatArray) -> FloatArray:
        """Coordinates (n, c) at any times."""
        out = between_knots(self.t_s, self.values, t_s)
        lumbar = between_knots(self.lumbar_t_s, self.lumbar_deg[:, None], t_s)
        out[:, Coordinate.LUMBAR] = lumbar[:, 0]
        for gait in self.gaits:
            self._walk(gait, t_s, out)
        return out

    @staticmethod
    def _walk(gait: Gait, t_s: FloatArray, out: FloatArray) -> None:
        ramp = min(1.0, 0.5 * (gait.t_end_s - gait.t_start_s))
        up = minimum_jerk(np.clip((t_s - gait.t_start_s) / ramp, 0.0, 1.0))
        down = minimum_jerk(np.clip((gait.t_end_s - t_s) / ramp, 0.0, 1.0))
        share = up * down
        angle = 2.0 * np.pi * (t_s - gait.t_start_s) / gait.stride_s
        swing = gait.thigh_amplitude_deg
        out[:, Coordinate.THIGH_RIGHT] += share * (gait.thigh_mean_deg + swing * np.sin(angle))
        out[:, Coordinate.THIGH_LEFT] += share * (gait.thigh_mean_deg - swing * np.sin(angle))
        out[:, Coordinate.PELVIS_TILT] += share * (2.0 + 1.5 * np.sin(2.0 * angle))
        out[:, Coordinate.PELVIS_LIST] += share * 4.0 * np.sin(angle)
        out[:, Coordinate.YAW] += share * 5.0 * np.cos(angle)


def between_knots(knots_s: FloatArray, values: FloatArray, t_s: FloatArray) -> FloatArray:
    """Values (n, c) at ``t_s`` (n,) of a path through ``values`` (k, c) that rests at every knot."""
    i = np.clip(np.searchsorted(knots_s, t_s, side="right") - 1, 0, len(knots_s) - 2)
    start, stop = knots_s[i], knots_s[i + 1]
    s = minimum_jerk(np.clip((t_s - start) / (stop - start), 0.0, 1.0))[:, None]
    return np.asarray((1.0 - s) * values[i] + s * values[i + 1])


def minimum_jerk(s: FloatArray) -> FloatArray:
    """Share of the way (n,) at share ``s`` (n,) of the time."""
    return np.asarray(s**3 * (10.0 + s * (6.0 * s - 15.0)))


class MotionScript:
    """Writes a `Motion` knot by knot, from standing upright at time zero."""

    def __init__(self) -> None:
        self._now = dict.fromkeys(Coordinate, 0.0)
        self._t_s = [0.0]
        self._rows = [self._row()]
        self._gaits: list[Gait] = []
        self._lumbar = [(0.0, 0.0)]

    @property
    def t_s(self) -> float:
        """Time written so far."""
        return self._t_s[-1]

    def move(self, duration_s: float, targets: Mapping[Coordinate, float] | None = None) -> None:
        """Go to ``targets`` within ``duration_s``; coordinates not named stay."""
        if duration_s <= 0.0:
            return
        self._now.update(targets or {})
        self._t_s.append(self.t_s + duration_s)
        self._rows.append(self._row())

    def walk(self, duration_s: float, stride_s: float) -> None:
        """Walk on the spot of the knots' posture, which should be a stand."""
        self._gaits.append(Gait(self.t_s, self.t_s + duration_s, stride_s))
        self.move(duration_s, {Coordinate.FORWARD_M: self._now[Coordinate.FORWARD_M] + 1.2 * duration_s})

    def arch(self, rise_s: tuple[float, float], fall_s: tuple[float, float], lumbar_deg: float) -> None:
        """Tilt the pelvis from the lower back by ``lumbar_deg``: up within one time span, back in another."""
        levels = (0.0, lumbar_deg, lumbar_deg, 0.0)
        self._lumbar.extend(zip((*rise_s, *fall_s), levels, strict=True))

    def motion(self) -> Motion:
        """What was written."""
        lumbar = np.array([*self._lumbar, (max(self.t_s, self._lumbar[-1][0]) + 1.0, 0.0)])
        return Motion(
            np.array(self._t_s), np.array(self._rows), lumbar[:, 0], lumbar[:, 1], tuple(self._gaits)
        )

    def _row(self) -> list[float]:
        return [self._now[c] for c in Coordinate]
