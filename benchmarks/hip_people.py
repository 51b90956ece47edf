"""Virtual people whose hips move in all three planes, for judging alignment and hip angles.

Independent of the simulator's exercises on purpose: knees go outwards, feet stand wide, movements leave the
sagittal plane, no stand is quite like the other, soft tissue turns the sensors against the bones. What a
recording says of itself is only the exercise's name in the library; mountings are any way round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray, ImuBlock, Segment, Side
from fusion.units import STANDARD_GRAVITY_MS2
from simulator.imu import ImuSamples, draw_unit, with_errors
from simulator.sensor_models import sensor_model

RATE_HZ = 100.0
_DOF = ("P", "ML", "YAW", "FR", "AR", "RR", "FL", "AL", "RL")
"""Tilt, list and yaw of the pelvis; flexion, adduction and internal rotation of the right and left hip."""
_THIGH_M, _SHANK_M, _HALF_PELVIS_M = 0.43, 0.43, 0.09
_STEP_S = 0.005
_SWAY_S = 0.35
_STANDING = quat.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
_X, _Y, _Z = np.eye(3)

Pose = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Movement:
    """What is done: the poses of one repetition after the start, times between them, and the library's id."""

    exercise: str
    poses: tuple[Pose, ...]
    seconds: tuple[float, ...]
    start: Pose = field(default_factory=dict)
    """Posture in which repetitions begin and end, and in which the stand at the start is held."""
    standing: bool = True
    """Whether ``start`` is a stand; otherwise the person stands, takes position, and gets up again."""
    reps: int = 6
    support: float = 0.5
    """How much of the weight the right leg carries; the other one swings free."""


def _both(f: float, a: float = 0.0, r: float = 0.0) -> dict[str, float]:
    return {"FR": f, "AR": a, "RR": r, "FL": f, "AL": a, "RL": r}


