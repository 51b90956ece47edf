"""The mathematics of the orientation estimator, for one sensor and one sample, in scalars.

An error-state Kalman filter of horizontal velocity v, tilt error e (about E's X and Y) and gyroscope bias b,
closed loop: what is estimated is put into the orientation at once. A worn sensor stays where its wearer is,
so its velocity is measured as zero, with a noise that follows how much it moves; the steady state of that
is the second-order low-pass of VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014).

Everything here runs inside a loop over lanes: numbers and tuples in and out, choices as ``a if c else b``
with both sides computed, no loop, no call into a library but sqrt.
"""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import inline
from fusion.kernels.estimator_state import G
from fusion.kernels.fused import fma
from fusion.kernels.rotation import V3, cross, dot, plus

Four = tuple[float, float, float, float]
"""Coefficients of one low-pass step: value from error and slope, slope from slope and error."""
Seven = tuple[float, float, float, float, float, float, float]
"""Velocity (2), tilt (2), bias (3)."""
Triangle = tuple[
    Seven,
    tuple[float, float, float, float, float, float],
    tuple[float, float, float, float, float],
    Four,
    V3,
    tuple[float, float],
    float,
]
"""Upper triangle of a symmetric 7 × 7 matrix, by rows."""


# --- time ---------------------------------------------------------------------------------------------


@inline
def tracked_interval(nominal: float, dt: float) -> float:
    """The device's own sampling interval, followed slowly; longer steps are gaps and teach nothing."""
    followed = fma(0.02, dt - nominal, nominal) if dt < 1.5 * nominal else nominal
    faster = 1 if dt < 0.7 * nominal else 0
    unknown = 1 if nominal <= 0.0 else 0
    return dt if faster | unknown else followed


@inline
def share_of(x: float) -> float:
    """1 − exp(−x) for 0 ≤ x ≤ 1, to 1e-3 of itself at 1 and 1e-9 at 0.05; more counts as 1."""
    x = min(x, 1.0)
    return x * (1.0 - x * (1 / 2 - x * (1 / 6 - x * (1 / 24 - x * (1 / 120)))))


@inline
def low_pass_step(dt: float, share: float, rate: float) -> Four:
    """Coefficients of a second-order Butterworth low-pass over a step ``dt``, exact for any step.

    ``rate`` is 1/τ. While ``share``, one by the time averaged so far and this step, is more, it is a
    running mean. The slope is in units of 1/τ.
    """
    averaging = share > rate
    f = dt * share
    # exp(−x)·(cos x, sin x) by the series of exp((i − 1)·y) at y = x/8, squared three times.
    y = 0.125 * min(dt * rate, 4.0)
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
    return fma(k[0], error, fma(k[1], slope, u)), fma(k[2], slope, k[3] * error)


# --- rate ---------------------------------------------------------------------------------------------


@inline
def squared(v: V3) -> float:
    """Squared length."""
    return dot(v, v)


@inline
def limited(v: V3, limit: float) -> V3:
    """``v`` made no longer than ``limit``."""
    scale = min(1.0, limit / sqrt(squared(v) + 1e-30))
    return v[0] * scale, v[1] * scale, v[2] * scale


@inline
def without(w: V3, bias: V3) -> V3:
    """``w`` less ``bias``."""
    return w[0] - bias[0], w[1] - bias[1], w[2] - bias[2]


@inline
def turn_of(w: V3, dt: float, before: V3, dt_before: float) -> V3:
    """Rotation vector of one sample's mean rate, with the coning term of Bortz (1971).

    doi 10.1109/TAES.1971.310252: the axis turns within the interval too; the cross product with the
    interval before tells how (Savage 1998, doi 10.2514/2.4228). Rates without bias.
    """
    k = dt_before * dt * (1 / 12)
    return plus((w[0] * dt, w[1] * dt, w[2] * dt), k, cross(before, w))


