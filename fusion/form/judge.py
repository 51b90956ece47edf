"""One rule on one repetition: its number, the limit that holds for this person, and the finding, if any.

A finding is made when the number has passed the limit and good form does not explain it: it lies further
than two sigma from what this person's good form shows, or the model's where theirs is not known. A number that
has passed a limit within that reach is told as doubtful, and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot, isfinite, radians, sin

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal, KeyPose, PhaseKind
from fusion.exercises.rules import Baseline, Direction, Grade, Measure, Rule, Signal, Window
from fusion.form import sharing, steadiness, timing
from fusion.form.measures import LEVELS, Value, measured
from fusion.form.view import RepView, Series
from fusion.form.windows import EARLY_SHARE, span_of
from fusion.reference_path import OwnRange, PersonReference
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
_HIDDEN_BY_SKIN = frozenset({DriverSignal.HIP_EXTERNAL_ROTATION, DriverSignal.THIGH_OPENING})
"""Turns of the thigh about its own axis, of which the skin follows half to nine tenths: only one's own range
says whether one is short."""
PATHS_SD_DEG = 1.3
"""How far a person's way through the last third differs from the model's, made as steep as theirs."""
UNLIKELY_SDS = 2.0
"""So many sigma from good form that it does not explain a number: one time in forty."""
TRAVEL_SD_SHARE, TRAVEL_SD_DEG = 0.5, 2.5
"""One sigma of how far a person's good form travels otherwise than the model's (engineering estimates)."""
_CENTILES_SDS = 2.56
"""Sigmas from the 10th centile to the 90th."""
_ACROSS = frozenset({Signal.HIP_ADDUCTION, Signal.HIP_ROTATION})
_TRAVELLED = frozenset({Measure.RISE, Measure.FALL, Measure.CHANGE, Measure.RANGE})
_TIPPED = frozenset({Signal.PELVIS_TILT, Signal.PELVIS_RESIDUAL})
_HARD_WITHIN = frozenset({Window.REP, Window.CONCENTRIC, Window.LATE_EXTENSION})

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
    """One sigma of what good form shows, from repetition to repetition or from person to person."""
    limits: PersonalLimits
    usual: float
    """What good form shows, compared as the limits are."""
    known: bool = False
    """Whether that is this person's own."""


def personal(
    rule: Rule, exercise: Exercise, reference: PersonReference | None, own: Mapping[str, tuple[float, float]]
) -> PersonalRule:
    """``rule`` for the person that ``reference`` and a coach's ``own`` limits tell of."""
    level = baseline(rule, exercise, reference)
    usual = _usual(rule, exercise, reference)
    return PersonalRule(
        rule,
        level,
        _people_sd(rule, usual, reference),
        limits_of(rule, exercise, reference, own),
        usual - level,
        known=_spread(rule, reference) is not None,
    )


def _usual(rule: Rule, exercise: Exercise, reference: PersonReference | None) -> float:
    """What good form shows of a rule's number: this person's where it is known, else the model's."""
    if rule.window is Window.SET:
        return 0.0
    spread = _spread(rule, reference)
    if spread is not None:
        return spread.median
    return model_value(rule, exercise)


def _spread(rule: Rule, reference: PersonReference | None) -> OwnRange | None:
    """The person's own values; None where they are not known.

    Of a lift on their own path there is nothing to know: it is what the path was learnt from.
    """
    if reference is None or _on_own_path(rule, reference):
        return None
    return reference.own.get(rule.kind)


def _on_own_path(rule: Rule, reference: PersonReference | None) -> bool:
    lifted = rule.window in {Window.CONCENTRIC, Window.EARLY_CONCENTRIC, Window.LATE_EXTENSION, Window.TOP}
    return rule.signal in _OF_PATH and lifted and reference is not None and reference.path is not None


