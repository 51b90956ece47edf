"""One set done without saying which: what ``auto`` names it, when, and whether that is right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from msgspec.structs import replace as with_fields

from fusion import exercises
from fusion.alignment import FunctionalWindow
from fusion.alignment.functional import FunctionalMovement
from fusion.analysis import Analysis, analyze
from fusion.errors import IliumError
from fusion.exercises import AUTO
from fusion.exercises.families import accepts
from fusion.exercises.model import Kind
from fusion.exercises.rules import Worn
from fusion.movement.legs import not_seen
from fusion.pipeline import PipelineConfig
from fusion.recognition.auto import UNKNOWN
from fusion.types import Event, ExerciseEvent, Segment, SetEvent
from simulator.athlete_types import TrueRep, TrueSet
from simulator.cases import case_plan
from simulator.plan import SEGMENTS, SetPlan
from simulator.session import SessionPlan, SimulatedSession, render

_MARGIN_S = 0.5
_SOON_S = 1.0
"""After the end of the repetition within which it must be named."""
_WALK_S = 12.0
_NAMED_BY = 2
_STRIDES_NAMED_BY = 3
_ONE_THIGH_SIGNALS = ("pelvis_tilt_deg", "thigh_pitch_right_deg")


@dataclass(frozen=True, slots=True)
class NamingCell:
    """What is done, how, by whom. ``shown``: hinges and knee raises were announced beforehand."""

    movement: str
    case: str
    seed: int
    shown: bool = True
    both_thighs: bool = False

    @property
    def worn(self) -> tuple[Worn, ...]:
        """Sensors besides pelvis and thigh."""
        return (Worn.OTHER_THIGH,) if self.both_thighs else ()


@dataclass(frozen=True, slots=True)
class Naming:
    """How a cell came out."""

    cell: NamingCell
    said: str
    """Name of the set that was counted while it was done."""
    said_early: str
    """Name that stood within two repetitions, three strides of one leg."""
    names: int
    """Sets of different names counted while it was done; more than one was renamed, aloud."""
    error: str = ""

    def right(self, said: str, *, strict: bool = False) -> bool:
        """Whether ``said`` is the movement's name (or, unless ``strict``, its family's)."""
        if not nameable(self.cell.movement):
            return said == UNKNOWN
        if strict:
            return said == self.cell.movement
        return accepts(said, self.cell.movement, self.cell.worn)

    def wrong(self, said: str) -> bool:
        """Whether ``said`` is another movement's name."""
        return said != UNKNOWN and not self.right(said)


def nameable(movement: str) -> bool:
    """Whether the movement has anything to be named by; where not, silence is right."""
    exercise = exercises.load(movement)
    return exercise.kind is not Kind.OTHER and not_seen(exercise, _ONE_THIGH_SIGNALS) is None


def name_set(cell: NamingCell) -> Naming:
    """Simulate, analyse with ``auto``, compare."""
    session = render(_plan(cell))
    done = session.sets[2] if cell.shown else session.sets[0]
    try:
        found = _analyzed(session, cell)
    except IliumError as error:
        return Naming(cell, UNKNOWN, UNKNOWN, 0, f"{type(error).__name__}: {error}")
    names = _names(found, done)
    said = max(sorted(names), key=lambda n: names[n], default=UNKNOWN)
    return Naming(cell, said, _early(found, done, cell), len(names))


def name_sets(cells: Sequence[NamingCell], workers: int) -> list[Naming]:
    """All cells, in their order."""
    if workers == 1:
        return list(map(name_set, cells))
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(name_set, cells, chunksize=4))


def confusions(namings: Iterable[Naming]) -> dict[str, Counter[str]]:
    """Movement → how often it was called what."""
    table: dict[str, Counter[str]] = {}
    for one in namings:
        table.setdefault(one.cell.movement, Counter())[one.said] += 1
    return table


def _plan(cell: NamingCell) -> SessionPlan:
    segments = (*SEGMENTS, Segment.THIGH_LEFT) if cell.both_thighs else SEGMENTS
    plan = case_plan(cell.case, cell.movement, cell.seed, segments=segments)
    if not cell.shown:
        return plan
    first = with_fields(plan.sets[0], walk_s=_WALK_S)
    return replace(plan, sets=(SetPlan("rdl", 3), SetPlan("front_leg_raise", 3), first, *plan.sets[1:]))


def _analyzed(session: SimulatedSession, cell: NamingCell) -> Analysis:
    shown = zip(session.sets[:2], _SHOWN, strict=True) if cell.shown else ()
    windows = tuple(_window(done, movement) for done, movement in shown)
    segments = {segment.value: segment for segment in session.sensors}
    config = PipelineConfig(segments, AUTO, functional=windows)
    return analyze({segment.value: block for segment, block in session.blocks().items()}, config)


_SHOWN = (FunctionalMovement.HINGE, FunctionalMovement.KNEE_RAISE_RIGHT)


def _window(done: TrueSet, movement: FunctionalMovement) -> FunctionalWindow:
    start_s, stop_s = done.reps[0].t_start_s - 0.2, done.reps[-1].t_end_s + 0.2
    return FunctionalWindow(movement, start_s, stop_s)


def _names(found: Analysis, done: TrueSet) -> Counter[str]:
    """Repetitions counted while the set was done, by the name of the set they were counted in."""
    start_s, stop_s = done.reps[0].t_start_s - _MARGIN_S, done.reps[-1].t_end_s + _MARGIN_S
    names: Counter[str] = Counter()
    for event in found.events:
        if isinstance(event, SetEvent) and event.closed:
            inside = [r for r in event.summary.reps if r.t_end_s > start_s and r.t_start_s < stop_s]
            names[event.summary.exercise] += len(inside)
    return +names


def _early(found: Analysis, done: TrueSet, cell: NamingCell) -> str:
    reps = _seen_reps(done, cell)
    steps = exercises.load(cell.movement).kind is Kind.STEP
    last = reps[min(_STRIDES_NAMED_BY if steps else _NAMED_BY, len(reps)) - 1]
    return _standing(found.events, last.t_end_s + _SOON_S)


def _standing(events: Sequence[Event], t_s: float) -> str:
    """The name of the set that is open at ``t_s``; a walk to the set may be the set itself going on."""
    name = UNKNOWN
    for event in events:
        if event.t_s <= t_s and isinstance(event, ExerciseEvent):
            name = event.exercise
        elif event.t_s <= t_s and isinstance(event, SetEvent) and event.closed:
            name = UNKNOWN
    return name


def _seen_reps(done: TrueSet, cell: NamingCell) -> Sequence[TrueRep]:
    """Repetitions of the leg that wears a sensor, where both legs work in turn."""
    if cell.both_thighs or len({rep.side for rep in done.reps}) < 2:
        return done.reps
    return [rep for rep in done.reps if rep.side.thigh in SEGMENTS]
