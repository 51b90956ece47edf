"""Vendors' exports and foreign tables: recognised by their first lines, turned to SI, refused with a mend."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusion.errors import InputError
from fusion.types import SampleQuality
from sensors.imports import import_file, write_sensor_file

DOT_HEAD = """sep=,
DeviceTag:,Left thigh
FirmwareVersion:,2.0.0
SyncStatus:,Synced
OutputRate:,60Hz
FilterProfile:,General
Measurement Mode:,Rate quantities with mag
StartTime:,2024-01-01_12:00:00

"""
MT_HEAD = """// Start Time: Unknown
// Update Rate: 100.0Hz
// Filter Profile: human (46.1)
// Option Flags: AHS Disabled ICC Disabled
// Firmware Version: 4.0.2
"""


def written(folder: Path, text: str, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_rates_of_a_dot_with_a_wrap_a_lost_sample_and_a_clipped_one(tmp_path: Path) -> None:
    """Microseconds that wrap at 2^32; °/s; mag in units of the earth's field; status 0x4 is acc z clipped."""
    rows = [
        "1,4294950629,0,0,9.81,180,-90,0,1,0,-0.5,0,",
        "2,4294967295,0,0,9.81,0,0,0,1,0,-0.5,4,",
        "3,16666,0,0,9.81,0,0,0,1,0,-0.5,0,",
        "5,50000,1,2,3,0,0,0,1,0,-0.5,0,",
    ]
    columns = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z,Mag_X,Mag_Y,Mag_Z,Status,"
    found = import_file(written(tmp_path, DOT_HEAD + "\n".join([columns, *rows]) + "\n"))
    assert found.format == "Movella DOT CSV export (rate)"
    assert found.block.t_s == pytest.approx([0.0, 0.016666, 0.033333, 0.066667], abs=1e-9)
    assert found.missing == 1
    assert found.block.gyr_rads[0] == pytest.approx([np.pi, -np.pi / 2, 0.0])
    assert found.block.acc_ms2[3].tolist() == [1.0, 2.0, 3.0]
    assert found.block.mag_ut is not None
    assert found.block.mag_ut[0] == pytest.approx([50.0, 0.0, -25.0])
    assert found.block.quality.tolist() == [0, SampleQuality.ACC_SATURATED, 0, 0]


def test_increments_of_a_dot_become_rates(tmp_path: Path) -> None:
    """A turn of 0.02 rad about x in 1/60 s is 1.2 rad/s; 0.1635 m/s in the same time are 9.81 m/s²."""
    turn = f"{np.cos(0.01):.9f},{np.sin(0.01):.9f},0,0"
    rows = [f"{k},{round(k * 1e6 / 60)},{turn},0,0,0.1635" for k in range(5)]
    text = "\n".join(["PacketCounter,SampleTimeFine,dq_W,dq_X,dq_Y,dq_Z,dv[1],dv[2],dv[3]", *rows])
    found = import_file(written(tmp_path, DOT_HEAD + text + "\n"))
    assert found.format == "Movella DOT CSV export (delta)"
    assert found.block.gyr_rads[:, 0] == pytest.approx(1.2, rel=1e-4)
    assert found.block.acc_ms2[:, 2] == pytest.approx(9.81, rel=1e-4)


def test_orientation_and_free_acceleration_become_force_and_mean_rate(tmp_path: Path) -> None:
    """Turning 0.02 rad a sample about the vertical, without acceleration: gravity stays on z."""
    rows = []
    for k in range(5):
        half = 0.01 * k
        rows.append(f"{k},{round(k * 1e6 / 60)},{np.cos(half):.9f},0,0,{np.sin(half):.9f},0,0,0")
    header = "PacketCounter,SampleTimeFine,Quat_W,Quat_X,Quat_Y,Quat_Z,FreeAcc_X,FreeAcc_Y,FreeAcc_Z"
    found = import_file(written(tmp_path, "\n".join([header, *rows]) + "\n"))
    assert len(found.block) == 4  # the first has no sample before it
    assert found.block.gyr_rads == pytest.approx(np.tile([0.0, 0.0, 1.2], (4, 1)), abs=1e-3)
    assert found.block.acc_ms2 == pytest.approx(np.tile([0.0, 0.0, 9.80665], (4, 1)))


def test_an_mt_text_file_counts_packets_and_is_in_rad_s(tmp_path: Path) -> None:
    """Its columns of time are empty; the counter wraps at 65536; 0.5 rad/s stay 0.5 rad/s."""
    header = "PacketCounter\tSampleTimeFine\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z\tMag_X\tMag_Y\tMag_Z"
    counts = ["65534", "65535", "00000", "00002"]
    rows = [f"{c}\t\t0.1\t0.2\t9.8\t0.5\t-0.25\t0\t1\t0\t0" for c in counts]
    found = import_file(written(tmp_path, MT_HEAD + "\n".join([header, *rows]) + "\n", "MT_0001.txt"))
    assert found.format == "Xsens MT text export (rate)"
    assert found.block.t_s == pytest.approx([0.0, 0.01, 0.02, 0.04])
    assert found.block.gyr_rads[0] == pytest.approx([0.5, -0.25, 0.0])
    assert found.block.acc_ms2[0] == pytest.approx([0.1, 0.2, 9.8])


