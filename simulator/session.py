"""One simulated session: what the sensors reported, and the truth behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment
from simulator.athlete import Athlete, Subject, TrueSet, draw_subject
from simulator.body import Mounting
from simulator.errors import SimulationError
from simulator.imu import ImuErrors, ImuSamples, exact_samples, with_errors
from simulator.motion import Coordinate, Motion

_OFFSETS_M: Mapping[Segment, tuple[float, float, float]] = {
    Segment.PELVIS: (-0.10, 0.08, 0.0),
    Segment.THIGH_RIGHT: (0.07, -0.20, 0.09),
    Segment.THIGH_LEFT: (0.07, -0.20, -0.09),
}


@dataclass(frozen=True, slots=True)
class SetPlan:
    """One set of a session, and what is done before it."""

    exercise: str
    reps: int
    lumbar_deg: float = 0.0
    walk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What a virtual athlete does and wears."""

    sets: Sequence[SetPlan]
    seed: int
    rate_hz: float = 60.0
    stand_s: float = 4.0
    segments: Sequence[Segment] = (Segment.PELVIS, Segment.THIGH_RIGHT)
    errors: ImuErrors = field(default_factory=ImuErrors)
    random_mounting: bool = True
    subject: Subject | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """Samples of each sensor at its times, and the truth."""

    plan: SessionPlan
    motion: Motion
    sensors: Mapping[Segment, ImuSamples]
    sets: Sequence[TrueSet]

    @property
    def duration_s(self) -> float:
        """Length of the session."""
        return self.motion.duration_s

    def reps_done(self, until_s: float = np.inf) -> int:
        """Repetitions completed before ``until_s``."""
        return sum(rep.t_end_s <= until_s for s in self.sets for rep in s.reps)


def render(plan: SessionPlan) -> SimulatedSession:
    """Play ``plan``; the same plan gives the same samples.

    Raises `SimulationError` for a rate or exercise that cannot be played.
    """
    if not 5.0 <= plan.rate_hz <= 2000.0:
        raise SimulationError(f"rate {plan.rate_hz:g} Hz: allowed are 5 to 2000 Hz")
    rng = np.random.default_rng(plan.seed)
    athlete = Athlete(plan.subject or draw_subject(rng), rng)
    athlete.stand(plan.stand_s)
    for part in plan.sets:
        if part.walk_s > 0.0:
            athlete.walk(part.walk_s)
            athlete.stand(1.0)
        athlete.perform(part.exercise, part.reps, lumbar_deg=part.lumbar_deg)
        athlete.stand(2.0)
    athlete.stand(10.0)
    motion = athlete.motion()
    t_s = np.arange(1, int(motion.duration_s * plan.rate_hz)) / plan.rate_hz
    sensors = {}
    for segment in plan.segments:
        mounting = draw_mounting(segment, rng, turned=plan.random_mounting)
        sensors[segment] = with_errors(exact_samples(motion, mounting, t_s), plan.errors, rng)
    return SimulatedSession(plan, motion, sensors, athlete.sets)


def draw_mounting(segment: Segment, rng: np.random.Generator, *, turned: bool) -> Mounting:
    """A sensor on a segment, turned any way when ``turned``."""
    if segment not in _OFFSETS_M:
        known = ", ".join(s.value for s in _OFFSETS_M)
        raise SimulationError(f"no virtual {segment.value} sensor; there are {known}")
    q = quat.normalize(rng.normal(0.0, 1.0, 4)) if turned else quat.IDENTITY
    return Mounting(segment, _OFFSETS_M[segment], (float(q[0]), float(q[1]), float(q[2]), float(q[3])))


def true_angles(motion: Motion, t_s: FloatArray) -> dict[str, FloatArray]:
    """The conventions' angles (n,) of the motion itself, deg."""
    c = motion.at(t_s)
    tilt = c[:, Coordinate.PELVIS_TILT] + c[:, Coordinate.LUMBAR]
    angles = {"pelvis_tilt_deg": tilt, "pelvis_list_deg": c[:, Coordinate.PELVIS_LIST]}
    for side, coordinate in (("right", Coordinate.THIGH_RIGHT), ("left", Coordinate.THIGH_LEFT)):
        angles[f"thigh_pitch_{side}_deg"] = c[:, coordinate]
        angles[f"hip_flexion_{side}_deg"] = tilt + c[:, coordinate]
    return angles
