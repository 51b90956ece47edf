"""What no sensor measures is refused in a recording, with name, time and mend."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusion import estimate_orientation
from fusion.analysis import analyze
from fusion.errors import InputError
from fusion.input_checks import check_recording
from fusion.types import FloatArray, ImuBlock, SampleQuality, WarningEvent
from fusion.units import DEG_PER_RAD, STANDARD_GRAVITY_MS2
from sensors.imports import read_qmt
from tests.fusion.people import blocks_of, config_for, cut, session_of

BLOCKS = blocks_of(session_of("rdl", reps=2))
GOOD = BLOCKS["thigh_right"]


def spoiled(name: str, row: int, value: float) -> ImuBlock:
    """One value of the good recording replaced."""
    t_s, acc, gyr = GOOD.t_s.copy(), GOOD.acc_ms2.copy(), GOOD.gyr_rads.copy()
    {"t_s": t_s, "acc": acc, "gyr": gyr}[name][row] = value
    return replace(GOOD, t_s=t_s, acc_ms2=acc, gyr_rads=gyr)


def test_a_good_recording_passes_as_it_is() -> None:
    usable, warnings = check_recording(GOOD)
    assert not warnings
    assert np.array_equal(usable.acc_ms2, GOOD.acc_ms2)
    assert not usable.quality.any()


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (
            spoiled("acc", 60, np.nan),
            r"thigh_right: a value is not finite at 1\.0167 s; leave such",
        ),
        (spoiled("gyr", 60, np.inf), r"thigh_right: a value is not finite at 1\.0167 s"),
        (spoiled("t_s", 60, np.nan), r"thigh_right: a value is not finite"),
        (spoiled("t_s", 60, 1.0), r"thigh_right: time does not increase at 1\.0000 s; sort the samples"),
        (spoiled("t_s", 60, 0.2), r"thigh_right: time does not increase at 0\.2000 s"),
        (spoiled("acc", 60, 0.0), r"the acceleration is exactly zero at 1\.0167 s"),
        (spoiled("gyr", 60, 90.0), r"the rate at 1\.0167 s is 90 rad/s, .* in °/s; divide by 57\.2958"),
        (replace(GOOD, acc_ms2=0.0 * GOOD.acc_ms2), "acceleration is zero throughout; was the sensor on"),
        (replace(GOOD, gyr_rads=0.0 * GOOD.gyr_rads), "rate is zero throughout although gravity turns"),
        (
            replace(GOOD, acc_ms2=np.tile(GOOD.acc_ms2[:1], (len(GOOD), 1))),
            "acceleration never changes although the sensor turns",
        ),
        (replace(GOOD, acc_ms2=GOOD.acc_ms2 / STANDARD_GRAVITY_MS2), r"it is in g; multiply by 9\.80665"),
        (replace(GOOD, acc_ms2=GOOD.acc_ms2 * 1e3 / STANDARD_GRAVITY_MS2), r"in mg; multiply by 0\.00981"),
        (
            replace(GOOD, acc_ms2=GOOD.acc_ms2 * 10.0),
            r"about 9[78].* where 9\.8 m/s² is expected",
        ),
        (replace(GOOD, gyr_rads=GOOD.gyr_rads * DEG_PER_RAD), r"so they are in °/s .* divide by 57\.2958"),
        (replace(GOOD, gyr_rads=GOOD.gyr_rads[:-1]), r"rate has shape \(\d+, 3\), expected \(\d+, 3\)"),
        (replace(GOOD, acc_ms2=GOOD.acc_ms2[:, :2]), r"acceleration has shape \(\d+, 2\)"),
        (
            ImuBlock(
                "waist", 0, np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3)), None, np.zeros(0, np.uint8)
            ),
            "waist: no samples; was the sensor recording",
        ),
    ],
)
def test_what_cannot_be_is_named_with_its_mend(block: ImuBlock, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_recording(block)


def test_a_sprinters_thigh_that_feels_more_than_four_g_half_of_the_time_is_no_foreign_unit() -> None:
    sprint = replace(GOOD, acc_ms2=GOOD.acc_ms2 * 4.3)
    _, said = check_recording(sprint)
    assert said == []


def test_the_place_in_a_file_is_named() -> None:
    with pytest.raises(InputError, match=r"legs\.csv: line 62: a value is not finite at 1\.0167 s"):
        check_recording(spoiled("acc", 60, np.nan), "legs.csv", lambda k: f"line {k + 2}")


def test_rates_in_degrees_are_recognised_in_every_real_recording_and_none_is_accused(
    recordings: Path,
) -> None:
    for path in sorted((recordings / "qmt").glob("*.mat")):
        for block in read_qmt(path).values():
            check_recording(block)
            with pytest.raises(InputError, match="°/s"):
                check_recording(replace(block, gyr_rads=block.gyr_rads * DEG_PER_RAD))


def test_a_gyroscope_at_the_end_of_its_range_is_marked_and_said() -> None:
    limit = 250.0 / DEG_PER_RAD
    spin = 8.0 * np.sin(3.0 * GOOD.t_s)[:180, None] * GOOD.acc_ms2[:180] / STANDARD_GRAVITY_MS2
    turning = replace(cut(GOOD, 0, 180), gyr_rads=np.clip(spin, -limit, limit))
    clipped = (np.abs(spin) > limit).any(axis=1)
    usable, [warning] = check_recording(turning)
    marked = (usable.quality & SampleQuality.GYR_SATURATED) != 0
    assert clipped.sum() > 10
    assert not (marked & ~clipped).any()
    assert marked.sum() >= 0.7 * clipped.sum()
    assert "thigh_right: the gyroscope is at the end of its range (250 °/s)" in warning


def test_a_frozen_sensor_loses_its_repeats() -> None:
    fast = int(np.argmax(np.abs(GOOD.gyr_rads).max(axis=1)))
    acc, gyr = GOOD.acc_ms2.copy(), GOOD.gyr_rads.copy()
    acc[fast : fast + 30], gyr[fast : fast + 30] = acc[fast], gyr[fast]
    usable, [warning] = check_recording(replace(GOOD, acc_ms2=acc, gyr_rads=gyr))
    assert len(usable) == len(GOOD) - 29
    assert "29 samples repeat the one before while it turns" in warning
    whole, _ = check_recording(replace(GOOD, acc_ms2=acc, gyr_rads=gyr), keep_repeats=True)
    assert len(whole) == len(GOOD)


def test_arrays_are_checked_before_they_become_an_orientation() -> None:
    t_s, acc, gyr = GOOD.t_s, GOOD.acc_ms2, GOOD.gyr_rads
    cases: tuple[tuple[dict[str, FloatArray], str], ...] = (
        ({"acc_ms2": acc / STANDARD_GRAVITY_MS2}, "it is in g"),
        ({"gyr_rads": gyr * DEG_PER_RAD}, "in °/s"),
        ({"t_s": t_s[::-1]}, "time does not increase"),
        ({"t_s": np.zeros((0,)), "acc_ms2": np.zeros((0, 3)), "gyr_rads": np.zeros((0, 3))}, "no samples"),
        ({"acc_ms2": acc[:5]}, "shape"),
    )
    for bad, message in cases:
        samples = {"t_s": t_s, "acc_ms2": acc, "gyr_rads": gyr, **bad}
        with pytest.raises(InputError, match=message):
            estimate_orientation(**samples)  # type: ignore[arg-type]


def test_a_single_sample_gives_the_vertical_it_shows() -> None:
    [q] = estimate_orientation(t_s=[0.0], acc_ms2=[[0.0, 9.81, 0.0]], gyr_rads=[[0.0, 0.0, 0.0]])
    up_s = np.array([2.0 * (q[1] * q[3] - q[0] * q[2]), 2.0 * (q[2] * q[3] + q[0] * q[1]), 0.0])
    assert up_s == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)


def test_an_analysis_tells_what_was_wrong_with_a_recording() -> None:
    fast = int(np.argmax(np.abs(GOOD.gyr_rads).max(axis=1)))
    acc, gyr = GOOD.acc_ms2.copy(), GOOD.gyr_rads.copy()
    acc[fast : fast + 5], gyr[fast : fast + 5] = acc[fast], gyr[fast]
    held = replace(GOOD, acc_ms2=acc, gyr_rads=gyr)
    analysis = analyze({**BLOCKS, "thigh_right": held}, config_for("rdl"))
    assert any("4 samples repeat the one before" in line for line in analysis.warnings)
    first = next(e for e in analysis.events if isinstance(e, WarningEvent))
    assert first.segment == "thigh_right"
    foreign = replace(GOOD, acc_ms2=GOOD.acc_ms2 / STANDARD_GRAVITY_MS2)
    with pytest.raises(InputError, match=r"thigh_right: the acceleration is about .* so it is in g"):
        analyze({**BLOCKS, "thigh_right": foreign}, config_for("rdl"))
