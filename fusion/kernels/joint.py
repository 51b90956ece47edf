"""The compiled loop that finds the relative heading of two sensors from the joint between them.

Both sensors see the specific force at the joint's centre (Weygers et al., IEEE Sensors Journal 20 (14), 7969,
2020). Where both verticals are right, only the angle between the two earth frames and the levers from the
sensors to the centre are unknown. For a given angle the levers are a linear least-squares problem, so that
sums of products hold all that was seen, and the best angle is found by asking every one of them: no start
value, no linearisation, no false minimum. A hinge adds that the relative rate keeps one axis (Laidig,
Schauer & Seel, ICORR 2017, 971), in sums of the same kind.
"""

from __future__ import annotations

from math import acos, atan2, cos, exp, isfinite, pi, sin, sqrt
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, looped
from fusion.kernels.rotation import matrix_element
from fusion.types import BoolArray, FloatArray

SAMPLE: Final = 20
"""One sensor pair's sample: q_es, acc, gyr of the first (10), then of the second."""

COLUMNS: Final = 5
"""Of a sensor's rows: specific force, a lever of 1 m along each axis, and 1 s of delay."""
_UNKNOWNS: Final = 2 * (COLUMNS - 1)
_CHANNELS: Final = 2 * 3 * COLUMNS
_BLOCK: Final = COLUMNS * COLUMNS

# State layout: name = first index.
SEEN: Final = 0
"""How many samples in a row are remembered, at most two."""
STARTED: Final = 1
NOW: Final = 2
TIMES: Final = 3
"""Times of the last two samples, the older first."""
LAST: Final = 5
"""Those two samples (2, SAMPLE)."""
FILTERED: Final = LAST + 2 * SAMPLE
"""Rows of both sensors (2, 3, COLUMNS) after the fast and then after the slow low-pass."""
FILTER_TIME: Final = FILTERED + 2 * _CHANNELS
SUMS: Final = FILTER_TIME + 1
"""Sums of products (5, COLUMNS, COLUMNS): first·first, second·second, and between the two of the horizontal
parts, of the horizontal parts crosswise, and of the vertical."""
DURATION: Final = SUMS + 5 * _BLOCK
"""Sum of the weights, s."""
RATE_SUMS: Final = DURATION + 1
"""Sums of products of the parts of the relative rate (6, 3, 3)."""
RATE_DURATION: Final = RATE_SUMS + 54
PRIOR: Final = RATE_DURATION + 1
"""Concentration of what is known from elsewhere, along cosine and sine of the angle."""
HEADING: Final = PRIOR + 2
VARIANCE: Final = HEADING + 1
NEXT: Final = VARIANCE + 1
"""Time of the next search, s."""
UNKNOWNS: Final = NEXT + 1
"""Each sensor's lever to the joint's centre (3), m, in S, and by how much its force lags its rate, s."""
RESIDUAL: Final = UNKNOWNS + _UNKNOWNS
"""Mean square of what the constraint leaves over, (m/s²)²."""
HEADING_VARIANCE: Final = RESIDUAL + 1
"""Of both sensors' own headings at the last sample, rad²."""
EXPECTED: Final = HEADING_VARIANCE + 1
"""Where the levers are expected (6), m, and how far from there they may be."""
EXPECTED_SD: Final = EXPECTED + 6
STATE_SIZE: Final = EXPECTED_SD + 1

# Parameter layout, the order of the fields of `fusion.relative_heading.RelativeHeadingParams`.
P_FAST: Final = 0
P_SLOW: Final = 1
P_NOISE: Final = 2
P_CORRELATION: Final = 3
P_DRIFT: Final = 4
P_LEVER_SD: Final = 5
P_HINGE_NOISE: Final = 6
P_LONGEST_STEP: Final = 7
P_LAG: Final = 8
P_LAG_SD: Final = 9
P_HINGE: Final = 10

SEARCH_S: Final = 0.25
"""How often the best angle is asked for."""
UNKNOWN_VARIANCE: Final = pi * pi / 3.0
"""Of an angle of which nothing is known."""
_FOUND_VARIANCE: Final = 0.35**2
"""Below this (20°) an angle counts as found."""
_CANDIDATES: Final = 72
_STEP_RAD: Final = 2.0 * pi / _CANDIDATES
_CURVE_RAD: Final = 0.05


@looped
def _turn(q: FloatArray, v: FloatArray, out: FloatArray) -> None:
    """Vector ``v`` turned by the unit quaternion ``q``."""
    w, x, y, z = q[0], q[1], q[2], q[3]
    tx, ty, tz = 2.0 * (y * v[2] - z * v[1]), 2.0 * (z * v[0] - x * v[2]), 2.0 * (x * v[1] - y * v[0])
    out[0] = v[0] + w * tx + y * tz - z * ty
    out[1] = v[1] + w * ty + z * tx - x * tz
    out[2] = v[2] + w * tz + x * ty - y * tx


