"""The virtual IMU reports the motion itself, and then the errors it was told to make."""

import numpy as np
import pytest

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment
from fusion.units import STANDARD_GRAVITY_MS2
from simulator.body import Build
from simulator.imu import (
    Climate,
    ImuSamples,
    Instants,
    UnitErrors,
    draw_unit,
    exact_samples,
    true_up,
    with_errors,
)
from simulator.motion import Motion
from simulator.plan import SetPlan
from simulator.sensor_models import MODELS, SensorModel
from simulator.session import SessionPlan, render
from simulator.subject import MODEL_SUBJECT
from simulator.wearing import Mount, Slip, draw_mounting, sensor_orientation, sensor_position_m

RATE_HZ = 100.0
BUILD = Build()


@pytest.fixture(scope="module")
def motion() -> Motion:
    plan = SetPlan("hip_thrust", 2, {"lumbar": 8.0}, walk_s=5.0)
    return render(SessionPlan([plan], seed=4, subject=MODEL_SUBJECT)).motion


@pytest.fixture(scope="module")
def t_s(motion: Motion) -> FloatArray:
    return np.arange(1, int(motion.duration_s * RATE_HZ)) / RATE_HZ


@pytest.mark.parametrize("segment", list(Segment))
def test_integrating_the_rate_gives_back_the_orientation(
    motion: Motion, t_s: FloatArray, segment: Segment
) -> None:
    mounting = draw_mounting(segment, np.random.default_rng(1), rigid=True)
    samples = exact_samples(Instants.of(motion, t_s), BUILD, mounting)
    truth = sensor_orientation(motion, BUILD, mounting, t_s)
    q = truth[0]
    for k in range(1, len(t_s)):
        q = quat.multiply(q, quat.from_rotation_vector(samples.gyr_rads[k] / RATE_HZ))
    assert np.degrees(quat.angle_rad(q, truth[-1])) < 0.01


def test_true_up_is_where_the_orientation_has_it(motion: Motion, t_s: FloatArray) -> None:
    mounting = draw_mounting(Segment.PELVIS, np.random.default_rng(1), rigid=True)
    up = true_up(Instants.of(motion, t_s), BUILD, mounting)
    truth = sensor_orientation(motion, BUILD, mounting, t_s)
    assert up == pytest.approx(quat.rotate(quat.conjugate(truth), [0.0, 0.0, 1.0]), abs=1e-9)


def test_a_session_tells_true_up_for_every_sample_on_wobbling_skin_too() -> None:
    session = render(SessionPlan([SetPlan("squat_parallel", 1)], seed=4, stand_s=4.0))
    for segment, samples in session.sensors.items():
        up = session.true_up(segment)
        still = (samples.t_s > 1.0) & (samples.t_s < 3.0)
        force = samples.acc_ms2[still].mean(axis=0)
        assert len(up) == len(samples.t_s)
        assert np.degrees(np.arccos(up[still] @ force / np.linalg.norm(force))).max() < 4.0


def test_a_second_derivative_of_the_position_is_the_specific_force(motion: Motion, t_s: FloatArray) -> None:
    """Away from impacts, whose 15 ms no stencil of this width resolves."""
    mounting = draw_mounting(Segment.THIGH_RIGHT, np.random.default_rng(2), rigid=True)
    h = 1e-3
    late = t_s[t_s > 14.0]
    p = [sensor_position_m(motion, BUILD, mounting, late + k * h) for k in (-2, -1, 0, 1, 2)]
    fourth_order = (-p[0] + 16 * p[1] - 30 * p[2] + 16 * p[3] - p[4]) / (12 * h * h)
    expected = quat.rotate(
        quat.conjugate(sensor_orientation(motion, BUILD, mounting, late)),
        fourth_order + np.array([0.0, 0.0, STANDARD_GRAVITY_MS2]),
    )
    samples = exact_samples(Instants.of(motion, late), BUILD, mounting)
    assert samples.acc_ms2 == pytest.approx(expected, abs=0.02)


def test_at_rest_the_accelerometer_reads_g(motion: Motion) -> None:
    mounting = draw_mounting(Segment.PELVIS, np.random.default_rng(3))
    rest = exact_samples(Instants.of(motion, np.arange(10, 300) / RATE_HZ), BUILD, mounting)
    norm = np.linalg.norm(rest.acc_ms2, axis=1)
    assert norm == pytest.approx(STANDARD_GRAVITY_MS2, rel=1e-3)


