"""One cell of the accuracy table: one movement, one case, one person, one fault, judged against truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache

import numpy as np

from benchmarks.judge.expected import is_itself, true_reps, unseen, without_inferred
from benchmarks.judge.matching import match
from fusion import exercises
from fusion.analysis import Analysis, analyze
from fusion.errors import IliumError
from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.pipeline import PipelineConfig
from fusion.reference_path import Candidate, PersonReference, learn
from fusion.types import (
    CalibrationEvent,
    FloatArray,
    ImuBlock,
    RepEvent,
    RepEventKind,
    RepSummary,
    Segment,
    SegmentAlignment,
    Severity,
)
from simulator.athlete_types import TrueRep
from simulator.cases import case_plan
from simulator.faults import rules_for
from simulator.session import SessionPlan, SimulatedSession, render
from simulator.subject import draw_subject
from simulator.truth import true_angles

_MARGIN_S = 3.0
"""A repetition found this close to a set belongs to it."""
_ANGLES = ("pelvis_tilt_deg", "hip_flexion_right_deg")
_SIDE_LYING_DEG = 60.0
_ANNOUNCED_S = 1.0
"""A repetition announced later than this was not announced live."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What to run; the seed makes the person and everything about the session."""

    movement: str
    case: str
    seed: int
    fault: str = ""
    size: float = 0.0
    rate_hz: float = 60.0
    rule: str = ""
    """The rule that the fault is to make speak; another of the same fault may say it as well."""
    multiple: float = 0.0
    """The fault's size over what moves that rule's signal to its warn limit."""
    prepared: bool = False
    """The person has stood and done a set that a coach approved before this one."""
    as_live: bool = False
    """Judge what was said while it was done, not what a second look made of it."""

    @property
    def command(self) -> str:
        """How to make the same recording again."""
        fault = f" --fault {self.fault}={self.size:g}" if self.fault else ""
        return (
            f"ilium simulate --exercise {self.movement} --case {self.case}{fault} --rate {self.rate_hz:g}"
            f" --seed {self.seed} --out DIR"
        )


@dataclass(slots=True)
class Verdict:
    """How one cell came out; counts add up over cells, lists are over what was matched."""

    cell: Cell
    true_full: int = 0
    found_full: int = 0
    true_partial: int = 0
    unseen: int = 0
    """Done while the sensors that would have shown it were silent: not expected."""
    hits: int = 0
    """Repetitions found at their time, full or partial."""
    true_all: int = 0
    found_all: int = 0
    partial_hits: int = 0
    found_partial: int = 0
    false_reps: int = 0
    """Found while something else was done."""
    other_s: float = 0.0
    boundary_s: list[float] = field(default_factory=list)
    latency_s: list[float] = field(default_factory=list)
    rmse_deg: dict[str, float] = field(default_factory=dict)
    bias_deg: dict[str, float] = field(default_factory=dict)
    judged: int = 0
    """Repetitions found at the time of one that was done, whose form can be compared."""
    flagged: int = 0
    """Of these, those with a finding of the injected fault's kind."""
    flagged_kinds: dict[str, int] = field(default_factory=dict)
    error: str = ""

    def document(self) -> dict[str, object]:
        """As a line of JSON."""
        return asdict(self)


def plan_of(cell: Cell) -> SessionPlan:
    """The session of a cell."""
    faults = {cell.fault: cell.size} if cell.fault and cell.size else {}
    return case_plan(cell.case, cell.movement, cell.seed, faults=faults, rate_hz=cell.rate_hz)


