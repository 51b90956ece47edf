"""Form of one repetition: every rule of the exercise that the worn sensors can judge.

A fixed alarm on tilt fires on good form, because the trunk turns too. So lumbar compensation is judged by
P_res = P − P_ref(T), how the pelvis leaves its path over the thigh's pitch; where a thorax sensor is worn,
by the lumbar angle itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan

import msgspec
import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.rules import Grade, Measure, Rule, Signal, Window, Worn
from fusion.form import judge
from fusion.form.causes import quieted
from fusion.form.good_form import CLOCKED
from fusion.form.judge import PersonalRule, Reading
from fusion.form.measures import Value
from fusion.form.metrics_of import metrics_of, path_of, residual_rise, tempo_of
from fusion.form.stance import begins_in_a_stand
from fusion.form.timing import hold
from fusion.form.view import RepView, view_of
from fusion.form.worn import worn_segments
from fusion.movement.track import Track
from fusion.reference_path import METRIC_PREFIX, OVER_OWN_PATH, PersonReference, ReferencePath, model_path
from fusion.types import Finding, NotJudged, RepSummary, Segment, Severity, Side

_DRIFT_SD_SHARE = 0.2
_ASKED = frozenset({"hold_short"})
"""Told quietly, but part of what makes a repetition good."""


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
    def good(self) -> bool:
        """Whether pelvis, hold and tempo were; the range is for the segmenter to say."""
        return not any(f.severity is not Severity.INFO or f.kind in _ASKED for f in self.findings)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of an exercise for one leg with what is worn."""

    judged: tuple[PersonalRule, ...]
    not_judged: tuple[NotJudged, ...]


