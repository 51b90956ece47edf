"""Every scenario of the library by name, from people to counted repetitions, in virtual time."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from fusion.analysis import analyze
from fusion.pipeline import PipelineConfig
from simulator import scenarios
from simulator.plan import AthletePlan
from simulator.session import render, session_plan

RATE_HZ = 60.0
LONGEST_SETS = 4
"""Of a session that has more, the first ones do."""
ALIKE = {"sl_glute_bridge": "glute_bridge"}
"""What two sensors cannot tell apart; the exercise files say so."""


def shortened(athlete: AthletePlan) -> AthletePlan:
    sets = [replace(s, before=(), rest_s=min(s.rest_s, 15.0)) for s in athlete.sets[:LONGEST_SETS]]
    return athlete if len(athlete.sets) <= LONGEST_SETS else replace(athlete, sets=tuple(sets))


def athletes() -> list[object]:
    return [
        pytest.param(athlete, id=f"{name}-{athlete.id}")
        for name in scenarios.names()
        for athlete in scenarios.load(name).athletes
    ]


@pytest.mark.parametrize("athlete", athletes())
def test_what_is_counted_is_what_the_scenario_does(athlete: AthletePlan) -> None:
    plan = shortened(athlete)
    session = render(session_plan(plan, RATE_HZ))
    blocks = {segment.value: block for segment, block in session.blocks().items()}
    found = analyze(blocks, PipelineConfig({s.value: s for s in plan.segments}, plan.planned))
    counted = [(ALIKE.get(s.exercise, s.exercise), len(s.reps)) for s in found.sets]
    done = [(s.exercise, s.reps) for s in plan.sets]
    if plan.planned == "auto":
        counted = [one for one in counted if one[0] != "walk"]
    assert counted == done


def test_the_library_has_single_exercises_and_sessions_of_several() -> None:
    plans = [a.planned for name in scenarios.names() for a in scenarios.load(name).athletes]
    assert {"auto", "hip_thrust", "rdl", "squat_parallel", "deadlift"} <= set(plans)
