"""Virtual athletes with virtual sensors: what a radio carries, and who did how much."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial

import numpy as np

import firmware_profiles
from firmware_profiles import Setup
from fusion.types import Segment
from sensors.encode import EncodedPacket, encode_train
from simulator.air import VirtualLink
from simulator.link import LinkState
from simulator.peripheral import Train, VirtualSensor
from simulator.plan import AthletePlan, CrewPlan, address
from simulator.session import SimulatedSession, render, session_plan

_PATIENCE_S = 3.5
"""A sensor that sends nothing for 5 s is taken for dead, so no other is waited for as long as that."""


class VirtualAthlete:
    """Begins to stand when all sensors have been told to stream, as who looks at a screen that says so.

    A stand that one sensor has missed calibrates nothing. Waits ``patience_s`` after the first at most.
    """

    def __init__(
        self,
        plan: AthletePlan,
        profile_id: str,
        clock: Callable[[], float],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self.plan = plan
        self._clock = clock
        self._patience_s = patience_s
        self._told: set[Segment] = set()
        self._ready = asyncio.Event()
        self._began_s: float | None = None
        setup = firmware_profiles.choose(firmware_profiles.load(profile_id))
        rate_hz = setup.rate_hz()
        self.session: SimulatedSession = render(session_plan(plan, rate_hz))
        rng = np.random.default_rng((plan.seed, 1))
        self.trains = {s: _train(self.session, s, rng) for s in plan.segments}

    async def begin(self, segment: Segment) -> None:
        """The sensor on a segment was told to stream: it does so with the others."""
        self._told.add(segment)
        if self._told >= set(self.plan.segments):
            self._ready.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), self._patience_s)
        self._ready.set()

    def now_s(self) -> float:
        """Time on this athlete's clock; the first question starts it."""
        if self._began_s is None:
            self._began_s = self._clock()
        return self._clock() - self._began_s

    @property
    def left_s(self) -> float:
        """Until the session is over, negative from then on; all of it before it has begun."""
        now_s = 0.0 if self._began_s is None else self.now_s()
        return self.session.duration_s - now_s

    @property
    def reps_done(self) -> int:
        """Repetitions completed so far."""
        return 0 if self._began_s is None else self.session.reps_done(self.now_s())

    def sets_done(self) -> list[dict[str, object]]:
        """Exercise and repetitions of every set that has begun."""
        now_s = 0.0 if self._began_s is None else self.now_s()
        sets = [(done.exercise, sum(r.t_end_s <= now_s for r in done.reps)) for done in self.session.sets]
        return [{"exercise": exercise, "reps": reps} for exercise, reps in sets if reps]


class Crew:
    """All virtual athletes and sensors of a plan on one virtual link."""

    def __init__(
        self, plan: CrewPlan, link: VirtualLink, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        profile = firmware_profiles.load(plan.profile)
        self.athletes = [VirtualAthlete(a, plan.profile, clock) for a in plan.athletes]
        self.sensors: dict[str, VirtualSensor] = {}
        for a, athlete in enumerate(self.athletes):
            for s, segment in enumerate(athlete.plan.segments):
                radio = LinkState(plan.link, np.random.default_rng((athlete.plan.seed, 2, s)))
                self.sensors[address(a, s)] = VirtualSensor(
                    link,
                    profile,
                    address(a, s),
                    athlete.trains[segment],
                    radio=radio,
                    clock=athlete.now_s,
                    begin=partial(athlete.begin, segment),
                )

    async def power_on(self) -> None:
        """All sensors advertise."""
        await asyncio.gather(*(sensor.power_on() for sensor in self.sensors.values()))

    def report(self) -> dict[str, object]:
        """What each athlete did, how long the last one still trains, and packets of each sensor.

        A packet is sent when it went on the air, whatever it held, and dropped when the link lost it.
        """
        return {
            "reps_done": {a.plan.id: a.reps_done for a in self.athletes},
            "sets_done": {a.plan.id: a.sets_done() for a in self.athletes},
            "left_s": max(a.left_s for a in self.athletes),
            "sent": {address: sensor.told for address, sensor in self.sensors.items()},
            "dropped": {address: sensor.dropped for address, sensor in self.sensors.items()},
        }


def _train(session: SimulatedSession, segment: Segment, rng: np.random.Generator) -> Train:
    """All packets of one sensor, stamped by its own clock (±20 ppm, any start)."""
    samples = session.sensors[segment]
    device_s = rng.uniform(5.0, 4000.0) + samples.t_s * (1.0 + rng.uniform(-20e-6, 20e-6))

    def train(setup: Setup) -> list[EncodedPacket]:
        return encode_train(setup, samples.t_s, samples.acc_ms2, samples.gyr_rads, device_s=device_s)

    return train