@looped
def _turned_back(q: FloatArray, gyr: FloatArray, duration: float, out: FloatArray) -> None:
    """Orientation ``duration`` seconds before ``q``, to second order."""
    x, y, z = -0.5 * duration * gyr[0], -0.5 * duration * gyr[1], -0.5 * duration * gyr[2]
    c = 1.0 - 0.5 * (x * x + y * y + z * z)
    out[0] = q[0] * c - q[1] * x - q[2] * y - q[3] * z
    out[1] = q[0] * x + q[1] * c + q[2] * z - q[3] * y
    out[2] = q[0] * y - q[1] * z + q[2] * c + q[3] * x
    out[3] = q[0] * z + q[1] * y - q[2] * x + q[3] * c


@looped
def _put(v: FloatArray, out: FloatArray, column: int) -> None:
    for i in range(3):
        out[i, column] = v[i]


@kernel
def _rows(q: FloatArray, acc: FloatArray, gyr: FloatArray, slope: FloatArray, out: FloatArray) -> None:
    """Specific force in E, what a lever of 1 m along each axis of S adds to it, and 1 s of lag: (3, 5)."""
    v = np.empty(3)
    turned = np.empty(3)
    _turn(q, acc, turned)
    _put(turned, out, 0)
    speed2 = gyr[0] * gyr[0] + gyr[1] * gyr[1] + gyr[2] * gyr[2]
    for axis in range(3):
        for i in range(3):
            v[i] = gyr[axis] * gyr[i]
        v[axis] -= speed2
        after, before = (axis + 1) % 3, (axis + 2) % 3
        v[after] += slope[before]
        v[before] -= slope[after]
        _turn(q, v, turned)
        _put(turned, out, axis + 1)
    for i in range(3):
        after, before = (i + 1) % 3, (i + 2) % 3
        v[i] = acc[after] * gyr[before] - acc[before] * gyr[after]
    _turn(q, v, turned)
    _put(turned, out, 4)


@kernel
def _filter(s: FloatArray, p: FloatArray, rows: FloatArray, dt: float) -> bool:
    """Leave of the rows what moves: gravity's share of a wrong vertical is slow. False at first."""
    s[FILTER_TIME] += dt
    fast = 1.0 - exp(-dt / p[P_FAST])
    slow = dt / s[FILTER_TIME] if s[FILTER_TIME] < p[P_SLOW] else 1.0 - exp(-dt / p[P_SLOW])
    started = s[FILTER_TIME] > dt
    for i in range(_CHANNELS):
        a, b = FILTERED + i, FILTERED + _CHANNELS + i
        if not started:
            s[a] = s[b] = rows[i]
        s[a] += fast * (rows[i] - s[a])
        s[b] += slow * (rows[i] - s[b])
        rows[i] = s[a] - s[b]
    return bool(s[FILTER_TIME] > p[P_SLOW])


