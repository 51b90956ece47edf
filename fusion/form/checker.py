"""Form of one repetition: every rule of the exercise that the worn sensors can judge.

A fixed alarm on tilt fires on good form, because the trunk turns too. So lumbar compensation is judged by
P_res = P − P_ref(T), how the pelvis leaves its path over the thigh's pitch; where a thorax sensor is worn,
by the lumbar angle itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from statistics import fmean

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.rules import Direction, Measure, Rule, Signal, Window, Worn, unit_of
from fusion.form import judge, standard, timing
from fusion.form.history import SignalHistory
from fusion.form.measures import Value
from fusion.form.view import LOOK_BACK_S, RepView, smoothed, view_of
from fusion.form.windows import span_of
from fusion.reference_path import METRIC_PREFIX, PATH_POINTS, PersonReference, ReferencePath, model_path
from fusion.reps import Track
from fusion.rom import time_below_s
from fusion.types import Finding, RepSummary, Segment, Severity, Side, SignalBlock

TOP_BAND_DEG = 30.0
"""Hip flexion below which the last part of an extension lies."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a coach may set otherwise than the exercise does."""

    own: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Kind of finding → its warn and fail limits, in the rule's unit."""
    goal: str = ""
    """Goal profile: rules that name goals hold only for those."""
    clock_agreement_s: float = 0.0
    """How well the sensors' clocks agree; who starts first is judged up to 20 ms."""


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A rule that cannot be judged, and the sensors that it would take (none: the clocks must agree)."""

    kind: str
    missing: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class FormResult:
    """Measures and findings of one repetition."""

    residual_peak_deg: float
    hold_s: float
    tempo_s: tuple[float, float, float, float]
    findings: tuple[Finding, ...]
    metrics: dict[str, float] = field(default_factory=dict)
    path_deg: tuple[tuple[float, float], ...] = ()
    """T and P along the lift, at equal steps of its range."""

    @property
    def quality(self) -> bool:
        """Whether pelvis, hold and tempo were good; the range is the caller's to know."""
        return not any(f.severity is not Severity.INFO or f.kind in _ASKED for f in self.findings)


_ASKED = frozenset({"hold_short"})
"""Told quietly, but part of what makes a repetition good."""


class FormChecker:
    """Judges repetitions of one exercise on one side.

    `update` takes every `SignalBlock`; `check` judges the repetition that just ended (or was just
    announced); `check_set` what shows over a set.
    """

    def __init__(
        self,
        exercise: Exercise,
        reference: PersonReference | None = None,
        limits: Limits | None = None,
        *,
        side: Side = Side.RIGHT,
        worn: Collection[Segment] | None = None,
    ) -> None:
        self.exercise = exercise
        self.side = side
        self.person = reference
        self.limits = limits or Limits()
        self.path: ReferencePath | None = (reference.path if reference else None) or model_path(exercise)
        self._worn = frozenset(worn) if worn is not None else frozenset({Segment.PELVIS, side.thigh})
        rules = [r for r in exercise.compensations if self._wanted(r)]
        self._rules = [self._preferred(r) for r in rules if not self._missing(self._preferred(r))]
        self.not_judged = tuple(
            NotJudged(r.kind, self._missing(r))
            for r in map(self._preferred, rules)
            if self._missing(r) or not self._in_time(r)
        )
        self._rules = [r for r in self._rules if self._in_time(r)]
        self._history = SignalHistory()

    def update(self, signals: SignalBlock) -> None:
        """Take the next samples in."""
        self._history.append(signals)

    def check(
        self, track: Track, *, full: bool, pause_before_s: float = 0.0, complete: bool = True
    ) -> FormResult:
        """Measures of ``track``, and a finding for each limit that it passes.

        With ``complete`` false only what lies before the lockout is judged.
        """
        view = self.view(track, complete=complete)
        readings = {r: judge.read(r, view, self.exercise, self.person) for r in self._rules}
        findings = [self._finding(r, reading) for r, reading in readings.items() if reading is not None]
        findings += [
            standard.range_short(view, self.exercise, self.person, full=full),
            standard.hold_short(view, self._hold_target()),
            *standard.hurried(view, self.exercise),
        ]
        residual = self.residual_rise(view)
        raw = {f"{METRIC_PREFIX}{r.kind}": v.raw.value for r, v in readings.items() if v is not None}
        return FormResult(
            residual_peak_deg=residual.value,
            hold_s=timing.hold(view).value,
            tempo_s=_tempo(view, pause_before_s),
            findings=tuple(f for f in findings if f is not None),
            metrics=_metrics(view) | raw,
            path_deg=_path(view),
        )

    def check_set(self, reps: Sequence[RepSummary]) -> tuple[Finding, ...]:
        """What shows over the repetitions of a set: rules on drift."""
        drifts = [r for r in self._rules if r.measure is Measure.DRIFT]
        found = (self._drift(rule, reps) for rule in drifts if len(reps) > 1)
        return tuple(f for f in found if f is not None)

    def view(self, track: Track, *, complete: bool = True) -> RepView:
        """The track over all signals of its time."""
        first_s = float(track.t_s[track.start]) - LOOK_BACK_S
        signals = self._history.between(first_s, float(track.t_s[-1])) or _signals_of(track, self.side)
        return view_of(
            track,
            signals,
            self.side,
            lifts_first=self.exercise.lifts_first,
            complete=complete,
            reference=self.path,
        )

    @staticmethod
    def residual_rise(view: RepView) -> Value:
        """Largest rise of P_res, deg, in the last 30 % of hip extension and the hold, and when."""
        rule = _RESIDUAL
        span, series = span_of(rule.window, view), view.series(rule.signal)
        if span is None or series is None:
            return judge.UNKNOWN
        return judge.measured(rule.measure, series, span, view)

    def _finding(self, rule: Rule, reading: judge.Reading) -> Finding | None:
        limits = judge.limits_of(rule, self.exercise, self.person, self.limits.own)
        return judge.finding(rule, reading, limits, self.side)

    def _drift(self, rule: Rule, reps: Sequence[RepSummary]) -> Finding | None:
        name = f"{METRIC_PREFIX}{rule.kind}"
        values = [v for r in reps if isfinite(v := r.metrics.get(name, nan))]
        if len(values) < 2:
            return None
        value = values[-1] - values[0]
        if rule.direction is Direction.ABOVE and rule.signal is Signal.PELVIS_TILT:
            value = abs(value)
        reading = judge.Reading(Value(value, reps[-1].t_end_s, 1.0), value)
        return self._finding(rule, reading)

    # --- which rules hold

    def _wanted(self, rule: Rule) -> bool:
        return not rule.goals or self.limits.goal in rule.goals or not self.limits.goal

    def _missing(self, rule: Rule) -> tuple[Segment, ...]:
        needed = (worn.segment(self.side) for worn in rule.needs)
        return tuple(segment for segment in needed if segment not in self._worn)

    def _in_time(self, rule: Rule) -> bool:
        return rule.signal not in judge.CLOCKED or self.limits.clock_agreement_s <= judge.CLOCKS_AGREE_S

    def _preferred(self, rule: Rule) -> Rule:
        """The rule on the lumbar angle itself where a thorax sensor shows it."""
        return rule

    def _hold_target(self) -> standard.HoldTarget | None:
        return None
