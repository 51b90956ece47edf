"""The compiled inner loop of the orientation estimator: one sensor, any sample times.

Mathematics of VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014) in time-constant form, so that
every step may have its own length, with three additions: a bridge across missing samples, an uncertainty
that grows with them, and a low-pass that forgets as much as that uncertainty asks for.

State and parameters are flat arrays so that a state can be copied, stored and restored as one value.
"""

from __future__ import annotations

from math import cos, exp, sin, sqrt
from typing import Final

import numpy as np
from numba import njit

from fusion.kernels.rotation import matrix_element
from fusion.types import FloatArray, QualityArray

# State layout: name = first index.
TIME: Final = 0
STARTED: Final = 1
INTERVAL: Final = 2
"""Tracked sampling interval of the device, s."""
Q: Final = 4
"""Gyroscope-strapped frame, S to I (4)."""
TILT: Final = 8
"""Inclination correction, I to E (4)."""
BIAS: Final = 12
COVARIANCE: Final = 15
"""Bias covariance (3, 3), (0.01 °/s)²."""
GYR: Final = 24
"""Last rate (3), bias not removed, and the one before, each with its sample's interval."""
GYR_BEFORE: Final = 27
STEP_BEFORE: Final = 30
ACC_LP: Final = 32
"""Low-passed acceleration in I (3) and its derivative (3)."""
WEIGHT: Final = 38
"""Time for which the acceleration low-pass has been averaging, s; below τ it is a running mean."""
ROTATION_LP: Final = 40
"""Low-passed S-to-E matrix (9), product with the bias (2) and derivatives (11)."""
REST_LP: Final = 62
"""Low-passed rate (3), acceleration (3) and derivatives (6)."""
REST_WEIGHT: Final = 74
REST_TIME: Final = 75
HEADING_VAR: Final = 76
BRIDGE: Final = 77
"""Length of the gap just crossed whose curvature is still owed, s (0: none), and the slope before it."""
BRIDGE_SLOPE: Final = 78
STATE_SIZE: Final = 84

# Parameter layout, the order of the fields of `fusion.orientation.OrientationParams`.
P_TAU_ACC: Final = 0
P_TAU_REST: Final = 1
P_REST_TIME: Final = 2
P_REST_GYR: Final = 3
P_REST_ACC: Final = 4
P_BIAS_SD_INIT: Final = 5
P_BIAS_CLIP: Final = 6
P_BIAS_FORGETTING: Final = 7
P_BIAS_SD_MOTION: Final = 8
P_BIAS_VERTICAL: Final = 9
P_BIAS_SD_REST: Final = 10
P_GAP_GAIN: Final = 11
P_ACC_SD: Final = 12
P_CURVE_MAX: Final = 13
P_GAP_MOTION: Final = 14
P_LEAD: Final = 15

AFTER_GAP: Final = 1
ACC_SATURATED: Final = 2
GYR_SATURATED: Final = 4

CENTI_DPS: Final = 180.0 * 100.0 / np.pi
"""rad/s to hundredths of °/s, the unit of the bias covariance."""


@njit(cache=True, inline="always")
def _rotate_by_vector(s: FloatArray, x: float, y: float, z: float) -> None:
    """Turn the strapped frame by a rotation vector given in S."""
    angle = sqrt(x * x + y * y + z * z)
    c = cos(0.5 * angle)
    k = sin(0.5 * angle) / angle if angle > 1e-12 else 0.5
    bx, by, bz = k * x, k * y, k * z
    w, i, j, h = s[Q], s[Q + 1], s[Q + 2], s[Q + 3]
    a0 = w * c - i * bx - j * by - h * bz
    a1 = w * bx + i * c + j * bz - h * by
    a2 = w * by - i * bz + j * c + h * bx
    a3 = w * bz + i * by - j * bx + h * c
    n = 1.0 / sqrt(a0 * a0 + a1 * a1 + a2 * a2 + a3 * a3)
    s[Q], s[Q + 1], s[Q + 2], s[Q + 3] = a0 * n, a1 * n, a2 * n, a3 * n