def judge(cell: Cell) -> Verdict:
    """Simulate, analyse, compare."""
    session = render(plan_of(cell))
    verdict = Verdict(cell)
    blocks = session.blocks()
    done = true_reps(cell.movement, session)
    silent = unseen(done, blocks, session)
    truth = [rep for rep, hidden in zip(done, silent, strict=True) if not hidden]
    verdict.unseen = len(done) - len(truth)
    verdict.true_all = len(truth)
    verdict.true_full = sum(rep.full for rep in truth)
    verdict.true_partial = len(truth) - verdict.true_full
    verdict.other_s = session.duration_s - _set_seconds(session)
    try:
        known = before(cell.movement, cell.seed, cell.rate_hz) if cell.fault or cell.prepared else Known()
        known = known if cell.prepared else Known(known.alignments)
        analysis = _analyze(blocks, cell.movement, known, review=not cell.as_live)
    except IliumError as error:
        verdict.error = f"{type(error).__name__}: {error}"
        return verdict
    hidden = [rep for rep, unheard in zip(done, silent, strict=True) if unheard]
    _count(verdict, truth, hidden, analysis, session)
    _angles(verdict, session, analysis)
    return verdict


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier sets of the same person has taught."""

    alignments: Mapping[Segment, SegmentAlignment] = field(default_factory=dict)
    references: tuple[PersonReference, ...] = ()


def analyze_session(session: SimulatedSession, movement: str) -> Analysis:
    """The product's own pipeline over the recording, calibrated by itself."""
    return _analyze(session.blocks(), movement, Known())


@lru_cache(maxsize=4)
def before(movement: str, seed: int, rate_hz: float = 60.0) -> Known:
    """What the person's set before this one has taught: how the sensors sit, and their own good form.

    A fault that goes along with the movement in another plane cannot be told from how a sensor sits by the
    very set that has it, so people calibrate beforehand. The two sets are of the same person with the same
    sensors, but none of their repetitions is like those that are judged. A coach has approved them all; they
    are read once more over the path that they have taught.
    """
    plan = case_plan("nominal", movement, seed, rate_hz=rate_hz)
    person = draw_subject(np.random.default_rng(seed))
    session = render(replace(plan, sets=(*plan.sets, *plan.sets), subject=person))
    blocks = session.blocks()
    first = _analyze(blocks, movement, Known())
    alignments = {e.alignment.segment: e.alignment for e in first.events if isinstance(e, CalibrationEvent)}
    known = Known(alignments, _approved(movement, first, version=1))
    return Known(alignments, _approved(movement, _analyze(blocks, movement, known), version=2))


def _approved(movement: str, analysis: Analysis, version: int) -> tuple[PersonReference, ...]:
    """What a coach's approval of every full repetition teaches, side by side."""
    reps = [rep for done in analysis.sets for rep in done.reps if rep.full]
    sides = sorted({rep.side for rep in reps if rep.side is not None})
    learnt = [
        learn(
            movement,
            side,
            [Candidate.from_summary(rep, approved=True) for rep in reps if rep.side is side],
            version=version,
        )
        for side in sides
    ]
    return tuple(one for one in learnt if one is not None)


def _analyze(
    blocks: Mapping[Segment, ImuBlock], movement: str, known: Known, *, review: bool = True
) -> Analysis:
    named = {segment.value: block for segment, block in blocks.items()}
    config = PipelineConfig(
        {s.value: s for s in blocks}, movement, alignments=known.alignments, references=known.references
    )
    return analyze(named, config, review=review)


def _set_seconds(session: SimulatedSession) -> float:
    return sum(d.reps[-1].t_end_s - d.reps[0].t_start_s for d in session.sets if d.reps)


def _count(
    verdict: Verdict,
    truth: list[TrueRep],
    hidden: list[TrueRep],
    analysis: Analysis,
    session: SimulatedSession,
) -> None:
    found = sorted((r for done in analysis.sets for r in done.reps), key=lambda r: r.t_top_s)
    found = without_inferred(found, truth, hidden)
    inside = [
        (d.reps[0].t_start_s, d.reps[-1].t_end_s)
        for d in session.sets
        if d.reps and d.exercise == verdict.cell.movement
    ]
    outside = [
        rep for rep in found if not any(a - _MARGIN_S <= rep.t_top_s <= b + _MARGIN_S for a, b in inside)
    ]
    if is_itself(verdict.cell.movement, verdict.cell.case):
        found, outside, verdict.other_s = [rep for rep in found if rep not in outside], [], 0.0
    verdict.false_reps = len(outside)
    verdict.found_all = len(found)
    verdict.found_full = sum(rep.full for rep in found)
    verdict.found_partial = verdict.found_all - verdict.found_full
    matching = match([r.t_top_s for r in truth], [r.t_top_s for r in found])
    verdict.hits = len(matching.pairs)
    verdict.partial_hits = sum(not truth[i].full and not found[j].full for i, j in matching.pairs)
    verdict.boundary_s = [
        max(abs(truth[i].t_start_s - found[j].t_start_s), abs(truth[i].t_end_s - found[j].t_end_s))
        for i, j in matching.pairs
    ]
    verdict.latency_s = _latency(truth, analysis)
    _flag(verdict, truth, analysis)


