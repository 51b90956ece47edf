"""From an exercise's key poses to poses of the whole body, and how a person gets there from standing.

Everything comes from the exercise's file, so that a file of the user's own can be played as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Laterality, PhaseKind, Posture
from fusion.types import Side
from simulator.body import Build
from simulator.errors import SimulationError
from simulator.motion import HIP_ADDUCTION, HIP_ROTATION, KNEE_FLEXION, SUPPORT, THIGH_PITCH, Coordinate, Pose

_HOOK_LYING_KNEE_DEG = 95.0
_FEET_UP_PITCH_DEG = 150.0
"""Supine with the thighs pitched further than this, the feet are on a box."""
_BOX_M = 0.25
_UPRIGHT_DEG = 30.0
_LYING_M = 0.12
_LYING_DEG = 60.0
_KNEELING_SHARE = 1.02

BOTH_FEET: Pose = {Coordinate.SUPPORT_RIGHT: 0.5, Coordinate.SUPPORT_LEFT: 0.5, Coordinate.Z_M: 0.0}

_LIMITS_DEG = {
    "pelvis_tilt_deg": (-200.0, 200.0),
    "pelvis_list_deg": (-110.0, 110.0),
    "pelvis_turn_deg": (-180.0, 180.0),
    "thigh_pitch_deg": (-150.0, 190.0),
    "other_thigh_pitch_deg": (-150.0, 190.0),
    "hip_adduction_deg": (-90.0, 60.0),
    "other_hip_adduction_deg": (-90.0, 60.0),
    "hip_rotation_deg": (-90.0, 90.0),
    "other_hip_rotation_deg": (-90.0, 90.0),
    "knee_flexion_deg": (-15.0, 165.0),
    "other_knee_flexion_deg": (-15.0, 165.0),
    "thorax_tilt_deg": (-200.0, 200.0),
}
_FLEXION_LIMITS_DEG = (-60.0, 165.0)


def other(side: Side) -> Side:
    """The other side of the body."""
    return Side.LEFT if side is Side.RIGHT else Side.RIGHT


@dataclass(frozen=True, slots=True)
class Step:
    """The way to one pose: ``share`` of the time that the tempo gives to a phase of this kind."""

    kind: PhaseKind
    name: str
    pose: Pose
    share: float


@dataclass(frozen=True, slots=True)
class Figure:
    """An exercise's poses on one body, for one working leg: where a repetition rests and what it passes."""

    exercise: Exercise
    side: Side
    rest: Pose
    steps: tuple[Step, ...]
    """From the rest through all poses and back."""
    route: tuple[tuple[Pose, float], ...]
    """From standing to the rest: poses passed and seconds to each."""

    @property
    def turn(self) -> Pose:
        """Where the first way, lifting or lowering, ends."""
        turn = self.rest
        for step in self.steps:
            if step.kind is not self.steps[0].kind:
                break
            turn = step.pose
        return turn

    @property
    def range_deg(self) -> float:
        """Largest change of an angle between rest and turn."""
        return max(abs(self.turn[c] - self.rest[c]) for c in _DRIVING)


_DRIVING = (
    Coordinate.PELVIS_TILT,
    Coordinate.PELVIS_LIST,
    *THIGH_PITCH.values(),
    *HIP_ADDUCTION.values(),
    *HIP_ROTATION.values(),
    *KNEE_FLEXION.values(),
)


def figure(exercise: Exercise, side: Side, build: Build) -> Figure:
    """Poses of ``exercise`` with ``side`` as the working leg.

    Raises `SimulationError` for an exercise without poses or with a pose that no body can take.
    """
    if not exercise.poses or not exercise.phases:
        raise SimulationError(
            f"{exercise.id}: has no key poses that can be played; give [[poses]] and [[phases]] in its file"
        )
    for key in exercise.poses:
        _check(exercise, key)
    first = exercise.poses[0]
    rest = body_pose(exercise, first, first, side, build)
    steps = tuple(
        Step(p.kind, p.to, body_pose(exercise, exercise.pose(p.to), first, side, build), p.share)
        for p in exercise.phases
    )
    return Figure(exercise, side, rest, steps, tuple(_route(exercise, rest, build)))


