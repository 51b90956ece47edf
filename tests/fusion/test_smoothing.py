"""A recording smoothed forwards and backwards: truer than live, most of all beside a gap."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import estimate_orientation
from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.orientation import OrientationEstimator
from fusion.smoothing import SmoothedOrientation, smooth_orientation
from fusion.types import FloatArray, ImuBlock

RATE_HZ = 100.0
UP = np.array([0.0, 0.0, 1.0])


def swinging(count: int = 3000, noise_ms2: float = 1.0) -> tuple[ImuBlock, FloatArray]:
    """A sensor that swings ±40° about its Z with shaken acceleration, and its true vertical in S (n, 3)."""
    t_s = np.arange(count) / RATE_HZ
    angle_rad = np.radians(40.0) * np.sin(2.0 * np.pi * 0.4 * t_s)
    up = np.column_stack((np.sin(angle_rad), np.cos(angle_rad), np.zeros(count)))
    rng = np.random.default_rng(3)
    gyr = np.zeros((count, 3))
    gyr[1:, 2] = np.diff(angle_rad) * RATE_HZ
    gyr += np.radians(0.3)
    acc = 9.81 * up + noise_ms2 * rng.standard_normal((count, 3))
    return ImuBlock("thigh", 0, t_s, acc, gyr, None, np.zeros(count, np.uint8)), up


def kept(block: ImuBlock, keep: np.ndarray) -> ImuBlock:
    t, a, g, q = (v[keep] for v in (block.t_s, block.acc_ms2, block.gyr_rads, block.quality))
    return ImuBlock(block.device_id, 0, t, a, g, None, q)


def error_deg(q_es: FloatArray, up: FloatArray) -> FloatArray:
    seen = quat.rotate(quat.conjugate(q_es), UP)
    return np.asarray(np.degrees(np.arccos(np.clip(np.sum(seen * up, axis=1), -1.0, 1.0))))


def rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def test_both_directions_are_truer_than_one() -> None:
    block, up = swinging()
    live = error_deg(OrientationEstimator().update(block).q_es, up)
    assert rms(error_deg(smooth_orientation(block).q_es, up)) < 0.7 * rms(live)


def test_a_gap_costs_less_when_its_far_side_is_known() -> None:
    block, up = swinging()
    keep = np.ones(len(block), bool)
    keep[1500:1570] = False
    part, true = kept(block, keep), up[keep]
    after = slice(1500, 1600)
    live = error_deg(OrientationEstimator().update(part).q_es, true)[after]
    assert rms(error_deg(smooth_orientation(part).q_es, true)[after]) < 0.5 * rms(live)


def test_the_start_is_as_good_as_the_middle() -> None:
    block, up = swinging()
    errors = error_deg(smooth_orientation(block).q_es, up)
    assert rms(errors[:100]) < 2.0 * rms(errors[1000:2000])


def test_the_heading_stays_the_forward_pass() -> None:
    block, _ = swinging(noise_ms2=0.0)
    live, smooth = OrientationEstimator().update(block), smooth_orientation(block)
    assert np.degrees(quat.angle_rad(live.q_es, smooth.q_es)).max() < 2.0


def test_it_is_given_out_in_blocks_of_any_size() -> None:
    block, _ = swinging(500)
    source, whole = SmoothedOrientation(block), smooth_orientation(block)
    parts = [source.update(kept(block, np.arange(i, min(i + 37, 500)))) for i in range(0, 500, 37)]
    assert np.array_equal(np.concatenate([p.q_es for p in parts]), whole.q_es)


def test_a_time_that_was_not_smoothed_is_refused() -> None:
    block, _ = swinging(300)
    source = SmoothedOrientation(kept(block, np.arange(100)))
    with pytest.raises(InputError, match="not in the smoothed recording"):
        source.update(kept(block, np.arange(90, 120)))


def test_the_rates_lose_the_bias_that_gravity_shows() -> None:
    block, _ = swinging(12_000, noise_ms2=0.0)
    left = smooth_orientation(block).gyr_rads - (block.gyr_rads - np.radians(0.3))
    assert np.degrees(np.abs(left[5000:7000, [0, 2]])).max() < 0.1


def test_arrays_are_smoothed_on_request() -> None:
    block, _ = swinging(500)
    q_es = estimate_orientation(t_s=block.t_s, acc_ms2=block.acc_ms2, gyr_rads=block.gyr_rads, smooth=True)
    assert np.array_equal(q_es, smooth_orientation(block).q_es)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_recording_of_hardly_a_sample_is_no_trouble(count: int) -> None:
    block, _ = swinging(3)
    assert smooth_orientation(kept(block, np.arange(count))).q_es.shape == (count, 4)
