"""Training weeks for the tests: sessions whose sums can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from fusion.exercises.model import Movement, Posture, Vector
from fusion.programme.mix import MovementClass
from fusion.programme.records import DoneRep, DoneSession, DoneSet, SetInputs
from fusion.types import Side

MONDAY = date(2026, 3, 2)
CLASSES = {
    "hip_thrust": MovementClass(Movement.HIP_EXTENSION, Vector.HORIZONTAL, True, Posture.SUPINE),
    "deadlift": MovementClass(Movement.HINGE, Vector.VERTICAL, True, Posture.STANDING),
    "clamshell": MovementClass(Movement.ROTATION, Vector.ROTATIONAL, False, Posture.SIDE_LYING),
    "side_lying_abduction": MovementClass(Movement.ABDUCTION, Vector.LATERAL, False, Posture.SIDE_LYING),
    "foam_rolling": MovementClass(Movement.OTHER),
}

REP = DoneRep(
    t_start_s=0.0,
    t_end_s=3.0,
    full=True,
    quality=True,
    confidence=1.0,
    rom_deg=80.0,
    hip_flexion_min_deg=-4.0,
    hip_flexion_max_deg=76.0,
    hold_s=1.0,
    residual_deg=2.0,
    side=Side.RIGHT,
    metrics={"concentric_mean_dps": 80.0},
)


def set_of(
    exercise: str = "hip_thrust",
    good: int = 8,
    bad: int = 0,
    *,
    load_kg: float | None = None,
    t_s: float = 0.0,
    side: Side | None = Side.RIGHT,
    rep: DoneRep = REP,
) -> DoneSet:
    """A set of good repetitions and then bad ones."""
    reps = [replace(rep, side=side)] * good + [replace(rep, side=side, quality=False)] * bad
    return DoneSet(exercise, tuple(reps), SetInputs(load_kg=load_kg), t_s, t_s + 30.0)


def session_on(day: int, *sets: DoneSet) -> DoneSession:
    """A session ``day`` days after the first Monday."""
    return DoneSession(f"s{day:03}", MONDAY + timedelta(days=day), sets)