def _people_sd(rule: Rule, usual: float, reference: PersonReference | None) -> float:
    """One sigma of ``usual``: how this person's good repetitions differ, or people from the model."""
    spread = _spread(rule, reference)
    if spread is not None:
        return (spread.p90 - spread.p10) / _CENTILES_SDS
    if by_model(rule, reference):
        return PEOPLE_SD_DEG
    return min(TRAVEL_SD_DEG, TRAVEL_SD_SHARE * abs(usual)) if rule.measure in _TRAVELLED else 0.0


def read(one: PersonalRule, view: RepView) -> Reading | None:
    """The rule's number; None while its part of the movement is not over or its signal is not there.

    Of a rule on the whole set it is the repetition's mean, of which the set makes its number.
    """
    raw = _number(one, view)
    if raw is None or not isfinite(raw.value):
        return None
    if one.people_sd:
        raw = Value(raw.value, raw.t_s, hypot(raw.sd, one.people_sd))
    return Reading(raw, raw.value - one.baseline)


def by_model(rule: Rule, reference: PersonReference | None) -> bool:
    """Whether an angle is held against the model because the person's own value is not known."""
    unknown = reference is None or rule.kind not in reference.own
    return rule.baseline is Baseline.OWN and unknown and rule.measure in LEVELS


def _number(one: PersonalRule, view: RepView) -> Value | None:
    rule = one.rule
    if rule.measure is Measure.VALUE:
        return NUMBERS[rule.signal](view)
    of_set = rule.window is Window.SET
    span = span_of(Window.REP if of_set else rule.window, view)
    by_residual = rule.signal is Signal.PELVIS_RESIDUAL
    series = view.residual_as_done if by_residual and _late(rule) else view.series(rule.signal)
    if span is None or series is None:
        return None
    value = measured(Measure.MEAN if of_set else rule.measure, series, span, view)
    if rule.signal in _ACROSS and rule.measure in _TRAVELLED and not one.known:
        value = Value(value.value, value.t_s, hypot(value.sd, _leak_sd(series, span, view)))
    if rule.signal is Signal.HIP_ROTATION:
        value = _beneath_the_skin(value, view)
    return _as_sure_as_skin_allows(rule, value, view)


def _leak_sd(series: Series, span: tuple[int, int], view: RepView) -> float:
    """One sigma of what flexion adds to an angle across it where a sensor's axis or heading is off.

    It comes back in every repetition, so it is part of what is known of a person with approved ones.
    """
    flexion = view.series(Signal.HIP_FLEXION)
    if flexion is None:
        return 0.0
    bent = flexion.smooth[span[0] : span[1] + 1]
    sd = series.level_sd[span[0] : span[1] + 1]
    if not (np.isfinite(bent).any() and np.isfinite(sd).any()):
        return 0.0
    turned = min(float(np.nanmax(bent) - np.nanmin(bent)), 180.0)
    return float(np.min(sd[np.isfinite(sd)])) * sin(radians(0.5 * turned))


def _beneath_the_skin(value: Value, view: RepView) -> Value:
    """How far the bone has turned where the skin over it has turned so far."""
    share, share_sd = view.followed
    turned = value.value / share
    return Value(turned, value.t_s, hypot(value.sd, share_sd * turned) / share)


def _as_sure_as_skin_allows(rule: Rule, value: Value, view: RepView) -> Value:
    """A rise of the pelvis by the end of a lift, with what the skin and the person may have to do with it."""
    if rule.measure is not Measure.RISE or rule.signal not in _TIPPED or rule.window not in _HARD_WITHIN:
        return value
    if rule.signal is Signal.PELVIS_RESIDUAL and view.reference and view.reference.source != "model":
        return value
    people = PATHS_SD_DEG if rule.signal is Signal.PELVIS_RESIDUAL else 0.0
    return Value(value.value, value.t_s, hypot(value.sd, sharing.HARDENED_SD_DEG, people))


