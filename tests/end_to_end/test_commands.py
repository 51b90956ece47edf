"""Commands on good and bad input: the right exit code, one clear line, nothing half written."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import numpy as np
import pytest

from service.analysis import read_angles
from simulator.recording import set_plan, simulate_recording
from tests.end_to_end.line import ilium


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four Romanian deadlifts with a fault of 12°."""
    folder = tmp_path_factory.mktemp("rdl")
    simulate_recording(set_plan("rdl", 4, faults=["lumbar=12"], seed=5), folder)
    return folder


def analyze(folder: Path, *options: object, pelvis: str = "pelvis.csv") -> tuple[int, str]:
    """Exit code and what was said of the recording in ``folder``."""
    files = ["--pelvis", pelvis, "--thigh-right", "thigh_right.csv"]
    done = ilium("analyze", *files, *options, cwd=folder)
    return done.returncode, done.stderr


@pytest.mark.parametrize(("lumbar", "found"), [(12, {"lumbar_extension"}), (0, set())])
def test_simulate_then_analyze_meets_the_truth(tmp_path: Path, lumbar: int, found: set[str]) -> None:
    options = ["--exercise", "hip_thrust", "--reps", 5, "--fault", f"lumbar={lumbar}", "--seed", 3]
    done = ilium("simulate", *options, "--out", ".", cwd=tmp_path)
    assert (done.returncode, "seed 3" in done.stdout) == (0, True)
    files = ["--pelvis", "pelvis.csv", "--thigh-right", "thigh_right.csv"]
    done = ilium("analyze", *files, "--exercise", "hip_thrust", "--out", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)["sets"]
    assert len(one["reps"]) == 5
    told = [f for rep in one["reps"] for f in rep["findings"] if f["severity"] != "info"]
    assert {f["kind"] for f in told} == found
    truth = np.genfromtxt(tmp_path / "truth.csv", delimiter=",", names=True)
    angles = read_angles(tmp_path / "out" / "angles.csv")
    # Of this person's errors most is skin that moves over pelvis and thigh, which no sensor on it sees.
    for signal, limit_deg in (("pelvis_tilt_deg", 2.5), ("hip_flexion_right_deg", 4.5)):
        error = angles[signal] - np.interp(angles.t_s, truth["t_s"], truth[signal])
        assert np.sqrt(np.nanmean(error**2)) <= limit_deg


@pytest.mark.parametrize(
    ("line", "text", "part"),
    [
        (0, "t_s,acc_x_ms2,acc_y_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads", "acc_z_ms2"),
        (7, "0.1,wet,0,9.8,0,0,0", "'wet'"),
        (9, "0.001,0,0,9.8,0,0,0", "does not increase"),
    ],
)
def test_a_bad_line_is_named_with_file_and_line(
    recording: Path, tmp_path: Path, line: int, text: str, part: str
) -> None:
    lines = (recording / "pelvis.csv").read_text().splitlines()
    lines[line] = text
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join(lines) + "\n")
    code, said = analyze(recording, "--exercise", "rdl", "--out", tmp_path / "out", pelvis=str(bad))
    assert code == 2
    assert said.count("\n") == 1
    assert said.startswith("ilium: ")
    assert "bad.csv" in said
    assert part in said
    assert not (tmp_path / "out").exists()


def test_a_recording_too_short_to_calibrate_is_said(recording: Path, tmp_path: Path) -> None:
    for name in ("pelvis.csv", "thigh_right.csv"):
        lines = (recording / name).read_text().splitlines()[:60]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    code, said = analyze(tmp_path, "--exercise", "rdl")
    assert code == 2
    assert "needed to calibrate" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--exercise", "rdl_x"], "did you mean rdl"),
        (["--exercise", "rdl", "--stand", "9"], "stand"),
        (["--exercise", "rdl", "--rate", "1000000"], "rate"),
    ],
)
def test_a_bad_option_is_named(recording: Path, options: list[str], part: str) -> None:
    code, said = analyze(recording, *options)
    assert code == 2
    assert part in said
    assert said.count("\n") == 1


def test_a_file_that_is_not_there_is_named(recording: Path) -> None:
    code, said = analyze(recording, "--exercise", "rdl", pelvis="none.csv")
    assert code == 2
    assert "none.csv" in said


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--exercise", "rdl", "--fault", "knees=3"], "must be one of lumbar"),
        (["--exercise", "rdl", "--fault", "lumbar=much"], "'much' is not a number"),
        (["--exercise", "rdl", "--rate", "1"], "5 to 2000 Hz"),
    ],
)
def test_what_cannot_be_simulated_is_said(tmp_path: Path, options: list[str], part: str) -> None:
    done = ilium("simulate", *options, "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert part in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_an_adapter_scan_and_run_say_what_to_do(tmp_path: Path) -> None:
    """Where there is an adapter, this machine's own answers instead."""
    away = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path / 'nobody'}"}
    for command in (["scan", "--duration", 1], ["run", "--headless", "--port", 0, "--data-dir", "d"]):
        done = ilium(*command, cwd=tmp_path, env=away)
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("ilium: no usable Bluetooth adapter (")
        assert last.endswith("or try: ilium demo")


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = ilium("run", "--headless", "--port", port, "--data-dir", "d", cwd=tmp_path)
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use; choose another with --port" in done.stderr


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--wear", "AA:01=elbow", "--exercise", "rdl"], "must be ADDRESS=SEGMENT"),
        (["--wear", "AA:01=pelvis"], "--wear needs --exercise"),
        (["--mqtt-url", "http://broker"], "must look like mqtt://"),
    ],
)
def test_a_run_that_cannot_be_is_refused(tmp_path: Path, options: list[str], part: str) -> None:
    done = ilium("run", "--headless", "--port", 0, "--data-dir", "d", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert part in done.stderr.splitlines()[-1]


def test_profiles_and_exercises_are_listed(tmp_path: Path) -> None:
    profiles = json.loads(ilium("profiles", "list", "--json", cwd=tmp_path).stdout)
    assert "movella_dot" in {p["id"] for p in profiles}
    exercises = json.loads(ilium("exercises", "list", "--json", cwd=tmp_path).stdout)
    assert len(exercises) == 48


def test_clocks_apart_are_found_from_the_motion(recording: Path, tmp_path: Path) -> None:
    for name, shift_s in (("pelvis", 0.0), ("thigh_right", 4.25)):
        lines = (recording / f"{name}.csv").read_text().splitlines()
        table = np.loadtxt(lines[1:], delimiter=",")
        table[:, 0] += shift_s
        np.savetxt(tmp_path / f"{name}.csv", table, delimiter=",", header=lines[0], comments="")
    files = ["--pelvis", "pelvis.csv", "--thigh-right", "thigh_right.csv", "--exercise", "rdl", "--json"]
    found = json.loads(ilium("analyze", *files, "--sync", "auto", cwd=tmp_path).stdout)
    assert len(found["sets"][0]["reps"]) == 4
    offset = found["quality"]["clock_offsets"]["thigh_right"]
    assert offset["offset_s"] == pytest.approx(-4.25, abs=0.02)
    still = np.loadtxt(tmp_path / "thigh_right.csv", delimiter=",", skiprows=1)
    still[:, 1:] = still[:1, 1:] + np.random.default_rng(2).normal(0.0, 1e-3, still[:, 1:].shape)
    np.savetxt(tmp_path / "thigh_right.csv", still, delimiter=",", header=lines[0], comments="")
    refused = ilium("analyze", *files, "--sync", "auto", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "at no offset of their clocks" in refused.stderr
