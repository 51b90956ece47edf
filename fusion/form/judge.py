"""One rule on one repetition: its number, the limit that holds for this person, and the finding, if any.

A finding is made when the number has passed the limit and good form does not explain it: it lies further
than 2.5 sigma from what this person's good form shows, or the model's where theirs is not known. A number
that has passed a limit within that reach is told as doubtful, and weighs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot, isfinite, radians, sin

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal
from fusion.exercises.rules import Direction, Grade, Measure, Rule, Signal, Window
from fusion.form import good_form, sharing, steadiness, timing
from fusion.form.measures import LEVELS, Value, measured
from fusion.form.view import RepView, Series
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
CLOCKS_AGREE_S = 0.02
ROWS: Mapping[Signal, str] = {
    Signal.TAP: "pelvis_acc_forward_ms2",
    Signal.THORAX_LIST: "thorax_list_deg",
}
"""Rows that not every set of worn sensors gives, although the sensors of the rule are there."""
_HIDDEN_BY_SKIN = frozenset({DriverSignal.HIP_EXTERNAL_ROTATION, DriverSignal.THIGH_OPENING})
"""Turns of the thigh about its own axis, of which the skin follows half to nine tenths: only one's own range
says whether one is short."""
PATHS_SD_DEG = 2.0
"""How far a person's way through the last third differs from the model's, made as steep as theirs."""
HARDENED_DEG, HARDENED_SD_DEG = 2.0, 1.0
"""By how much the sensor over the sacrum tips as the muscles beneath it harden, by the end of a lift."""
KNOWN_SD_SHARE = 0.5
"""Of the sigma that the sensors give a change, what there is at least where good repetitions are known."""
UNLIKELY_SDS = 2.5
"""So many sigma from good form that it does not explain a number: it does six times in a thousand."""
_ACROSS = frozenset({Signal.HIP_ADDUCTION, Signal.HIP_ROTATION})
_TIPPED = frozenset({Signal.PELVIS_TILT, Signal.PELVIS_RESIDUAL})
_HARD_WITHIN = frozenset({Window.REP, Window.CONCENTRIC, Window.LATE_EXTENSION})


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
    led_deg: float = 0.0
    """Tilt that comes before the lift itself: how far it goes on into the lift differs between people."""


def personal(
    rule: Rule, exercise: Exercise, reference: PersonReference | None, own: Mapping[str, tuple[float, float]]
) -> PersonalRule:
    """``rule`` for the person that ``reference`` and a coach's ``own`` limits tell of."""
    level = good_form.baseline(rule, exercise, reference)
    usual = good_form.usual(rule, exercise, reference)
    return PersonalRule(
        rule,
        level,
        good_form.people_sd(rule, usual, reference),
        limits_of(rule, exercise, reference, own),
        usual - level,
        known=good_form.spread(rule, reference) is not None,
        led_deg=good_form.led_deg(exercise),
    )


def read(one: PersonalRule, view: RepView) -> Reading | None:
    """The rule's number; None while its part of the movement is not over or its signal is not there.

    Of a rule on the whole set it is the repetition's mean, of which the set makes its number.
    """
    raw = _number(one, view)
    if raw is None or not isfinite(raw.value):
        return None
    raw = Value(raw.value, raw.t_s, _sd_of_good_form(one, raw.sd))
    return Reading(raw, raw.value - one.baseline)


def _sd_of_good_form(one: PersonalRule, sd: float) -> float:
    """One sigma of the number were the form good.

    The spread of the person's own repetitions has the noise of the sensors in it already, but for what is the
    same in all of them: how the sensors sit, in a level.
    """
    if one.known and one.rule.measure not in LEVELS:
        return max(one.people_sd, KNOWN_SD_SHARE * sd)
    return hypot(sd, one.people_sd) if one.people_sd else sd


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
    if rule.signal in _ACROSS and rule.measure in good_form.TRAVELLED and not one.known:
        value = Value(value.value, value.t_s, hypot(value.sd, _leak_sd(series, span, view)))
    if rule.signal is Signal.HIP_ROTATION:
        value = _beneath_the_skin(value, view)
    return _as_sure_as_skin_allows(one, value, view)


def _leak_sd(series: Series, span: tuple[int, int], view: RepView) -> float:
    """One sigma of what flexion adds to an angle across it where a sensor's axis or heading is off.

    It comes back in every repetition, so it is part of what is known of a person with approved ones.
    """
    flexion = view.series(Signal.HIP_FLEXION)
    if flexion is None:
        return 0.0
    bent = flexion.smooth[span[0] : span[1] + 1]
    sd = series.level_sd[span[0] : span[1] + 1]
    # Both leave out what is not known, unless nothing is.
    turned = min(float(np.fmax.reduce(bent) - np.fmin.reduce(bent)), 180.0)
    least_sd = float(np.fmin.reduce(sd))
    return least_sd * sin(radians(0.5 * turned)) if isfinite(turned) and isfinite(least_sd) else 0.0


def _beneath_the_skin(value: Value, view: RepView) -> Value:
    """How far the bone has turned where the skin over it has turned so far."""
    return Value(value.value / view.followed, value.t_s, value.sd / view.followed)


def _as_sure_as_skin_allows(one: PersonalRule, value: Value, view: RepView) -> Value:
    """A rise of the pelvis by the end of a lift, with what the skin and the person may have to do with it.

    All of that comes again in each repetition, and is known of a person whose good form is.
    """
    rule = one.rule
    if rule.measure is not Measure.RISE or rule.signal not in _TIPPED or rule.window not in _HARD_WITHIN:
        return value
    if one.known or (rule.signal is Signal.PELVIS_RESIDUAL and view.on_own_path):
        return value
    if rule.signal is Signal.PELVIS_TILT:
        return Value(value.value, value.t_s, hypot(value.sd, sharing.HARDENED_SD_DEG))
    people = hypot(value.sd, HARDENED_SD_DEG, PATHS_SD_DEG, one.led_deg)
    return Value(value.value - HARDENED_DEG, value.t_s, people)


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
    if rule.signal in good_form.OF_PATH and not _late(rule) and good_form.spread(rule, reference) is None:
        return PersonalLimits(rule.limits[0], None, None)
    if good_form.by_model(rule, reference):
        return PersonalLimits(rule.limits[0], rule.fail, None)
    if rule.signal is Signal.ROM:
        return _own_range(rule, exercise, reference)
    spread = reference.own.get(rule.kind) if reference is not None and reference.scales_limits else None
    if rule.warn is None or rule.fail is None or spread is None:
        return PersonalLimits(rule.info, rule.warn, rule.fail)
    centile = spread.p90 if rule.direction is Direction.ABOVE else spread.p10
    half = 0.5 * (rule.fail - rule.warn)
    wanted = centile - good_form.baseline(rule, exercise, reference) + half
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
    if not sure and rule.warn is None and rule.fail is None:
        return None  # a doubt about an information says nothing
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
    """Whether good form does not explain the number.

    Where the model's good form lies on the limit or beyond, it explains nothing: one sigma past the limit is
    enough.
    """
    if one.known or sign * (limit - one.usual) > 0.0:
        return sign * (reading.value - one.usual) >= UNLIKELY_SDS * reading.raw.sd
    return sign * (reading.value - limit) >= reading.raw.sd


def _validity(rule: Rule) -> Validity:
    return Validity.MEASURED if rule.grade is Grade.MEASURED else Validity.ESTIMATED
