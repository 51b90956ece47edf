"""The main job on one command: virtual athletes, virtual radio, the real service, real subscribers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.line import ilium

pytestmark = pytest.mark.slow


def test_the_demo_counts_what_was_done_and_says_so_in_one_document(tmp_path: Path) -> None:
    options = ["--athletes", 2, "--exercise", "hip_thrust", "--duration", 45, "--headless", "--json"]
    done = ilium("demo", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert [a["id"] for a in summary["athletes"]] == ["athlete-1", "athlete-2"]
    for athlete in summary["athletes"]:
        assert athlete["reps_done"] >= 5
        assert athlete["reps_counted"] == athlete["reps_done"]
        assert athlete["mqtt_messages"] > 500
        assert athlete["ws_messages"] > 500
        assert sorted(athlete["sensors"].values()) == ["pelvis", "thigh_right"]
    good, arched = summary["athletes"]
    assert good["findings"] == {}
    assert set(arched["findings"]) == {"lumbar_extension"}
    assert arched["findings"]["lumbar_extension"] == arched["reps_done"]
    assert summary["latency_ms"]["p50"] <= summary["latency_ms"]["p99"]
    assert summary["packets"]["lost"] == summary["packets"]["dropped"] == 0
    assert summary["packets"]["received"] == summary["packets"]["sent"] > 2 * 2 * 60 * 30
    assert {"cpu_percent", "radio_cpu_percent", "rss_mb"} <= summary.keys()


_SCENARIO = """
title = "One after the other"
about = "Two exercises without a pause between them, over a radio that loses packets."

[link]
loss = 0.01

[[athletes]]
id = "one"
seed = 301

[[athletes.sets]]
exercise = "rdl"
reps = 2

[[athletes.sets]]
exercise = "squat_parallel"
reps = 2
"""


def test_a_scenario_ends_when_everyone_is_done_and_says_what_each_did(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(_SCENARIO)
    done = ilium("demo", "--scenario", "mine.toml", "--headless", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "until Ctrl-C" in done.stderr
    summary = json.loads(done.stdout)
    (athlete,) = summary["athletes"]
    assert athlete["exercise"] == "auto"
    assert athlete["sets_done"] == [{"exercise": "rdl", "reps": 2}, {"exercise": "squat_parallel", "reps": 2}]
    assert athlete["sets_counted"][0] == {"exercise": "rdl", "reps": 2}
    assert summary["packets"]["dropped"] > 0
    assert summary["packets"]["received"] == summary["packets"]["sent"]


@pytest.mark.parametrize(
    ("options", "code", "part"),
    [
        (["--exercise", "hip_trust"], 2, "hip_trust"),
        (["--athletes", "0"], 2, "athletes"),
        (["--duration", "1"], 2, "duration"),
    ],
)
def test_a_demo_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, options: list[str], code: int, part: str
) -> None:
    done = ilium("demo", *options, "--headless", "--json", cwd=tmp_path)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert part in done.stderr