@inline
def second_difference(w: V3, last: V3, last_but_one: V3) -> V3:
    """Of three rates one interval apart."""
    return (
        (w[0] - last[0]) - (last[0] - last_but_one[0]),
        (w[1] - last[1]) - (last[1] - last_but_one[1]),
        (w[2] - last[2]) - (last[2] - last_but_one[2]),
    )


# --- covariance ---------------------------------------------------------------------------------------


@inline
def tilted(p: Triangle, dt: float) -> Triangle:
    """Covariance after ``dt`` in which tilt has turned gravity into velocity: v += g·dt·(ey, −ex)."""
    k = G * dt
    v, w, x, y = p[0], p[1], p[2], p[3]
    # Rows by name: v0 with (v0 v1 x y b), v1 with (v1 x y b), tilt about X with (x y b), about Y with (y b).
    v0x, v0y = fma(k, x[1], v[2]), fma(k, y[0], v[3])
    v1x, v1y = fma(-k, x[0], w[1]), fma(-k, x[1], w[2])
    return (
        (
            fma(k, v[3] + v0y, v[0]),
            fma(k, w[2] - v0x, v[1]),
            v0x,
            v0y,
            fma(k, y[1], v[4]),
            fma(k, y[2], v[5]),
            fma(k, y[3], v[6]),
        ),
        (
            fma(-k, w[1] + v1x, w[0]),
            v1x,
            v1y,
            fma(-k, x[2], w[3]),
            fma(-k, x[3], w[4]),
            fma(-k, x[4], w[5]),
        ),
        x,
        y,
        p[4],
        p[5],
        p[6],
    )


@inline
def _less(value: float, u: V3, v: V3) -> float:
    """``value − u·v``."""
    return fma(-u[0], v[0], fma(-u[1], v[1], fma(-u[2], v[2], value)))


@inline
def drifted(p: Triangle, a: V3, b: V3, noise: float, growth: float) -> Triangle:
    """Covariance after the bias has turned into tilt: ex −= a·bias, ey −= b·bias.

    ``a`` and ``b`` are the first two rows of the S-to-E matrix times the step; ``noise`` is added to both
    tilts and ``growth`` to each bias.
    """
    v, w, x, y = p[0], p[1], p[2], p[3]
    b00, b01, b02 = p[4]
    b11, b12 = p[5]
    b22 = p[6]
    rows = (b00, b01, b02), (b01, b11, b12), (b02, b12, b22)
    # Bias with velocity and tilt, and with tilt afterwards.
    of_v, of_w, of_x, of_y = (v[4], v[5], v[6]), (w[3], w[4], w[5]), (x[2], x[3], x[4]), (y[1], y[2], y[3])
    x1 = _less(of_x[0], rows[0], a), _less(of_x[1], rows[1], a), _less(of_x[2], rows[2], a)
    y1 = _less(of_y[0], rows[0], b), _less(of_y[1], rows[1], b), _less(of_y[2], rows[2], b)
    return (
        (v[0], v[1], _less(v[2], of_v, a), _less(v[3], of_v, b), v[4], v[5], v[6]),
        (w[0], _less(w[1], of_w, a), _less(w[2], of_w, b), w[3], w[4], w[5]),
        (
            _less(_less(x[0], of_x, a), x1, a) + noise,
            _less(_less(x[1], of_y, a), x1, b),
            x1[0],
            x1[1],
            x1[2],
        ),
        (_less(_less(y[0], of_y, b), y1, b) + noise, y1[0], y1[1], y1[2]),
        (b00 + growth, b01, b02),
        (b11 + growth, b12),
        b22 + growth,
    )


@inline
def scaled(h: Seven, k: float) -> Seven:
    """``k`` times ``h``."""
    return k * h[0], k * h[1], k * h[2], k * h[3], k * h[4], k * h[5], k * h[6]


