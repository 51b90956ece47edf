"""What good form shows of a rule's number: this person's own, or the model's where theirs is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Kind, PhaseKind
from fusion.exercises.rules import Baseline, Measure, Rule, Signal, Window
from fusion.form import sharing
from fusion.form.measures import LEVELS
from fusion.form.windows import EARLY_SHARE
from fusion.reference_path import OwnRange, PersonReference

OF_PATH = frozenset({Signal.PELVIS_RESIDUAL, Signal.SPILL, Signal.HIP_SHARE})
CLOCKED = frozenset({Signal.PELVIS_LEAD, Signal.THIGH_LEAD, Signal.PELVIS_PEAK_LAG})
"""Numbers that compare two sensors in time."""
PEOPLE_SD_DEG = 4.0
"""How far one person's good form lies from the model's, one sigma (an engineering estimate)."""
TRAVEL_SD_SHARE, TRAVEL_SD_DEG = 0.5, 2.5
"""One sigma of how far a person's good form travels otherwise than the model's (engineering estimates)."""
STRIDE_LIST_DEG, STRIDE_LIST_SD_DEG = 6.0, 2.0
"""Range of the pelvis's list in a stride of healthy people, and one sigma of it (an engineering estimate)."""
TEMPO_SD_SHARE = 0.18
"""One sigma of how much quicker or slower than the model people move and count seconds (an engineering
estimate)."""
PEAK_TO_MEAN = 1.875
"""Greatest over mean speed of a minimum-jerk movement.

Flash & Hogan 1985, doi 10.1523/JNEUROSCI.05-07-01688.1985.
"""
_TIMED = frozenset({Signal.HOLD, Signal.CONCENTRIC, Signal.ECCENTRIC, Signal.HIP_RATE})
_LISTS = frozenset({Signal.PELVIS_LIST, Signal.PELVIS_DROP})
_CENTILES_SDS = 2.56
"""Sigmas from the 10th centile to the 90th."""
TRAVELLED = frozenset({Measure.RISE, Measure.FALL, Measure.CHANGE, Measure.RANGE})
_POSE_ANGLES: Mapping[Signal, Callable[[KeyPose], float | None]] = {
    Signal.PELVIS_TILT: lambda pose: pose.pelvis_tilt_deg,
    Signal.THIGH_PITCH: lambda pose: pose.thigh_pitch_deg,
    Signal.HIP_FLEXION: lambda pose: pose.hip_flexion_deg,
    Signal.PELVIS_LIST: lambda pose: pose.pelvis_list_deg,
    Signal.HIP_ADDUCTION: lambda pose: pose.hip_adduction_deg,
    Signal.HIP_ROTATION: lambda pose: pose.hip_rotation_deg,
}


def by_model(rule: Rule, reference: PersonReference | None) -> bool:
    """Whether an angle is held against the model because the person's own value is not known."""
    return rule.baseline is Baseline.OWN and rule.measure in LEVELS and spread(rule, reference) is None


def baseline(rule: Rule, exercise: Exercise, reference: PersonReference | None) -> float:
    """What the number is compared with: nothing, the person's own usual value, or the model's key pose."""
    if rule.baseline is Baseline.ZERO:
        return 0.0
    own = spread(rule, reference)
    return model_value(rule, exercise) if own is None else own.median


def model_value(rule: Rule, exercise: Exercise) -> float:
    """What the exercise's key pose shows of a level; 0 for what good form does not show at all."""
    if rule.measure is Measure.VALUE:
        return _MODEL_NUMBERS.get(rule.signal, _nothing)(exercise)
    if rule.measure is Measure.RISE and rule.window is Window.EARLY_CONCENTRIC:
        return _model_early_rise(rule, exercise)
    if rule.measure in TRAVELLED:
        return _model_travel(rule, exercise)
    if rule.measure not in LEVELS:
        return 0.0
    return _model_peak_dps(rule, exercise) if rule.signal is Signal.HIP_RATE else _model_pose(rule, exercise)


def _model_peak_dps(rule: Rule, exercise: Exercise) -> float:
    """Greatest rate of the hip in the model's lift; 0 of other parts and measures."""
    took_s = _concentric_s(exercise)
    if rule.measure is not Measure.MAX_ABS or rule.window is not Window.CONCENTRIC or took_s <= 0.0:
        return 0.0
    return PEAK_TO_MEAN * _range_deg(exercise) / took_s


def _model_pose(rule: Rule, exercise: Exercise) -> float:
    angle = _POSE_ANGLES.get(rule.signal)
    if angle is None:
        return 0.0
    if rule.window in _LIFT and rule.measure in _EXTREMES:
        passed = [a for pose in exercise.poses if (a := angle(pose)) is not None]
        return _EXTREMES[rule.measure](passed, default=0.0)
    pose = _pose_of(rule.window, exercise)
    return (angle(pose) if pose is not None else None) or 0.0


_EXTREMES: Mapping[Measure, Callable[..., float]] = {Measure.MAX: max, Measure.MIN: min}
_LIFT = frozenset({Window.REP, Window.CONCENTRIC, Window.ECCENTRIC})


def _nothing(_: Exercise) -> float:
    return 0.0


def _pelvis_share(exercise: Exercise) -> float:
    tilt, pitch = _lifted(exercise)
    return tilt / abs(pitch) if abs(pitch) >= sharing.THIGH_TURN_MIN_DEG else 0.0


def _thigh_share(exercise: Exercise) -> float:
    tilt, pitch = _lifted(exercise)
    return pitch / (tilt + pitch) if abs(tilt + pitch) >= sharing.THIGH_TURN_MIN_DEG else 0.0