class FormChecker:
    """Judges repetitions of one exercise.

    `check` judges the repetition that just ended (or was just announced), `check_set` what shows over a
    set. ``references`` are the person's own, one a side; without one the exercise's model holds.
    """

    def __init__(
        self, exercise: Exercise, references: Sequence[PersonReference] = (), limits: Limits | None = None
    ) -> None:
        self.exercise = exercise
        self.limits = limits or Limits()
        self._model = model_path(exercise)
        self._stands = begins_in_a_stand(exercise)
        self._references = {r.side: r for r in references if r.exercise == exercise.id}
        self._rules: dict[tuple[Side, tuple[str, ...]], _Rules] = {}
        self._latest: _Rules = _Rules((), ())

    def clocks_agree_to(self, agreement_s: float) -> None:
        """From now on the sensors' clocks are known to agree no better than this."""
        if agreement_s > self.limits.clock_agreement_s:
            self.limits = replace(self.limits, clock_agreement_s=agreement_s)
            self._rules.clear()

    @property
    def not_judged(self) -> tuple[NotJudged, ...]:
        """Rules that the sensors worn at the last repetition could not show."""
        return self._latest.not_judged

    def reference_of(self, side: Side) -> PersonReference | None:
        """The person's own reference of a side, or of both sides together."""
        return self._references.get(side) or self._references.get(None)

    def path_of(self, side: Side) -> ReferencePath | None:
        """P_ref(T): the person's own path where it is known, else the exercise's."""
        reference = self.reference_of(side)
        return (reference.path if reference else None) or self._model

    def check(self, track: Track, *, complete: bool = True, pause_before_s: float = 0.0) -> FormResult:
        """Measures of ``track``, and a finding for each limit that it passes.

        With ``complete`` false only what lies before the lockout is judged.
        """
        view = view_of(
            track,
            lifts_first=self.exercise.lifts_first,
            complete=complete,
            reference=self.path_of(track.side),
            stands=self._stands,
        )
        self._latest = self._rules_for(view)
        known = [(r, v) for r in self._latest.judged if (v := judge.read(r, view)) is not None]
        judged = (
            (r.rule, judge.finding(r, v, track.side)) for r, v in known if r.rule.window is not Window.SET
        )
        found = [(r, f) for r, f in judged if f is not None]
        return FormResult(
            residual_peak_deg=residual_rise(view).value,
            hold_s=hold(view).value,
            tempo_s=tempo_of(view, pause_before_s),
            findings=tuple(quieted(found)),
            metrics=metrics_of(view) | self._read_values(known, view),
            path_deg=path_of(view),
        )

    @staticmethod
    def _read_values(known: Sequence[tuple[PersonalRule, Reading]], view: RepView) -> dict[str, float]:
        """The rules' raw values by their names, and over which path those of P_res were read."""
        values = {r.rule.kind: v.raw.value for r, v in known}
        if view.reference is not None:
            values[OVER_OWN_PATH] = float(view.on_own_path)
        return {f"{METRIC_PREFIX}{name}": value for name, value in values.items()}

    def check_set(self, reps: Sequence[RepSummary]) -> tuple[Finding, ...]:
        """What shows over the repetitions of a set: rules on drift and spread of repetition means."""
        rules = [r for r in self._latest.judged if r.rule.window is Window.SET]
        found = (_finding_of_set(rule, reps) for rule in rules)
        return tuple(f for f in found if f is not None)

    # --- which rules hold

    def _rules_for(self, view: RepView) -> _Rules:
        key = view.side, view.signals.names
        if key not in self._rules:
            self._rules[key] = self._sorted_out(view.side, view.signals.names)
        return self._rules[key]

    def _sorted_out(self, side: Side, names: tuple[str, ...]) -> _Rules:
        worn = worn_segments(names)
        reference = self.reference_of(side)
        judged: list[PersonalRule] = []
        not_judged: list[NotJudged] = []
        for written in self.exercise.compensations:
            rule = preferred(written, worn)
            if rule.goals and self.limits.goal and self.limits.goal not in rule.goals:
                continue
            missing = tuple(s for w in rule.needs if (s := w.segment(side)) not in worn)
            if missing:
                not_judged.append(NotJudged(rule.kind, missing))
            elif rule.signal in CLOCKED and self.limits.clock_agreement_s > judge.CLOCKS_AGREE_S:
                reason = f"the sensors' clocks agree only to {1e3 * self.limits.clock_agreement_s:.0f} ms"
                not_judged.append(NotJudged(rule.kind, (), reason))
            elif judge.ROWS.get(rule.signal, "pelvis_tilt_deg") not in names:
                not_judged.append(NotJudged(rule.kind, (), f"no signal {judge.ROWS[rule.signal]}"))
            else:
                judged.append(judge.personal(rule, self.exercise, reference, self.limits.own))
        return _Rules(tuple(judged), tuple(not_judged))


def _finding_of_set(one: PersonalRule, reps: Sequence[RepSummary]) -> Finding | None:
    rule = one.rule
    means = [r.metrics.get(f"{METRIC_PREFIX}{rule.kind}", nan) for r in reps]
    known = [v for v in means if isfinite(v)]
    if len(known) < 3:
        return None
    value = over_set(rule.measure, known)
    limit = rule.limits[0]
    reading = Reading(Value(value, reps[-1].t_end_s, _DRIFT_SD_SHARE * abs(limit)), value)
    return judge.finding(one, reading, reps[-1].side or Side.RIGHT)


def over_set(measure: Measure, means: Sequence[float]) -> float:
    """What a measure makes of the means of a set's repetitions, in order."""
    if measure is Measure.DRIFT:
        return means[-1] - means[0]
    return max(means) - min(means) if measure is Measure.RANGE else float(np.std(means))


def preferred(rule: Rule, worn: frozenset[Segment]) -> Rule:
    """The rule on the lumbar angle itself where a thorax sensor shows it, else the rule as it is."""
    by_residual = rule.signal is Signal.PELVIS_RESIDUAL and rule.measure is Measure.RISE
    if not by_residual or Segment.THORAX not in worn:
        return rule
    return msgspec.structs.replace(
        rule,
        signal=Signal.LUMBAR_EXTENSION,
        needs=(Worn.PELVIS, Worn.THORAX),
        grade=Grade.MEASURED,
    )
