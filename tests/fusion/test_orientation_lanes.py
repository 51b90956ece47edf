"""Many sensors at once: each as if it were alone."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.errors import InputError
from fusion.lanes import OrientationLanes, orient_many
from fusion.orientation import OrientationEstimator
from fusion.types import ImuBlock


def sensor(seed: int) -> ImuBlock:
    """One of its own length, rate, jitter and gaps."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 300))
    t_s = np.cumsum(rng.uniform(0.9, 1.1, count)) / rng.uniform(25.0, 250.0)
    t_s[count // 2 :] += rng.choice([0.0, 0.1, 1.0])
    swing = np.outer(np.sin(2.0 * t_s), rng.normal(0.0, 1.0, 3))
    acc = rng.normal(0.0, 0.5, (count, 3)) + 9.8 * _direction(rng)
    quality = rng.choice([0, 0, 0, 0, 2, 4], count).astype(np.uint8)
    return ImuBlock(f"s{seed}", 0, t_s, acc, swing + rng.normal(0.0, 0.02, (count, 3)), None, quality)


def part(b: ImuBlock, s: slice) -> ImuBlock:
    return ImuBlock(b.device_id, 0, b.t_s[s], b.acc_ms2[s], b.gyr_rads[s], None, b.quality[s])


def _direction(rng: np.random.Generator) -> np.ndarray:
    v = rng.normal(size=3)
    return np.asarray(v / np.linalg.norm(v))


@pytest.mark.parametrize("count", [1, 5, 24, 60])
def test_each_sensor_is_the_same_to_the_bit_alone_and_beside_others(count: int) -> None:
    blocks = [sensor(seed) for seed in range(count)]
    for block, beside in zip(blocks, orient_many(blocks), strict=True):
        alone = OrientationEstimator().update(block)
        assert np.array_equal(beside.q_es, alone.q_es)
        assert np.array_equal(beside.gyr_rads, alone.gyr_rads)
        assert np.array_equal(beside.inclination_sd_rad, alone.inclination_sd_rad)
        assert np.array_equal(beside.heading_sd_rad, alone.heading_sd_rad)
        assert np.array_equal(beside.quality, alone.quality)


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
