"""What every streaming stage promises: split, interrupted or whole, the same bits.

A stage is added to `STAGES` by its name, how it is made, and what it gives out for a block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import InputError
from fusion.estimators import estimator_named
from fusion.heading import MagneticHeading
from fusion.lanes import OrientationLanes
from fusion.orientation import OrientationEstimator
from fusion.types import FloatArray, ImuBlock, OrientedBlock

COUNT = 400
RATE_HZ = 100.0


def recording(seed: int = 7) -> ImuBlock:
    """Swings, a rest, jitter, a gap, and a clipped sample."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(COUNT) / RATE_HZ + rng.uniform(0.0, 0.001, COUNT)
    t_s[250:] += 0.2
    rate = np.where(t_s < 1.2, 0.0, 2.0 * np.sin(3.0 * t_s))
    gyr = rng.normal(0.0, 0.01, (COUNT, 3)) + np.outer(rate, (0.3, -0.9, 0.4))
    acc = rng.normal(0.0, 0.1, (COUNT, 3)) + np.array((0.5, 9.5, 2.0))
    mag = rng.normal(0.0, 0.2, (COUNT, 3)) + np.array((20.0, -10.0, -40.0))
    quality = np.zeros(COUNT, np.uint8)
    quality[300] = 2
    quality[310] = 4
    return ImuBlock("band", 0, t_s, acc, gyr, mag, quality)


def part(block: ImuBlock, start: int, stop: int) -> ImuBlock:
    arrays = ("t_s", "acc_ms2", "gyr_rads", "mag_ut", "quality")
    return replace(block, **{name: getattr(block, name)[start:stop].copy() for name in arrays})


def columns(oriented: OrientedBlock) -> list[FloatArray]:
    return [np.asarray(getattr(oriented, f.name), float) for f in fields(oriented)]


def _lanes(stage: OrientationLanes, block: ImuBlock) -> list[FloatArray]:
    """One sensor in every lane, one lane in between without any."""
    out = stage.update([block, None, block] + [block] * (len(stage) - 3))
    assert out[1] is None
    return [c for oriented in out if oriented is not None for c in columns(oriented)]


def _heading(stage: MagneticHeading, block: ImuBlock) -> list[FloatArray]:
    assert block.mag_ut is not None
    q_es = np.tile((1.0, 0.0, 0.0, 0.0), (len(block), 1))
    return list(stage.update(block.t_s, q_es, np.full(len(block), 0.1), block.mag_ut))


@dataclass(frozen=True)
class Stage:
    name: str
    make: Callable[[], Any]
    run: Callable[[Any, ImuBlock], list[FloatArray]]

    def __str__(self) -> str:
        return self.name


def oriented(stage: Any, block: ImuBlock) -> list[FloatArray]:
    return columns(stage.update(block))


STAGES = [
    Stage("orientation", OrientationEstimator, oriented),
    Stage("orientation with magnetometer", lambda: OrientationEstimator(use_magnetometer=True), oriented),
    Stage("orientation, few lanes", lambda: OrientationLanes(4), _lanes),
    Stage("orientation, many lanes", lambda: OrientationLanes(30), _lanes),
    Stage("madgwick", lambda: estimator_named("madgwick"), oriented),
    Stage("mahony", lambda: estimator_named("mahony"), oriented),
    Stage("ekf", lambda: estimator_named("ekf"), oriented),
    Stage("magnetic heading", MagneticHeading, _heading),
]
BLOCK = recording()
every_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def same(a: list[FloatArray], b: list[FloatArray]) -> bool:
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def joined(parts: list[list[FloatArray]]) -> list[FloatArray]:
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


@every_stage
@settings(max_examples=5, deadline=None)
@given(cuts=st.sets(st.integers(1, COUNT - 1), min_size=1, max_size=6))
def test_any_splitting_gives_the_bits_of_the_whole(stage: Stage, cuts: set[int]) -> None:
    whole = stage.run(stage.make(), BLOCK)
    one = stage.make()
    parts = [stage.run(one, part(BLOCK, a, b)) for a, b in pairwise([0, *sorted(cuts), COUNT])]
    assert same(joined(parts), whole)


@every_stage
@pytest.mark.parametrize("at", [1, 130, 251, 252])
def test_a_restored_state_goes_on_as_if_nothing_had_happened(stage: Stage, at: int) -> None:
    first, second = stage.make(), stage.make()
    stage.run(first, part(BLOCK, 0, at))
    second.restore(np.array(first.state).tolist() if stage.name != "magnetic heading" else first.state)
    rest = part(BLOCK, at, COUNT)
    assert same(stage.run(second, rest), stage.run(first, rest))


@every_stage
def test_a_state_taken_is_a_copy(stage: Stage) -> None:
    one = stage.make()
    stage.run(one, part(BLOCK, 0, 50))
    taken = np.array(one.state)
    state = one.state.copy()
    stage.run(one, part(BLOCK, 50, 100))
    assert np.array_equal(state, taken, equal_nan=True)


@every_stage
def test_reset_is_as_good_as_new(stage: Stage) -> None:
    used = stage.make()
    stage.run(used, part(BLOCK, 0, 200))
    used.reset()
    assert same(stage.run(used, BLOCK), stage.run(stage.make(), BLOCK))


@every_stage
def test_the_input_is_left_as_it_was(stage: Stage) -> None:
    given_block, kept = recording(), recording()
    stage.run(stage.make(), given_block)
    for name in ("t_s", "acc_ms2", "gyr_rads", "mag_ut", "quality"):
        assert np.array_equal(getattr(given_block, name), getattr(kept, name))


@pytest.mark.parametrize("stage", STAGES[:-1], ids=str)
def test_a_foreign_state_is_refused(stage: Stage) -> None:
    with pytest.raises(InputError, match="shape"):
        stage.make().restore([1.0, 2.0])
