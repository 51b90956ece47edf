"""The virtual IMU reports the motion itself, and then the errors it was told to make."""

import numpy as np
import pytest

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment
from fusion.units import STANDARD_GRAVITY_MS2
from simulator.body import sensor_orientation, sensor_position_m
from simulator.imu import ImuErrors, ImuSamples, exact_samples, with_errors
from simulator.motion import Motion
from simulator.session import SessionPlan, SetPlan, draw_mounting, render

RATE_HZ = 100.0


@pytest.fixture(scope="module")
def motion() -> Motion:
    return render(SessionPlan([SetPlan("hip_thrust", 2, lumbar_deg=8.0, walk_s=5.0)], seed=4)).motion


@pytest.fixture(scope="module")
def t_s(motion: Motion) -> FloatArray:
    return np.arange(1, int(motion.duration_s * RATE_HZ)) / RATE_HZ


@pytest.mark.parametrize("segment", [Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT])
def test_integrating_the_rate_gives_back_the_orientation(
    motion: Motion, t_s: FloatArray, segment: Segment
) -> None:
    mounting = draw_mounting(segment, np.random.default_rng(1), turned=True)
    samples = exact_samples(motion, mounting, t_s)
    truth = sensor_orientation(motion, mounting, t_s)
    q = truth[0]
    for k in range(1, len(t_s)):
        q = quat.multiply(q, quat.from_rotation_vector(samples.gyr_rads[k] / RATE_HZ))
    assert np.degrees(quat.angle_rad(q, truth[-1])) < 0.01


def test_a_second_derivative_of_the_position_is_the_specific_force(motion: Motion, t_s: FloatArray) -> None:
    mounting = draw_mounting(Segment.THIGH_RIGHT, np.random.default_rng(2), turned=True)
    h = 1e-3
    p = [sensor_position_m(motion, mounting, t_s + k * h) for k in (-2, -1, 0, 1, 2)]
    fourth_order = (-p[0] + 16 * p[1] - 30 * p[2] + 16 * p[3] - p[4]) / (12 * h * h)
    expected = quat.rotate(
        quat.conjugate(sensor_orientation(motion, mounting, t_s)),
        fourth_order + np.array([0.0, 0.0, STANDARD_GRAVITY_MS2]),
    )
    assert exact_samples(motion, mounting, t_s).acc_ms2 == pytest.approx(expected, abs=0.02)


def test_at_rest_the_accelerometer_reads_g(motion: Motion) -> None:
    mounting = draw_mounting(Segment.PELVIS, np.random.default_rng(3), turned=True)
    rest = exact_samples(motion, mounting, np.arange(10, 300) / RATE_HZ)
    norm = np.linalg.norm(rest.acc_ms2, axis=1)
    assert norm == pytest.approx(STANDARD_GRAVITY_MS2, rel=1e-3)


def test_noise_and_bias_are_as_asked() -> None:
    n = 20_000
    still = ImuSamples(np.arange(n) / 100.0, np.tile((0.0, 0.0, 9.80665), (n, 1)), np.zeros((n, 3)))
    errors = ImuErrors(gyr_noise_dps_rthz=0.01, gyr_bias_dps=1.0, gyr_walk_dps_rts=0.0)
    seen = with_errors(still, errors, np.random.default_rng(7))
    gyr_dps = np.degrees(seen.gyr_rads)
    assert gyr_dps.std(axis=0) == pytest.approx(0.01 * np.sqrt(50.0), rel=0.05)
    assert 0.05 < np.abs(gyr_dps.mean(axis=0)).max() < 4.0


def test_what_is_out_of_range_is_clipped() -> None:
    fast = ImuSamples(np.arange(1, 4) / 100.0, np.full((3, 3), 500.0), np.full((3, 3), 100.0))
    seen = with_errors(fast, ImuErrors(), np.random.default_rng(1))
    assert seen.acc_ms2.max() <= 16 * STANDARD_GRAVITY_MS2
    assert np.degrees(seen.gyr_rads).max() <= 2000.0
