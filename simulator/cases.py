"""The cases that every exercise must survive, by name: each changes one thing about an ordinary set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from msgspec.structs import replace as with_fields

from fusion import exercises
from fusion.exercises import Exercise
from fusion.exercises.model import Kind, Laterality
from fusion.types import Segment, Side
from simulator.errors import SimulationError
from simulator.manner import Manner
from simulator.plan import SEGMENTS, SensorPlan, SetPlan, Trouble
from simulator.session import SessionPlan
from simulator.wearing import Mount

Change = Callable[[SessionPlan, Exercise], SessionPlan]

REPS: Mapping[Kind, int] = {Kind.STEP: 10, Kind.HOLD: 2, Kind.DRILL: 2, Kind.EVENT: 4, Kind.OTHER: 2}
_HOLD_S = 12.0
_OTHER_HOLD_S = 6.0


def case_plan(
    case: str,
    exercise: str,
    seed: int,
    *,
    reps: int | None = None,
    faults: Mapping[str, float] | None = None,
    rate_hz: float = 60.0,
    segments: tuple[Segment, ...] = SEGMENTS,
) -> SessionPlan:
    """A session with one set of ``exercise`` in the given case.

    Raises `SimulationError` for a case that is not known.
    """
    if case not in CASES:
        raise SimulationError(f"case {case!r}: must be one of {', '.join(CASES)}")
    model = exercises.load(exercise)
    if model.kind is Kind.HOLD and model.laterality is Laterality.UNILATERAL:
        segments = tuple(dict.fromkeys((*segments, Segment.THIGH_LEFT)))  # which leg carries shows in both
    count = REPS.get(model.kind, 6) if reps is None else reps
    hold_s = {Kind.HOLD: _HOLD_S, Kind.DRILL: _HOLD_S, Kind.OTHER: _OTHER_HOLD_S}.get(model.kind)
    plan = SetPlan(exercise, count, dict(faults or {}), manner=Manner(hold_s=hold_s))
    return CASES[case](SessionPlan((plan,), seed, rate_hz=rate_hz, segments=segments), model)


def _manner(**changes: object) -> Change:
    def change(plan: SessionPlan, _: Exercise) -> SessionPlan:
        first = plan.sets[0]
        return replace(plan, sets=(with_fields(first, manner=with_fields(first.manner, **changes)),))

    return change


def _around(*activities: str) -> Change:
    def change(plan: SessionPlan, _: Exercise) -> SessionPlan:
        return replace(plan, sets=(with_fields(plan.sets[0], before=activities, after=activities),))

    return change


def _reps(count: int) -> Change:
    return lambda plan, _: replace(plan, sets=(with_fields(plan.sets[0], reps=count),))


def _sensor(**changes: object) -> Change:
    return lambda plan, _: replace(plan, sensor=with_fields(plan.sensor, **changes))


def _trouble(**changes: object) -> Change:
    return _sensor(trouble=with_fields(Trouble(), **changes))


def _fast(plan: SessionPlan, exercise: Exercise) -> SessionPlan:
    """Phases of 0.3 s; steps at the fastest stride that the exercise knows."""
    if exercise.kind is Kind.STEP and exercise.tempo is not None:
        return _manner(tempo=exercise.tempo.period_s[0] / exercise.tempo.period_s[1])(plan, exercise)
    return _manner(phase_s=0.3)(plan, exercise)


def _slow(plan: SessionPlan, exercise: Exercise) -> SessionPlan:
    """Phases of 10 s; steps, jumps and pulls as slow as the exercise knows: nobody jumps in ten seconds.

    How long a jump or a pull takes is its lifting phase; its period is mostly the rest before the next one.
    """
    tempo = exercise.tempo
    if exercise.kind in {Kind.STEP, Kind.EVENT} and tempo is not None:
        lifts = tempo.concentric_s if exercise.kind is Kind.EVENT else None
        _, typical_s, most_s = lifts or tempo.period_s
        return _manner(tempo=most_s / typical_s)(plan, exercise)
    return _reps(3)(_manner(phase_s=10.0)(plan, exercise), exercise)


def _partials(share: float) -> Change:
    return _manner(shares=(1.0, 1.0, share, 1.0, share, 1.0))


def _alternating(plan: SessionPlan, exercise: Exercise) -> SessionPlan:
    if exercise.laterality is not Laterality.UNILATERAL:
        return plan
    both = (*SEGMENTS, Segment.THIGH_LEFT)
    return _manner(alternate=True)(replace(plan, segments=both), exercise)


def _idle_leg(plan: SessionPlan, exercise: Exercise) -> SessionPlan:
    """The thigh sensor is on the leg that does not work."""
    if exercise.laterality is not Laterality.UNILATERAL:
        return plan
    return replace(plan, working_leg=Side.LEFT)


def _swapped(plan: SessionPlan, _: Exercise) -> SessionPlan:
    """Both thigh sensors are worn, each on the other leg."""
    sensors = {
        Segment.THIGH_RIGHT: with_fields(plan.sensor, worn_on=Segment.THIGH_LEFT),
        Segment.THIGH_LEFT: with_fields(plan.sensor, worn_on=Segment.THIGH_RIGHT),
    }
    return replace(plan, segments=(*SEGMENTS, Segment.THIGH_LEFT), sensors=sensors)


def _slip(degrees: float) -> Change:
    """The thigh sensor slips in the middle of the set."""

    def change(plan: SessionPlan, _: Exercise) -> SessionPlan:
        slipped: SensorPlan = with_fields(plan.sensor, slip_deg=degrees, slip_at=0.45)
        return replace(plan, sensors={Segment.THIGH_RIGHT: slipped})

    return change


def _recalibrated(plan: SessionPlan, _: Exercise) -> SessionPlan:
    """A sensor slips between two sets, and the person stands still before the second."""
    first = with_fields(plan.sets[0], reps=max(2, plan.sets[0].reps // 2), rest_s=6.0)
    slipped: SensorPlan = with_fields(plan.sensor, slip_deg=12.0, slip_at=0.5)
    return replace(plan, sets=(first, first), sensors={Segment.THIGH_RIGHT: slipped})


def _back_to_back(plan: SessionPlan, _: Exercise) -> SessionPlan:
    """Another exercise follows at once; only the planned one counts."""
    first = with_fields(plan.sets[0], rest_s=1.0)
    follower = "rdl" if first.exercise.startswith("squat") else "squat_parallel"
    return replace(plan, sets=(first, SetPlan(follower, 4)))


def _clocks(ppm: float) -> Change:
    def change(plan: SessionPlan, _: Exercise) -> SessionPlan:
        def skewed(sign: float) -> SensorPlan:
            trouble = with_fields(plan.sensor.trouble, clock_ppm=sign * ppm)
            return with_fields(plan.sensor, trouble=trouble)

        return replace(plan, sensors={Segment.PELVIS: skewed(1.0), Segment.THIGH_RIGHT: skewed(-1.0)})

    return change


CASES: Mapping[str, Change] = {
    "nominal": lambda plan, _: plan,
    "fast": _fast,
    "slow": _slow,
    "pause_mid_rep": _manner(pause_s=3.0),
    "touch_and_go": _manner(touch_and_go=True),
    "bounce": _manner(bounce=0.15),
    "partial_30": _partials(0.30),
    "partial_45": _partials(0.45),
    "partial_60": _partials(0.60),
    "partial_80": _partials(0.80),
    "odd_first": _manner(odd="first"),
    "odd_last": _manner(odd="last"),
    "set_up": _manner(set_up=True),
    "around_walk": _around("walk 30"),
    "around_sit": _around("sit 20"),
    "around_stairs": _around("stairs 15"),
    "around_lie": _around("lie 20"),
    "around_plates": _around("plates 3"),
    "one_rep": _reps(1),
    "fifty_reps": _reps(50),
    "alternating": _alternating,
    "idle_leg": _idle_leg,
    "swapped": _swapped,
    "snug": _sensor(mount=Mount.SNUG),
    "upside_down": _sensor(mount=Mount.UPSIDE_DOWN),
    "turned_90": _sensor(mount=Mount.TURNED_90),
    "inside_out": _sensor(mount=Mount.INSIDE_OUT),
    "slip_5": _slip(5.0),
    "slip_15": _slip(15.0),
    "creep": _sensor(creep_deg_min=2.0),
    "recalibration": _recalibrated,
    "bias_0_1": _sensor(gyr_bias_dps=0.1),
    "bias_1": _sensor(gyr_bias_dps=1.0),
    "temperature": _sensor(temperature_step_k=15.0),
    "saturation": _sensor(gyr_range_dps=125.0),
    "loss_1": _trouble(loss=0.01),
    "loss_5": _trouble(loss=0.05, burst=8),
    "loss_10": _trouble(loss=0.10, burst=8),
    "gaps_0_1": _trouble(gaps_s=(0.1,) * 5),
    "gaps_1": _trouble(gaps_s=(1.0, 1.0)),
    "gap_5": _trouble(gaps_s=(5.0,)),
    "reordered": _trouble(wire=True, reorder=0.05),
    "duplicates": _trouble(wire=True, duplicates=0.1),
    "clocks_20_ppm": _clocks(20.0),
    "clocks_100_ppm": _clocks(100.0),
    "clock_reset": _trouble(wire=True, reset_at=0.55),
    "counter_wrap": _trouble(wire=True, wrap=True),
    "start_mid_movement": _manner(start_mid=True),
    "back_to_back": _back_to_back,
}
"""Side-lying and a tilt past ±90° are exercises of the library (clamshell, back extension)."""

_SAME_AS_EXERCISE: Mapping[tuple[str, str], str] = {
    ("around_walk", "walk"): "walking before and after a walk is more of the walk",
    ("around_plates", "walk"): "plates are carried at a walk",
    ("around_stairs", "stairs"): "climbing before and after the stairs is more of the stairs",
    ("around_sit", "sit_to_stand"): "sitting down and standing up again is the exercise",
}
"""Cases in which what is done around the set is the exercise itself, so that there is no other activity."""


def left_out(case: str, exercise: str) -> str | None:
    """Why a case has no meaning for an exercise; None where it has one."""
    return _SAME_AS_EXERCISE.get((case, exercise))


def without_meaning() -> list[tuple[str, str, str]]:
    """Every case, exercise and reason that is left out of tables."""
    return [(case, exercise, why) for (case, exercise), why in _SAME_AS_EXERCISE.items()]
