"""The mathematics of the orientation estimator, for one sensor and one sample, in scalars.

VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014) in time-constant form, so that every step may
have its own length, with three additions: a bridge across missing samples, an uncertainty that grows with
them, and a low-pass that forgets as much as that uncertainty asks for.

Everything here runs inside a loop over lanes: numbers and tuples in and out, choices as ``a if c else b``
with both sides computed, no loop, no call into a library but sqrt.
"""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import inline
from fusion.kernels.estimator_state import CENTI_DPS, Constants
from fusion.kernels.rotation import V3

Four = tuple[float, float, float, float]
"""Coefficients of one low-pass step: value from error and slope, slope from slope and error."""
Six = tuple[float, float, float, float, float, float]
"""Upper triangle of a symmetric 3 × 3 matrix, row by row."""


@inline
def squared(v: V3) -> float:
    """Squared length."""
    return v[0] * v[0] + v[1] * v[1] + v[2] * v[2]


@inline
def limited(value: float, limit: float) -> float:
    """``value`` brought into ±limit."""
    value = min(value, limit)
    return max(value, -limit)


# --- low-pass ---------------------------------------------------------------------------------------


@inline
def low_pass_step(dt: float, share: float, rate: float) -> Four:
    """Coefficients of a second-order Butterworth low-pass over a step ``dt``, exact for any step.

    ``rate`` is 1/τ. While ``share``, one by the time averaged so far and this step, is more, it is a
    running mean. The slope is in units of 1/τ.
    """
    averaging = share > rate
    f = dt * share
    # exp(−x)·(cos x, sin x) by the series of exp((i − 1)·y) at y = x/8, squared three times.
    x = dt * rate
    y = 0.125 * (min(x, 4.0))
    y2 = y * y
    c = (1.0 - y) + y2 * y * ((1 / 3 - y * (1 / 6)) + y2 * (1 / 30))
    s = (y - y2) + y2 * y * (1 / 3 - y2 * (1 / 30 - y * (1 / 90)))
    c, s = c * c - s * s, 2.0 * c * s
    c, s = c * c - s * s, 2.0 * c * s
    c, s = c * c - s * s, 2.0 * c * s
    return (
        1.0 - f if averaging else c + s,
        0.0 if averaging else s,
        0.0 if averaging else c - s,
        0.0 if averaging else -2.0 * s,
    )


@inline
def low_passed(value: float, slope: float, u: float, k: Four) -> tuple[float, float]:
    """Value and slope after the input ``u``."""
    error = value - u
    return u + k[0] * error + k[1] * slope, k[2] * slope + k[3] * error


# --- rate and gaps ----------------------------------------------------------------------------------


@inline
def tracked_interval(nominal: float, dt: float) -> float:
    """The device's own sampling interval, followed slowly; longer steps are gaps and teach nothing."""
    followed = nominal + 0.02 * (dt - nominal) if dt < 1.5 * nominal else nominal
    faster = 1 if dt < 0.7 * nominal else 0
    unknown = 1 if nominal <= 0.0 else 0
    return dt if faster | unknown else followed


@inline
def turn_of(w: V3, dt: float, before: V3, dt_before: float) -> V3:
    """Rotation vector of one sample's mean rate, with the coning term of Bortz (1971).

    doi 10.1109/TAES.1971.310252: the axis turns within the interval too; the cross product with the
    interval before tells how (Savage 1998, doi 10.2514/2.4228). Rates without bias.
    """
    x, y, z = w
    k = dt_before * dt * (1.0 / 12.0)
    a, b, c = k * before[0], k * before[1], k * before[2]
    return x * dt + b * z - c * y, y * dt + c * x - a * z, z * dt + a * y - b * x


@inline
def owed_curvature(length: float, slope: V3, slope_after: V3) -> V3:
    """Second half of the cubic bridge, when the first slope after the gap is known: rotation vector."""
    k = length * length * (1.0 / 12.0)
    return k * (slope[0] - slope_after[0]), k * (slope[1] - slope_after[1]), k * (slope[2] - slope_after[2])


@inline
def bridge(w: V3, before: V3, bias: V3, dt: float, nominal: float) -> V3:
    """Rotation vector across a gap, from the mean of the rates on both sides."""
    # A device reports the mean rate since its last sample, hence the half step of lead.
    m = 0.5 * (dt - nominal)
    return (
        (w[0] - bias[0]) * dt - m * (w[0] - before[0]),
        (w[1] - bias[1]) * dt - m * (w[1] - before[1]),
        (w[2] - bias[2]) * dt - m * (w[2] - before[2]),
    )


@inline
def gap_sd(w: V3, before: V3, dt: float, c: Constants) -> float:
    """What crossing the gap may have cost, rad."""
    change = sqrt(squared((w[0] - before[0], w[1] - before[1], w[2] - before[2])))
    unseen = dt * c.gap_rate
    # The bridge follows the motion the better the shorter the gap is beside the motion's own time.
    unseen = min(unseen, 1.0)
    return c.gap_gain * unseen * unseen * (0.5 * change + 0.3 * sqrt(squared(w)) + 0.05) * dt


@inline
def weight_left(weight: float, sd_rad: float, c: Constants) -> float:
    """Memory of the acceleration low-pass, s, that an added uncertainty leaves it worth."""
    ratio = sd_rad * c.acc_sd_inverse
    left = 0.01 / (0.01 / weight + ratio * ratio)
    return min(weight, left)


# --- gyroscope bias ---------------------------------------------------------------------------------


@inline
def measured(d: V3, p: Six, h: V3, error: float, noise: float) -> tuple[V3, Six]:
    """Scalar Kalman update of a change ``d`` and its covariance ``p`` with the row ``h``.

    ``error`` is the measurement less what is expected without the change. No noise stands for infinite
    noise: nothing is learnt.
    """
    h0, h1, h2 = h
    p00, p01, p02, p11, p12, p22 = p
    a0 = p00 * h0 + p01 * h1 + p02 * h2
    a1 = p01 * h0 + p11 * h1 + p12 * h2
    a2 = p02 * h0 + p12 * h1 + p22 * h2
    share = 1.0 / (h0 * a0 + h1 * a1 + h2 * a2 + noise)
    share = share if noise > 0.0 else 0.0
    left = error - (h0 * d[0] + h1 * d[1] + h2 * d[2])
    k0, k1, k2 = share * a0, share * a1, share * a2
    return (
        (d[0] + k0 * left, d[1] + k1 * left, d[2] + k2 * left),
        (p00 - k0 * a0, p01 - k0 * a1, p02 - k0 * a2, p11 - k1 * a1, p12 - k1 * a2, p22 - k2 * a2),
    )


@inline
def grown(p: Six, growth: float, limit: float) -> Six:
    """Covariance after time has passed: variances below ``limit`` grow."""
    return (
        p[0] + (growth if p[0] < limit else 0.0),
        p[1],
        p[2],
        p[3] + (growth if p[3] < limit else 0.0),
        p[4],
        p[5] + (growth if p[5] < limit else 0.0),
    )


@inline
def row_error(h: V3, v: V3, e: float) -> float:
    """``e`` less ``h`` times ``v``."""
    return e - (h[0] * v[0] + h[1] * v[1] + h[2] * v[2])


@inline
def heading_variance(variance: float, p: Six, dt: float) -> float:
    """Variance of the heading, rad², after ``dt`` with a bias known to ``p``."""
    bias_variance = (p[0] + p[3] + p[5]) * (1.0 / 3.0)
    return variance + (2.0 / CENTI_DPS) * sqrt(variance * bias_variance) * dt + 1e-8 * dt
