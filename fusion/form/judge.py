"""One rule on one repetition: its number, the limit that holds for this person, and the finding, if any.

A finding is made only when the number passes the limit by more than its own uncertainty (one sigma);
a number that passes it by less is told as doubtful, and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot, isfinite

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose
from fusion.exercises.rules import Baseline, Direction, Grade, Measure, Rule, Signal, Window
from fusion.form import sharing, steadiness, timing
from fusion.form.measures import LEVELS, Value, measured
from fusion.form.view import RepView
from fusion.form.windows import span_of
from fusion.reference_path import PersonReference
from fusion.types import Finding, Severity, Side, Validity

NUMBERS: Mapping[Signal, Callable[[RepView], Value]] = {
    Signal.HOLD: timing.hold,
    Signal.CONCENTRIC: timing.concentric,
    Signal.ECCENTRIC: timing.eccentric,
    Signal.PELVIS_LEAD: timing.pelvis_lead,
    Signal.THIGH_LEAD: timing.thigh_lead,
    Signal.PELVIS_PEAK_LAG: timing.pelvis_peak_lag,
    Signal.SPEED_RATIO: timing.speed_ratio,
    Signal.SMOOTHNESS: timing.smoothness,
    Signal.PRETILT: sharing.pretilt,
    Signal.BUTT_WINK: sharing.butt_wink,
    Signal.PELVIS_SHARE: sharing.pelvis_share,
    Signal.HIP_SHARE: sharing.hip_share,
    Signal.THIGH_SHARE: sharing.thigh_share,
    Signal.SPILL: steadiness.spill,
    Signal.TREMOR_RATIO: steadiness.tremor_ratio,
    Signal.TAP: steadiness.tap,
    Signal.PUSH_OFF: steadiness.push_off,
    Signal.ROM: lambda view: Value(view.rom_deg, float(view.t_s[view.reach]), 1.0),
}
"""Signals that are one number a repetition."""
CLOCKED = frozenset({Signal.PELVIS_LEAD, Signal.THIGH_LEAD, Signal.PELVIS_PEAK_LAG})
"""Numbers that compare two sensors in time."""
CLOCKS_AGREE_S = 0.02
_OF_PATH = frozenset({Signal.PELVIS_RESIDUAL, Signal.SPILL, Signal.HIP_SHARE})
ROWS: Mapping[Signal, str] = {
    Signal.TAP: "pelvis_acc_forward_ms2",
    Signal.THORAX_LIST: "thorax_list_deg",
}
"""Rows that not every set of worn sensors gives, although the sensors of the rule are there."""
PEOPLE_SD_DEG = 4.0
"""How far one person's good form lies from the model's, one sigma (an engineering estimate)."""

_POSE_ANGLES: Mapping[Signal, Callable[[KeyPose], float | None]] = {
    Signal.PELVIS_TILT: lambda pose: pose.pelvis_tilt_deg,
    Signal.THIGH_PITCH: lambda pose: pose.thigh_pitch_deg,
    Signal.HIP_FLEXION: lambda pose: pose.hip_flexion_deg,
    Signal.PELVIS_LIST: lambda pose: pose.pelvis_list_deg,
    Signal.HIP_ADDUCTION: lambda pose: pose.hip_adduction_deg,
    Signal.HIP_ROTATION: lambda pose: pose.hip_rotation_deg,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A rule's number before and after its baseline."""

    raw: Value
    value: float
    """What the limits are compared with."""


@dataclass(frozen=True, slots=True)
class PersonalLimits:
    """Limits of one rule for one person."""

    info: float | None
    warn: float | None
    fail: float | None


@dataclass(frozen=True, slots=True)
class PersonalRule:
    """A rule and what holds of it for one person: worked out once, asked at every repetition."""

    rule: Rule
    baseline: float
    people_sd: float
    """One sigma of the baseline itself where it is the model's and not the person's own."""
    limits: PersonalLimits


def personal(
    rule: Rule, exercise: Exercise, reference: PersonReference | None, own: Mapping[str, tuple[float, float]]
) -> PersonalRule:
    """``rule`` for the person that ``reference`` and a coach's ``own`` limits tell of."""
    return PersonalRule(
        rule,
        baseline(rule, exercise, reference),
        PEOPLE_SD_DEG if by_model(rule, reference) else 0.0,
        limits_of(rule, exercise, reference, own),
    )


def read(one: PersonalRule, view: RepView) -> Reading | None:
    """The rule's number; None while its part of the movement is not over or its signal is not there.

    Of a rule on the whole set it is the repetition's mean, of which the set makes its number.
    """
    raw = _number(one.rule, view)
    if raw is None or not isfinite(raw.value):
        return None
    if one.people_sd:
        raw = Value(raw.value, raw.t_s, hypot(raw.sd, one.people_sd))
    return Reading(raw, raw.value - one.baseline)


def by_model(rule: Rule, reference: PersonReference | None) -> bool:
    """Whether an angle is held against the model because the person's own value is not known."""
    unknown = reference is None or rule.kind not in reference.own
    return rule.baseline is Baseline.OWN and unknown and rule.measure in LEVELS


def _number(rule: Rule, view: RepView) -> Value | None:
    if rule.measure is Measure.VALUE:
        return NUMBERS[rule.signal](view)
    of_set = rule.window is Window.SET
    span = span_of(Window.REP if of_set else rule.window, view)
    by_residual = rule.signal is Signal.PELVIS_RESIDUAL
    series = view.residual_as_done if by_residual and _late(rule) else view.series(rule.signal)
    if span is None or series is None:
        return None
    return measured(Measure.MEAN if of_set else rule.measure, series, span, view)


