"""A sensor rocks on its tissue: only while something moves, and the gyroscope says so exactly."""

import numpy as np
import pytest

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment
from simulator.body import Build
from simulator.imu import Instants, exact_samples
from simulator.motion import Motion
from simulator.plan import SetPlan
from simulator.rocking import Wobble, rock
from simulator.session import SessionPlan, render
from simulator.subject import MODEL_SUBJECT
from simulator.wearing import Mounting, draw_mounting, sensor_frame

RATE_HZ = 100.0
WOBBLE = Wobble(frequency_hz=10.0, damping=0.3, deg_per_ms2=0.1, deg_per_dps=0.005, seed=3)


@pytest.fixture(scope="module")
def motion() -> Motion:
    plan = SetPlan("lunge_forward", 2, walk_s=4.0)
    return render(SessionPlan([plan], seed=4, subject=MODEL_SUBJECT)).motion


@pytest.fixture(scope="module")
def t_s(motion: Motion) -> FloatArray:
    return np.arange(1, int(motion.duration_s * RATE_HZ)) / RATE_HZ


def still(t_s: FloatArray) -> FloatArray:
    return np.zeros((len(t_s), 3))


def turning(t_s: FloatArray, dps: float) -> FloatArray:
    return np.tile((0.0, 0.0, np.radians(dps)), (len(t_s), 1))


def test_what_does_not_move_does_not_rock() -> None:
    t_s = np.arange(1, 500) / RATE_HZ
    assert not rock(WOBBLE, t_s, still(t_s), still(t_s)).angle.any()


def test_the_muscle_shakes_more_the_faster_the_segment_turns() -> None:
    t_s = np.arange(1, 4000) / RATE_HZ
    slow, fast = (np.degrees(rock(WOBBLE, t_s, still(t_s), turning(t_s, dps)).angle) for dps in (30.0, 90.0))
    assert fast == pytest.approx(3.0 * slow)
    assert fast.std() == pytest.approx(0.45, rel=0.3)


def test_it_rocks_at_the_resonance_of_the_tissue() -> None:
    t_s = np.arange(1, 20_000) / RATE_HZ
    angle = rock(WOBBLE, t_s, still(t_s), turning(t_s, 60.0)).rate[:, 0]
    power = np.abs(np.fft.rfft(angle[: 512 * 39].reshape(39, 512), axis=1)) ** 2
    assert np.fft.rfftfreq(512, 0.01)[power.mean(axis=0).argmax()] == pytest.approx(10.0, abs=1.5)


def test_a_heel_strike_turns_a_thigh_sensor_by_about_half_a_degree_to_three() -> None:
    t_s = np.arange(1, 100) / RATE_HZ
    strike = np.zeros((99, 3))
    strike[20:24, 1] = 12.0
    for seed in range(20):
        wobble = draw_mounting(Segment.THIGH_RIGHT, np.random.default_rng(seed)).wobble
        most = np.degrees(np.linalg.norm(rock(wobble, t_s, strike, still(t_s)).angle, axis=1).max())
        assert 0.3 < most < 4.0


def test_the_same_muscle_pushes_alike_at_another_rate_of_sampling() -> None:
    coarse, fine = np.arange(1, 500) / 100.0, np.arange(4, 2000) / 400.0
    a, b = (rock(WOBBLE, t, still(t), turning(t, 60.0)).angle for t in (coarse, fine))
    assert a[50:] == pytest.approx(b[200::4][: len(a) - 50], abs=0.15 * float(a.std()) * 3.0)


@pytest.mark.parametrize("gyr_mean", [True, False])
def test_the_rate_holds_the_rocking(motion: Motion, t_s: FloatArray, gyr_mean: bool) -> None:
    """Integrated from rest to rest it gives back the segment's orientation, though the sensor rocked."""
    mounting = draw_mounting(Segment.THIGH_RIGHT, np.random.default_rng(1))
    samples = exact_samples(Instants.of(motion, t_s), Build(), mounting, gyr_mean=gyr_mean)
    calm = exact_samples(Instants.of(motion, t_s), Build(), _calm(mounting), gyr_mean=gyr_mean)
    assert np.degrees(np.abs(samples.gyr_rads - calm.gyr_rads)).max() > 20.0
    q = sensor_q(motion, mounting, t_s[:1])[0]
    for rate in samples.gyr_rads[1:]:
        q = quat.multiply(q, quat.from_rotation_vector(rate / RATE_HZ))
    left = np.degrees(quat.angle_rad(q, sensor_q(motion, mounting, t_s[-1:])[0]))
    assert left < (0.01 if gyr_mean else 1.0)


def test_gravity_is_seen_by_the_rocked_sensor(motion: Motion, t_s: FloatArray) -> None:
    """Rocking alone, without a lever, turns the force and does not change its size."""
    mounting = Mounting(Segment.THIGH_RIGHT, (0.05, -0.2, 0.07), wobble=Wobble(deg_per_ms2=0.1, lever_m=0.0))
    seen = exact_samples(Instants.of(motion, t_s), Build(), mounting).acc_ms2
    calm = exact_samples(Instants.of(motion, t_s), Build(), _calm(mounting)).acc_ms2
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.linalg.norm(calm, axis=1))
    assert np.abs(seen - calm).max() > 0.05


def _calm(mounting: Mounting) -> Mounting:
    return Mounting(mounting.segment, mounting.offset_b_m, mounting.q_sb, mounting.tissue, slip=mounting.slip)


def sensor_q(motion: Motion, mounting: Mounting, t_s: FloatArray) -> FloatArray:
    frame = sensor_frame(motion.at(t_s), Build(), mounting, t_s)
    return quat.multiply(frame.q_eb, quat.conjugate(mounting.q_sb))