@inline
def moved(d: Seven, k: Seven, error: float) -> Seven:
    """``d`` plus the gain ``k`` times ``error``."""
    return (
        fma(k[0], error, d[0]),
        fma(k[1], error, d[1]),
        fma(k[2], error, d[2]),
        fma(k[3], error, d[3]),
        fma(k[4], error, d[4]),
        fma(k[5], error, d[5]),
        fma(k[6], error, d[6]),
    )


@inline
def learnt(p: Triangle, k: Seven, h: Seven) -> Triangle:
    """Covariance after a measurement with gain ``k`` of the state whose column was ``h``: P − k·hᵀ."""
    v, w, x, y, a, b = p[0], p[1], p[2], p[3], p[4], p[5]
    return (
        (
            fma(-k[0], h[0], v[0]),
            fma(-k[0], h[1], v[1]),
            fma(-k[0], h[2], v[2]),
            fma(-k[0], h[3], v[3]),
            fma(-k[0], h[4], v[4]),
            fma(-k[0], h[5], v[5]),
            fma(-k[0], h[6], v[6]),
        ),
        (
            fma(-k[1], h[1], w[0]),
            fma(-k[1], h[2], w[1]),
            fma(-k[1], h[3], w[2]),
            fma(-k[1], h[4], w[3]),
            fma(-k[1], h[5], w[4]),
            fma(-k[1], h[6], w[5]),
        ),
        (
            fma(-k[2], h[2], x[0]),
            fma(-k[2], h[3], x[1]),
            fma(-k[2], h[4], x[2]),
            fma(-k[2], h[5], x[3]),
            fma(-k[2], h[6], x[4]),
        ),
        (fma(-k[3], h[3], y[0]), fma(-k[3], h[4], y[1]), fma(-k[3], h[5], y[2]), fma(-k[3], h[6], y[3])),
        (fma(-k[4], h[4], a[0]), fma(-k[4], h[5], a[1]), fma(-k[4], h[6], a[2])),
        (fma(-k[5], h[5], b[0]), fma(-k[5], h[6], b[1])),
        fma(-k[6], h[6], p[6]),
    )


@inline
def column(p: Triangle, i: int) -> Seven:
    """Column ``i``, known when compiled, of the whole symmetric matrix."""
    v, w, x, y, a, b, c = p
    h = v
    if i == 1:
        h = v[1], w[0], w[1], w[2], w[3], w[4], w[5]
    elif i == 2:
        h = v[2], w[1], x[0], x[1], x[2], x[3], x[4]
    elif i == 3:
        h = v[3], w[2], x[1], y[0], y[1], y[2], y[3]
    elif i == 4:
        h = v[4], w[3], x[2], y[1], a[0], a[1], a[2]
    elif i == 5:
        h = v[5], w[4], x[3], y[2], a[1], b[0], b[1]
    elif i == 6:
        h = v[6], w[5], x[4], y[3], a[2], b[1], c
    return h


@inline
def partly(k: Seven, share: float) -> Seven:
    """``k`` with its bias entries times ``share``."""
    return k[0], k[1], k[2], k[3], share * k[4], share * k[5], share * k[6]


@inline
def measured(
    d: Seven, p: Triangle, i: int, error: float, noise: float, use: bool, bias_share: float
) -> tuple[Seven, Triangle]:
    """Kalman update of change ``d`` and covariance ``p`` by a measurement of state ``i``.

    ``error`` is the measurement less the state before any change. Nothing is learnt without ``use``; of
    what it says about the bias only ``bias_share`` is (Brink 2017, doi 10.2514/1.G002702), which leaves
    P_ij − k_i·h_j·(γ_i + γ_j − γ_i·γ_j).
    """
    h = column(p, i)
    share = 1.0 / (h[i] + noise)
    k = scaled(h, share if use else 0.0)
    taken = partly(k, bias_share * (2.0 - bias_share))
    return moved(d, partly(k, bias_share), error - d[i]), learnt(p, taken, h)