@pytest.mark.parametrize(
    "header",
    [
        "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads",
        "time (s),Acc X (m/s²),Acc Y (m/s²),Acc Z (m/s²),Gyro X (rad/s),Gyro Y (rad/s),Gyro Z (rad/s)",
        "Time [s];ax [m/s^2];ay [m/s^2];az [m/s^2];gx [rad/s];gy [rad/s];gz [rad/s]",
        "timestamp_s\taccX_ms2\taccY_ms2\taccZ_ms2\tgyroX_rad_s\tgyroY_rad_s\tgyroZ_rad_s",
    ],
)
def test_a_table_is_read_by_its_names(tmp_path: Path, header: str) -> None:
    separator = next(s for s in ("\t", ";", ",") if s in header)
    rows = [separator.join(["0.00", "0", "0", "9.8", "0.1", "0.2", "0.3"])]
    rows.append(separator.join(["0.01", "0", "0", "9.8", "0.1", "0.2", "0.3"]))
    block = import_file(written(tmp_path, "\n".join([header, *rows]) + "\n")).block
    assert block.t_s.tolist() == [0.0, 0.01]
    assert block.acc_ms2[0].tolist() == [0.0, 0.0, 9.8]
    assert block.gyr_rads[0].tolist() == [0.1, 0.2, 0.3]


def test_units_in_the_names_are_turned_to_si_and_other_columns_left_out(tmp_path: Path) -> None:
    text = (
        "Recorder 1.0\n"
        "timestamp (ms),label,linear_acceleration_x,acc_x (mg),acc_y (mg),acc_z (mg),"
        "gyr_x [deg/s],gyr_y [deg/s],gyr_z [deg/s],mag_x_mgauss,mag_y_mgauss,mag_z_mgauss\n"
        "1700000000000,a,9,0,0,1000,180,0,-90,500,0,0\n"
        "1700000000010,b,9,0,0,1000,180,0,-90,500,0,0\n"
    )
    found = import_file(written(tmp_path, text))
    assert found.block.t_s == pytest.approx([0.0, 0.01])
    assert found.block.acc_ms2[0] == pytest.approx([0.0, 0.0, 9.80665])
    assert found.block.gyr_rads[0] == pytest.approx([np.pi, 0.0, -np.pi / 2])
    assert found.block.mag_ut is not None
    assert found.block.mag_ut[0] == pytest.approx([50.0, 0.0, 0.0])
    assert found.units == {"t": "ms", "acc": "mg", "gyr": "deg/s", "mag": "mgauss"}


BARE = "time,ax,ay,az,gx,gy,gz\n0,0,0,1,0,0,0\n10,0,0,1,0,0,0\n"


def test_units_that_the_names_do_not_say_can_be_given(tmp_path: Path) -> None:
    units = {"t": "ms", "acc": "g", "gyr": "dps"}
    block = import_file(written(tmp_path, BARE), units).block
    assert block.t_s == pytest.approx([0.0, 0.01])
    assert block.acc_ms2[0] == pytest.approx([0.0, 0.0, 9.80665])


@pytest.mark.parametrize(
    ("text", "units", "message"),
    [
        (BARE, {}, "column 'time' does not say its unit; give it with --unit t=UNIT, one of s, "),
        (BARE, {"t": "ms", "gyr": "dps"}, "column 'ax' does not say its unit; give it with --unit acc=UNIT"),
        (BARE, {"acc": "furlong"}, "--unit acc=furlong: must be one of ms2"),
        (BARE, {"heat": "g"}, "--unit heat=g: must be one of t, acc, gyr, mag"),
        (BARE.replace("gz", "hum"), {"t": "ms", "acc": "g", "gyr": "dps"}, "column gyr_z_rads is missing"),
        (
            "PacketCounter,SampleTimeFine,Euler_X,Euler_Y,Euler_Z\n1,0,0,0,0\n",
            {},
            "neither acceleration and rate (Acc_X, Gyr_X …)",
        ),
        (
            "// Start\nPacketCounter\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z\n1\t0\t0\t9.8\t0\t0\t0\n",
            {},
            "no update rate in its first lines",
        ),
        (
            DOT_HEAD + "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z\n1,0,0,0,x,0,0,0\n",
            {},
            "line 11, column Acc_Z: 'x' is not a number",
        ),
        ("\x00\x01\x02", {}, "column t_s is missing"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_mend(
    tmp_path: Path, text: str, units: dict[str, str], message: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        import_file(path, units)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["pelvis.csv", "pelvis.parquet"])
def test_what_is_written_reads_back(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(1)
    rows = "\n".join(
        ",".join([f"{k * 0.01:.2f}", *(f"{v:.4f}" for v in rng.normal(0, 5, 9))]) for k in range(50)
    )
    header = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads,mag_x_ut,mag_y_ut,mag_z_ut"
    first = import_file(written(tmp_path, f"{header}\n{rows}\n")).block
    write_sensor_file(first, tmp_path / name)
    again = import_file(tmp_path / name).block
    for part in ("t_s", "acc_ms2", "gyr_rads", "mag_ut"):
        assert getattr(again, part) == pytest.approx(getattr(first, part), rel=1e-6, abs=1e-9)


def test_a_parquet_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "no parquet", "x.parquet")
    with pytest.raises(InputError, match="not a Parquet file"):
        import_file(path)
