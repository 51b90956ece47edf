"""What the stages after orientation promise: the same bits however the input is split, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import pairwise
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.exercises.model import DriverSignal
from fusion.kernels import turning
from fusion.kinematics import Kinematics
from fusion.movement.reps import RepSegmenter
from fusion.movement.track import Driven
from fusion.resample import GridAligner
from fusion.types import (
    AlignedBlock,
    FloatArray,
    OrientedBlock,
    Segment,
    SegmentAlignment,
    Side,
    SignalBlock,
)

COUNT = 700
RATE_HZ = 60.0
SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT)
UPRIGHT = quat.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))


def swinging(share: float, seed: int) -> OrientedBlock:
    """A segment that swings by 80° times ``share``, sampled at times of its own, with a gap."""
    rng = np.random.default_rng(seed)
    t_s = 1.0 + np.arange(COUNT) / 100.0 + rng.uniform(0.0, 0.002, COUNT)
    t_s[300:] += 0.3
    angle_rad = share * np.radians(40.0) * (1.0 - np.cos(2.0 * t_s))
    turn = quat.from_rotation_vector(np.outer(angle_rad, (0.0, 0.0, 1.0)))
    rate = np.outer(share * np.radians(80.0) * np.sin(2.0 * t_s), (0.0, 0.0, 1.0))
    acc = rng.normal(0.0, 0.1, (COUNT, 3)) + np.array((0.0, 9.8, 0.0))
    sd = np.full(COUNT, 0.01)
    return OrientedBlock(t_s, quat.multiply(UPRIGHT, turn), rate, acc, sd, sd, np.zeros(COUNT, np.uint8))


SENSORS = {Segment.PELVIS: swinging(-0.3, 1), Segment.THIGH_RIGHT: swinging(1.0, 2)}


def rows(block: OrientedBlock, start: int, stop: int) -> OrientedBlock:
    return OrientedBlock(*(getattr(block, f.name)[start:stop].copy() for f in fields(block)))


def of_grid(block: AlignedBlock | None) -> list[FloatArray]:
    if block is None:
        return []
    columns = [np.asarray(block.t_s)]
    for segment in SEGMENTS:
        oriented = block.segments[segment]
        columns += [np.asarray(getattr(oriented, f.name), float) for f in fields(oriented)]
    return [np.column_stack([c.reshape(len(block), -1) for c in columns])]


# --- grid aligner ---------------------------------------------------------------------------------------


def onto_grid(aligner: GridAligner, edges: list[int]) -> FloatArray:
    """All samples in the parts between ``edges``, and what waited."""
    out: list[FloatArray] = []
    for start, stop in pairwise(edges):
        for segment, block in SENSORS.items():
            aligner.push(segment, rows(block, start, stop))
        out += of_grid(aligner.pull())
    return np.concatenate([*out, *of_grid(aligner.flush())])


def test_the_grid_is_the_same_however_the_samples_come() -> None:
    whole = onto_grid(GridAligner(SEGMENTS, RATE_HZ), [0, COUNT])
    for size in (1, 7, 60):
        parts = onto_grid(GridAligner(SEGMENTS, RATE_HZ), [*range(0, COUNT, size), COUNT])
        assert np.array_equal(parts, whole, equal_nan=True)


@settings(max_examples=10, deadline=None)
@given(at=st.integers(1, COUNT - 1))
def test_an_aligner_restored_goes_on_as_if_nothing_had_happened(at: int) -> None:
    first, second = GridAligner(SEGMENTS, RATE_HZ), GridAligner(SEGMENTS, RATE_HZ)
    for segment, block in SENSORS.items():
        first.push(segment, rows(block, 0, at))
    first.pull()
    second.restore(first.state.tolist())
    assert np.array_equal(second.state, first.state, equal_nan=True)
    assert np.array_equal(onto_grid(second, [at, COUNT]), onto_grid(first, [at, COUNT]), equal_nan=True)


def test_an_aligner_reset_is_as_good_as_new() -> None:
    used = GridAligner(SEGMENTS, RATE_HZ)
    onto_grid(used, [0, 350])
    used.reset()
    assert np.array_equal(
        onto_grid(used, [0, COUNT]), onto_grid(GridAligner(SEGMENTS, RATE_HZ), [0, COUNT]), equal_nan=True
    )


# --- kinematics and segmenter ---------------------------------------------------------------------------


def grid() -> AlignedBlock:
    aligner = GridAligner(SEGMENTS, RATE_HZ)
    for segment, block in SENSORS.items():
        aligner.push(segment, block)
    whole = aligner.flush()
    assert whole is not None
    return whole


def grid_rows(block: AlignedBlock, start: int, stop: int) -> AlignedBlock:
    segments = {s: rows(o, start, stop) for s, o in block.segments.items()}
    return AlignedBlock(block.t_s[start:stop], block.rate_hz, segments)


GRID = grid()


def kinematics() -> Kinematics:
    return Kinematics({s: SegmentAlignment(s, (1.0, 0.0, 0.0, 0.0), "given", 1.0) for s in SEGMENTS})


def signals_of(edges: list[int]) -> SignalBlock:
    stage = kinematics()
    parts = [stage.update(grid_rows(GRID, a, b)) for a, b in pairwise(edges)]
    values, sd = (np.concatenate([getattr(p, name) for p in parts], axis=1) for name in ("values", "sd"))
    return SignalBlock(GRID.t_s, RATE_HZ, parts[0].names, values, sd)


SIGNALS = signals_of([0, len(GRID)])


def events_of(edges: list[int]) -> list[FloatArray]:
    """Each event of the thigh's swing: kind, time, and the track since its excursion began."""
    driven = Driven(DriverSignal.THIGH_PITCH, 1.0, Side.RIGHT, Side.RIGHT, 20.0, 70.0)
    stage, never = RepSegmenter([driven], RATE_HZ), np.array([inf, inf])
    out = []
    for start, stop in pairwise(edges):
        for first in range(start, stop, stage.block_max):
            last = min(stop, first + stage.block_max)
            part = slice(first, last)
            stage.load(
                SignalBlock(
                    SIGNALS.t_s[part],
                    RATE_HZ,
                    SIGNALS.names,
                    SIGNALS.values[:, part].copy(),
                    SIGNALS.sd[:, part].copy(),
                )
            )
            while (event := stage.next_event(never)) != turning.NOTHING:
                _, track = stage.track()
                marks = (event, stage.now_s, track.start, track.reach, track.leave, track.end)
                out.append(np.concatenate((marks, track.t_s, track.effort_deg)))
    return out


