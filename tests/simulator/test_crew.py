"""When virtual athletes begin: with all their sensors, or without the one that never comes."""

import asyncio

import pytest

from fusion.types import Segment
from simulator.crew import VirtualAthlete
from simulator.plan import AthletePlan, SetPlan

PLAN = AthletePlan("anna", 3, (SetPlan("rdl", 1),), stand_s=3.0)


@pytest.fixture(scope="module")
def times() -> list[float]:
    return [100.0]


def athlete(times: list[float], patience_s: float) -> VirtualAthlete:
    return VirtualAthlete(PLAN, "movella_dot", lambda: times[0], patience_s)


async def test_nobody_stands_before_all_sensors_are_told_to_stream(times: list[float]) -> None:
    anna = athlete(times, patience_s=60.0)
    first = asyncio.ensure_future(anna.begin(Segment.PELVIS))
    await asyncio.sleep(0)
    assert not first.done()
    await anna.begin(Segment.THIGH_RIGHT)
    await first
    assert anna.now_s() == 0.0


async def test_a_sensor_that_never_comes_is_not_waited_for(times: list[float]) -> None:
    anna = athlete(times, patience_s=0.0)
    await anna.begin(Segment.PELVIS)
    assert anna.now_s() == 0.0


async def test_who_comes_back_after_a_cut_goes_on_at_once(times: list[float]) -> None:
    anna = athlete(times, patience_s=60.0)
    await asyncio.gather(*(anna.begin(segment) for segment in PLAN.segments))
    times[0] = 107.0
    await anna.begin(Segment.PELVIS)
