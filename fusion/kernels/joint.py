"""The compiled loop that finds the relative heading of two sensors from the joint between them.

Both sensors see the specific force at the joint's centre (Weygers et al., IEEE Sensors Journal 20 (14), 7969,
2020). Where both verticals are right, only the angle between the two earth frames and the levers from the
sensors to the centre are unknown. For a given angle the levers are a linear least-squares problem, so that
sums of products hold all that was seen, and the best angle is found by asking every one of them: no start
value, no linearisation, no false minimum. A hinge adds that the relative rate keeps one axis (Laidig,
Schauer & Seel, ICORR 2017, 971), in sums of the same kind.
"""

from __future__ import annotations

from math import exp, isfinite, sqrt
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, looped
from fusion.kernels.joint_search import forget, search
from fusion.kernels.joint_state import (
    BLOCK,
    CHANNELS,
    COLUMNS,
    DURATION,
    FILTER_TIME,
    FILTERED,
    HEADING,
    HEADING_VARIANCE,
    LAST,
    NEXT,
    NOW,
    P_DRIFT,
    P_FAST,
    P_HINGE,
    P_LAG,
    P_LONGEST_STEP,
    P_SLOW,
    RATE_DURATION,
    RATE_SUMS,
    SAMPLE,
    SEEN,
    STARTED,
    SUMS,
    TIMES,
    VARIANCE,
)
from fusion.types import BoolArray, FloatArray

SEARCH_S: Final = 0.25
"""How often the best angle is asked for."""


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
    for i in range(CHANNELS):
        a, b = FILTERED + i, FILTERED + CHANNELS + i
        if not started:
            s[a] = s[b] = rows[i]
        s[a] += fast * (rows[i] - s[a])
        s[b] += slow * (rows[i] - s[b])
        rows[i] = s[a] - s[b]
    return bool(s[FILTER_TIME] > p[P_SLOW])


@kernel
def _add_forces(s: FloatArray, rows: FloatArray, weight: float) -> None:
    a = rows[: CHANNELS // 2].reshape(3, COLUMNS)
    b = rows[CHANNELS // 2 :].reshape(3, COLUMNS)
    for i in range(COLUMNS):
        for j in range(COLUMNS):
            k = SUMS + COLUMNS * i + j
            s[k] += weight * (a[0, i] * a[0, j] + a[1, i] * a[1, j] + a[2, i] * a[2, j])
            s[k + BLOCK] += weight * (b[0, i] * b[0, j] + b[1, i] * b[1, j] + b[2, i] * b[2, j])
            s[k + 2 * BLOCK] += weight * (a[0, i] * b[0, j] + a[1, i] * b[1, j])
            s[k + 3 * BLOCK] += weight * (a[1, i] * b[0, j] - a[0, i] * b[1, j])
            s[k + 4 * BLOCK] += weight * a[2, i] * b[2, j]
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
def _take(s: FloatArray, p: FloatArray, t: float, x: FloatArray) -> None:
    """Use the sample before ``x``, whose rate's slope is known now."""
    dt = 0.5 * (t - s[TIMES])
    old, now = s[LAST : LAST + SAMPLE], s[LAST + SAMPLE : LAST + 2 * SAMPLE]
    slope, q = np.empty(3), np.empty((2, 4))
    rows = np.empty(CHANNELS)
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
