"""A virtual IMU on a moving body: exact specific force and rate, then the errors of a real one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray
from fusion.units import RAD_PER_DEG, STANDARD_GRAVITY_MS2
from simulator.body import Mounting, sensor_orientation, sensor_position_m
from simulator.motion import Motion

_STEP_S = 0.004
_GRAVITY_E = np.array([0.0, 0.0, STANDARD_GRAVITY_MS2])


@dataclass(frozen=True, slots=True)
class ImuErrors:
    """Error model of a sensor family; densities per √Hz, one sigma for what differs from unit to unit."""

    gyr_noise_dps_rthz: float = 0.007
    gyr_bias_dps: float = 0.5
    gyr_walk_dps_rts: float = 0.001
    gyr_scale: float = 0.005
    gyr_range_dps: float = 2000.0
    acc_noise_mg_rthz: float = 0.12
    acc_offset_mg: float = 5.0
    acc_scale: float = 0.002
    acc_range_g: float = 16.0
    misalignment_deg: float = 0.3
    bits: int = 16


IDEAL = ImuErrors(0.0, 0.0, 0.0, 0.0, 1e9, 0.0, 0.0, 0.0, 1e9, 0.0, 48)
"""No error at all."""


@dataclass(frozen=True, slots=True, eq=False)
class ImuSamples:
    """What the sensor reports at times (n,): specific force and rate (n, 3) in S."""

    t_s: FloatArray
    acc_ms2: FloatArray
    gyr_rads: FloatArray


def exact_samples(motion: Motion, mounting: Mounting, t_s: FloatArray) -> ImuSamples:
    """Error-free samples: the mean rate since the sample before, the specific force at the sample.

    Integrating the rate gives back the orientation exactly; the force is the second difference of the
    position, 4 ms wide.
    """
    q_es = sensor_orientation(motion, mounting, t_s)
    before = sensor_orientation(motion, mounting, t_s[:1] - (t_s[1] - t_s[0]))
    previous = np.concatenate((before, q_es[:-1]))
    dt = np.concatenate((t_s[1:2] - t_s[:1], np.diff(t_s)))[:, None]
    gyr = quat.to_rotation_vector(quat.multiply(quat.conjugate(previous), q_es)) / dt
    position = [sensor_position_m(motion, mounting, t_s + k * _STEP_S) for k in (-1, 0, 1)]
    acceleration_e = (position[0] - 2.0 * position[1] + position[2]) / _STEP_S**2
    acc = quat.rotate(quat.conjugate(q_es), acceleration_e + _GRAVITY_E)
    return ImuSamples(t_s, acc, gyr)


def with_errors(exact: ImuSamples, errors: ImuErrors, rng: np.random.Generator) -> ImuSamples:
    """The same samples as a real unit, drawn by ``rng``, would report them."""
    n = len(exact.t_s)
    dt = float(np.median(np.diff(exact.t_s)))
    bandwidth = np.sqrt(0.5 / dt)
    skew = quat.from_rotation_vector(rng.normal(0.0, errors.misalignment_deg * RAD_PER_DEG, 3))
    walk = np.cumsum(rng.normal(0.0, errors.gyr_walk_dps_rts * np.sqrt(dt), (n, 3)), axis=0)
    bias_dps = rng.normal(0.0, errors.gyr_bias_dps, 3) + walk
    noise_dps = rng.normal(0.0, errors.gyr_noise_dps_rthz * bandwidth, (n, 3))
    gyr_scale = 1.0 + rng.normal(0.0, errors.gyr_scale, 3)
    gyr = quat.rotate(skew, exact.gyr_rads) * gyr_scale + (bias_dps + noise_dps) * RAD_PER_DEG
    offset_g = rng.normal(0.0, errors.acc_offset_mg * 1e-3, 3)
    noise_g = rng.normal(0.0, errors.acc_noise_mg_rthz * 1e-3 * bandwidth, (n, 3))
    acc_scale = 1.0 + rng.normal(0.0, errors.acc_scale, 3)
    acc = exact.acc_ms2 * acc_scale + (offset_g + noise_g) * STANDARD_GRAVITY_MS2
    return ImuSamples(
        exact.t_s,
        _quantised(acc, errors.acc_range_g * STANDARD_GRAVITY_MS2, errors.bits),
        _quantised(gyr, errors.gyr_range_dps * RAD_PER_DEG, errors.bits),
    )


def _quantised(values: FloatArray, full_scale: float, bits: int) -> FloatArray:
    step = full_scale / 2.0 ** (bits - 1)
    return np.clip(np.round(values / step) * step, -full_scale, full_scale - step)
