"""The low pass is scipy's, to rounding, and the same for blocks of any size."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import lfilter

from fusion.low_pass import low_pass

GAIN = 0.21


def _noise(columns: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=(200, columns))


@pytest.mark.parametrize("columns", [1, 3])
def test_it_is_a_first_order_low_pass(columns: int) -> None:
    x = _noise(columns)
    state = x[0] * (1.0 - GAIN)
    expected, expected_after = lfilter([GAIN], [1.0, GAIN - 1.0], x, axis=0, zi=state[None])
    filtered = low_pass(x, GAIN, state)
    np.testing.assert_allclose(filtered, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(state[None], expected_after, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("columns", [1, 3])
def test_blocks_of_any_size_give_the_same(columns: int) -> None:
    x = _noise(columns)
    state = x[0] * (1.0 - GAIN)
    whole = low_pass(x, GAIN, state.copy())
    parts = [low_pass(part, GAIN, state) for part in np.split(x, [1, 4, 90])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_core_does_without_scipy() -> None:
    code = "import fusion.pipeline, sys; print('scipy.signal' in sys.modules, 'scipy.linalg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
