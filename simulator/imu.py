"""A virtual IMU on a moving body: exact specific force and rate, then the errors of a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray
from fusion.units import RAD_PER_DEG, STANDARD_GRAVITY_MS2
from simulator.body import Build
from simulator.motion import Motion
from simulator.rocking import Rocking, rock
from simulator.sensor_models import SensorModel
from simulator.wearing import Mounting, sensor_frame

_STEP_S = 0.002
_GRAVITY_E = np.array([0.0, 0.0, STANDARD_GRAVITY_MS2])
_FIELD_E_UT = np.array([20.0, 0.0, -44.0])
"""Earth's field at middle latitudes: E's X points to magnetic north."""
_SKIN_TAU_S = 450.0
"""A sensor put on warms up with this time constant."""
_WARM_UP_K = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class ImuSamples:
    """What the sensor reports at (true) times (n,): specific force and rate (n, 3) in S, field or None."""

    t_s: FloatArray
    acc_ms2: FloatArray
    gyr_rads: FloatArray
    mag_ut: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Climate:
    """Temperature of the sensor: warming on the skin, and a step (a door opened, a sensor taken out)."""

    warm_up_k: float = 0.0
    step_k: float = 0.0
    step_at_s: float = 0.0

    def kelvin(self, t_s: FloatArray) -> FloatArray:
        """Warmer than at the start by (n,)."""
        after = np.maximum(t_s - self.step_at_s, 0.0)
        step = self.step_k * (1.0 - np.exp(-after / 30.0))
        return np.asarray(self.warm_up_k * (1.0 - np.exp(-t_s / _SKIN_TAU_S)) + step)


SKIN = Climate(warm_up_k=_WARM_UP_K)


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """Where the body is at the times of samples, and just before and after each: one for all its sensors."""

    t_s: FloatArray
    rows: tuple[FloatArray, FloatArray, FloatArray]
    """Coordinates (n, c) a step before, at, and a step after each time."""
    before: FloatArray
    """Coordinates (1, c) one sample before the first."""

    @classmethod
    def of(cls, motion: Motion, t_s: FloatArray) -> Instants:
        """Of samples at ascending times (n,), n ≥ 2."""
        before, at, after = (motion.at(t_s + k * _STEP_S) for k in (-1, 0, 1))
        return cls(t_s, (before, at, after), motion.at(2.0 * t_s[:1] - t_s[1:2]))


def exact_samples(
    instants: Instants,
    build: Build,
    mounting: Mounting,
    *,
    gyr_mean: bool = True,
    magnetometer: bool = False,
) -> ImuSamples:
    """Error-free samples; the force is the second difference of the position, 4 ms wide.

    With ``gyr_mean`` the rate is the mean since the sample before, and integrating it gives back the
    orientation exactly; without, it is the rate at the sample.
    """
    felt = _felt(instants, build, mounting, gyr_mean=gyr_mean)
    q_sb = np.asarray(mounting.q_sb)
    mag_s = quat.rotate(quat.multiply(q_sb, felt.to_b), _FIELD_E_UT) if magnetometer else None
    return ImuSamples(instants.t_s, quat.rotate(q_sb, felt.acc_ms2), quat.rotate(q_sb, felt.gyr_rads), mag_s)


def true_up(instants: Instants, build: Build, mounting: Mounting, *, gyr_mean: bool = True) -> FloatArray:
    """World up (n, 3) in S of the samples that `exact_samples` gives: what a filter should find."""
    felt = _felt(instants, build, mounting, gyr_mean=gyr_mean)
    return quat.rotate(quat.multiply(np.asarray(mounting.q_sb), felt.to_b), np.array([0.0, 0.0, 1.0]))


@dataclass(frozen=True, slots=True)
class _Felt:
    """Force and rate (n, 3) in the axes of the skin under a sensor, and the quaternion (n, 4) to them."""

    acc_ms2: FloatArray
    gyr_rads: FloatArray
    to_b: FloatArray


def _felt(instants: Instants, build: Build, mounting: Mounting, *, gyr_mean: bool) -> _Felt:
    t_s = instants.t_s
    at = [
        sensor_frame(rows, build, mounting, t_s + k * _STEP_S)
        for k, rows in zip((-1, 0, 1), instants.rows, strict=True)
    ]
    acceleration_e = (at[0].joint_m - 2.0 * at[1].joint_m + at[2].joint_m) / _STEP_S**2
    to_b = quat.conjugate(at[1].q_eb)
    acc_b = quat.rotate(to_b, acceleration_e + _GRAVITY_E)
    if gyr_mean:
        dt = np.concatenate((t_s[1:2] - t_s[:1], np.diff(t_s)))
        before = sensor_frame(instants.before, build, mounting, t_s[:1] - dt[:1]).q_eb
        turning = _Turning(np.concatenate((before, at[1].q_eb[:-1])), at[1].q_eb, dt[:, None])
    else:
        turning = _Turning(at[0].q_eb, at[2].q_eb, 2.0 * _STEP_S)
    gyr_b = turning.rate()
    if mounting.wobble:
        rocking = rock(mounting.wobble, t_s, quat.rotate(to_b, acceleration_e), gyr_b)
        back = quat.conjugate(rocking.turn())
        acc_b = quat.rotate(back, acc_b + rocking.force(mounting.wobble))
        gyr_b = turning.rocked(rocking, whole_steps=gyr_mean).rate()
        to_b = quat.multiply(back, to_b)
    return _Felt(acc_b, gyr_b, to_b)


@dataclass(frozen=True, slots=True, eq=False)
class _Turning:
    """Orientations (n, 4) before and after each sample's time, ``span_s`` apart."""

    before: FloatArray
    after: FloatArray
    span_s: FloatArray | float

    def rate(self) -> FloatArray:
        return _turned(self.before, self.after) / self.span_s

    def rocked(self, rocking: Rocking, *, whole_steps: bool) -> _Turning:
        """With the sensor's own turn on top; between whole samples, or a step around each."""
        if whole_steps:
            all_turns = np.concatenate((quat.IDENTITY[None, :], rocking.turn()))
            turns = (all_turns[:-1], all_turns[1:])
        else:
            turns = (rocking.turn(-_STEP_S), rocking.turn(_STEP_S))
        before, after = (quat.multiply(q, t) for q, t in zip((self.before, self.after), turns, strict=True))
        return _Turning(before, after, self.span_s)