def _latency(truth: list[TrueRep], analysis: Analysis) -> list[float]:
    """From the true top to the announcement."""
    told = [e for e in analysis.events if isinstance(e, RepEvent) and e.kind is RepEventKind.PROVISIONAL]
    matching = match([r.t_top_s for r in truth], [e.t_s for e in told], _ANNOUNCED_S)
    return [told[j].t_s - truth[i].t_top_s for i, j in matching.pairs]


def _quiet_rules(exercise: Exercise) -> set[str]:
    """Rules that are only ever told quietly: their information is the finding."""
    return {
        rule.kind
        for rule in exercise.compensations
        if rule.warn is None and rule.fail is None and rule.kind == "hold_short"
    }


def _flag(verdict: Verdict, truth: Sequence[TrueRep], analysis: Analysis) -> None:
    """Findings repetition by repetition, and those of the whole set, which count for each of its own."""
    cell = verdict.cell
    exercise = exercises.load(cell.movement)
    expected = {cell.rule, cell.fault, *rules_for(cell.fault, exercise)}
    quiet = _quiet_rules(exercise)
    for done in analysis.sets:
        of_set = {f.kind for f in done.findings if f.severity is not Severity.INFO}
        for rep in done.reps:
            if not any(_same_time(rep, true, exercise) for true in truth):
                continue
            present = of_set | {
                f.kind for f in rep.findings if f.severity is not Severity.INFO or f.kind in quiet
            }
            verdict.judged += 1
            verdict.flagged += bool(present & expected)
            for kind in sorted(present):
                verdict.flagged_kinds[kind] = verdict.flagged_kinds.get(kind, 0) + 1


def _same_time(rep: RepSummary, true: TrueRep, exercise: Exercise) -> bool:
    """Whether most of one was during the other: a fault may move the top of a repetition, not its time.

    An event is told when it is over, a pull with its catch; what was done lasts until the bar is down again.
    """
    shared_s = min(rep.t_end_s, true.t_end_s) - max(rep.t_start_s, true.t_start_s)
    seen_s, done_s = rep.t_end_s - rep.t_start_s, true.t_end_s - true.t_start_s
    return shared_s > 0.5 * (seen_s if exercise.kind is Kind.EVENT else max(seen_s, done_s))


def _angles(verdict: Verdict, session: SimulatedSession, analysis: Analysis) -> None:
    """Errors while the set is done; tilt is not judged where gravity does not show it."""
    spans = [(d.reps[0].t_start_s, d.reps[-1].t_end_s) for d in session.sets if d.reps]
    if analysis.signals is None or not spans:
        return
    t_s = analysis.signals.t_s
    inside = np.zeros(len(t_s), bool)
    for start, stop in spans:
        inside |= (t_s >= start) & (t_s < stop)
    truth = true_angles(session.motion, t_s)
    upright = np.abs(truth["pelvis_list_deg"]) < _SIDE_LYING_DEG
    for name in _ANGLES:
        if name not in analysis.signals:
            continue
        error = _wrapped(analysis.signals[name] - truth[name])[inside & upright]
        error = error[np.isfinite(error)]
        if len(error):
            verdict.rmse_deg[name] = float(np.sqrt(np.mean(error**2)))
            verdict.bias_deg[name] = float(np.mean(error))


def _wrapped(error_deg: FloatArray) -> FloatArray:
    return np.asarray(error_deg - 360.0 * np.round(error_deg / 360.0))
