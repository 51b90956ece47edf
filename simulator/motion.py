"""Continuous body motion: every coordinate a sum of paths that are twice differentiable.

A path passes from knot to knot on fifth-order polynomials with given value, rate and acceleration at each.
With rates and accelerations of zero that is minimum jerk (Flash & Hogan 1985,
doi 10.1523/JNEUROSCI.05-07-01688.1985).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate, pairwise

import numpy as np

from fusion.types import FloatArray, Side
from simulator import kernels


class Coordinate(IntEnum):
    """Generalised coordinates of the virtual body; angles in deg, lengths in m."""

    PELVIS_TILT = kernels.TILT
    PELVIS_LIST = kernels.LIST
    PELVIS_TURN = kernels.TURN
    """About the vertical: where the person faces."""
    THIGH_PITCH_RIGHT = kernels.PITCH
    THIGH_PITCH_LEFT = kernels.PITCH + 1
    HIP_ADDUCTION_RIGHT = kernels.ADDUCTION
    HIP_ADDUCTION_LEFT = kernels.ADDUCTION + 1
    HIP_ROTATION_RIGHT = kernels.ROTATION
    HIP_ROTATION_LEFT = kernels.ROTATION + 1
    KNEE_FLEXION_RIGHT = kernels.KNEE
    KNEE_FLEXION_LEFT = kernels.KNEE + 1
    THORAX_TILT = kernels.THORAX_TILT
    THORAX_LIST = kernels.THORAX_LIST
    LUMBAR = kernels.LUMBAR
    """Tilt of the pelvis that the lower back adds."""
    X_M = kernels.X
    Y_M = kernels.Y
    Z_M = kernels.Z
    SUPPORT_RIGHT = kernels.SUPPORT
    SUPPORT_LEFT = kernels.SUPPORT + 1
    """Share of the body that stands on this foot; the rest lies on the base."""
    JOLT_UP_M = kernels.JOLT_UP
    JOLT_AHEAD_M = kernels.JOLT_AHEAD
    CONTRACTION = kernels.CONTRACTION
    """Of the glutes, 0 to 1: it moves the skin under the pelvis sensor."""


THIGH_PITCH = {Side.RIGHT: Coordinate.THIGH_PITCH_RIGHT, Side.LEFT: Coordinate.THIGH_PITCH_LEFT}
HIP_ADDUCTION = {Side.RIGHT: Coordinate.HIP_ADDUCTION_RIGHT, Side.LEFT: Coordinate.HIP_ADDUCTION_LEFT}
HIP_ROTATION = {Side.RIGHT: Coordinate.HIP_ROTATION_RIGHT, Side.LEFT: Coordinate.HIP_ROTATION_LEFT}
KNEE_FLEXION = {Side.RIGHT: Coordinate.KNEE_FLEXION_RIGHT, Side.LEFT: Coordinate.KNEE_FLEXION_LEFT}
SUPPORT = {Side.RIGHT: Coordinate.SUPPORT_RIGHT, Side.LEFT: Coordinate.SUPPORT_LEFT}

Pose = Mapping[Coordinate, float]
_LEAST_STEP_S = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One coordinate's share of the motion: ``knots_s`` (k,), ``nodes`` (k, 3) value, rate, acceleration."""

    coordinate: Coordinate
    knots_s: FloatArray
    nodes: FloatArray
    coefficients: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The sum of all paths, over [0, ``duration_s``)."""

    paths: tuple[Path, ...]
    duration_s: float

    def at(self, t_s: FloatArray) -> FloatArray:
        """Coordinates (n, c) at ascending times (n,)."""
        columns = np.zeros((kernels.COORDINATES, len(t_s)))
        for path in self.paths:
            last = float(path.nodes[-1, 0])
            kernels.add_path(t_s, path.knots_s, path.coefficients, last, columns[path.coordinate])
        return np.ascontiguousarray(columns.T)

    def coordinate(self, coordinate: Coordinate, t_s: FloatArray) -> FloatArray:
        """One coordinate (n,) at ascending times."""
        out = np.zeros(len(t_s))
        for path in self.paths:
            if path.coordinate is coordinate:
                kernels.add_path(t_s, path.knots_s, path.coefficients, float(path.nodes[-1, 0]), out)
        return out


class MotionScript:
    """Writes a `Motion`: coordinates rest at knots, pass through them, or get something added."""

    def __init__(self, start: Pose | None = None) -> None:
        self.t_s = 0.0
        self.facing_deg = 0.0
        self._knots: dict[Coordinate, list[tuple[float, float, float, float]]] = {
            c: [(0.0, (start or {}).get(c, 0.0), 0.0, 0.0)] for c in Coordinate
        }
        self._added: dict[tuple[Coordinate, str], list[tuple[float, float, float, float]]] = defaultdict(list)
        self._laid: list[Path] = []

    def now(self, coordinate: Coordinate) -> float:
        """Where a coordinate was last sent."""
        return self._knots[coordinate][-1][1]

    def pose(self) -> dict[Coordinate, float]:
        """Where every coordinate was last sent."""
        return {c: self.now(c) for c in Coordinate}

    def move(self, duration_s: float, targets: Pose | None = None) -> None:
        """Go to ``targets`` within ``duration_s`` and rest there; coordinates not named stay."""
        if duration_s <= 0.0:
            return
        start, self.t_s = self.t_s, self.t_s + duration_s
        for coordinate, value in (targets or {}).items():
            if value != self.now(coordinate):
                self.knot(coordinate, start, self.now(coordinate))
                self.knot(coordinate, self.t_s, value)

    def through(self, poses: Sequence[Pose], durations_s: Sequence[float]) -> None:
        """Pass through ``poses`` one after the other without stopping, and rest at the last."""
        times = [self.t_s, *(self.t_s + t_s for t_s in accumulate(durations_s))]
        for coordinate in sorted({c for pose in poses for c in pose}):
            values = [self.now(coordinate)]
            for pose in poses:
                values.append(pose.get(coordinate, values[-1]))
            if max(values) != min(values):
                self._pass(coordinate, times, values)
        self.t_s = times[-1]

    def _pass(self, coordinate: Coordinate, times_s: Sequence[float], values: Sequence[float]) -> None:
        for t_s, value, rate in zip(times_s, values, passing_rates(times_s, values), strict=True):
            self.knot(coordinate, t_s, value, rate)

    def knot(
        self, coordinate: Coordinate, t_s: float, value: float, rate: float = 0.0, acceleration: float = 0.0
    ) -> None:
        """One more knot of a coordinate; the present time does not move."""
        _append(self._knots[coordinate], (t_s, value, rate, acceleration))

    def add(
        self, coordinate: Coordinate, layer: str, times_s: Sequence[float], values: Sequence[float]
    ) -> None:
        """Add to a coordinate a path of its own that rests at each of its knots, from zero to zero."""
        for t_s, value in zip(times_s, values, strict=True):
            _append(self._added[coordinate, layer], (t_s, value, 0.0, 0.0))

    def add_knot(self, coordinate: Coordinate, layer: str, knot: tuple[float, float, float, float]) -> None:
        """Add one knot (time, value, rate, acceleration) to a path of its own."""
        _append(self._added[coordinate, layer], knot)

    def lay(self, coordinate: Coordinate, times_s: FloatArray, values: FloatArray) -> None:
        """Add a whole path (k,) at once that rests at each of its knots, which ascend."""
        nodes = np.zeros((len(times_s), 3))
        nodes[:, 0] = values
        self._laid.append(_through(coordinate, times_s, nodes))

    def has(self, coordinate: Coordinate, layer: str, since_s: float) -> bool:
        """Whether a path of its own has a knot after ``since_s``."""
        knots = self._added.get((coordinate, layer), [])
        return bool(knots) and knots[-1][0] > since_s

    def face(self, turn_deg: float, start_s: float, stop_s: float) -> None:
        """Turn about the vertical by ``turn_deg`` within [start, stop)."""
        times = (start_s, stop_s)
        self.add(Coordinate.PELVIS_TURN, "facing", times, (self.facing_deg, self.facing_deg + turn_deg))
        self.facing_deg += turn_deg

    def motion(self) -> Motion:
        """What was written."""
        paths = [_path(c, knots) for c, knots in self._knots.items() if len(knots) > 1 or knots[0][1]]
        paths += [_path(c, knots) for (c, _), knots in self._added.items()]
        return Motion((*paths, *self._laid), self.t_s)


def minimum_jerk(s: FloatArray) -> FloatArray:
    """Share of the way (n,) at share ``s`` (n,) of the time, between two rests."""
    return np.asarray(s**3 * (10.0 + s * (6.0 * s - 15.0)))


def passing_rates(times_s: Sequence[float], values: Sequence[float]) -> list[float]:
    """Rates (k,) to pass through ``values`` without overshoot (Fritsch & Carlson, 10.1137/0717021)."""
    steps = zip(pairwise(times_s), pairwise(values), strict=True)
    slopes = [(v1 - v0) / (t1 - t0) for (t0, t1), (v0, v1) in steps]
    inner = [2.0 * a * b / (a + b) if a * b > 0.0 else 0.0 for a, b in pairwise(slopes)]
    return [0.0, *inner, 0.0]


def _append(knots: list[tuple[float, float, float, float]], knot: tuple[float, float, float, float]) -> None:
    """Knots ascend in time; one at (nearly) the same time replaces the last."""
    while knots and knot[0] - knots[-1][0] < _LEAST_STEP_S:
        knots.pop()
    knots.append(knot)


def _path(coordinate: Coordinate, knots: Sequence[tuple[float, float, float, float]]) -> Path:
    table = np.array(knots)
    if len(table) == 1:
        table = np.vstack([table, table + np.array((1.0, 0.0, 0.0, 0.0))])
    return _through(coordinate, np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1:]))


def _through(coordinate: Coordinate, knots_s: FloatArray, nodes: FloatArray) -> Path:
    return Path(coordinate, knots_s, nodes, kernels.quintic(knots_s, nodes))