def _turned(q_before: FloatArray, q_after: FloatArray) -> FloatArray:
    return quat.to_rotation_vector(quat.multiply(quat.conjugate(q_before), q_after))


@dataclass(frozen=True, slots=True, eq=False)
class UnitErrors:
    """What one unit of a family does wrong: drawn once, the truth behind what a calibration should find."""

    gyr_bias_dps: FloatArray
    gyr_scale: FloatArray
    gyr_turn: FloatArray
    acc_offset_mg: FloatArray
    acc_matrix: FloatArray
    mag_offset_ut: FloatArray


def draw_unit(model: SensorModel, rng: np.random.Generator, bias_dps: float | None = None) -> UnitErrors:
    """A unit of the family; ``bias_dps`` fixes the size of the gyroscope's bias, its direction is drawn."""
    bias = rng.normal(0.0, model.gyr_bias_dps, 3)
    if bias_dps is not None:
        bias = rng.normal(0.0, 1.0, 3)
        bias *= bias_dps / np.linalg.norm(bias)
    cross = rng.normal(0.0, model.cross_axis, (3, 3))
    np.fill_diagonal(cross, 1.0 + rng.normal(0.0, model.acc_scale, 3))
    return UnitErrors(
        bias,
        1.0 + rng.normal(0.0, model.gyr_scale, 3),
        quat.from_rotation_vector(rng.normal(0.0, model.misalignment_deg * RAD_PER_DEG, 3)),
        rng.normal(0.0, model.acc_offset_mg, 3),
        cross,
        rng.normal(0.0, model.mag_offset_ut, 3),
    )


def with_errors(
    exact: ImuSamples,
    model: SensorModel,
    unit: UnitErrors,
    rng: np.random.Generator,
    climate: Climate | None = None,
) -> ImuSamples:
    """The same samples as this unit would report them."""
    n = len(exact.t_s)
    dt = float(np.median(np.diff(exact.t_s))) if n > 1 else 0.01
    noise = _noise(rng, n, dt)
    kelvin = (climate or Climate()).kelvin(exact.t_s)[:, None]
    walk = np.cumsum(rng.normal(0.0, model.gyr_walk_dps_rts * np.sqrt(dt), (n, 3)), axis=0)
    bias_dps = unit.gyr_bias_dps + walk + model.gyr_dps_per_k * kelvin * np.array([1.0, -0.6, 0.8])
    gyr = quat.rotate(unit.gyr_turn, exact.gyr_rads) * unit.gyr_scale
    gyr += (bias_dps + model.gyr_noise_dps_rthz * noise()) * RAD_PER_DEG
    offset_g = (unit.acc_offset_mg + model.acc_mg_per_k * kelvin + model.acc_noise_mg_rthz * noise()) * 1e-3
    acc = exact.acc_ms2 @ unit.acc_matrix.T + offset_g * STANDARD_GRAVITY_MS2
    mag = exact.mag_ut
    if mag is not None:
        mag = mag + unit.mag_offset_ut + model.mag_noise_ut_rthz * noise()
    return ImuSamples(
        exact.t_s,
        _quantised(acc, model.acc_range_g * STANDARD_GRAVITY_MS2, model.bits),
        _quantised(gyr, model.gyr_range_dps * RAD_PER_DEG, model.bits),
        mag,
    )


def _noise(rng: np.random.Generator, n: int, dt_s: float) -> Callable[[], FloatArray]:
    """White noise (n, 3) of density one, a new piece at each call."""
    bandwidth = np.sqrt(0.5 / dt_s)
    return lambda: rng.normal(0.0, bandwidth, (n, 3))


def _quantised(values: FloatArray, full_scale: float, bits: int) -> FloatArray:
    step = full_scale / 2.0 ** (bits - 1)
    return np.clip(np.round(values / step) * step, -full_scale, full_scale - step)
