"""``ilium profiles``: every device is listed and checked; one of your own is checked and found."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

import firmware_profiles
from service import cli

REFERENCE = files("firmware_profiles").joinpath("ilium_reference.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_device_is_listed_with_its_rate_and_how_loss_is_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["profiles", "list", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() == set(firmware_profiles.ids())
    assert rows["movella_dot"]["rates_hz"] == [1, 4, 10, 12, 15, 20, 30, 60]
    assert rows["ilium_reference"]["loss"] == "sequence"
    assert not rows["ti_sensortag"]["suitable"]


@pytest.mark.parametrize("profile_id", firmware_profiles.ids())
def test_every_profile_can_be_shown_and_checked(profile_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["profiles", "check", profile_id]) == 0
    assert "vectors pass; modes: " in capsys.readouterr().out
    assert cli.run(["profiles", "show", profile_id]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == profile_id


def test_one_of_your_own_is_checked_with_a_decoded_packet_and_then_listed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine").mkdir()
    path = folder / "mine" / "my_sensor.toml"
    path.write_text(REFERENCE.replace('id = "ilium_reference"', 'id = "my_sensor"'), encoding="utf-8")
    assert cli.run(["profiles", "check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "vector 1: imu6, 2 samples: ticks 1000000, acc_ms2 (9.8066, -9.8066, 0.0000)" in out
    monkeypatch.setenv("ILIUM_PROFILES_DIR", "mine")
    assert cli.run(["profiles", "list", "--json"]) == 0
    assert "my_sensor" in {row["id"] for row in json.loads(capsys.readouterr().out)}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("offset = 6, type", "offset = 4, type", "streams.imu6: acc (at 0) and gyr overlap"),
        ("[[9.80665, -9.80665, 0.0], [0.0", "[[9.8, -9.80665, 0.0], [0.0", "vector 1: acc_ms2"),
    ],
)
def test_what_is_wrong_with_it_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    assert old in REFERENCE
    path = folder / "mine.toml"
    path.write_text(REFERENCE.replace(old, new), encoding="utf-8")
    assert cli.run(["profiles", "check", "mine.toml"]) == 2
    assert message in capsys.readouterr().err


def test_without_vectors_it_is_not_tested(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").write_text(REFERENCE.split("# --- vectors")[0], encoding="utf-8")
    assert cli.run(["profiles", "check", "mine.toml"]) == 1
    assert "no vectors; add packets and their meaning" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["profiles", "check", "nowhere.toml"]) == 2
    assert "nowhere.toml: no such file, nor a profile of that id; there are" in capsys.readouterr().err
