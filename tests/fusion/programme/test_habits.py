"""Warm-up seen, a main lift that stays, sets against the plan, fatigue on two scales."""

from dataclasses import replace

import pytest

from fusion.programme.habits import against_plan, consistency_of, next_steps, warm_up_seen
from fusion.programme.records import DoneSet, SetInputs
from fusion.programme.tiredness import fatigue_of
from tests.fusion.programme.weeks import CLASSES, REP, session_on, set_of


def test_preparation_before_the_first_main_set_is_a_warm_up() -> None:
    assert warm_up_seen(session_on(0, set_of("clamshell", t_s=0.0), set_of("hip_thrust", t_s=60.0)), CLASSES)
    assert not warm_up_seen(
        session_on(0, set_of("hip_thrust", t_s=0.0), set_of("clamshell", t_s=60.0)), CLASSES
    )


def test_a_light_first_set_or_a_marked_one_is_a_warm_up() -> None:
    light = session_on(0, set_of(load_kg=30.0, t_s=0.0), set_of(load_kg=60.0, t_s=90.0))
    assert warm_up_seen(light, CLASSES)
    assert not warm_up_seen(session_on(0, set_of(load_kg=60.0), set_of(load_kg=60.0, t_s=90.0)), CLASSES)
    marked = DoneSet("hip_thrust", (REP,), SetInputs(warm_up=True))
    assert warm_up_seen(session_on(0, marked), CLASSES)


def test_the_main_lift_is_the_hip_extension_most_sessions_have() -> None:
    sessions = [
        session_on(0, set_of("hip_thrust"), set_of("clamshell", t_s=90.0)),
        session_on(15, set_of("hip_thrust"), set_of("deadlift")),
        session_on(16, set_of("deadlift"), set_of("clamshell")),
        session_on(17, set_of("hip_thrust")),
    ]
    seen = consistency_of(sessions, CLASSES)
    assert (seen.main_lift, seen.main_lift_share) == ("hip_thrust", 0.75)
    assert (seen.sessions, seen.weeks, seen.weeks_trained) == (4, 3, 2)


def test_nothing_done_is_consistent_with_nothing() -> None:
    assert consistency_of([], CLASSES).main_lift is None


def test_sets_against_the_plan_name_what_was_left_out_and_what_was_added() -> None:
    session = session_on(0, set_of("hip_thrust"), set_of("hip_thrust"), set_of("clamshell"))
    assert against_plan(session, {"hip_thrust": 3, "rdl": 2}) == {
        "clamshell": (1, 0),
        "hip_thrust": (2, 3),
        "rdl": (0, 2),
    }


def test_the_ladder_leads_on_and_ends_somewhere() -> None:
    assert "hip_thrust" in next_steps("glute_bridge")
    assert next_steps("deadlift") == []
    assert next_steps("no_such_exercise") == []


def test_a_session_loses_speed_although_no_set_does() -> None:
    def at(dps: float, t_s: float) -> DoneSet:
        return set_of(good=4, t_s=t_s, rep=replace(REP, metrics={"concentric_mean_dps": dps}))

    seen = fatigue_of(session_on(0, at(100.0, 0.0), at(80.0, 90.0)), "hip_thrust")
    assert [s["velocity_loss_percent"] for s in seen.sets] == pytest.approx([0.0, 0.0])
    assert seen.session["velocity_loss_percent"] == pytest.approx(20.0)


def test_sets_at_other_loads_are_not_compared() -> None:
    fast = replace(REP, metrics={"concentric_mean_dps": 120.0})
    session = session_on(0, set_of(load_kg=20.0, rep=fast), set_of(load_kg=60.0, t_s=90.0))
    assert fatigue_of(session, "hip_thrust").session["velocity_loss_percent"] == pytest.approx(0.0)
