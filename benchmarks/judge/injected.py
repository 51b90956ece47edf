"""What a fault of a given size really does: the rule's own measure, read from the true motion.

Not what the sensors showed nor what the segmenter cut out: the angles are the body's, and the corners of each
repetition those that it was played with. P_res is the pelvis over the true path of the same person's set
without a fault; its rise at the end of a lift is what the lower back has added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import isfinite, nan

import numpy as np

from fusion import exercises, quaternion
from fusion.exercises.model import Exercise, Kind
from fusion.exercises.rules import Rule, Signal, Window
from fusion.form import judge
from fusion.form.checker import over_set
from fusion.form.judge import PersonalLimits, PersonalRule
from fusion.form.metrics_of import path_of
from fusion.form.view import RepView, Series
from fusion.movement.driver import driven_deg
from fusion.movement.legs import driven_angles
from fusion.reference_path import Candidate, ReferencePath, learn_path, model_path
from fusion.types import FloatArray, Side, SignalBlock
from simulator.athlete_types import TrueRep
from simulator.body import place_segment
from simulator.cases import case_plan
from simulator.session import SimulatedSession, render
from simulator.subject import MODEL_SUBJECT
from simulator.truth import true_angles

RATE_HZ = 60.0
MODEL_PERSON = 0
"""Stands for the model itself, who does every repetition alike."""
_BEFORE_S = 1.0


class TrueView(RepView):
    """A repetition as it was done, without skin and with the lower back's own share known."""

    followed = 1.0

    @property
    def residual_as_done(self) -> Series | None:
        """What the lower back has added."""
        return self.row("pelvis_residual_deg")


def reading(
    rule: Rule, movement: str, person: int, fault: str = "", size: float = 0.0, *, share: float = 0.5
) -> float:
    """The rule's number for a set with ``size`` of ``fault``: that of a whole set, or of its repetitions.

    ``person`` is a seed, or `MODEL_PERSON`. Of the repetitions it is the one below which ``share`` of
    them lie: 0 the least, 0.5 the median. NaN where the repetitions do not have the number.
    """
    exercise = exercises.load(movement)
    asked = PersonalRule(rule, 0.0, 0.0, PersonalLimits(None, None, None), 0.0)
    views = _views(movement, person, fault, size) if fault and size else _views_without(movement, person)
    # The tilt that comes first is no compensation: it leads on to the path that the exercise's file gives.
    path = model_path(exercise) if rule.signal is Signal.PRETILT else _own_path(movement, person)
    views = [replace(view, reference=path) for view in views]
    read = [judge.read(asked, view) for view in views]
    values = [r.value for r in read if r is not None]
    if not values:
        return nan
    if rule.window is not Window.SET:
        return float(np.quantile(values, share))
    if exercise.kind is Kind.HOLD or len(values) < 2:
        return nan
    return over_set(rule.measure, values)


def least_range(movement: str, person: int, fault: str, size: float) -> float:
    """Range of the counted angle in the shortest repetition of a set with ``size`` of ``fault``, deg."""
    return min((view.rom_deg for view in _views(movement, person, fault, size)), default=nan)


@lru_cache(maxsize=64)
def _views_without(movement: str, person: int) -> tuple[RepView, ...]:
    return tuple(_views(movement, person, "", 0.0))


def _views(movement: str, person: int, fault: str, size: float) -> Sequence[RepView]:
    faults = {fault: size} if fault and size else {}
    plan = replace(case_plan("nominal", movement, person, faults=faults, rate_hz=RATE_HZ), segments=())
    if person == MODEL_PERSON:
        plan = replace(plan, subject=MODEL_SUBJECT)
    session = render(plan)
    signals = _signals(session)
    exercise = exercises.load(movement)
    done = (rep for each in session.sets for rep in each.reps if isfinite(rep.t_turn_s))
    return [_view(rep, signals, exercise) for rep in done]


@lru_cache(maxsize=64)
def _own_path(movement: str, person: int) -> ReferencePath | None:
    """The person's true path without a fault, as it is learnt from approved repetitions."""
    paths = [path_of(view) for view in _views_without(movement, person)]
    candidates = [Candidate(path, nan, nan, nan, {}, quality=True, confidence=1.0) for path in paths if path]
    return learn_path(candidates, "approved")


def _signals(session: SimulatedSession) -> SignalBlock:
    """Every angle that rules read, as the body had it."""
    t_s = np.arange(0.0, session.duration_s, 1.0 / RATE_HZ)
    rows = true_angles(session.motion, t_s)
    for side in Side:
        q_eb = place_segment(session.motion, session.subject.build, side.thigh, t_s).q_eb
        across_up = quaternion.rotate(q_eb, np.array([0.0, 0.0, 1.0]))[:, 2]
        rows[f"thigh_opening_{side.value}_deg"] = np.degrees(np.arcsin(np.clip(across_up, -1.0, 1.0)))
    rates = {f"{name.removesuffix('_deg')}_rate{'_dps'}": np.gradient(x, t_s) for name, x in rows.items()}
    for side in Side:  # names of rates end in side and unit
        for stem in ("thigh_pitch", "hip_flexion"):
            rates[f"{stem}_rate_{side.value}_dps"] = rates.pop(f"{stem}_{side.value}_rate_dps")
    rows |= rates
    values = np.stack(list(rows.values()))
    return SignalBlock(t_s, RATE_HZ, tuple(rows), values, np.zeros_like(values))


def _view(rep: TrueRep, signals: SignalBlock, exercise: Exercise) -> RepView:
    """The repetition between its true start and end, and a second before."""
    first = max(0, int((rep.t_start_s - _BEFORE_S) * RATE_HZ))
    last = min(len(signals) - 1, round(rep.t_end_s * RATE_HZ) + round(0.5 * RATE_HZ))
    part = SignalBlock(
        signals.t_s[first : last + 1],
        RATE_HZ,
        signals.names,
        np.ascontiguousarray(signals.values[:, first : last + 1]),
        np.zeros((len(signals.names), last + 1 - first)),
    )
    start, reach, leave, end = (
        round(t_s * RATE_HZ) - first for t_s in (rep.t_start_s, rep.t_turn_s, rep.t_leave_s, rep.t_end_s)
    )
    effort = _effort(exercise, part, rep.side)
    return TrueView(part, effort, start, reach, leave, end, rep.side, lifts_first=exercise.lifts_first)


def _effort(exercise: Exercise, signals: SignalBlock, side: Side) -> FloatArray:
    """The counted angle (n,) turned so that it rises to the far end; zeros where nothing is counted."""
    driven = driven_angles(exercise, side, signals.names)
    own = next((d for d in driven if d.side is side), None)
    if own is None:
        return np.zeros(len(signals))
    return np.asarray(own.sign * driven_deg(own.signal, signals, side))