@njit(cache=True, inline="always")
def _turned(s: FloatArray, q: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Vector turned by the unit quaternion at ``q`` of the state."""
    w, i, j, k = s[q], s[q + 1], s[q + 2], s[q + 3]
    tx, ty, tz = 2.0 * (j * z - k * y), 2.0 * (k * x - i * z), 2.0 * (i * y - j * x)
    return x + w * tx + j * tz - k * ty, y + w * ty + k * tx - i * tz, z + w * tz + i * ty - j * tx


@njit(cache=True, inline="always")
def _low_pass(
    s: FloatArray, at: int, rows: int, row: int, u: float, f: float, c: tuple[float, float, float]
) -> float:
    """One step of a critically-timed second-order Butterworth low-pass, exact for any step.

    ``f`` > 0 is the share of the new value while the filter is still a running mean. ``c`` are
    exp(−x)·(cos x + sin x), exp(−x)·sin x and exp(−x)·(cos x − sin x) with x = dt/τ; the derivative is
    kept in units of 1/τ.
    """
    value = at + row
    slope = at + rows + row
    if f > 0.0:
        s[value] += f * (u - s[value])
        s[slope] = 0.0
    else:
        error, rate = s[value] - u, s[slope]
        s[value] = u + c[0] * error + c[1] * rate
        s[slope] = c[2] * rate - 2.0 * c[1] * error
    return s[value]


@njit(cache=True, inline="always")
def _decay(dt: float, tau: float) -> tuple[float, float, float]:
    x = dt / tau
    e = exp(-x)
    sx, cx = sin(x), cos(x)
    return e * (cx + sx), e * sx, e * (cx - sx)


@njit(cache=True, inline="always")
def _turn_by_rate(s: FloatArray, dt: float, w: tuple[float, float, float]) -> None:
    """Turn by one sample's mean rate, with the coning term of Bortz (doi 10.1109/TAES.1971.310252).

    The axis turns within the interval too; the cross product with the interval before tells how (Savage
    1998, doi 10.2514/2.4228).
    """
    x, y, z = w[0] - s[BIAS], w[1] - s[BIAS + 1], w[2] - s[BIAS + 2]
    k = s[STEP_BEFORE] * dt / 12.0
    a, b, c = k * (s[GYR] - s[BIAS]), k * (s[GYR + 1] - s[BIAS + 1]), k * (s[GYR + 2] - s[BIAS + 2])
    _rotate_by_vector(s, x * dt + b * z - c * y, y * dt + c * x - a * z, z * dt + a * y - b * x)


@njit(cache=True, inline="always")
def _track_interval(s: FloatArray, dt: float) -> float:
    """Follow the device's own sampling interval; a step of more than 1.5 of them is a gap."""
    nominal = s[INTERVAL]
    if nominal <= 0.0 or dt < 0.7 * nominal:
        nominal = dt
    elif dt < 1.5 * nominal:
        nominal += 0.02 * (dt - nominal)
    s[INTERVAL] = nominal
    return nominal


@njit(cache=True, inline="always")
def _owed_curvature(s: FloatArray, dt: float, w0: float, w1: float, w2: float) -> None:
    """Second half of the cubic bridge, when the first slope after the gap is known."""
    length = s[BRIDGE]
    k = length * length / 12.0
    _rotate_by_vector(
        s,
        k * (s[BRIDGE_SLOPE] - (w0 - s[GYR]) / dt),
        k * (s[BRIDGE_SLOPE + 1] - (w1 - s[GYR + 1]) / dt),
        k * (s[BRIDGE_SLOPE + 2] - (w2 - s[GYR + 2]) / dt),
    )
    s[BRIDGE] = 0.0


@njit(cache=True, inline="always")
def _bridge(s: FloatArray, p: FloatArray, dt: float, nominal: float, w: tuple[float, float, float]) -> None:
    """Cross a gap with the mean of the rates on both sides and forget what that may have cost."""
    d0, d1, d2 = w[0] - s[GYR], w[1] - s[GYR + 1], w[2] - s[GYR + 2]
    # A device reports the mean rate since its last sample, hence the half step of lead.
    m = 0.5 * (dt - nominal)
    _rotate_by_vector(
        s,
        w[0] * dt - m * d0 - s[BIAS] * dt,
        w[1] * dt - m * d1 - s[BIAS + 1] * dt,
        w[2] * dt - m * d2 - s[BIAS + 2] * dt,
    )
    change = sqrt(d0 * d0 + d1 * d1 + d2 * d2)
    speed = sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
    # The bridge follows the motion the better the shorter the gap is beside the motion's own time.
    unseen = min(1.0, dt / p[P_GAP_MOTION])
    _forget(s, p, p[P_GAP_GAIN] * unseen * unseen * (0.5 * change + 0.3 * speed + 0.05) * dt)
    s[BRIDGE] = dt if dt <= p[P_CURVE_MAX] and s[STEP_BEFORE] > 0.0 else 0.0
    if s[BRIDGE] > 0.0:
        for i in range(3):
            s[BRIDGE_SLOPE + i] = (s[GYR + i] - s[GYR_BEFORE + i]) / s[STEP_BEFORE]
    s[REST_TIME] = 0.0


@njit(cache=True, inline="always")
def _forget(s: FloatArray, p: FloatArray, sd_rad: float) -> None:
    """Shorten the memory of the acceleration low-pass to what an added uncertainty leaves it worth."""
    information = 1.0 / (0.01 / s[WEIGHT] + (sd_rad / p[P_ACC_SD]) ** 2)
    s[WEIGHT] = min(s[WEIGHT], 0.01 * information)
    s[HEADING_VAR] += sd_rad * sd_rad


@njit(cache=True, inline="always")
def _at_rest(
    s: FloatArray, p: FloatArray, dt: float, w: tuple[float, float, float], a: tuple[float, float, float]
) -> bool:
    """Rest detection of VQF: rate and acceleration stay near their own low-passed values."""
    c = _decay(dt, p[P_TAU_REST])
    s[REST_WEIGHT] += dt
    f = dt / s[REST_WEIGHT] if s[REST_WEIGHT] < p[P_TAU_REST] else 0.0
    gyr_deviation = acc_deviation = 0.0
    for i in range(3):
        g = w[i] - _low_pass(s, REST_LP, 6, i, w[i], f, c)
        x = a[i] - _low_pass(s, REST_LP, 6, 3 + i, a[i], f, c)
        gyr_deviation += g * g
        acc_deviation += x * x
        if abs(s[REST_LP + i]) > p[P_BIAS_CLIP]:
            gyr_deviation += 1e3
    if gyr_deviation > p[P_REST_GYR] ** 2 or acc_deviation > p[P_REST_ACC] ** 2:
        s[REST_TIME] = 0.0
        return False
    s[REST_TIME] += dt
    return bool(s[REST_TIME] >= p[P_REST_TIME])


@njit(cache=True, inline="always")
def _level(s: FloatArray, p: FloatArray, dt: float, a: tuple[float, float, float]) -> tuple[float, float]:
    """Let the low-passed acceleration pull the vertical; returns its horizontal part before that."""
    x, y, z = _turned(s, Q, a[0], a[1], a[2])
    s[WEIGHT] += dt
    f = dt / s[WEIGHT] if s[WEIGHT] < p[P_TAU_ACC] else 0.0
    s[WEIGHT] = min(s[WEIGHT], p[P_TAU_ACC])
    c = _decay(dt, p[P_TAU_ACC])
    x = _low_pass(s, ACC_LP, 3, 0, x, f, c)
    y = _low_pass(s, ACC_LP, 3, 1, y, f, c)
    z = _low_pass(s, ACC_LP, 3, 2, z, f, c)
    ex, ey, (s[TILT], s[TILT + 1], s[TILT + 2], s[TILT + 3]) = _upright(s, x, y, z)
    return ex, ey


@njit(cache=True, inline="always")
def _upright(
    s: FloatArray, x: float, y: float, z: float
) -> tuple[float, float, tuple[float, float, float, float]]:
    """The tilt correction turned so that (x, y, z) in I points up, and how far off it was (2)."""
    t0, t1, t2, t3 = s[TILT], s[TILT + 1], s[TILT + 2], s[TILT + 3]
    ex, ey, ez = _turned(s, TILT, x, y, z)
    n = sqrt(ex * ex + ey * ey + ez * ez)
    if n < 1e-6:
        return 0.0, 0.0, (t0, t1, t2, t3)
    ex, ey, ez = ex / n, ey / n, ez / n
    w = sqrt(max(0.0, 0.5 * (ez + 1.0)))
    if w > 1e-6:
        i, j = 0.5 * ey / w, -0.5 * ex / w
    else:
        w, i, j = 0.0, 1.0, 0.0
    r0 = w * t0 - i * t1 - j * t2
    r1 = w * t1 + i * t0 + j * t3
    r2 = w * t2 - i * t3 + j * t0
    r3 = w * t3 + i * t2 - j * t1
    n = 1.0 / sqrt(r0 * r0 + r1 * r1 + r2 * r2 + r3 * r3)
    return ex, ey, (r0 * n, r1 * n, r2 * n, r3 * n)


@njit(cache=True, inline="always")
def _q_led(s: FloatArray, lead: float) -> tuple[float, float, float, float]:
    """Orientation whose vertical is the low-passed acceleration and ``lead`` of its derivative."""
    x, y, z = s[ACC_LP], s[ACC_LP + 1], s[ACC_LP + 2]
    x, y, z = x + lead * s[ACC_LP + 3], y + lead * s[ACC_LP + 4], z + lead * s[ACC_LP + 5]
    tilt = _upright(s, x, y, z)[2]
    return _product(tilt, (s[Q], s[Q + 1], s[Q + 2], s[Q + 3]))


@njit(cache=True, inline="always")
def _q_es(s: FloatArray) -> tuple[float, float, float, float]:
    tilt = s[TILT], s[TILT + 1], s[TILT + 2], s[TILT + 3]
    return _product(tilt, (s[Q], s[Q + 1], s[Q + 2], s[Q + 3]))


@njit(cache=True, inline="always")
def _product(
    p: tuple[float, float, float, float], q: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    a, b, c, d = p
    w, x, y, z = q
    return (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


@njit(cache=True)
def _learn_bias(s: FloatArray, p: FloatArray, dt: float, resting: bool, ex: float, ey: float) -> None:
    """Kalman filter of the gyroscope bias: the mean rate at rest, the tilt it would cause in motion."""
    qw, qx, qy, qz = _q_es(s)
    f = dt / s[WEIGHT] if s[WEIGHT] < p[P_TAU_ACC] else 0.0
    c = _decay(dt, p[P_TAU_ACC])
    h = np.empty((3, 3))
    e = np.empty(3)
    for row in range(3):
        drift = 0.0
        e[row] = 0.0
        for col in range(3):
            value = matrix_element(qw, qx, qy, qz, row, col)
            drift += value * s[BIAS + col]
            h[row, col] = _low_pass(s, ROTATION_LP, 11, 3 * row + col, value, f, c)
            e[row] -= h[row, col] * s[BIAS + col]
        if row < 2:
            e[row] += _low_pass(s, ROTATION_LP, 11, 9 + row, drift, f, c)
    e[0] -= ey / dt
    e[1] += ex / dt

    growth = 100.0 * dt / p[P_BIAS_FORGETTING]
    sd = p[P_BIAS_SD_REST] if resting else p[P_BIAS_SD_MOTION]
    noise = (sd * CENTI_DPS) ** 4 / growth + (sd * CENTI_DPS) ** 2
    weights = np.array((noise, noise, noise if resting else noise / p[P_BIAS_VERTICAL]))
    if resting:
        for row in range(3):
            e[row] = s[REST_LP + row] - s[BIAS + row]
            for col in range(3):
                h[row, col] = 1.0 if row == col else 0.0
    limit = (p[P_BIAS_SD_INIT] * CENTI_DPS) ** 2
    for i in range(3):
        if s[COVARIANCE + 4 * i] < limit:
            s[COVARIANCE + 4 * i] += growth
    # The three measurements are independent, so they are taken one after the other: no matrix inverse.
    b0, b1, b2 = s[BIAS], s[BIAS + 1], s[BIAS + 2]
    for row in range(3):
        learnt = h[row, 0] * (s[BIAS] - b0) + h[row, 1] * (s[BIAS + 1] - b1) + h[row, 2] * (s[BIAS + 2] - b2)
        error = max(-p[P_BIAS_CLIP], min(p[P_BIAS_CLIP], e[row])) - learnt
        _measure_bias(s, h[row], error, weights[row])
    for i in range(3):
        s[BIAS + i] = max(-p[P_BIAS_CLIP], min(p[P_BIAS_CLIP], s[BIAS + i]))


@njit(cache=True, inline="always")
def _measure_bias(s: FloatArray, h: FloatArray, error: float, noise: float) -> None:
    """Scalar Kalman update of bias and covariance with the row ``h``."""
    ph = np.empty(3)
    variance = noise
    for i in range(3):
        ph[i] = 0.0
        for j in range(3):
            ph[i] += s[COVARIANCE + 3 * i + j] * h[j]
        variance += h[i] * ph[i]
    for i in range(3):
        s[BIAS + i] += ph[i] / variance * error
        for j in range(3):
            s[COVARIANCE + 3 * i + j] -= ph[i] * ph[j] / variance


@njit(cache=True, inline="always")
def _start(s: FloatArray, p: FloatArray, t: float, a: tuple[float, float, float]) -> None:
    """First sample: level on the acceleration alone, bias unknown."""
    s[:] = 0.0
    s[STARTED], s[TIME], s[Q], s[TILT] = 1.0, t, 1.0, 1.0
    for i in range(3):
        s[COVARIANCE + 4 * i] = (p[P_BIAS_SD_INIT] * CENTI_DPS) ** 2
    s[WEIGHT] = 1e-3
    s[REST_WEIGHT] = 1e-3
    for i in range(3):
        s[ACC_LP + i] = a[i]
        s[REST_LP + 3 + i] = a[i]


@njit(cache=True)
def _advance(
    s: FloatArray,
    p: FloatArray,
    t: float,
    w: tuple[float, float, float],
    a: tuple[float, float, float],
    flags: int,
) -> int:
    """Take one sample in; returns the quality bits it adds."""
    if s[STARTED] == 0.0:
        _start(s, p, t, a)
        dt = 0.0
        added = 0
    else:
        dt = t - s[TIME]
        nominal = _track_interval(s, dt)
        added = AFTER_GAP if dt > 1.5 * nominal else 0
        if s[BRIDGE] > 0.0 and not added:
            _owed_curvature(s, dt, w[0], w[1], w[2])
        if added:
            _bridge(s, p, dt, nominal, w)
        else:
            _turn_by_rate(s, dt, w)
    if flags & GYR_SATURATED and dt > 0.0:
        _forget(s, p, 0.3 * dt * sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]))
    # A long gap is one interval of evidence, not many.
    step = min(dt, s[INTERVAL]) if dt > 0.0 else 1e-3
    resting = _at_rest(s, p, step, w, a)
    if not flags & ACC_SATURATED:
        ex, ey = _level(s, p, step, a)
        if dt > 0.0:
            _learn_bias(s, p, step, resting, ex, ey)
    variance = (s[COVARIANCE] + s[COVARIANCE + 4] + s[COVARIANCE + 8]) / 3.0
    s[HEADING_VAR] += 2.0 * sqrt(s[HEADING_VAR] * variance) / CENTI_DPS * dt + 1e-8 * dt
    s[TIME] = t
    for i in range(3):
        s[GYR_BEFORE + i] = s[GYR + i]
        s[GYR + i] = w[i]
    s[STEP_BEFORE] = dt if not added else 0.0
    return added


@njit(cache=True, nogil=True)
def estimate(
    s: FloatArray,
    p: FloatArray,
    t_s: FloatArray,
    acc: FloatArray,
    gyr: FloatArray,
    quality_in: QualityArray,
    q_es: FloatArray,
    gyr_out: FloatArray,
    inclination_sd: FloatArray,
    heading_sd: FloatArray,
    quality_out: QualityArray,
) -> None:
    """Run the estimator over (n,) samples, changing ``s`` (STATE_SIZE,) and filling the outputs.

    ``acc`` m/s² and ``gyr`` rad/s are (n, 3); ``t_s`` strictly increasing.
    """
    for k in range(len(t_s)):
        flags = int(quality_in[k])
        added = _advance(
            s,
            p,
            t_s[k],
            (gyr[k, 0], gyr[k, 1], gyr[k, 2]),
            (acc[k, 0], acc[k, 1], acc[k, 2]),
            flags,
        )
        q = _q_led(s, p[P_LEAD]) if p[P_LEAD] > 0.0 else _q_es(s)
        q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3] = q
        for i in range(3):
            gyr_out[k, i] = gyr[k, i] - s[BIAS + i]
        inclination_sd[k] = sqrt(1e-4 + p[P_ACC_SD] ** 2 * 0.01 / s[WEIGHT])
        heading_sd[k] = sqrt(s[HEADING_VAR])
        quality_out[k] = quality_in[k] | added


@njit(cache=True, nogil=True)
def first_unusable(t_s: FloatArray, acc: FloatArray, gyr: FloatArray, last_s: float) -> int:
    """First sample that is not finite: its index; whose time does not increase: −2 − index; none: −1."""
    for k in range(len(t_s)):
        if not t_s[k] > last_s:
            return -2 - k
        last_s = t_s[k]
        total = 0.0
        for i in range(3):
            total += acc[k, i] + gyr[k, i]
        if not np.isfinite(total):
            return k
    return -1