def _check(exercise: Exercise, key: KeyPose) -> None:
    for name, (low, high) in _LIMITS_DEG.items():
        value = getattr(key, name)
        if value is not None and not low <= value <= high:
            raise SimulationError(
                f"{exercise.id}: pose {key.name}: {name} {value:g} is allowed from {low:g} to {high:g}"
            )
    flexion = key.hip_flexion_deg
    low, high = _FLEXION_LIMITS_DEG
    if not low <= flexion <= high:
        raise SimulationError(
            f"{exercise.id}: pose {key.name}: hip flexion (pelvis_tilt_deg + thigh_pitch_deg) {flexion:g}"
            f" is allowed from {low:g} to {high:g}"
        )


def body_pose(exercise: Exercise, key: KeyPose, first: KeyPose, side: Side, build: Build) -> Pose:
    """All coordinates of one key pose."""
    mirror = 1.0 if side is Side.RIGHT else -1.0
    idle = other(side)
    pitch, other_pitch = _pitches(exercise, key, first)
    tilt, lean = key.pelvis_tilt_deg, mirror * key.pelvis_list_deg
    adduction = key.hip_adduction_deg
    rotation = key.hip_rotation_deg
    together = exercise.laterality in {Laterality.BILATERAL, Laterality.EITHER}
    pose = {
        Coordinate.PELVIS_TILT: tilt,
        Coordinate.PELVIS_LIST: lean,
        Coordinate.PELVIS_TURN: mirror * key.pelvis_turn_deg,
        THIGH_PITCH[side]: pitch,
        THIGH_PITCH[idle]: other_pitch,
        HIP_ADDUCTION[side]: adduction,
        HIP_ADDUCTION[idle]: _or(key.other_hip_adduction_deg, adduction if together else 0.0),
        HIP_ROTATION[side]: rotation,
        HIP_ROTATION[idle]: _or(key.other_hip_rotation_deg, rotation if together else 0.0),
        KNEE_FLEXION[side]: _or(key.knee_flexion_deg, _knee_deg(exercise, tilt, pitch)),
        KNEE_FLEXION[idle]: _or(
            key.other_knee_flexion_deg,
            _or(key.knee_flexion_deg, _knee_deg(exercise, tilt, pitch))
            if together
            else _knee_deg(exercise, tilt, other_pitch),
        ),
        Coordinate.THORAX_TILT: _or(key.thorax_tilt_deg, tilt),
        Coordinate.THORAX_LIST: lean,
    }
    return {**pose, **_support(exercise, first, side, build)}


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _pitches(exercise: Exercise, key: KeyPose, first: KeyPose) -> tuple[float, float]:
    pitch = key.thigh_pitch_deg
    if key.other_thigh_pitch_deg is not None:
        return pitch, key.other_thigh_pitch_deg
    if exercise.laterality in {Laterality.BILATERAL, Laterality.EITHER}:
        return pitch, pitch
    return pitch, _or(first.other_thigh_pitch_deg, first.thigh_pitch_deg)


def _knee_deg(exercise: Exercise, tilt_deg: float, pitch_deg: float) -> float:
    """A knee that is not given: feet stay on the floor where they carry, else the leg hangs or lies."""
    match _posture(exercise):
        case Posture.STANDING:
            lean = 1.25 if tilt_deg < pitch_deg else 1.1
            return max(5.0, min(150.0, lean * pitch_deg))
        case Posture.SUPINE:
            return _HOOK_LYING_KNEE_DEG
        case Posture.QUADRUPED:
            return 90.0
        case Posture.SEATED:
            return max(0.0, pitch_deg)
        case Posture.SIDE_LYING:
            return 90.0 if tilt_deg + pitch_deg > _UPRIGHT_DEG else 5.0
        case _:
            return 5.0


