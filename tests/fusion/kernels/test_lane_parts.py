"""What the estimator's lanes are made of: fused products, rotations by series, windows transposed."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import quaternion as quat
from fusion.kernels.compiled import kernel
from fusion.kernels.fused import fma
from fusion.kernels.rotation import exponential, level_rows, rotated, small_exponential
from fusion.kernels.transposed import fetch_to_read, fetch_to_write, into_lanes, out_of_lanes, word_at
from fusion.types import FloatArray, IntArray, QualityArray


@kernel
def fused(x: float, y: float, z: float) -> float:
    return float(fma(x, y, z))


@kernel
def there_and_back(source: FloatArray, lanes: FloatArray, back: FloatArray, at: IntArray) -> None:
    for i in range(8):
        at[i] = source[i].ctypes.data
        fetch_to_read(at[i])
    into_lanes(at.ctypes.data, 16, lanes.ctypes.data, 8 * 24)
    for i in range(8):
        at[i] = back[i].ctypes.data
        fetch_to_write(at[i])
    out_of_lanes(lanes.ctypes.data, 8 * 24, at.ctypes.data, 8)


@kernel
def word_from(values: QualityArray, first: int) -> int:
    return int(word_at(values.ctypes.data + first))


@kernel
def turned(v: FloatArray, a: FloatArray) -> tuple[FloatArray, ...]:
    vector = v[0], v[1], v[2]
    q = small_exponential(vector)
    x, y = level_rows(q)
    result = rotated(q, (a[0], a[1], a[2]))
    return np.array(exponential(vector)), np.array(q), np.array(x), np.array(y), np.array(result)


def test_a_fused_product_is_rounded_once() -> None:
    x = 1.0 + 2.0**-30
    assert fused(x, x, -(x * x)) == 2.0**-60


def test_eight_sensors_go_into_lanes_and_back() -> None:
    source = np.random.default_rng(1).normal(size=(8, 12))
    lanes, back = np.zeros((8, 24)), np.zeros((8, 10))
    there_and_back(source, lanes, back, np.zeros(8, np.int64))
    assert np.array_equal(lanes[:, :8], source[:, 2:10].T)
    assert not lanes[:, 8:].any()
    assert np.array_equal(back[:, 1:9], source[:, 2:10])
    assert not back[:, [0, 9]].any()


def test_eight_bytes_are_one_number_wherever_they_lie() -> None:
    values = np.arange(16, dtype=np.uint8)
    assert word_from(values, 3) == int.from_bytes(bytes(range(3, 11)), "little")


@pytest.mark.parametrize("angle_rad", [0.0, 1e-9, 0.3, 1.0])
def test_rotations_by_series_are_those_of_the_library(angle_rad: float) -> None:
    rng = np.random.default_rng(2)
    v, a = rng.normal(size=3), rng.normal(size=3)
    v *= angle_rad / np.linalg.norm(v)
    large, small, x, y, result = turned(v, a)
    exact = quat.from_rotation_vector(v)
    assert small == pytest.approx(exact, abs=1e-12)
    assert large == pytest.approx(exact, abs=1e-12)
    assert result == pytest.approx(quat.rotate(exact, a), abs=1e-12)
    assert np.dot(x, a) == pytest.approx(result[0], abs=1e-12)
    assert np.dot(y, a) == pytest.approx(result[1], abs=1e-12)


@pytest.mark.parametrize(("angle_rad", "within"), [(4.0, 1e-11), (8.0, 1e-7)])
def test_large_rotations_stay_of_unit_length(angle_rad: float, within: float) -> None:
    large = turned(np.array([0.0, angle_rad, 0.0]), np.ones(3))[0]
    assert np.linalg.norm(large) == pytest.approx(1.0, abs=within)
