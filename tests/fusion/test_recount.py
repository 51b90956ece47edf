"""A set that began before anyone stood is counted anew once a stand shows how the sensors really sit."""

import pytest

from fusion.pipeline import PipelineOutput
from fusion.types import RepEvent, RepEventKind, SetEvent
from simulator.cases import case_plan
from simulator.session import SimulatedSession, render
from tests.fusion.people import blocks_of, closed_sets, config_for, rep_events, run, session_of


@pytest.fixture(scope="module")
def begun_within() -> SimulatedSession:
    """A recording that begins in the first of six hinges; whoever has hung so far may well hang at rest."""
    return render(case_plan("start_mid_movement", "rdl", 1402))


@pytest.fixture(scope="module")
def told(begun_within: SimulatedSession) -> PipelineOutput:
    return run(blocks_of(begun_within), config_for("rdl"))


def test_what_was_counted_upside_down_is_taken_back_and_counted_as_it_was_done(
    begun_within: SimulatedSession, told: PipelineOutput
) -> None:
    [done] = closed_sets(told)
    truth = [rep.t_top_s for rep in begun_within.sets[0].reps[1:]]
    assert [rep.t_top_s for rep in done.reps] == pytest.approx(truth, abs=0.3)
    assert rep_events(told, RepEventKind.REVISED)


def test_it_is_told_at_once_and_once(told: PipelineOutput) -> None:
    [now_s] = {e.t_s for e in rep_events(told, RepEventKind.REVISED)}
    again = [e.kind for e in told.events if isinstance(e, RepEvent) and e.t_s == now_s]
    assert set(again) == {RepEventKind.REVISED, RepEventKind.COMMITTED}
    assert [isinstance(e, SetEvent) and not e.closed for e in told.events].count(True) == 1


def test_any_splitting_gives_the_same_recount(begun_within: SimulatedSession) -> None:
    blocks = blocks_of(begun_within)
    one, other = (run(blocks, config_for("rdl"), size) for size in (5, 61))
    assert list(map(repr, one.events)) == list(map(repr, other.events))


def test_who_has_stood_first_is_never_counted_anew() -> None:
    told = run(blocks_of(session_of("rdl", reps=3)), config_for("rdl"))
    assert not rep_events(told, RepEventKind.REVISED)


def test_plates_lifted_before_a_thrust_are_no_set_of_it() -> None:
    session = render(case_plan("around_plates", "hip_thrust", 1203))
    [done] = closed_sets(run(blocks_of(session), config_for("hip_thrust")))
    assert done.t_start_s == pytest.approx(session.sets[0].reps[0].t_start_s, abs=1.0)


def test_a_bar_held_at_the_floor_is_no_stand() -> None:
    session = render(case_plan("start_mid_movement", "deadlift", 1403))
    [done] = closed_sets(run(blocks_of(session), config_for("deadlift")))
    assert len(done.reps) == len(session.sets[0].reps) - 1
