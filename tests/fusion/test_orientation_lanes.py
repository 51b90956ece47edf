"""Many sensors at once: each as if it were alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import InputError
from fusion.lanes import OrientationLanes, orient_many
from fusion.orientation import OrientationEstimator
from fusion.types import ImuBlock, OrientedBlock, SampleQuality


def sensor(seed: int, *, spotless: bool = False) -> ImuBlock:
    """One of its own length, rate, jitter and gaps; a spotless one has no gap and no clipped value."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 300))
    t_s = np.cumsum(rng.uniform(0.9, 1.1, count)) / rng.uniform(25.0, 250.0)
    t_s[count // 2 :] += rng.choice([0.0, 0.1, 1.0])
    swing = np.outer(np.sin(2.0 * t_s), rng.normal(0.0, 1.0, 3))
    acc = rng.normal(0.0, 0.5, (count, 3)) + 9.8 * _direction(rng)
    quality = rng.choice([0, 0, 0, 0, 2, 4], count).astype(np.uint8)
    gyr = swing + rng.normal(0.0, 0.02, (count, 3))
    if spotless:
        t_s, quality = np.arange(count) / 100.0, np.zeros(count, np.uint8)
    return ImuBlock(f"s{seed}", 0, t_s, acc, gyr, None, quality)


def part(b: ImuBlock, s: slice) -> ImuBlock:
    return ImuBlock(b.device_id, 0, b.t_s[s], b.acc_ms2[s], b.gyr_rads[s], None, b.quality[s])


def _direction(rng: np.random.Generator) -> np.ndarray:
    v = rng.normal(size=3)
    return np.asarray(v / np.linalg.norm(v))


def same(a: OrientedBlock, b: OrientedBlock) -> bool:
    names = ("q_es", "gyr_rads", "inclination_sd_rad", "heading_sd_rad", "quality")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


@pytest.mark.parametrize("spotless", [False, True])
@pytest.mark.parametrize("count", [1, 5, 24, 60])
def test_each_sensor_is_the_same_to_the_bit_alone_and_beside_others(count: int, spotless: bool) -> None:
    blocks = [sensor(seed, spotless=spotless) for seed in range(count)]
    for block, beside in zip(blocks, orient_many(blocks), strict=True):
        assert same(beside, OrientationEstimator().update(block))


def test_one_spot_among_spotless_sensors_changes_no_bit_of_the_others() -> None:
    blocks = [sensor(seed, spotless=True) for seed in range(24)]
    spotted = [sensor(seed, spotless=True) for seed in range(24)]
    spotted[5].quality[len(spotted[5]) // 2] = SampleQuality.ACC_SATURATED
    spotted[7].t_s[len(spotted[7]) // 2 :] += 0.3
    others = [k for k in range(24) if k not in {5, 7}]
    before, after = orient_many(blocks), orient_many(spotted)
    assert all(same(before[k], after[k]) for k in others)
    assert not same(before[5], after[5])
    assert after[7].quality[len(spotted[7]) // 2] & SampleQuality.AFTER_GAP


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), min_size=20, max_size=20))
def test_however_each_sensor_is_cut_the_bits_are_the_same(cuts: list[int]) -> None:
    blocks = [sensor(seed, spotless=seed % 3 > 0) for seed in range(20)]
    lanes = OrientationLanes(20)
    heads = lanes.update([part(b, slice(0, cut)) for b, cut in zip(blocks, cuts, strict=True)])
    tails = lanes.update([part(b, slice(cut, None)) for b, cut in zip(blocks, cuts, strict=True)])
    for block, head, tail in zip(blocks, heads, tails, strict=True):
        whole = OrientationEstimator().update(block)
        parts = [p.q_es for p in (head, tail) if p is not None]
        assert np.array_equal(np.concatenate(parts), whole.q_es)


def test_a_sensor_without_samples_keeps_its_state() -> None:
    lanes = OrientationLanes(3)
    first = [sensor(11), sensor(12), sensor(13)]
    lanes.update([*first])
    before = lanes.state_of(1)
    later = [ImuBlock(b.device_id, 0, b.t_s + 50.0, b.acc_ms2, b.gyr_rads, None, b.quality) for b in first]
    assert lanes.update([later[0], None, later[2]])[1] is None
    assert np.array_equal(lanes.state_of(1), before)


def test_a_sensor_moves_between_a_lane_and_an_estimator_of_its_own() -> None:
    block = sensor(21)
    half = len(block) // 2
    head, tail = (
        ImuBlock(
            block.device_id, 0, block.t_s[s], block.acc_ms2[s], block.gyr_rads[s], None, block.quality[s]
        )
        for s in (slice(0, half), slice(half, None))
    )
    whole = OrientationEstimator().update(block)
    lanes = OrientationLanes(2)
    lanes.update([None, head])
    alone = OrientationEstimator()
    alone.restore(lanes.state_of(1))
    assert np.array_equal(alone.update(tail).q_es, whole.q_es[half:])
    lanes.restore_lane(0, lanes.state_of(1))
    moved = lanes.update([tail, None])[0]
    assert moved is not None
    assert np.array_equal(moved.q_es, whole.q_es[half:])


def test_one_bad_block_changes_nothing_for_anyone() -> None:
    lanes = OrientationLanes(2)
    good, bad = sensor(31), sensor(32)
    bad.acc_ms2[0, 1] = np.nan
    with pytest.raises(InputError, match="s32: a value is not a number"):
        lanes.update([good, bad])
    assert not lanes.state.any()


def test_as_many_blocks_as_sensors_are_wanted() -> None:
    with pytest.raises(InputError, match="1 blocks for 2 sensors"):
        OrientationLanes(2).update([sensor(1)])
