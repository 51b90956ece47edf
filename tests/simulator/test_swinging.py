"""The swing of soft tissue: a damped oscillator, exact between samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import cont2discrete, lfilter

from fusion.types import FloatArray
from simulator.swinging import swing

DT_S, DAMPING = 1.0 / 60.0, 0.3
W = 2.0 * np.pi * 9.0


def swung(push: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    angle, rate, acceleration = (np.empty_like(push) for _ in range(3))
    swing(push, DT_S, W, DAMPING, angle, rate, acceleration)
    return angle, rate, acceleration


def test_it_is_scipys_filter_of_the_same_equation() -> None:
    push = np.cumsum(np.random.default_rng(1).normal(size=(500, 3)), axis=0)
    numerators = ([W * W], [W * W, 0.0], [W * W, 0.0, 0.0])
    for ours, numerator in zip(swung(push), numerators, strict=True):
        b, a, _ = cont2discrete((numerator, [1.0, 2.0 * DAMPING * W, W * W]), DT_S, method="foh")
        assert ours == pytest.approx(lfilter(b.ravel(), a, push, axis=0), abs=1e-6)


def test_a_steady_push_is_followed_all_the_way_and_then_all_is_still() -> None:
    angle, rate, acceleration = swung(np.full((300, 1), 2.0))
    assert angle.max() > 2.2
    assert angle[-1] == pytest.approx(2.0, abs=1e-9)
    assert rate[-1] == pytest.approx(0.0, abs=1e-9)
    assert acceleration[-1] == pytest.approx(0.0, abs=1e-6)
