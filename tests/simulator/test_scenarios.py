"""Scenarios run by name, and a faulty file says where it is wrong."""

from pathlib import Path

import numpy as np
import pytest

from simulator import scenarios
from simulator.errors import SimulationError
from simulator.session import render, session_plan
from simulator.simulating import simulate_scenario

SHORT = [name for name in scenarios.names() if name != "one_hour"]
GOOD = """
title = "One set"
about = "One set."

[[athletes]]
id = "a"
seed = 1

[[athletes.sets]]
exercise = "rdl"
reps = 2
"""


@pytest.mark.parametrize("name", SHORT)
def test_a_scenario_runs_by_name_and_does_what_it_says(name: str) -> None:
    scenario = scenarios.load(name)
    for athlete in scenario.athletes[:2]:
        session = render(session_plan(athlete, 30.0))
        assert [done.exercise for done in session.sets] == [part.exercise for part in athlete.sets]
        assert [len(done.reps) for done in session.sets] == [part.reps for part in athlete.sets]
        assert all(np.isfinite(s.acc_ms2).all() for s in session.sensors.values())
        assert set(session.sensors) == set(athlete.segments)


def test_an_hour_is_about_an_hour() -> None:
    session = render(session_plan(scenarios.load("one_hour").athletes[0], 10.0))
    assert 2700.0 < session.duration_s < 4500.0


def test_another_seed_makes_other_people_of_a_scenario() -> None:
    scenario = scenarios.load("superset")
    assert scenario.crew(0).athletes[0].seed != scenario.crew(1).athletes[0].seed


def test_a_scenario_is_written_an_athlete_a_folder(tmp_path: Path) -> None:
    [said] = simulate_scenario("slipping_sensor", 1, tmp_path)
    assert said.startswith("seed 41: athlete-1: 6 rdl, 6 rdl in ")
    assert {p.name for p in (tmp_path / "athlete-1").iterdir()} == {
        "pelvis.csv",
        "thigh_right.csv",
        "truth.csv",
        "truth.json",
    }


def test_a_file_of_one_s_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    assert scenarios.load(str(tmp_path / "mine.toml")).title == "One set"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("reps = 2", "reps = 'two'"), r"mine.toml: Expected `int`, got `str` - at `\$.athletes"),
        (GOOD.replace("seed = 1", "sead = 1"), "mine.toml: Object contains unknown field `sead`"),
        (
            GOOD + "\n[athletes.sensors.thorax]\nslip_deg = 3.0\n",
            "mine.toml: athlete a: sensors thorax are not",
        ),
        ("title = ", "mine.toml: Invalid value"),
    ],
)
def test_a_faulty_file_is_named_with_its_key(text: str, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        scenarios.parse(text, "mine.toml")


def test_a_name_that_is_none_lists_those_there_are() -> None:
    with pytest.raises(
        SimulationError, match="scenario 'holiday': must be one of all_round_the_set, first_visit"
    ):
        scenarios.load("holiday")
