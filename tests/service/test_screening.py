"""A screen over recordings of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusion import screens
from fusion.errors import InputError
from fusion.types import Segment
from service import screening
from simulator.plan import SetPlan
from simulator.session import SessionPlan, render


def recording(folder: Path) -> dict[str, Path]:
    """Standing, then walking for long enough."""
    plan = SessionPlan([SetPlan("squat_parallel", 2, walk_s=45.0)], seed=4)
    session = render(plan)
    files = {}
    for segment in (Segment.PELVIS, Segment.THIGH_RIGHT):
        samples = session.sensors[segment]
        path = folder / f"{segment.value}.csv"
        header = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads"
        rows = (
            ",".join(f"{v:.9g}" for v in (t, *a, *g))
            for t, a, g in zip(samples.t_s, samples.acc_ms2, samples.gyr_rads, strict=True)
        )
        path.write_text("\n".join([header, *rows]) + "\n")
        files[segment.value] = path
    return files


def test_two_walks_alike_are_told_so_over_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = recording(tmp_path)
    screening.screen_files("neutral_vs_arched_walk", files, stand_s=None, rate_hz=60.0, as_json=False)
    said = capsys.readouterr().out
    assert "Walk as you usually do." in said
    assert "contrast_deg" in said
    assert "hardly different" in said


def test_a_recording_without_the_movement_says_what_was_missing(tmp_path: Path) -> None:
    files = recording(tmp_path)
    with pytest.raises(InputError, match="plank"):
        screening.screen_files("plank", files, stand_s=None, rate_hz=60.0, as_json=True)


def test_a_missing_sensor_is_named_before_anything_is_read() -> None:
    with pytest.raises(InputError, match="wear a sensor on the thigh left and the thigh right too"):
        screening.screen_files(
            "one_leg_stance", {"pelvis": Path("nowhere")}, stand_s=None, rate_hz=60.0, as_json=False
        )


def test_the_list_has_every_screen(capsys: pytest.CaptureFixture[str]) -> None:
    screening.list_screens(as_json=False)
    said = capsys.readouterr().out
    assert all(screen_id in said for screen_id in screens.ids())