MOVEMENTS: Mapping[str, Movement] = {
    "squat": Movement("squat_parallel", ({"P": 22, **_both(107, -8, -10)}, {}), (1.4, 1.2)),
    "deep squat": Movement(
        "squat_deep",
        ({"P": 25, **_both(100, -10, -12)}, {"P": 12, **_both(117, -14, -14)}, {}),
        (1.2, 0.5, 1.4),
    ),
    "sumo squat": Movement(
        "squat_parallel",
        ({"P": 15, **_both(88, -34, -32)}, _both(0, -18, -25)),
        (1.4, 1.2),
        start=_both(0, -18, -25),
    ),
    "rdl": Movement("rdl", ({"P": 65, **_both(83, -3, -3)}, {}), (1.9, 1.3)),
    "deadlift": Movement("deadlift", ({"P": 55, **_both(105, -6, -8)}, {}), (1.5, 1.1)),
    "lunge": Movement(
        "lunge_forward",
        ({"P": 8, "FR": 92, "AR": -3, "RR": -4, "FL": -8, "RL": 4}, {}),
        (1.2, 1.1),
        support=1.0,
    ),
    "side lunge": Movement(
        "squat_parallel",
        ({"P": 25, "ML": 6, "FR": 95, "AR": -15, "RR": -15, "FL": 25, "AL": -38}, {}),
        (1.4, 1.3),
        support=1.0,
    ),
    "knee raise": Movement(
        "front_leg_raise", ({"P": -6, "ML": -3, "FR": 88, "RR": -6}, {}), (0.8, 0.8), support=0.0
    ),
    "kickback": Movement(
        "kickback_standing", ({"P": 10, "ML": 2, "FR": -20, "AR": -4}, {}), (0.9, 1.0), support=0.0
    ),
    "side leg raise": Movement(
        "single_leg_stance",
        ({"P": 2, "ML": 8, "FR": 6, "AR": -35, "RR": -5, "AL": -6}, {}),
        (0.9, 1.0),
        support=0.0,
    ),
    "walk": Movement(
        "walk",
        (
            {"P": 3, "ML": 3, "YAW": 4, "FR": 28, "AR": 2, "FL": -12, "AL": -4},
            {"P": 3, "ML": -3, "YAW": -4, "FR": -12, "AR": -4, "FL": 28, "AL": 2},
        ),
        (0.55, 0.55),
        reps=15,
    ),
    "jumping jack": Movement("broad_jump", ({"P": 4, **_both(10, -25, -6)}, {}), (0.45, 0.45), reps=14),
    "trunk twist": Movement(
        "neutral_vs_arched_walk",
        ({"YAW": 25, "RR": 14, "RL": -14}, {"YAW": -25, "RR": -14, "RL": 14}),
        (0.9, 0.9),
        reps=8,
    ),
    "arms only": Movement("squat_quarter", ({"P": 2}, {"P": -1, "ML": 1}), (1.0, 1.0), reps=8),
    "hip thrust": Movement(
        "hip_thrust",
        ({"P": -97, **_both(-5, -8, -5)}, {"P": -50, **_both(77, -10, -8)}),
        (0.9, 1.3),
        start={"P": -50, **_both(77, -10, -8)},
        standing=False,
    ),
    "glute bridge": Movement(
        "glute_bridge",
        ({"P": -112, **_both(-2, -6)}, {"P": -88, **_both(50, -8)}),
        (1.0, 1.4),
        start={"P": -88, **_both(50, -8)},
        standing=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Person:
    """How one body and its sensors differ: soft-tissue gains and shares, and how steadily it moves."""

    thigh_gain: float
    pelvis_gain: float
    rotation_kept: float
    sway_deg: float = 1.2
    stance_sd_deg: float = 1.5


def draw_person(rng: np.random.Generator, *, tissue: bool) -> Person:
    """A person from the error model of the reference (thigh 0.03–0.08, pelvis 0.02–0.05 of φ)."""
    if not tissue:
        return Person(0.0, 0.0, 1.0)
    return Person(rng.uniform(0.03, 0.08), rng.uniform(0.02, 0.05), rng.uniform(0.5, 0.9))


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Samples of each sensor and the truth at ``t_s``: P and φ of both sides, deg."""

    exercise: str
    blocks: Mapping[str, ImuBlock]
    t_s: FloatArray
    truth: Mapping[str, FloatArray]

    def after(self, start_s: float) -> Recording:
        """Only what was recorded from ``start_s`` on: a cold start."""
        blocks = {name: _from(block, start_s) for name, block in self.blocks.items()}
        keep = self.t_s >= start_s
        truth = {name: values[keep] for name, values in self.truth.items()}
        return Recording(self.exercise, blocks, self.t_s[keep], truth)


def record(
    name: str, seed: int, *, stand_s: float = 4.0, tissue: bool = True, both: bool = True, end_s: float = 3.0
) -> Recording:
    """One movement of one person."""
    rng = np.random.default_rng([seed, *name.encode()])
    movement, person = MOVEMENTS[name], draw_person(rng, tissue=tissue)
    knots_s, values = _script(movement, person, rng, stand_s, end_s)
    t_s = np.arange(1, int(knots_s[-1] * RATE_HZ)) / RATE_HZ
    body = _Body(knots_s, values, person, rng, movement.support)
    segments = [Segment.PELVIS, Segment.THIGH_RIGHT, *([Segment.THIGH_LEFT] if both else [])]
    blocks = {s.value: _sensor(body, s, t_s, rng) for s in segments}
    at = body.at(t_s)
    truth = {"pelvis_tilt_deg": at[:, 0], "hip_flexion_right_deg": at[:, 3]}
    if both:
        truth["hip_flexion_left_deg"] = at[:, 6]
    return Recording(movement.exercise, blocks, t_s, truth)


def _script(
    movement: Movement, person: Person, rng: np.random.Generator, stand_s: float, end_s: float
) -> tuple[FloatArray, FloatArray]:
    knots_s = [0.0]
    rows: list[FloatArray] = []
    scale = float(np.clip(rng.normal(1.0, 0.06), 0.85, 1.15))
    tempo = float(np.clip(rng.normal(1.0, 0.12), 0.75, 1.35))

    def row(pose: Pose, share: float = 1.0) -> FloatArray:
        base = np.array([movement.start.get(k, 0.0) if movement.standing else 0.0 for k in _DOF])
        target = np.array([pose.get(k, 0.0) for k in _DOF])
        return base + share * (target - base)

    def hold(seconds: float) -> None:
        knots_s.append(knots_s[-1] + seconds)
        rows.append(rows[-1].copy())

    def go(target: FloatArray, seconds: float) -> None:
        knots_s.append(knots_s[-1] + seconds)
        rows.append(target)

    def stand() -> FloatArray:
        target = row(movement.start if movement.standing else {})
        return target + rng.normal(0.0, person.stance_sd_deg, len(_DOF)) * [
            1,
            0.5,
            0,
            0.7,
            0.7,
            0.7,
            0.7,
            0.7,
            0.7,
        ]

    rows.append(stand())
    hold(stand_s)
    if not movement.standing:
        go(row(movement.start), 2.5)
        hold(1.0)
    for _ in range(movement.reps):
        for pose, seconds in zip(movement.poses, movement.seconds, strict=True):
            share = scale * float(rng.normal(1.0, 0.04))
            go(
                row(pose, share if movement.standing else 1.0),
                seconds * tempo * float(rng.lognormal(0.0, 0.06)),
            )
            hold(float(rng.uniform(0.02, 0.4)))
    go(stand(), 1.0 if movement.standing else 2.5)
    hold(end_s)
    return np.array(knots_s), np.array(rows)


class _Body:
    """Joint angles at any time, with the small sway that nobody is without while moving."""

    def __init__(
        self,
        knots_s: FloatArray,
        values: FloatArray,
        person: Person,
        rng: np.random.Generator,
        support: float = 0.5,
    ) -> None:
        self.support = support
        self.knots_s, self.values, self.person = knots_s, values, person
        count = int(knots_s[-1] / _SWAY_S) + 3
        moving = np.abs(np.gradient(between_knots(knots_s, values, _sway_times(count)), axis=0)).max(axis=1)
        size = person.sway_deg * np.clip(moving / 8.0, 0.03, 1.0)[:, None]
        self.sway = rng.normal(0.0, 1.0, (count, len(_DOF))) * size

    def at(self, t_s: FloatArray) -> FloatArray:
        sway = between_knots(_sway_times(len(self.sway)), self.sway, t_s)
        return between_knots(self.knots_s, self.values, t_s) + sway

    def segment(self, segment: Segment, t_s: FloatArray, *, skin: bool) -> FloatArray:
        """``q_eb`` (n, 4) of the bone, or of the skin over it."""
        c, who = self.at(t_s), self.person
        mean_flexion = 0.5 * (c[:, 3] + c[:, 6])
        tilt = c[:, 0] + (who.pelvis_gain * mean_flexion if skin and segment is Segment.PELVIS else 0.0)
        pelvis = _chain(_about(2, c[:, 2]), _STANDING, _about(0, -c[:, 1]), _about(2, -tilt))
        if segment is Segment.PELVIS:
            return pelvis
        k, mirror = (3, 1.0) if segment is Side.RIGHT.thigh else (6, -1.0)
        flexion = c[:, k] * (1.0 + (who.thigh_gain if skin else 0.0))
        rotation = c[:, k + 2] * (who.rotation_kept if skin else 1.0)
        return _chain(
            pelvis, _about(2, flexion), _about(0, mirror * c[:, k + 1]), _about(1, mirror * rotation)
        )

    def hip_m(self, segment: Segment, t_s: FloatArray) -> FloatArray:
        """Hip centre (n, 3) in E: feet on the floor, shanks upright."""
        pelvis = self.segment(Segment.PELVIS, t_s, skin=False)
        loads = {Side.RIGHT: self.support, Side.LEFT: 1.0 - self.support}
        legs = [
            w * quat.rotate(self.segment(side.thigh, t_s, skin=False), _THIGH_M * _Y)
            for side, w in loads.items()
        ]
        middle = sum(legs) + np.array([0.0, 0.0, _SHANK_M])
        side = {Segment.THIGH_RIGHT: 1.0, Segment.THIGH_LEFT: -1.0}.get(segment, 0.0)
        return np.asarray(middle + quat.rotate(pelvis, side * _HALF_PELVIS_M * _Z))


def _sway_times(count: int) -> FloatArray:
    return np.arange(count, dtype=float) * _SWAY_S


def between_knots(knots_s: FloatArray, values: FloatArray, t_s: FloatArray) -> FloatArray:
    """Minimum-jerk path (n, c) through knots (k, c), at rest in each."""
    i = np.clip(np.searchsorted(knots_s, t_s, side="right") - 1, 0, len(knots_s) - 2)
    s = np.clip((t_s - knots_s[i]) / (knots_s[i + 1] - knots_s[i]), 0.0, 1.0)
    share = (s**3 * (10.0 + s * (6.0 * s - 15.0)))[:, None]
    return np.asarray((1.0 - share) * values[i] + share * values[i + 1])


_PLACES = {
    Segment.PELVIS: np.array([-0.10, 0.08, 0.0]),
    Segment.THIGH_RIGHT: np.array([0.05, -0.20, 0.07]),
    Segment.THIGH_LEFT: np.array([0.05, -0.20, -0.07]),
}


def _sensor(body: _Body, segment: Segment, t_s: FloatArray, rng: np.random.Generator) -> ImuBlock:
    q_sb = quat.normalize(rng.normal(size=4))

    def orientation(times: FloatArray) -> FloatArray:
        return quat.multiply(body.segment(segment, times, skin=True), quat.conjugate(q_sb))

    def position(times: FloatArray) -> FloatArray:
        return body.hip_m(segment, times) + quat.rotate(
            body.segment(segment, times, skin=True), _PLACES[segment]
        )

    q_es, before = orientation(t_s), orientation(t_s - 1.0 / RATE_HZ)
    gyr = quat.to_rotation_vector(quat.multiply(quat.conjugate(before), q_es)) * RATE_HZ
    places = [position(t_s + k * _STEP_S) for k in (-1, 0, 1)]
    acceleration = (places[0] - 2.0 * places[1] + places[2]) / _STEP_S**2
    acc = quat.rotate(quat.conjugate(q_es), acceleration + np.array([0.0, 0.0, STANDARD_GRAVITY_MS2]))
    model = sensor_model("generic", RATE_HZ)
    real = with_errors(ImuSamples(t_s, acc, gyr), model, draw_unit(model, rng), rng)
    return ImuBlock(segment.value, 0, t_s, real.acc_ms2, real.gyr_rads, None, np.zeros(len(t_s), np.uint8))


def _about(axis: int, angle_deg: FloatArray) -> FloatArray:
    return quat.from_rotation_vector(np.radians(angle_deg)[:, None] * np.eye(3)[axis])


def _chain(*turns: FloatArray) -> FloatArray:
    result = turns[0]
    for turn in turns[1:]:
        result = quat.multiply(result, turn)
    return result


def _from(block: ImuBlock, start_s: float) -> ImuBlock:
    k = int(np.searchsorted(block.t_s, start_s))
    return ImuBlock(
        block.device_id, 0, block.t_s[k:], block.acc_ms2[k:], block.gyr_rads[k:], None, block.quality[k:]
    )
