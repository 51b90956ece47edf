"""Which way people face, from how they set off: who stands and then travels, walks forwards.

From rest to a walk the hips gain about a metre a second within a second, and every sensor that hangs from
them tells of it, long before its drift does: two strides show the front of pelvis and thighs, with its sign
and in each sensor for itself. A person who sits down, lies down or bends moves less far, and comes to a stop.
Side steps are slower than a walk, so where the plan has them only what is as fast as a walk counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.history import up_in_sensor
from fusion.alignment.joint_heading import LEVERS_M
from fusion.alignment.reference import TRUNK
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, SampleQuality, Segment
from fusion.units import RAD_PER_DEG

_SOON_S = 3.5
"""After rest; later the speed has drifted."""
_FRAMES = 3
"""Frames of half a second for which it must travel."""
_TRAVEL_MS = 0.34
"""Up a stair."""
_WALK_MS = 0.7
_LEAST_SHARE = 0.8
"""Of these in every frame."""
_THIGH_SHARE = 0.6
"""Of these, for sensors whose lever to the hip is known less well."""
_BRISK_MS = 0.22
"""Gained within one frame at the start; a wrong vertical looks like gaining less, but for longer."""
_SINKS_M = -0.15
"""Who sits down travels, too."""
_STEADY_COS = 0.75
_UPRIGHT_COS, _STRIDE_COS = 0.9, 0.4
"""Least of the cosine of a lean, of trunk and thigh: who gets up from a seat or a bed leans by more."""
_TURNED_RAD = 30.0 * RAD_PER_DEG
_FRONT_SD_RAD = 10.0 * RAD_PER_DEG
_SLOW_SD_RAD = 16.0 * RAD_PER_DEG
_FLOOR_RAD = 6.0 * RAD_PER_DEG
_VERTICAL_RAD = 5.0 * RAD_PER_DEG
"""A vertical that is off by so much feels like gaining 0.4 m/s in half a second, as who sets off does."""
_LOSS = SampleQuality.BRIDGED | SampleQuality.MISSING | SampleQuality.AFTER_GAP
_SURE_FAST, _SURE_SLOW = 6.0, 3.0
"""Log likelihood against walking backwards, and against having gone anywhere."""
_SURE_MOST = 9.0
_ABOVE_HIP_M = LEVERS_M[Segment.THIGH_RIGHT][1]


Verticals = Mapping[Segment, FloatArray]
"""World up (3,) in S of each sensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Where a segment faces: unit ``x_s`` (3,) in S, level in a stand, with one sigma.

    ``sureness`` is a log likelihood against its opposite.
    """

    x_s: FloatArray
    sd_rad: float
    sureness: float


@dataclass(slots=True, eq=False)
class _Way:
    """One sensor since it last rested."""

    q_es: FloatArray
    rest_ms2: FloatArray
    """Force (3,) in E that was felt at rest."""
    speeds_ms: list[FloatArray] = field(default_factory=list)
    """Velocity of the hip (2,) in E at the end of each frame."""
    velocity_ms: FloatArray = field(default_factory=lambda: np.zeros(3))
    height_m: float = 0.0


class Departures:
    """All sensors of one person, frame by frame."""

    def __init__(self, segments: Iterable[Segment], *, sideways: bool) -> None:
        self._segments = [s for s in segments if _hangs_from_pelvis(s)]
        self._least_ms = _WALK_MS if sideways else _TRAVEL_MS
        self._ways: dict[Segment, _Way] = {}
        self._sums: dict[Segment, FloatArray] = {}
        self._information = 0.0
        self._sureness = 0.0

    def update(
        self, frame: AlignedBlock, *, still: bool, is_stand: Callable[[Verticals], bool | None]
    ) -> bool:
        """Take one frame; True when it has shown which way the person faces.

        ``is_stand`` tells of a pose whether it is the stand, None where none is known: then only what is as
        fast as a walk counts.
        """
        if still:
            self._ways = {s: _way_from(frame.segments[s]) for s in self._segments}
            return False
        if not self._ways:
            return False
        for segment, way in self._ways.items():
            lean = float(up_in_sensor(frame.segments[segment].q_es[-1]) @ up_in_sensor(way.q_es))
            if lean < (_UPRIGHT_COS if segment in TRUNK else _STRIDE_COS):
                self._ways = {}
                return False
            if not _follow(way, frame.segments[segment], _lever_m(segment)):
                self._ways = {}
                return False
        done = len(next(iter(self._ways.values())).speeds_ms)
        if done >= _FRAMES and self._set_off(frame):
            stood = is_stand({s: up_in_sensor(way.q_es) for s, way in self._ways.items()})
            learns = self._is_fast() if stood is None else stood
            if learns:
                self._learn()
            self._ways = {}
            return learns
        if done * (frame.t_s[-1] - frame.t_s[0]) >= _SOON_S:
            self._ways = {}
        return False

    def turn(self, segment: Segment, rotation: FloatArray) -> None:
        """What was seen before a slip, as the sensor sits after it."""
        self._ways = {}
        if segment in self._sums:
            self._sums[segment] = rotation @ self._sums[segment]

    def fronts(self) -> Mapping[Segment, Front]:
        """What all departures say together; empty before the first."""
        if not self._sums:
            return {}
        sd_rad = float(np.hypot(_FLOOR_RAD, 1.0 / np.sqrt(self._information)))
        sureness = min(self._sureness, _SURE_MOST)
        return {s: Front(x / np.linalg.norm(x), sd_rad, sureness) for s, x in self._sums.items()}

    def _set_off(self, frame: AlignedBlock) -> bool:
        for segment, way in self._ways.items():
            share = 1.0 if segment is Segment.PELVIS else _THIGH_SHARE
            least = share * self._least_ms
            travel = way.speeds_ms[-_FRAMES:]
            mean = np.mean(travel, axis=0)
            speeds = [float(np.hypot(*v)) for v in travel]
            if np.mean(speeds) < least or min(speeds) < _LEAST_SHARE * least:
                return False
            if any(float(v @ mean) < _STEADY_COS * float(np.hypot(*v) * np.hypot(*mean)) for v in travel):
                return False
        pelvis = frame.segments[Segment.PELVIS].q_es[-1]
        way = self._ways[Segment.PELVIS]
        stays = way.height_m > _SINKS_M and _yaw_rad(pelvis, way.q_es) < _TURNED_RAD
        return stays and _is_brisk(way)

    def _is_fast(self) -> bool:
        travel = np.mean(self._ways[Segment.PELVIS].speeds_ms[-_FRAMES:], axis=0)
        return float(np.hypot(*travel)) >= _WALK_MS

    def _learn(self) -> None:
        fast = self._is_fast()
        weight = 1.0 / (_FRONT_SD_RAD if fast else _SLOW_SD_RAD) ** 2
        self._information += weight
        self._sureness += _SURE_FAST if fast else _SURE_SLOW
        for segment, way in self._ways.items():
            x, y = np.mean(way.speeds_ms[-_FRAMES:], axis=0)
            front = quat.rotate(quat.conjugate(way.q_es), np.array([x, y, 0.0]))
            known = self._sums.get(segment, np.zeros(3))
            self._sums[segment] = known + weight * front / np.linalg.norm(front)


def _hangs_from_pelvis(segment: Segment) -> bool:
    return segment is Segment.PELVIS or LEVERS_M[segment][0] is Segment.PELVIS


def _lever_m(segment: Segment) -> float:
    """How far above a sensor the hip lies along its segment, about."""
    return _ABOVE_HIP_M if segment is Segment.PELVIS else LEVERS_M[segment][2]


def _way_from(sensor: OrientedBlock) -> _Way:
    return _Way(sensor.q_es[-1].copy(), quat.rotate(sensor.q_es, sensor.acc_ms2).mean(axis=0))


def _is_brisk(way: _Way) -> bool:
    """Whether the speed was gained faster than by drifting."""
    speeds = [0.0, 0.0, *(float(np.hypot(*v)) for v in way.speeds_ms)]
    first = len(speeds) - _FRAMES
    return max(speeds[first] - speeds[first - 1], speeds[first - 1] - speeds[first - 2]) > _BRISK_MS


def _follow(way: _Way, sensor: OrientedBlock, lever_m: float) -> bool:
    """Go on with a velocity; False where an orientation is missing, or a loss has hidden the vertical."""
    lost = (sensor.quality & _LOSS).any() and (sensor.inclination_sd_rad > _VERTICAL_RAD).any()
    if lost or not np.isfinite(sensor.q_es).all():
        return False
    dt_s = float(sensor.t_s[-1] - sensor.t_s[0]) / max(1, len(sensor) - 1)
    gained_ms = (quat.rotate(sensor.q_es, sensor.acc_ms2) - way.rest_ms2).sum(axis=0) * dt_s
    way.height_m += (way.velocity_ms[2] + 0.5 * gained_ms[2]) * len(sensor) * dt_s
    way.velocity_ms = way.velocity_ms + gained_ms
    # The hip's own velocity: the sensor swings about it.
    along_s = lever_m * up_in_sensor(way.q_es)
    swing = quat.rotate(sensor.q_es[-1], quat.cross(sensor.gyr_rads[-1], along_s))
    way.speeds_ms.append((way.velocity_ms + swing)[:2])
    return True


def _yaw_rad(q_es: FloatArray, before_q_es: FloatArray) -> float:
    turn = quat.multiply(q_es, quat.conjugate(before_q_es))
    return float(abs((2.0 * np.arctan2(turn[3], turn[0]) + np.pi) % (2.0 * np.pi) - np.pi))