@kernel
def _add_forces(s: FloatArray, rows: FloatArray, weight: float) -> None:
    a = rows[: _CHANNELS // 2].reshape(3, COLUMNS)
    b = rows[_CHANNELS // 2 :].reshape(3, COLUMNS)
    for i in range(COLUMNS):
        for j in range(COLUMNS):
            k = SUMS + COLUMNS * i + j
            s[k] += weight * (a[0, i] * a[0, j] + a[1, i] * a[1, j] + a[2, i] * a[2, j])
            s[k + _BLOCK] += weight * (b[0, i] * b[0, j] + b[1, i] * b[1, j] + b[2, i] * b[2, j])
            s[k + 2 * _BLOCK] += weight * (a[0, i] * b[0, j] + a[1, i] * b[1, j])
            s[k + 3 * _BLOCK] += weight * (a[1, i] * b[0, j] - a[0, i] * b[1, j])
            s[k + 4 * _BLOCK] += weight * a[2, i] * b[2, j]
    s[DURATION] += weight


@kernel
def _add_rates(
    s: FloatArray, q1: FloatArray, gyr1: FloatArray, q2: FloatArray, gyr2: FloatArray, weight: float
) -> None:
    """Parts of the relative rate in the first sensor: constant, with the cosine, with the sine."""
    e, v = np.empty(3), np.empty(3)
    parts = np.empty((3, 3))
    back = np.array((q1[0], -q1[1], -q1[2], -q1[3]))
    _turn(q2, gyr2, e)
    v[0], v[1], v[2] = 0.0, 0.0, e[2]
    _turn(back, v, parts[0])
    for i in range(3):
        parts[0, i] = gyr1[i] - parts[0, i]
    v[0], v[1], v[2] = -e[0], -e[1], 0.0
    _turn(back, v, parts[1])
    v[0], v[1], v[2] = e[1], -e[0], 0.0
    _turn(back, v, parts[2])
    for pair in range(6):
        m, n = (pair, pair) if pair < 3 else ((0, pair - 2) if pair < 5 else (1, 2))
        for i in range(3):
            for j in range(3):
                product = parts[m, i] * parts[n, j]
                if m != n:
                    product += parts[n, i] * parts[m, j]
                s[RATE_SUMS + 9 * pair + 3 * i + j] += weight * product
    s[RATE_DURATION] += weight


@kernel
def _force_cost(s: FloatArray, p: FloatArray, angle: float, unknowns: FloatArray) -> float:
    """What the best levers and lags, which are filled in, leave over at this angle, (m/s²)²·s."""
    c, z = cos(angle), sin(angle)
    half = COLUMNS - 1
    n = np.empty((_UNKNOWNS, _UNKNOWNS + 1))
    least = 0.0
    for i in range(COLUMNS):
        for j in range(COLUMNS):
            k = SUMS + COLUMNS * i + j
            cross = c * s[k + 2 * _BLOCK] + z * s[k + 3 * _BLOCK] + s[k + 4 * _BLOCK]
            if i == 0 and j == 0:
                least = s[k] + s[k + _BLOCK] - 2.0 * cross
            elif j == 0:
                n[i - 1, _UNKNOWNS] = cross - s[k]
            elif i == 0:
                n[j - 1 + half, _UNKNOWNS] = cross - s[k + _BLOCK]
            else:
                n[i - 1, j - 1] = s[k]
                n[i - 1 + half, j - 1 + half] = s[k + _BLOCK]
                n[i - 1, j - 1 + half] = -cross
                n[j - 1 + half, i - 1] = -cross
    noise = p[P_NOISE] * p[P_NOISE] * p[P_CORRELATION]
    for i in range(_UNKNOWNS):
        if i % half == half - 1:
            n[i, i] += noise / (p[P_LAG_SD] * p[P_LAG_SD])
        else:
            weight = noise / (s[EXPECTED_SD] * s[EXPECTED_SD])
            expected = s[EXPECTED + (i if i < half else i - 1)]
            n[i, i] += weight
            n[i, _UNKNOWNS] += weight * expected
            least += weight * expected * expected
        unknowns[i] = n[i, _UNKNOWNS]
    _solve(n)
    for i in range(_UNKNOWNS):
        least -= unknowns[i] * n[i, _UNKNOWNS]
        unknowns[i] = n[i, _UNKNOWNS]
    return max(0.0, least)


@kernel
def _solve(n: FloatArray) -> None:
    """Solve the symmetric positive system (u, u | 1) in place; the solution takes the last column."""
    u = len(n)
    for i in range(u):
        for r in range(i + 1, u):
            f = n[r, i] / n[i, i]
            for c in range(i, u + 1):
                n[r, c] -= f * n[i, c]
    for i in range(u - 1, -1, -1):
        for c in range(i + 1, u):
            n[i, u] -= n[i, c] * n[c, u]
        n[i, u] /= n[i, i]


@kernel
def _hinge_cost(s: FloatArray, angle: float) -> float:
    """Σ of the relative rate across its own main axis at this angle, (rad/s)²·s."""
    c, z = cos(angle), sin(angle)
    factors = np.array((1.0, c * c, z * z, c, z, c * z))
    m = np.zeros((3, 3))
    for pair in range(6):
        for i in range(3):
            for j in range(3):
                m[i, j] += factors[pair] * s[RATE_SUMS + 9 * pair + 3 * i + j]
    return m[0, 0] + m[1, 1] + m[2, 2] - _largest_eigenvalue(m)


@kernel
def _largest_eigenvalue(m: FloatArray) -> float:
    """Of a symmetric (3, 3), in closed form (Smith 1961, doi 10.1145/355578.366316)."""
    mean = (m[0, 0] + m[1, 1] + m[2, 2]) / 3.0
    off = m[0, 1] ** 2 + m[0, 2] ** 2 + m[1, 2] ** 2
    a, b, c = m[0, 0] - mean, m[1, 1] - mean, m[2, 2] - mean
    size = sqrt((a * a + b * b + c * c + 2.0 * off) / 6.0)
    if size < 1e-12:
        return mean
    det = a * (b * c - m[1, 2] ** 2) - m[0, 1] * (m[0, 1] * c - m[1, 2] * m[0, 2])
    det += m[0, 2] * (m[0, 1] * m[1, 2] - b * m[0, 2])
    r = max(-1.0, min(1.0, 0.5 * det / size**3))
    return mean + 2.0 * size * cos(acos(r) / 3.0)


@kernel
def _improbability(s: FloatArray, p: FloatArray, angle: float, scales: FloatArray, work: FloatArray) -> float:
    """Minus the logarithm of the angle's probability, up to a constant."""
    total = scales[0] * _force_cost(s, p, angle, work)
    if p[P_HINGE] > 0.0:
        total += scales[1] * _hinge_cost(s, angle)
    return total - s[PRIOR] * cos(angle) - s[PRIOR + 1] * sin(angle)


@kernel
def _scales(s: FloatArray, p: FloatArray, least: float, least_hinge: float) -> FloatArray:
    """From sums to log-probabilities: what is left over at best tells the noise, never below the known."""
    s[RESIDUAL] = max(p[P_NOISE] ** 2, least / max(3.0 * s[DURATION], 1e-9))
    hinge = max(p[P_HINGE_NOISE] ** 2, 0.5 * least_hinge / max(s[RATE_DURATION], 1e-9))
    tau = p[P_CORRELATION]
    return np.array((0.5 / (s[RESIDUAL] * tau), 0.5 / (hinge * tau)))


@kernel
def search(s: FloatArray, p: FloatArray) -> None:
    """Find the most probable angle and its variance from the sums."""
    work = np.empty(_UNKNOWNS)
    least = least_hinge = 1e300
    for k in range(_CANDIDATES):
        least = min(least, _force_cost(s, p, k * _STEP_RAD, work))
        if p[P_HINGE] > 0.0:
            least_hinge = min(least_hinge, _hinge_cost(s, k * _STEP_RAD))
    scales = _scales(s, p, least, least_hinge)
    values = np.empty(_CANDIDATES)
    best = 0
    for k in range(_CANDIDATES):
        values[k] = _improbability(s, p, k * _STEP_RAD, scales, work)
        if values[k] < values[best]:
            best = k
    angle = best * _STEP_RAD
    curvature = 0.0
    for _ in range(3):
        here = _improbability(s, p, angle, scales, work)
        up = _improbability(s, p, angle + _CURVE_RAD, scales, work)
        down = _improbability(s, p, angle - _CURVE_RAD, scales, work)
        curvature = (up - 2.0 * here + down) / (_CURVE_RAD * _CURVE_RAD)
        if curvature <= 1e-9:
            break
        move = -0.5 * (up - down) / _CURVE_RAD / curvature
        angle += max(-_STEP_RAD, min(_STEP_RAD, move))
    _force_cost(s, p, angle, work)
    for i in range(_UNKNOWNS):
        s[UNKNOWNS + i] = work[i]
    s[VARIANCE] = _variance(values, angle, curvature)
    if s[VARIANCE] > _FOUND_VARIANCE:
        # No better than another: stay where we are rather than jump between guesses.
        s[VARIANCE] = _variance(values, s[HEADING], 0.0)
    else:
        s[HEADING] = atan2(sin(angle), cos(angle))


@kernel
def _variance(values: FloatArray, angle: float, curvature: float) -> float:
    """Mean square distance from the angle: from the candidates, or the curvature where it is narrower."""
    least = values[0]
    for k in range(_CANDIDATES):
        least = min(least, values[k])
    total = square = 0.0
    for k in range(_CANDIDATES):
        probability = exp(least - values[k])
        d = k * _STEP_RAD - angle
        d = atan2(sin(d), cos(d))
        total += probability
        square += probability * d * d
    wide = min(square / total, UNKNOWN_VARIANCE)
    return 1.0 / curvature if wide < 0.5 * _STEP_RAD * _STEP_RAD and curvature > 0.0 else wide


@kernel
def forget(s: FloatArray, variance: float) -> None:
    """Weigh down what was seen so that the angle's variance grows by ``variance``."""
    keep = s[VARIANCE] / (s[VARIANCE] + variance)
    for i in range(SUMS, HEADING):
        s[i] *= keep
    s[VARIANCE] = min(s[VARIANCE] + variance, UNKNOWN_VARIANCE)


@kernel
def _take(s: FloatArray, p: FloatArray, t: float, x: FloatArray) -> None:
    """Use the sample before ``x``, whose rate's slope is known now."""
    dt = 0.5 * (t - s[TIMES])
    old, now = s[LAST : LAST + SAMPLE], s[LAST + SAMPLE : LAST + 2 * SAMPLE]
    slope, q = np.empty(3), np.empty((2, 4))
    rows = np.empty(_CHANNELS)
    for sensor in range(2):
        at = 10 * sensor
        for i in range(3):
            slope[i] = (x[at + 7 + i] - old[at + 7 + i]) / (2.0 * dt)
        _turned_back(now[at : at + 4], now[at + 7 : at + 10], p[P_LAG] * dt, q[sensor])
        part = rows[sensor * 3 * COLUMNS : (sensor + 1) * 3 * COLUMNS].reshape(3, COLUMNS)
        _rows(q[sensor], now[at + 4 : at + 7], now[at + 7 : at + 10], slope, part)
    if _filter(s, p, rows, dt):
        _add_forces(s, rows, dt)
    if p[P_HINGE] > 0.0:
        _add_rates(s, q[0], now[7:10], q[1], now[17:20], dt)


@looped
def _finite(x: FloatArray) -> bool:
    total = 0.0
    for i in range(SAMPLE):
        total += x[i]
    return isfinite(total)


@kernel
def _learn_gap(s: FloatArray, heading_variance: FloatArray, gap: bool) -> None:
    """Forget what a gap may have cost either sensor's heading."""
    total = heading_variance[0] + heading_variance[1]
    if gap and total > s[HEADING_VARIANCE]:
        forget(s, total - s[HEADING_VARIANCE])
    s[HEADING_VARIANCE] = total


@kernel
def follow(
    s: FloatArray,
    p: FloatArray,
    t_s: FloatArray,
    samples: FloatArray,
    heading_variance: FloatArray,
    after_gap: BoolArray,
    heading: FloatArray,
    sd: FloatArray,
) -> None:
    """Run over pairs of samples (n, SAMPLE) at ``t_s``, changing ``s`` and filling heading and sd (n,).

    ``heading_variance`` (n, 2) is each sensor's own, rad²; its growth counts where ``after_gap`` (n,) or
    samples are missing. Samples that are NaN are passed over.
    """
    for k in range(len(t_s)):
        t = t_s[k]
        x = samples[k]
        if s[STARTED] > 0.0:
            forget(s, p[P_DRIFT] * p[P_DRIFT] * (t - s[NOW]))
        if not _finite(x):
            s[SEEN] = 0.0
        else:
            if t - s[TIMES + 1] > p[P_LONGEST_STEP]:
                s[SEEN] = 0.0
            if s[STARTED] > 0.0:
                _learn_gap(s, heading_variance[k], after_gap[k] or s[SEEN] == 0.0)
            else:
                s[HEADING_VARIANCE] = heading_variance[k, 0] + heading_variance[k, 1]
                s[STARTED] = 1.0
            if s[SEEN] == 0.0:
                s[FILTER_TIME] = 0.0
            elif s[SEEN] == 2.0:
                _take(s, p, t, x)
            s[TIMES] = s[TIMES + 1]
            s[TIMES + 1] = t
            for i in range(SAMPLE):
                s[LAST + i] = s[LAST + SAMPLE + i]
                s[LAST + SAMPLE + i] = x[i]
            s[SEEN] = min(2.0, s[SEEN] + 1.0)
        s[NOW] = t
        if t >= s[NEXT]:
            search(s, p)
            s[NEXT] = (np.floor(t / SEARCH_S) + 1.0) * SEARCH_S
        heading[k] = s[HEADING]
        sd[k] = sqrt(s[VARIANCE])


@kernel
def turn_about_vertical(angle: FloatArray, q_es: FloatArray, out: FloatArray) -> None:
    """Turn orientations (n, 4) about E's Z by angles (n,), filling ``out``."""
    for k in range(len(angle)):
        c, z = cos(0.5 * angle[k]), sin(0.5 * angle[k])
        w, i, j, h = q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3]
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = (
            c * w - z * h,
            c * i - z * j,
            c * j + z * i,
            c * h + z * w,
        )


@kernel
def last_astir(q_es: FloatArray, gyr: FloatArray, y_s: FloatArray, still_rads: float, least_up: float) -> int:
    """Index of the last sample that turns or whose segment's Y (3,), in S, is not up; −1 for none."""
    for k in range(len(q_es) - 1, -1, -1):
        up = 0.0
        for i in range(3):
            up += matrix_element(q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3], 2, i) * y_s[i]
        speed2 = gyr[k, 0] * gyr[k, 0] + gyr[k, 1] * gyr[k, 1] + gyr[k, 2] * gyr[k, 2]
        if not (up > least_up and speed2 < still_rads * still_rads):
            return k
    return -1