def baseline(rule: Rule, exercise: Exercise, reference: PersonReference | None) -> float:
    """What the number is compared with: nothing, the person's own usual value, or the model's key pose."""
    if rule.baseline is Baseline.ZERO:
        return 0.0
    if rule.baseline is Baseline.OWN and reference is not None and rule.kind in reference.own:
        return reference.own[rule.kind].median
    return model_value(rule, exercise)


def model_value(rule: Rule, exercise: Exercise) -> float:
    """What the exercise's key pose shows of a level; 0 for what good form does not show at all."""
    if rule.signal is Signal.BUTT_WINK:
        return _model_wink(exercise)
    if rule.measure not in LEVELS or rule.signal not in _POSE_ANGLES:
        return 0.0
    pose = _pose_of(rule.window, exercise)
    angle = _POSE_ANGLES[rule.signal](pose) if pose is not None else None
    return 0.0 if angle is None else angle


def _model_wink(exercise: Exercise) -> float:
    turn = exercise.turn_pose
    if turn is None:
        return 0.0
    last = exercise.poses.index(turn)
    return max(p.pelvis_tilt_deg for p in exercise.poses[: last + 1]) - turn.pelvis_tilt_deg


def _pose_of(window: Window, exercise: Exercise) -> KeyPose | None:
    """The key pose in which a window ends: the far one for the first phase's end, else the rest."""
    far = Window.TOP if exercise.lifts_first else Window.BOTTOM
    return exercise.turn_pose if window in {far, Window.LATE_EXTENSION, Window.HOLD} else exercise.rest_pose


def limits_of(
    rule: Rule, exercise: Exercise, reference: PersonReference | None, own: Mapping[str, tuple[float, float]]
) -> PersonalLimits:
    """The coach's own limits, else the person's, else the exercise's.

    With enough approved repetitions ``warn`` lies half the distance from warn to fail beyond the person's
    90th (or 10th) centile, and moves by no more than that half from the exercise's; ``fail`` moves along.
    A rule on the person's own usual value, while that is not known, is loud only beyond ``fail``; one on the
    whole of their path, which the model's is not, is never loud before their own path is known.
    """
    if rule.kind in own:
        warn, fail = own[rule.kind]
        return PersonalLimits(None, warn, fail)
    if rule.signal in _OF_PATH and not _late(rule) and (reference is None or reference.path is None):
        return PersonalLimits(rule.limits[0], None, None)
    if by_model(rule, reference):
        return PersonalLimits(rule.limits[0], rule.fail, None)
    if rule.signal is Signal.ROM:
        return _own_range(rule, exercise, reference)
    spread = reference.own.get(rule.kind) if reference is not None and reference.scales_limits else None
    if rule.warn is None or rule.fail is None or spread is None:
        return PersonalLimits(rule.info, rule.warn, rule.fail)
    centile = spread.p90 if rule.direction is Direction.ABOVE else spread.p10
    half = 0.5 * (rule.fail - rule.warn)
    wanted = centile - baseline(rule, exercise, reference) + half
    low, high = sorted((rule.warn - half, rule.warn + half))
    shift = float(np.clip(wanted, low, high)) - rule.warn
    return PersonalLimits(rule.info, rule.warn + shift, rule.fail + shift)


def _late(rule: Rule) -> bool:
    """Whether the rule reads only how P_res rises at the end: there the model's path will do."""
    return rule.window is Window.LATE_EXTENSION and rule.measure is Measure.RISE


def _own_range(rule: Rule, exercise: Exercise, reference: PersonReference | None) -> PersonalLimits:
    """A range is judged against the person's own compensation-free range, once that is known."""
    count = exercise.count
    if reference is None or count is None or not isfinite(reference.rom_deg):
        return PersonalLimits(rule.info, rule.warn, rule.fail)
    scale = reference.rom_deg / count.rom_typical_deg
    scaled = [None if v is None else v * scale for v in (rule.info, rule.warn, rule.fail)]
    return PersonalLimits(*scaled)


def finding(one: PersonalRule, reading: Reading, side: Side) -> Finding | None:
    """What the number amounts to; None within all limits."""
    rule, limits = one.rule, one.limits
    sign = 1.0 if rule.direction is Direction.ABOVE else -1.0
    steps = ((Severity.FAIL, limits.fail), (Severity.WARN, limits.warn), (Severity.INFO, limits.info))
    passed = [(s, limit) for s, limit in steps if limit is not None and sign * (reading.value - limit) >= 0.0]
    if not passed:
        return None
    sure = [(s, limit) for s, limit in passed if sign * (reading.value - limit) >= reading.raw.sd]
    severity, limit = sure[0] if sure else (Severity.INFO, passed[-1][1])
    return Finding(
        kind=rule.kind,
        severity=severity,
        t_s=reading.raw.t_s,
        value=reading.value,
        limit=limit,
        unit=rule.unit,
        cue=rule.cue,
        needs=tuple(worn.segment(side) for worn in rule.needs),
        validity=_validity(rule) if sure else Validity.DOUBTFUL,
    )


def _validity(rule: Rule) -> Validity:
    return Validity.MEASURED if rule.grade is Grade.MEASURED else Validity.ESTIMATED
