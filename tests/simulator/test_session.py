"""Simulated sessions: repeatable, self-consistent, and refused where they make no sense."""

import json
from pathlib import Path

import numpy as np
import pytest

from fusion.types import Segment
from simulator.errors import SimulationError
from simulator.recording import simulate_recording
from simulator.session import SessionPlan, SetPlan, render, true_angles


def test_the_same_seed_gives_the_same_samples() -> None:
    plan = SessionPlan([SetPlan("rdl", 2)], seed=9)
    one, other = render(plan), render(plan)
    for segment in plan.segments:
        assert np.array_equal(one.sensors[segment].acc_ms2, other.sensors[segment].acc_ms2)
        assert np.array_equal(one.sensors[segment].gyr_rads, other.sensors[segment].gyr_rads)


def test_another_seed_gives_another_person() -> None:
    one, other = (render(SessionPlan([SetPlan("rdl", 2)], seed=s)) for s in (1, 2))
    assert one.sets[0].reps[0].t_top_s != other.sets[0].reps[0].t_top_s


def test_hip_flexion_is_tilt_plus_pitch_at_all_times() -> None:
    session = render(SessionPlan([SetPlan("hip_thrust", 2, lumbar_deg=10.0)], seed=5))
    angles = true_angles(session.motion, np.linspace(0.0, session.duration_s, 500))
    total = angles["pelvis_tilt_deg"] + angles["thigh_pitch_right_deg"]
    assert angles["hip_flexion_right_deg"] == pytest.approx(total)


def test_the_fault_is_in_the_pelvis_at_the_top_and_gone_at_the_bottom() -> None:
    good, bad = (render(SessionPlan([SetPlan("hip_thrust", 1, lumbar_deg=d)], seed=5)) for d in (0.0, 10.0))
    [rep] = bad.sets[0].reps
    times = np.array([rep.t_start_s, rep.t_top_s, rep.t_end_s])
    extra = (
        true_angles(bad.motion, times)["pelvis_tilt_deg"] - true_angles(good.motion, times)["pelvis_tilt_deg"]
    )
    assert extra == pytest.approx([0.0, 10.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (SessionPlan([SetPlan("clamshell", 2)], seed=1), "clamshell: has no key poses that can be played"),
        (SessionPlan([SetPlan("rdl", 2, lumbar_deg=90.0)], seed=1), "lumbar between -45 and 45"),
        (SessionPlan([SetPlan("rdl", 2)], seed=1, rate_hz=1.0), "allowed are 5 to 2000 Hz"),
        (SessionPlan([], seed=1, segments=[Segment.THORAX]), "no virtual thorax sensor"),
    ],
)
def test_what_cannot_be_simulated_is_refused(plan: SessionPlan, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        render(plan)


def test_a_recording_has_sensors_and_truth(tmp_path: Path) -> None:
    session = simulate_recording(
        "hip_thrust", 3, faults=["lumbar=12"], rate_hz=60.0, walk_s=0.0, seed=2, folder=tmp_path
    )
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert truth["seed"] == 2
    assert [r["faults"] for r in truth["sets"][0]["reps"]] == [{"lumbar": 12.0}] * 3
    header, *rows = (tmp_path / "truth.csv").read_text().splitlines()
    assert header.startswith("t_s,pelvis_tilt_deg,pelvis_list_deg,thigh_pitch_right_deg")
    assert len(rows) == len(session.sensors[Segment.PELVIS].t_s)


@pytest.mark.parametrize("fault", ["lumbar", "lumbar=much", "knee=3"])
def test_a_fault_that_is_not_one_is_refused(tmp_path: Path, fault: str) -> None:
    with pytest.raises(SimulationError, match="fault"):
        simulate_recording("rdl", 1, faults=[fault], rate_hz=60.0, walk_s=0.0, seed=1, folder=tmp_path)
