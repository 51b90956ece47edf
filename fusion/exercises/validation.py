"""What a valid file may still say wrongly: references, angles no body has, rules that overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise

from fusion.exercises.model import DriverSignal, Exercise, KeyPose, Kind, MinTypMax

_COUNTED = frozenset({Kind.REP, Kind.STEP, Kind.EVENT, Kind.SCREEN})
_ANATOMY_DEG = {
    "hip_flexion_deg": (-40.0, 150.0),
    "hip_adduction_deg": (-70.0, 50.0),
    "other_hip_adduction_deg": (-70.0, 50.0),
    "hip_rotation_deg": (-70.0, 70.0),
    "other_hip_rotation_deg": (-70.0, 70.0),
    "knee_flexion_deg": (-15.0, 165.0),
    "other_knee_flexion_deg": (-15.0, 165.0),
    "pelvis_list_deg": (-90.0, 90.0),
}
"""Engineering bounds, wider than any healthy joint: what lies beyond is a slip of the keyboard."""
_DRIVER_SHARE_MIN = 0.5
"""Least share of the typical range that the key poses themselves must show."""


def first_fault(exercise: Exercise) -> str | None:
    """The first thing that cannot be, as ``key: what``; None when all is well."""
    return next(_faults(exercise), None)


def _faults(exercise: Exercise) -> Iterator[str]:
    yield from _poses(exercise)
    yield from _phases(exercise)
    yield from _counting(exercise)
    yield from _times(exercise)
    yield from _rules(exercise)


def _poses(exercise: Exercise) -> Iterator[str]:
    names = Counter(pose.name for pose in exercise.poses)
    for k, pose in enumerate(exercise.poses):
        if names[pose.name] > 1:
            yield f"poses[{k}].name: two poses are called {pose.name!r}"
        for key, (low, high) in _ANATOMY_DEG.items():
            value = getattr(pose, key)
            if value is not None and not low <= value <= high:
                where = "pelvis_tilt_deg + thigh_pitch_deg" if key == "hip_flexion_deg" else key
                yield f"poses[{k}].{where}: {value:g}° is no {_words(key)}; it goes from {low:g} to {high:g}"
        other = pose.other_thigh_pitch_deg
        if other is not None and not -40.0 <= pose.pelvis_tilt_deg + other <= 150.0:
            value = pose.pelvis_tilt_deg + other
            yield f"poses[{k}].other_thigh_pitch_deg: {value:g}° is no hip flexion; it goes from -40 to 150"


def _words(key: str) -> str:
    return key.removesuffix("_deg").replace("_", " ")


def _phases(exercise: Exercise) -> Iterator[str]:
    names = [pose.name for pose in exercise.poses]
    for k, phase in enumerate(exercise.phases):
        if phase.to not in names:
            yield f"phases[{k}].to: there is no pose {phase.to!r}; there are {', '.join(names) or 'none'}"
    used = {phase.to for phase in exercise.phases}
    for k, name in enumerate(names):
        if exercise.phases and name not in used and k:
            yield f"poses[{k}].name: no phase goes to {name!r}"
    if exercise.kind in _COUNTED and exercise.phases and exercise.phases[-1].to != names[0]:
        yield f"phases[{len(exercise.phases) - 1}].to: the last phase must go back to {names[0]!r}"


def _counting(exercise: Exercise) -> Iterator[str]:
    if exercise.kind not in _COUNTED:
        return
    for key in ("count", "tempo"):
        if getattr(exercise, key) is None:
            yield f"{key}: missing; a movement of kind {exercise.kind.value!r} is counted"
    if exercise.driver.signal is DriverSignal.NONE or not exercise.driver.concentric_sign:
        yield "driver.signal: missing; say which angle is counted, and concentric_sign -1 or 1"
    if len(exercise.poses) < 2 or exercise.turn_pose is None:
        yield "poses: give at least the two ends of a repetition, and phases between them"
        return
    if exercise.count is None or exercise.driver.signal is DriverSignal.NONE:
        return
    count = exercise.count
    if not count.rom_min_deg <= count.rom_full_deg:
        yield f"count.rom_full_deg: {count.rom_full_deg:g} is less than rom_min_deg"
    if not count.rom_min_deg <= count.rom_typical_deg:
        yield f"count.rom_typical_deg: {count.rom_typical_deg:g} is less than rom_min_deg"
    yield from _driver(exercise, count.rom_typical_deg)


def _driver(exercise: Exercise, typical_deg: float) -> Iterator[str]:
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return
    signal = exercise.driver.signal
    moved = driver_deg(signal, turn) - driver_deg(signal, rest)
    sign = exercise.driver.concentric_sign * (1 if exercise.lifts_first else -1)
    if moved * sign < _DRIVER_SHARE_MIN * typical_deg:
        yield (
            f"driver.signal: from {rest.name!r} to {turn.name!r} {signal.value} changes by {moved:+.0f}°,"
            f" but {sign * typical_deg:+.0f}° is typical; check the poses, the sign, or count another angle"
        )


def driver_deg(signal: DriverSignal, pose: KeyPose) -> float:
    """The counted angle in a key pose, deg."""
    values = {
        DriverSignal.HIP_FLEXION: pose.hip_flexion_deg,
        DriverSignal.PELVIS_TILT: pose.pelvis_tilt_deg,
        DriverSignal.PELVIS_LIST: pose.pelvis_list_deg,
        DriverSignal.PELVIS_ROLL: abs(pose.pelvis_list_deg),
        DriverSignal.THIGH_PITCH: pose.thigh_pitch_deg,
        DriverSignal.THIGH_ABDUCTION: -pose.hip_adduction_deg,
        DriverSignal.THIGH_OPENING: (pose.hip_adduction_deg**2 + pose.hip_rotation_deg**2) ** 0.5,
        DriverSignal.HIP_EXTERNAL_ROTATION: -pose.hip_rotation_deg,
        DriverSignal.KNEE_FLEXION: pose.knee_flexion_deg or 0.0,
        DriverSignal.NONE: 0.0,
    }
    return values[signal]


def _times(exercise: Exercise) -> Iterator[str]:
    tempo = exercise.tempo
    if tempo is None:
        return
    spans: dict[str, MinTypMax | None] = {
        "period_s": tempo.period_s,
        "concentric_s": tempo.concentric_s,
        "eccentric_s": tempo.eccentric_s,
    }
    for key, span in spans.items():
        if span is not None and any(a > b for a, b in pairwise(span)):
            yield f"tempo.{key}: {list(span)} must rise from least over typical to most"


def _rules(exercise: Exercise) -> Iterator[str]:
    rules = exercise.compensations
    for k, rule in enumerate(rules):
        fault = rule.fault()
        if fault is not None:
            yield f"compensations[{k}] ({rule.kind}).{fault}"
    for (i, a), (k, b) in combinations(enumerate(rules), 2):
        if a.kind == b.kind:
            yield f"compensations[{k}].kind: {b.kind!r} is already the name of compensations[{i}]"
        elif a.overlaps(b):
            yield (
                f"compensations[{k}] ({b.kind}): overlaps compensations[{i}] ({a.kind}), both judge the"
                f" {a.measure.value} of {a.signal.value} in {a.window.value}; keep one or change its window"
            )
