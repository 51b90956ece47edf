"""The knee's share of the work, and what it takes to know it."""

from dataclasses import replace
from math import isnan

from fusion.programme.joints import RATIO, knee_to_hip_of
from fusion.programme.mix import GOALS, library_classes
from fusion.programme.report import programme_document
from tests.fusion.programme.weeks import REP, session_on, set_of


def test_without_a_shank_sensor_it_says_which_is_missing() -> None:
    seen = knee_to_hip_of([session_on(0, set_of())], "hip_thrust")
    assert (seen.missing, seen.reps) == ("shank", 0)
    assert isnan(seen.ratio)
    document = programme_document([session_on(0, set_of())], library_classes(), GOALS["glute_focus"])
    assert document["exercises"][0]["knee_to_hip"]["missing"] == "shank"


def test_less_knee_for_the_same_hip_is_a_fall() -> None:
    reps = [replace(REP, metrics={**REP.metrics, RATIO: ratio}) for ratio in (0.9, 0.6)]
    sessions = [session_on(day, set_of(rep=rep)) for day, rep in zip((0, 7), reps, strict=True)]
    seen = knee_to_hip_of(sessions, "hip_thrust")
    assert (seen.ratio, seen.reps, seen.missing) == (0.75, 16, "")
    assert round(seen.change, 6) == -0.3
