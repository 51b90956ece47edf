"""``ilium import``: each file to one place, all or nothing, and a line that says what it was taken for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensors.imports import read_sensor_file
from service import cli

DOT = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z\n" + "".join(
    f"{k},{k * 16667},0,0,9.81,90,0,0\n" for k in range(10) if k != 4
)
BARE = "time,ax,ay,az,gx,gy,gz\n0,0,0,1,0,0,0\n10,0,0,1,0,0,0\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "D422CD00.csv").write_text(DOT)
    (tmp_path / "bare.csv").write_text(BARE)
    return tmp_path


def test_a_vendor_s_file_becomes_one_for_analyze(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import", "D422CD00.csv", "--segment", "pelvis", "--out", "in", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["id"] == "pelvis"
    assert row["format"] == "Movella DOT CSV export (rate)"
    assert (row["samples"], row["missing"]) == (9, 1)
    assert row["rate_hz"] == pytest.approx(60.0, abs=0.01)
    block = read_sensor_file(folder / "in" / "pelvis.csv")
    assert block.gyr_rads[0] == pytest.approx([1.570796, 0.0, 0.0])


def test_units_are_given_where_the_names_do_not_say_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--unit", "acc=g", "--unit", "gyr=dps", "--unit", "t=ms", "--format", "parquet", "--out", "in"]
    assert cli.run(["import", "bare.csv", *options]) == 0
    assert "acc in g" in capsys.readouterr().out
    assert read_sensor_file(folder / "in" / "bare.parquet").acc_ms2[0].tolist() == [0.0, 0.0, 9.80665]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bare.csv", "--out", "in"], "column 'time' does not say its unit"),
        (["bare.csv"], "bare.csv is one of the files to read"),
        (["bare.csv", "--unit", "acc", "--out", "in"], "--unit acc: must be KIND=UNIT"),
        (["bare.csv", "--segment", "ear", "--out", "in"], "--segment ear: must be one of"),
        (["bare.csv", "D422CD00.csv", "--segment", "pelvis", "--out", "in"], "2 files but 1 times --segment"),
        (
            ["bare.csv", "D422CD00.csv", "--segment", "pelvis", "--segment", "pelvis", "--out", "in"],
            "pelvis.csv would be written twice",
        ),
        (["D422CD00.csv", "bare.csv", "--out", "in"], "bare.csv: column 'time' does not say its unit"),
    ],
)
def test_nothing_is_written_when_something_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.run(["import", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (folder / "in").exists()
