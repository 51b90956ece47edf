"""What the estimator says of its own error: an error is never many times the uncertainty told beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.input_checks import rows_of
from fusion.input_gate import InputGate
from fusion.orientation import OrientationEstimator
from fusion.smoothing import smooth_orientation
from fusion.types import FloatArray, ImuBlock, OrientedBlock
from fusion.units import STANDARD_GRAVITY_MS2 as G

RATE_HZ = 100.0
UP = np.array([0.0, 0.0, 1.0])
NO_WORSE = 3.0
"""Multiple of the stated sigma that no error here may pass, …"""
AT_WORST = 8.0
"""… and the same where the movement and the moment of its loss are the worst that can be found."""


def times(seconds: float) -> FloatArray:
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def turning(
    angle_rad: FloatArray, acceleration_ms2: FloatArray | float = 0.0, falling: FloatArray | float = 0.0
) -> tuple[ImuBlock, FloatArray]:
    """A sensor turned about the horizontal Y by (n,), accelerated along the horizontal X, and its true up.

    Where ``falling`` is 1 nothing holds it.
    """
    n = len(angle_rad)
    force = np.zeros((n, 3))
    force[:, 0] = acceleration_ms2
    force[:, 2] = G * (1.0 - np.asarray(falling))
    q_es = quat.from_rotation_vector(np.column_stack((np.zeros(n), angle_rad, np.zeros(n))))
    gyr = np.zeros((n, 3))
    gyr[1:, 1] = np.diff(angle_rad) * RATE_HZ
    rng = np.random.default_rng(5)
    gyr += rng.normal(0.0, 1e-3, (n, 3))
    acc = quat.rotate(quat.conjugate(q_es), force) + rng.normal(0.0, 0.02, (n, 3))
    up = quat.rotate(quat.conjugate(q_es), UP)
    return ImuBlock("thigh", 0, times(n / RATE_HZ), acc, gyr, None, np.zeros(n, np.uint8)), up


def heard(block: ImuBlock, up: FloatArray, lost: slice) -> tuple[ImuBlock, FloatArray]:
    keep = np.ones(len(block), bool)
    keep[lost] = False
    return rows_of(block, keep), up[keep]


def error_rad(oriented: OrientedBlock, up: FloatArray) -> FloatArray:
    seen = quat.rotate(quat.conjugate(oriented.q_es), UP)
    return np.asarray(np.arccos(np.clip(np.sum(seen * up, axis=1), -1.0, 1.0)))


def worst_ratio(oriented: OrientedBlock, up: FloatArray) -> float:
    return float((error_rad(oriented, up) / oriented.inclination_sd_rad).max())


@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("acceleration_ms2", [1.0, 3.0, 5.0])
def test_speed_gained_for_seconds_is_doubted(seconds: float, acceleration_ms2: float) -> None:
    t_s = times(16.0)
    gains = (t_s > 6.0) & (t_s <= 6.0 + seconds)
    block, up = turning(np.zeros(len(t_s)), np.where(gains, acceleration_ms2, 0.0))
    assert worst_ratio(OrientationEstimator().update(block), up) < NO_WORSE


def test_a_sprints_start_tilts_the_vertical_by_less_than_half_of_what_the_force_leans() -> None:
    t_s = times(12.0)
    block, up = turning(np.zeros(len(t_s)), np.where((t_s > 6.0) & (t_s <= 8.0), 4.0, 0.0))
    leans_rad = np.arctan2(4.0, G)
    assert error_rad(OrientationEstimator().update(block), up).max() < 0.5 * leans_rad


def test_a_slow_movement_is_as_sure_as_a_still_sensor_nearly() -> None:
    t_s = times(20.0)
    swing = np.where(t_s > 5.0, 0.8 * (1.0 - np.cos(2.0 * np.pi * 0.3 * (t_s - 5.0))), 0.0)
    block, up = turning(swing, 0.3 * np.sin(2.0 * np.pi * 0.3 * t_s))
    oriented = OrientationEstimator().update(block)
    assert worst_ratio(oriented, up) < NO_WORSE
    assert np.degrees(oriented.inclination_sd_rad[-500:]).max() < 1.6


@settings(max_examples=40, deadline=None)
@given(
    gap_s=st.floats(0.03, 6.0),
    begins_s=st.floats(3.0, 7.0),
    turns_hz=st.floats(0.1, 1.5),
    amplitude_rad=st.floats(0.05, 1.0),
)
def test_a_silence_in_any_steady_movement_is_doubted_enough(
    gap_s: float, begins_s: float, turns_hz: float, amplitude_rad: float
) -> None:
    block, up = turning(amplitude_rad * np.sin(2.0 * np.pi * turns_hz * times(16.0)))
    lost = slice(round(begins_s * RATE_HZ), round((begins_s + gap_s) * RATE_HZ))
    part, true = heard(block, up, lost)
    assert worst_ratio(OrientationEstimator().update(part), true) < AT_WORST


@pytest.mark.parametrize("gap_s", [1.0, 2.0, 5.0])
def test_stillness_on_both_sides_of_a_silence_is_no_proof_of_stillness_within(gap_s: float) -> None:
    t_s = times(14.0)
    block, up = turning(np.where(t_s > 5.0 + 0.5 * gap_s, np.radians(30.0), 0.0))
    part, true = heard(block, up, slice(500, 500 + round(gap_s * RATE_HZ)))
    oriented = OrientationEstimator().update(part)
    assert worst_ratio(oriented, true) < NO_WORSE
    assert np.degrees(error_rad(oriented, true)[600:]).max() < 3.0


def test_a_force_in_flight_is_no_vertical() -> None:
    t_s = times(12.0)
    flies = (t_s > 5.8) & (t_s <= 6.3)
    block, up = turning(np.zeros(len(t_s)), 0.3, np.where(flies, 1.0, 0.0))
    part, true = heard(block, up, slice(500, 600))
    oriented = OrientationEstimator().update(part)
    assert worst_ratio(oriented, true) < NO_WORSE


def test_what_a_clipped_rate_has_missed_is_doubted() -> None:
    t_s = times(14.0)
    swings = (t_s > 6.0) & (t_s < 10.0)
    block, up = turning(np.where(swings, 0.5 * (1.0 - np.cos(2.0 * np.pi * 1.5 * (t_s - 6.0))), 0.0))
    full_rads = np.radians(125.0)
    step = full_rads / 32768.0
    clipped = np.clip(np.round(block.gyr_rads / step) * step, -full_rads, full_rads - step)
    assert (np.abs(block.gyr_rads) > full_rads).any()
    as_sent = ImuBlock("thigh", 0, block.t_s, block.acc_ms2, clipped, None, np.zeros(len(block), np.uint8))
    oriented = OrientationEstimator().update(InputGate("the thigh sensor").update(as_sent))
    assert worst_ratio(oriented, up) < NO_WORSE


def test_two_directions_know_no_better_than_the_accelerometer_itself() -> None:
    t_s = times(20.0)
    gains = np.where((t_s > 8.0) & (t_s <= 10.0), 3.0, 0.0)
    block, up = turning(0.4 * np.sin(2.0 * np.pi * 0.5 * t_s), gains)
    part, true = heard(block, up, slice(1200, 1270))
    oriented = smooth_orientation(part)
    assert oriented.inclination_sd_rad.min() >= 0.015
    assert worst_ratio(oriented, true) < NO_WORSE
