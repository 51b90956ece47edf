"""Files from outside: what is wrong is said with file, line, column and mend."""

from pathlib import Path

import numpy as np
import pytest

from fusion.errors import InputError
from fusion.types import Segment
from sensors.imports import read_qmt, read_recording_files, read_sensor_file

HEADER = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads"
GOOD = "0.00,0,0,9.8,0,0,0\n0.01,0,0,9.8,0,0,0\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "pelvis.csv"
    path.write_text(text)
    return path


def test_a_good_file_is_read(tmp_path: Path) -> None:
    block = read_sensor_file(written(tmp_path, f"{HEADER}\n{GOOD}"))
    assert block.t_s.tolist() == [0.0, 0.01]
    assert block.acc_ms2[0].tolist() == [0.0, 0.0, 9.8]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER.replace("gyr_z_rads", "wz") + "\n" + GOOD, "column gyr_z_rads is missing"),
        (f"{HEADER}\n{GOOD}0.02,0,0,much,0,0,0\n", "line 4, column acc_z_ms2: 'much' is not a number"),
        (f"{HEADER}\n{GOOD}0.02,0,0\n", "line 4: 3 values, expected 7"),
        (f"{HEADER}\n{GOOD}0.01,0,0,9.8,0,0,0\n", "line 4: time does not increase"),
        (f"{HEADER}\n{GOOD}0.02,0,0,nan,0,0,0\n", "line 4: a value is not finite"),
        (f"{HEADER}\n" + GOOD.replace("9.8", "1.0"), "so it is in g; multiply by 9.80665"),
        (f"{HEADER}\n" + GOOD.replace("9.8,0", "9.8,120"), "so they are in °/s; divide by 57.2958"),
        (f"{HEADER}\n" + GOOD.replace("9.8", "0"), "the acceleration is zero throughout"),
        ("", "column t_s is missing"),
    ],
)
def test_a_bad_file_is_named_with_line_and_mend(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_sensor_file(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


def test_files_of_a_replay_are_named_after_their_segment(tmp_path: Path) -> None:
    good = written(tmp_path, f"{HEADER}\n{GOOD}")
    assert list(read_recording_files([good])) == [Segment.PELVIS]
    other = good.rename(tmp_path / "left_foot.csv")
    with pytest.raises(InputError, match="name the file after its segment"):
        read_recording_files([other])


def test_the_real_recording_has_pelvis_and_both_thighs(recordings: Path) -> None:
    person = read_qmt(recordings / "qmt" / "full_body_example_data.mat")
    assert {Segment.PELVIS, Segment.THIGH_LEFT, Segment.THIGH_RIGHT} <= person.keys()
    assert all(len(block) == 10_000 for block in person.values())
    assert np.median(np.linalg.norm(person[Segment.PELVIS].acc_ms2, axis=1)) == pytest.approx(9.8, abs=0.2)


def test_another_matlab_file_is_refused(recordings: Path) -> None:
    with pytest.raises(InputError, match="not a qmt recording"):
        read_qmt(next((recordings / "broad").glob("*.mat")))
