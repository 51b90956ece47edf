"""One simulated session: what the sensors reported, and the truth behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import msgspec
import numpy as np

from fusion.types import FloatArray, ImuBlock, Segment, Side
from simulator.activities import do
from simulator.athlete import Athlete
from simulator.athlete_types import TrueRep, TrueSet
from simulator.errors import SimulationError
from simulator.imu import (
    SKIN,
    Climate,
    ImuSamples,
    Instants,
    UnitErrors,
    draw_unit,
    exact_samples,
    true_up,
    with_errors,
)
from simulator.motion import Motion
from simulator.plan import SEGMENTS, AthletePlan, SensorPlan, SetPlan
from simulator.reception import received
from simulator.sensor_models import SensorModel, sensor_model
from simulator.subject import Subject, draw_subject
from simulator.wearing import Mounting, Slip, draw_mounting

_LAST_STAND_S = 10.0
_MOST_REPS = 1000


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """What a virtual athlete does and wears."""

    sets: Sequence[SetPlan]
    seed: int
    rate_hz: float = 60.0
    stand_s: float = 5.0
    segments: Sequence[Segment] = SEGMENTS
    sensor: SensorPlan = field(default_factory=SensorPlan)
    """Every sensor that ``sensors`` does not name."""
    sensors: Mapping[Segment, SensorPlan] = field(default_factory=dict)
    subject: Subject | None = None
    working_leg: Side = Side.RIGHT

    def worn(self, segment: Segment) -> SensorPlan:
        """The sensor said to be on ``segment``."""
        return self.sensors.get(segment, self.sensor)


@dataclass(frozen=True, slots=True, eq=False)
class SensorTruth:
    """How one sensor really sat and what its unit does wrong."""

    plan: SensorPlan
    mounting: Mounting
    unit: UnitErrors


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSession:
    """Samples of each sensor at its times, and the truth."""

    plan: SessionPlan
    subject: Subject
    motion: Motion
    sensors: Mapping[Segment, ImuSamples]
    worn: Mapping[Segment, SensorTruth]
    sets: Sequence[TrueSet]

    @property
    def duration_s(self) -> float:
        """Length of the session."""
        return self.motion.duration_s

    def reps_done(self, until_s: float = np.inf) -> int:
        """Repetitions completed before ``until_s``."""
        return sum(rep.t_end_s <= until_s for rep in self.reps())

    def reps(self) -> list[TrueRep]:
        """All repetitions that the sensors worn can see: a single thigh sensor sees strides of its leg."""
        sides = {side for side in Side if side.thigh in self.plan.segments}
        found = []
        for done in self.sets:
            strides = len({rep.side for rep in done.reps}) == 2 and _overlap(done.reps)
            found += [rep for rep in done.reps if not strides or rep.side in sides]
        return found

    def true_up(self, segment: Segment) -> FloatArray:
        """World up (n, 3) in a sensor's axes at each of its samples."""
        worn, t_s = self.worn[segment], self.sensors[segment].t_s
        model = sensor_model(worn.plan.family, self.plan.rate_hz)
        instants = Instants.of(self.motion, t_s)
        return true_up(instants, self.subject.build, worn.mounting, gyr_mean=model.gyr_mean)

    def blocks(self) -> dict[Segment, ImuBlock]:
        """What a recording of the session holds, trouble of link and clocks included."""
        out = {}
        for k, (segment, samples) in enumerate(self.sensors.items()):
            rng = np.random.default_rng((self.plan.seed, 77, k))
            out[segment] = received(segment.value, samples, self.plan.worn(segment).trouble, rng)
        return out


def session_plan(athlete: AthletePlan, rate_hz: float) -> SessionPlan:
    """The session of one athlete of a crew, at a sensor's rate."""
    return SessionPlan(
        athlete.sets,
        athlete.seed,
        rate_hz=rate_hz,
        stand_s=athlete.stand_s,
        segments=athlete.segments,
        sensors=athlete.sensors,
        working_leg=Side(athlete.working_leg),
    )


def _overlap(reps: Sequence[TrueRep]) -> bool:
    return any(b.t_start_s < a.t_end_s - 1e-6 for a, b in pairwise(reps))


def render(plan: SessionPlan) -> SimulatedSession:
    """Play ``plan``; the same plan gives the same samples.

    Raises `SimulationError` for a rate, exercise, fault or sensor that cannot be played.
    """
    models = {s: sensor_model(plan.worn(s).family, plan.rate_hz) for s in plan.segments}
    rng = np.random.default_rng(plan.seed)
    subject = plan.subject or draw_subject(rng)
    athlete = Athlete(subject, rng, plan.working_leg)
    athlete.stand(plan.stand_s)
    for part in plan.sets:
        _do_set(athlete, part)
    athlete.stand(_LAST_STAND_S)
    motion = athlete.motion()
    first = int(athlete.began_s * plan.rate_hz) + 1
    instants = Instants.of(motion, np.arange(first, int(motion.duration_s * plan.rate_hz)) / plan.rate_hz)
    sensors, worn = {}, {}
    for k, segment in enumerate(plan.segments):
        own = np.random.default_rng((plan.seed, 7, k))
        worn[segment] = _put_on(segment, plan.worn(segment), motion, models[segment], own)
        sensors[segment] = _sample(plan, worn[segment], subject, instants, own)
    return SimulatedSession(plan, subject, motion, sensors, worn, athlete.sets)


def _do_set(athlete: Athlete, part: SetPlan) -> None:
    if not 0 <= part.reps <= _MOST_REPS:
        raise SimulationError(f"reps {part.reps}: allowed are 0 to {_MOST_REPS}")
    if part.walk_s > 0.0:
        do(athlete, f"walk {part.walk_s}")
    for activity in part.before:
        do(athlete, activity)
    athlete.perform(part.exercise, part.reps, faults=part.faults, manner=part.manner)
    athlete.stand(part.rest_s)
    for activity in part.after:
        do(athlete, activity)


def _put_on(
    segment: Segment, plan: SensorPlan, motion: Motion, model: SensorModel, rng: np.random.Generator
) -> SensorTruth:
    mounting = draw_mounting(plan.worn_on or segment, rng, plan.mount, rigid=plan.rigid)
    axis = rng.normal(0.0, 1.0, 3)
    axis /= np.linalg.norm(axis)
    slip = Slip(
        plan.slip_deg,
        plan.slip_at * motion.duration_s,
        plan.creep_deg_min,
        (float(axis[0]), float(axis[1]), float(axis[2])),
    )
    return SensorTruth(plan, replace(mounting, slip=slip), draw_unit(model, rng, plan.gyr_bias_dps))


def _sample(
    plan: SessionPlan,
    worn: SensorTruth,
    subject: Subject,
    instants: Instants,
    rng: np.random.Generator,
) -> ImuSamples:
    model = sensor_model(worn.plan.family, plan.rate_hz)
    if worn.plan.gyr_range_dps is not None:
        model = msgspec.structs.replace(model, gyr_range_dps=worn.plan.gyr_range_dps)
    exact = exact_samples(
        instants,
        subject.build,
        worn.mounting,
        gyr_mean=model.gyr_mean,
        magnetometer=worn.plan.magnetometer,
    )
    climate = SKIN
    if worn.plan.temperature_step_k:
        climate = Climate(SKIN.warm_up_k, worn.plan.temperature_step_k, 0.4 * float(instants.t_s[-1]))
    return with_errors(exact, model, worn.unit, rng, climate)