def _lifted(exercise: Exercise) -> tuple[float, float]:
    """How far pelvis and thigh of the model turn in the lift."""
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return 0.0, 0.0
    low, top = (rest, turn) if exercise.lifts_first else (turn, rest)
    return top.pelvis_tilt_deg - low.pelvis_tilt_deg, top.thigh_pitch_deg - low.thigh_pitch_deg


def _hold_s(exercise: Exercise) -> float:
    tempo, hold = exercise.tempo, exercise.hold
    return max(tempo.hold_top_s if tempo else 0.0, hold.target_s if hold else 0.0)


def _concentric_s(exercise: Exercise) -> float:
    usual = exercise.tempo.concentric_s if exercise.tempo else None
    return usual[1] if usual else 0.0


def _eccentric_s(exercise: Exercise) -> float:
    usual = exercise.tempo.eccentric_s if exercise.tempo else None
    return usual[1] if usual else 0.0


def _range_deg(exercise: Exercise) -> float:
    return exercise.count.rom_typical_deg if exercise.count else 0.0


def _model_travel(rule: Rule, exercise: Exercise) -> float:
    """How far the signal of good form rises, falls or ranges from the first pose on to the far one."""
    if exercise.kind is Kind.STEP and rule.signal in _LISTS:
        return STRIDE_LIST_DEG if rule.measure is Measure.RANGE else 0.5 * STRIDE_LIST_DEG
    turn, angle = exercise.turn_pose, _POSE_ANGLES.get(rule.signal)
    if turn is None or angle is None or rule.window not in _LIFT:
        return 0.0
    poses = exercise.poses[: exercise.poses.index(turn) + 1]
    passed = [a for pose in poses if (a := angle(pose)) is not None]
    if len(passed) < 2:
        return 0.0
    up, down = max(passed) - passed[0], passed[0] - min(passed)
    return {Measure.RISE: up, Measure.FALL: down, Measure.CHANGE: max(up, down)}.get(rule.measure, up + down)


def _model_early_rise(rule: Rule, exercise: Exercise) -> float:
    """How far the signal rises over the first 30 % of the model's lift; 0 where it falls."""
    turn = exercise.turn_pose
    angle = _POSE_ANGLES.get(rule.signal)
    if turn is None or angle is None or exercise.lifts_first:
        return 0.0
    up = [turn, *(exercise.pose(p.to) for p in exercise.phases if p.kind is PhaseKind.CONCENTRIC)]
    way = abs(up[-1].hip_flexion_deg - turn.hip_flexion_deg)
    first = [p for p in up if abs(p.hip_flexion_deg - turn.hip_flexion_deg) <= EARLY_SHARE * way]
    return max(0.0, max((angle(p) or 0.0) for p in first) - (angle(turn) or 0.0))


def _model_wink(exercise: Exercise) -> float:
    turn = exercise.turn_pose
    if turn is None:
        return 0.0
    last = exercise.poses.index(turn)
    return max(p.pelvis_tilt_deg for p in exercise.poses[: last + 1]) - turn.pelvis_tilt_deg


def _pose_of(window: Window, exercise: Exercise) -> KeyPose | None:
    """The key pose that a window is at: the far one for the first phase's end, else the rest."""
    far = {Window.TOP} if exercise.lifts_first else {Window.BOTTOM, Window.EARLY_CONCENTRIC}
    return exercise.turn_pose if window in far | {Window.LATE_EXTENSION, Window.HOLD} else exercise.rest_pose


_MODEL_NUMBERS: Mapping[Signal, Callable[[Exercise], float]] = {
    Signal.BUTT_WINK: _model_wink,
    Signal.PELVIS_SHARE: _pelvis_share,
    Signal.THIGH_SHARE: _thigh_share,
    Signal.HIP_SHARE: lambda _: 1.0,
    Signal.TREMOR_RATIO: lambda _: 1.0,
    Signal.HOLD: _hold_s,
    Signal.CONCENTRIC: _concentric_s,
    Signal.ECCENTRIC: _eccentric_s,
    Signal.ROM: _range_deg,
}


def led_deg(exercise: Exercise) -> float:
    """How far the pelvis of the model tilts while the thigh stays, before the lift."""
    pairs = pairwise(exercise.poses)
    return sum(
        abs(b.pelvis_tilt_deg - a.pelvis_tilt_deg) for a, b in pairs if a.thigh_pitch_deg == b.thigh_pitch_deg
    )


def usual(rule: Rule, exercise: Exercise, reference: PersonReference | None) -> float:
    """What good form shows of a rule's number: this person's where it is known, else the model's."""
    if rule.window is Window.SET:
        return 0.0
    own = spread(rule, reference)
    if own is not None:
        return own.median
    return model_value(rule, exercise)


def spread(rule: Rule, reference: PersonReference | None) -> OwnRange | None:
    """The person's own values; None where they are not known, or of P_res over another path than theirs.

    Who starts first is nobody's own: where the pelvis hardly moves, its start is chance.
    """
    if (
        reference is None
        or rule.signal in CLOCKED
        or (rule.signal in OF_PATH and not reference.over_own_path)
    ):
        return None
    return reference.own.get(rule.kind)


def people_sd(rule: Rule, usual: float, reference: PersonReference | None) -> float:
    """One sigma of ``usual``: how this person's good repetitions differ, or people from the model."""
    own = spread(rule, reference)
    if own is not None:
        return (own.p90 - own.p10) / _CENTILES_SDS
    if by_model(rule, reference):
        return PEOPLE_SD_DEG
    if rule.signal in _TIMED:
        return TEMPO_SD_SHARE * abs(usual)
    if rule.measure not in TRAVELLED:
        return 0.0
    most_deg = STRIDE_LIST_SD_DEG if rule.signal in _LISTS else TRAVEL_SD_DEG
    return min(most_deg, TRAVEL_SD_SHARE * abs(usual))