@dataclass(frozen=True)
class Stage:
    name: str
    run: Callable[[list[int]], list[FloatArray]]

    def __str__(self) -> str:
        return self.name


def angles_of(edges: list[int]) -> list[FloatArray]:
    signals = signals_of(edges)
    return [signals.values, signals.sd]


@pytest.mark.parametrize("stage", [Stage("kinematics", angles_of), Stage("segmenter", events_of)], ids=str)
@settings(max_examples=8, deadline=None)
@given(cuts=st.sets(st.integers(1, len(GRID) - 1), min_size=1, max_size=8))
def test_any_splitting_gives_the_bits_of_the_whole(stage: Stage, cuts: set[int]) -> None:
    whole = stage.run([0, len(GRID)])
    parts = stage.run([0, *sorted(cuts), len(GRID)])
    assert len(whole) == len(parts) > 0
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(parts, whole, strict=True))


def test_a_sample_at_a_time_gives_the_bits_of_the_whole() -> None:
    single = list(range(len(GRID) + 1))
    assert np.array_equal(signals_of(single).values, SIGNALS.values, equal_nan=True)
    whole, parts = events_of([0, len(GRID)]), events_of(single)
    assert len(whole) > 4
    assert all(np.array_equal(a, b) for a, b in zip(parts, whole, strict=True))


def test_the_input_is_left_as_it_was() -> None:
    kept = {s: rows(b, 0, COUNT) for s, b in SENSORS.items()}
    onto_grid(GridAligner(SEGMENTS, RATE_HZ), [0, 100, COUNT])
    for segment, block in SENSORS.items():
        for f in fields(block):
            assert np.array_equal(getattr(block, f.name), getattr(kept[segment], f.name))