def _support(exercise: Exercise, first: KeyPose, side: Side, build: Build) -> dict[Coordinate, float]:
    """Which feet carry, and how high the base is."""
    feet = {SUPPORT[side]: 0.0, SUPPORT[other(side)]: 0.0, Coordinate.Z_M: _LYING_M}
    posture = _posture(exercise)
    match posture:
        case Posture.STANDING | Posture.SEATED | Posture.SUPINE:
            feet[Coordinate.Z_M] = 0.0
            if posture is Posture.SUPINE and first.thigh_pitch_deg > _FEET_UP_PITCH_DEG:
                feet[Coordinate.Z_M] = _BOX_M
            right = _working_share(exercise)
            return {**feet, SUPPORT[side]: right, SUPPORT[other(side)]: 1.0 - right}
        case Posture.QUADRUPED:
            return {**feet, Coordinate.Z_M: _KNEELING_SHARE * build.thigh_m}
        case _:
            if abs(first.hip_flexion_deg) > _UPRIGHT_DEG:
                return {**feet, Coordinate.Z_M: 0.9}  # over a bench
            return feet


def _posture(exercise: Exercise) -> Posture:
    """The posture; where the exercise allows any, the one of its first pose."""
    if exercise.posture is not Posture.ANY:
        return exercise.posture
    tilt = exercise.poses[0].pelvis_tilt_deg
    if abs(tilt) < _LYING_DEG:
        return Posture.STANDING
    return Posture.PRONE if tilt > 0.0 else Posture.SUPINE


def _working_share(exercise: Exercise) -> float:
    """Share of the weight on the working leg: it stands, shares, or is the one that moves."""
    if exercise.laterality in {Laterality.BILATERAL, Laterality.EITHER, Laterality.ALTERNATING}:
        return 0.5
    if exercise.driver.leg in {"stance", "lead"} or exercise.posture is Posture.SUPINE:
        return 1.0 if exercise.driver.leg == "stance" else 0.6
    return 0.0


def _both(**degrees: float) -> Pose:
    tilt, pitch, knee = degrees["tilt"], degrees["pitch"], degrees["knee"]
    return {
        Coordinate.PELVIS_TILT: tilt,
        Coordinate.THORAX_TILT: tilt,
        Coordinate.THIGH_PITCH_RIGHT: pitch,
        Coordinate.THIGH_PITCH_LEFT: pitch,
        Coordinate.KNEE_FLEXION_RIGHT: knee,
        Coordinate.KNEE_FLEXION_LEFT: knee,
    }


LEAN = _both(tilt=35.0, pitch=50.0, knee=65.0)
SIT = _both(tilt=-8.0, pitch=95.0, knee=100.0)
KNEEL = _both(tilt=8.0, pitch=8.0, knee=95.0)
ALL_FOURS = _both(tilt=85.0, pitch=5.0, knee=90.0)


def standing() -> Pose:
    """Upright on both feet, from which every motion starts."""
    return {**dict.fromkeys(Coordinate, 0.0), **BOTH_FEET}


def _route(exercise: Exercise, rest: Pose, build: Build) -> list[tuple[Pose, float]]:
    kneeling: Pose = {
        Coordinate.SUPPORT_RIGHT: 0.0,
        Coordinate.SUPPORT_LEFT: 0.0,
        Coordinate.Z_M: _KNEELING_SHARE * build.thigh_m,
    }
    match _posture(exercise):
        case Posture.SUPINE | Posture.SIDE_LYING:
            return [(LEAN, 1.0), (SIT, 1.0), (rest, 1.6)]
        case Posture.SEATED:
            return [(LEAN, 0.9), (rest, 1.0)]
        case Posture.QUADRUPED:
            return [({**KNEEL, **kneeling}, 1.5), (rest, 1.5)]
        case Posture.PRONE if rest[Coordinate.Z_M] == _LYING_M:
            return [({**KNEEL, **kneeling}, 1.4), ({**ALL_FOURS, **kneeling}, 1.2), (rest, 1.4)]
        case Posture.PRONE:
            return [(rest, 2.6)]
        case _:
            return [(rest, 1.2)]