def baseline(rule: Rule, exercise: Exercise, reference: PersonReference | None) -> float:
    """What the number is compared with: nothing, the person's own usual value, or the model's key pose."""
    if rule.baseline is Baseline.ZERO:
        return 0.0
    if rule.baseline is Baseline.OWN and _on_own_path(rule, reference):
        return 0.0
    if rule.baseline is Baseline.OWN and reference is not None and rule.kind in reference.own:
        return reference.own[rule.kind].median
    return model_value(rule, exercise)


def model_value(rule: Rule, exercise: Exercise) -> float:
    """What the exercise's key pose shows of a level; 0 for what good form does not show at all."""
    if rule.signal is Signal.BUTT_WINK:
        return _model_wink(exercise)
    if rule.measure is Measure.RISE and rule.window is Window.EARLY_CONCENTRIC:
        return _model_early_rise(rule, exercise)
    if rule.signal in _SHARES:
        return _model_share(rule.signal, exercise)
    if rule.signal in _PHASE_S:
        return _model_phase_s(rule.signal, exercise)
    if rule.signal is Signal.ROM:
        return exercise.count.rom_typical_deg if exercise.count else 0.0
    if rule.measure in _TRAVELLED:
        return _model_travel(rule, exercise)
    if rule.measure not in LEVELS or rule.signal not in _POSE_ANGLES:
        return 0.0
    pose = _pose_of(rule.window, exercise)
    angle = _POSE_ANGLES[rule.signal](pose) if pose is not None else None
    return 0.0 if angle is None else angle


_PHASE_S = frozenset({Signal.CONCENTRIC, Signal.ECCENTRIC, Signal.HOLD})
_SHARES = frozenset({Signal.PELVIS_SHARE, Signal.THIGH_SHARE, Signal.HIP_SHARE})
_LIFT = frozenset({Window.REP, Window.CONCENTRIC, Window.ECCENTRIC})


def _model_share(signal: Signal, exercise: Exercise) -> float:
    """How the model's lift is shared; all hip where it is asked what the lower back does."""
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if signal is Signal.HIP_SHARE or rest is None or turn is None:
        return 1.0 if signal is Signal.HIP_SHARE else 0.0
    low, top = (rest, turn) if exercise.lifts_first else (turn, rest)
    tilt = top.pelvis_tilt_deg - low.pelvis_tilt_deg
    pitch = top.thigh_pitch_deg - low.thigh_pitch_deg
    part, whole = (tilt, abs(pitch)) if signal is Signal.PELVIS_SHARE else (pitch, tilt + pitch)
    return part / whole if abs(whole) >= sharing.THIGH_TURN_MIN_DEG else 0.0


def _model_phase_s(signal: Signal, exercise: Exercise) -> float:
    """Usual duration of a phase or a hold."""
    tempo, hold = exercise.tempo, exercise.hold
    if signal is Signal.HOLD:
        return max(tempo.hold_top_s if tempo else 0.0, hold.target_s if hold else 0.0)
    usual = tempo and (tempo.concentric_s if signal is Signal.CONCENTRIC else tempo.eccentric_s)
    return usual[1] if usual else 0.0


def _model_travel(rule: Rule, exercise: Exercise) -> float:
    """How far the signal of good form rises, falls or ranges from the first pose on to the far one."""
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
        if exercise.driver.signal in _HIDDEN_BY_SKIN:
            return PersonalLimits(rule.limits[0], None, None)
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
    sure = _sure(one, reading, sign, passed[-1][1])
    severity, limit = passed[0] if sure else (Severity.INFO, passed[-1][1])
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


def _sure(one: PersonalRule, reading: Reading, sign: float, limit: float) -> bool:
    """Whether good form does not explain the number; where it is not known, one sigma past the limit."""
    if sign * (limit - one.usual) > 0.0:
        return sign * (reading.value - one.usual) >= UNLIKELY_SDS * reading.raw.sd
    return sign * (reading.value - limit) >= reading.raw.sd


def _validity(rule: Rule) -> Validity:
    return Validity.MEASURED if rule.grade is Grade.MEASURED else Validity.ESTIMATED