def still(n: int) -> ImuSamples:
    """A sensor that lies on a table."""
    return ImuSamples(np.arange(n) / RATE_HZ, np.tile((0.0, 0.0, 9.80665), (n, 1)), np.zeros((n, 3)))


@pytest.mark.parametrize("family", [n for n in MODELS if n != "ideal"])
def test_noise_is_the_family_s_own(family: str) -> None:
    model = MODELS[family]
    seen = with_errors(
        still(20_000), model, draw_unit(model, np.random.default_rng(1)), np.random.default_rng(7)
    )
    steps = np.diff(np.degrees(seen.gyr_rads), axis=0).std(axis=0) / np.sqrt(2.0)
    quantum = model.gyr_range_dps / 2**15 / np.sqrt(12.0)
    assert steps == pytest.approx(np.hypot(model.gyr_noise_dps_rthz * np.sqrt(50.0), quantum), rel=0.1)


def test_a_bias_of_a_given_size_has_that_size() -> None:
    unit = draw_unit(MODELS["generic"], np.random.default_rng(1), bias_dps=1.0)
    assert np.linalg.norm(unit.gyr_bias_dps) == pytest.approx(1.0)
    seen = with_errors(still(4000), MODELS["generic"], unit, np.random.default_rng(7))
    assert np.degrees(seen.gyr_rads).mean(axis=0) == pytest.approx(unit.gyr_bias_dps, abs=0.02)


def test_warmth_moves_the_bias_with_its_time_constant() -> None:
    warm = Climate(step_k=10.0, step_at_s=5.0)
    assert warm.kelvin(np.array([0.0, 5.0, 35.0])) == pytest.approx([0.0, 0.0, 10.0 * (1.0 - np.exp(-1.0))])


def test_what_is_out_of_range_is_clipped() -> None:
    fast = ImuSamples(np.arange(1, 4) / 100.0, np.full((3, 3), 500.0), np.full((3, 3), 100.0))
    model = MODELS["generic"]
    seen = with_errors(fast, model, perfect(model), np.random.default_rng(1))
    assert seen.acc_ms2.max() <= 16 * STANDARD_GRAVITY_MS2
    assert np.degrees(seen.gyr_rads).max() <= 2000.0


def perfect(model: SensorModel) -> UnitErrors:
    """A unit without an error of its own."""
    del model
    ideal = MODELS["ideal"]
    return draw_unit(ideal, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("mount", "seen_up"),
    [
        (Mount.UPSIDE_DOWN, (0.0, -1.0, 0.0)),
        (Mount.TURNED_90, (0.0, 0.0, 1.0)),
        (Mount.INSIDE_OUT, (0.0, 1.0, 0.0)),
    ],
)
def test_a_mounting_turns_gravity_as_its_name_says(
    motion: Motion, mount: Mount, seen_up: tuple[float, float, float]
) -> None:
    """Within the 5 degrees (one sigma) by which nobody puts a sensor on straight."""
    mounting = draw_mounting(Segment.PELVIS, np.random.default_rng(5), mount, rigid=True)
    acc = (
        exact_samples(Instants.of(motion, np.array([1.0, 1.1])), BUILD, mounting).acc_ms2[0]
        / STANDARD_GRAVITY_MS2
    )
    assert np.degrees(np.arccos(acc @ np.array(seen_up))) < 15.0


def test_a_sensor_that_slips_is_turned_by_as_much_and_no_more() -> None:
    slip = Slip(step_deg=12.0, at_s=3.0)
    q = slip.rotation(np.array([2.9, 3.5, 9.0]))
    assert np.degrees(quat.angle_rad(q, quat.IDENTITY)) == pytest.approx([0.0, 12.0, 12.0])


def test_a_magnetometer_sees_the_field_from_where_the_sensor_looks(motion: Motion) -> None:
    mounting = draw_mounting(Segment.PELVIS, np.random.default_rng(5))
    samples = exact_samples(Instants.of(motion, np.array([1.0, 1.1])), BUILD, mounting, magnetometer=True)
    assert samples.mag_ut is not None
    assert np.linalg.norm(samples.mag_ut, axis=1) == pytest.approx(np.hypot(20.0, 44.0))
