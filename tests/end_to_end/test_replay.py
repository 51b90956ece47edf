"""A recording replayed live and analysed from file gives the same angles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from service.analysis import read_angles
from service.bus import Message
from service.replaying import ReplayOptions, replay
from simulator.recording import set_plan, simulate_recording
from tests.end_to_end.line import ilium

Frame = dict[str, float]


async def live_frames(files: list[Path], options: ReplayOptions) -> list[Frame]:
    """Every calibrated frame of a replay, flat out through the whole service."""
    frames: list[Frame] = []

    def hear(message: Message) -> None:
        if message.topic == "kinematics" and message.body.get("calibrated"):
            frames.append(message.body)

    await replay(files, options, Console(quiet=True), hear)
    return frames


def rmse_deg(frames: list[Frame], folder: Path, signal: str, first_s: float) -> float:
    """Live against file; a replayed session's zero is its first packet, at ``first_s`` of the recording."""
    angles = read_angles(folder / "angles.csv")
    live = np.array([(f["t_s"] + first_s, f[signal]) for f in frames if f.get(signal) is not None])
    error = live[:, 1] - np.interp(live[:, 0], angles.t_s, angles[signal])
    known = np.isfinite(error)
    assert known.mean() > 0.95
    return float(np.sqrt(np.mean(error[known] ** 2)))


@pytest.mark.slow
async def test_a_real_person_moves_the_same_live_and_from_file(recordings: Path, tmp_path: Path) -> None:
    recording = recordings / "qmt" / "full_body_example_data.mat"
    options = ReplayOptions("squat_parallel", speed=0.0, stand_s=(20.0, 35.0), headless=True)
    frames = await live_frames([recording], options)
    assert len(frames) > 1000
    arguments = ["--pelvis", recording, "--exercise", "squat_parallel", "--stand", "20:35", "--out", "out"]
    assert ilium("analyze", *arguments, "--as-live", cwd=tmp_path).returncode == 0
    for signal in ("pelvis_tilt_deg", "pelvis_list_deg", "hip_flexion_right_deg", "hip_flexion_left_deg"):
        assert rmse_deg(frames, tmp_path / "out", signal, 0.0) <= 0.5


async def test_a_simulated_set_is_the_same_live_and_from_file(tmp_path: Path) -> None:
    session = simulate_recording(set_plan("rdl", 4, faults=["lumbar=12"], seed=5), tmp_path)
    files = [tmp_path / f"{name}.csv" for name in ("pelvis", "thigh_right", "thigh_left")]
    frames = await live_frames(files, ReplayOptions("rdl", speed=0.0, headless=True))
    arguments = ["--pelvis", files[0], "--thigh-right", files[1], "--thigh-left", files[2]]
    done = ilium("analyze", *arguments, "--exercise", "rdl", "--out", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["sets"]
    assert len(found["reps"]) == session.reps_done() == max(f["reps_session"] for f in frames)
    for signal in ("pelvis_tilt_deg", "hip_flexion_right_deg", "hip_flexion_left_deg"):
        assert rmse_deg(frames, tmp_path / "out", signal, 1.0 / 60.0) <= 0.5


def test_the_json_of_a_replay_is_all_that_is_on_stdout(tmp_path: Path) -> None:
    simulate_recording(set_plan("rdl", 2, seed=5), tmp_path)
    options = ["--exercise", "rdl", "--speed", 0, "--json"]
    done = ilium("replay", "pelvis.csv", "thigh_right.csv", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["reps_counted"] == 2
    assert document["sets"][0]["rep_count"] == 2
