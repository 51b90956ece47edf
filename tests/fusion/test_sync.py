"""The offset between clocks, from motion alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusion.errors import InputError
from fusion.sync import clock_offset, synchronise
from fusion.types import ImuBlock, Segment
from sensors.imports import read_qmt
from tests.fusion.people import blocks_of, cut, session_of


def shifted(block: ImuBlock, seconds: float) -> ImuBlock:
    return replace(block, t_s=block.t_s + seconds)


@pytest.mark.parametrize(
    ("exercise", "walk_s", "shift_s"),
    [
        ("squat_parallel", 0.0, 3.2171),
        ("hip_thrust", 8.0, -7.654),
        ("rdl", 8.0, 1.7e9),
        ("glute_bridge", 0.0, 0.0),
    ],
)
def test_the_offset_of_a_simulated_set_is_found_to_centiseconds(
    exercise: str, walk_s: float, shift_s: float
) -> None:
    blocks = blocks_of(session_of(exercise, reps=5, walk_s=walk_s))
    found = clock_offset(blocks["pelvis"], shifted(blocks["thigh_right"], shift_s))
    assert found.offset_s == pytest.approx(-shift_s, abs=0.012)
    assert found.confidence > 0.5


def test_recordings_that_start_and_end_apart_are_laid_upon_each_other() -> None:
    blocks = blocks_of(session_of("squat_parallel", reps=5))
    early, late = cut(blocks["pelvis"], 0, 1900), cut(blocks["thigh_right"], 420, 2300)
    found = clock_offset(early, replace(late, t_s=late.t_s - late.t_s[0]))
    assert found.offset_s == pytest.approx(float(late.t_s[0]), abs=0.012)


@pytest.fixture(scope="module")
def person(recordings: Path) -> dict[Segment, ImuBlock]:
    return read_qmt(next((recordings / "qmt").glob("*.mat")))


@pytest.mark.parametrize("span", [(0, 5000), (5700, 10000)], ids=["sitting and standing", "walking"])
def test_real_recordings_shifted_by_known_offsets(
    person: dict[Segment, ImuBlock], span: tuple[int, int]
) -> None:
    shifts = {
        Segment.PELVIS: 0.0,
        Segment.THIGH_RIGHT: 12.345,
        Segment.THIGH_LEFT: -4.2,
        Segment.THORAX: 0.777,
    }
    blocks = {s: shifted(cut(person[s], *span), shift) for s, shift in shifts.items()}
    moved, found = synchronise(blocks)
    for segment, shift in shifts.items():
        assert found[segment].offset_s == pytest.approx(-shift, abs=0.03)
        assert moved[segment].t_s[0] == pytest.approx(person[segment].t_s[span[0]], abs=0.03)


def test_strangers_share_no_offset() -> None:
    one, other = (
        blocks_of(session_of("rdl", reps=3, seed=5)),
        blocks_of(session_of("hip_thrust", reps=4, seed=6)),
    )
    with pytest.raises(InputError, match="the motion of thigh_right fits that of pelvis at no offset"):
        clock_offset(one["pelvis"], other["thigh_right"])


def test_a_sensor_that_lies_on_the_table_shares_no_offset() -> None:
    blocks = blocks_of(session_of("rdl", reps=3))
    thigh = blocks["thigh_right"]
    rng = np.random.default_rng(1)
    still = replace(
        thigh,
        acc_ms2=np.array([0.0, 0.0, 9.81]) + rng.normal(0.0, 0.02, thigh.acc_ms2.shape),
        gyr_rads=rng.normal(0.0, 0.002, thigh.gyr_rads.shape),
    )
    with pytest.raises(InputError, match="--sync zero takes the times as they are"):
        clock_offset(blocks["pelvis"], still)


def test_too_short_an_overlap_is_refused() -> None:
    blocks = blocks_of(session_of("rdl", reps=1))
    with pytest.raises(InputError, match="at no offset"):
        clock_offset(cut(blocks["pelvis"], 0, 240), cut(blocks["thigh_right"], 0, 240))


def test_without_a_pelvis_there_is_no_clock_to_take() -> None:
    with pytest.raises(InputError, match="no recording of the pelvis"):
        synchronise({Segment.THIGH_RIGHT: blocks_of(session_of("rdl", reps=1))["thigh_right"]})
