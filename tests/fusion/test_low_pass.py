"""The low pass is scipy's, to rounding, and the same for blocks of any size."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import lfilter

from fusion.low_pass import low_pass

GAIN = 0.21


def _noise(kind: str) -> np.ndarray:
    rng = np.random.default_rng(5)
    if kind == "complex":
        return rng.normal(size=200) + 1j * rng.normal(size=200)
    return rng.normal(size=(200, 3)) if kind == "columns" else rng.normal(size=200)


@pytest.mark.parametrize("kind", ["one", "columns", "complex"])
def test_it_is_a_first_order_low_pass(kind: str) -> None:
    x = _noise(kind)
    state = x[:1] * (1.0 - GAIN)
    expected, expected_after = lfilter([GAIN], [1.0, GAIN - 1.0], x, axis=0, zi=state)
    filtered, after = low_pass(x, GAIN, state)
    np.testing.assert_allclose(filtered, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(after, expected_after, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["one", "columns", "complex"])
def test_blocks_of_any_size_give_the_same(kind: str) -> None:
    x = _noise(kind)
    state = x[:1] * (1.0 - GAIN)
    whole, _ = low_pass(x, GAIN, state)
    parts = []
    for part in np.split(x, [1, 4, 90]):
        filtered, state = low_pass(part, GAIN, state)
        parts.append(filtered)
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_core_does_without_scipy() -> None:
    code = "import fusion.pipeline, sys; print('scipy.signal' in sys.modules, 'scipy.linalg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
