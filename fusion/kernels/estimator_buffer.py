"""The flat buffer of the orientation estimator's lanes: read, written, begun."""

from __future__ import annotations

from math import sqrt

import numpy as np

from fusion.kernels.compiled import inline
from fusion.kernels.estimator_maths import Four, Seven, Triangle, low_passed
from fusion.kernels.estimator_state import (
    ACTIVITY,
    BUFFER_ROWS,
    CLIPPED_AT,
    FIRST_LEVELLING_S,
    FORCE_SQUARE,
    GYR,
    GYR_SUM,
    IMPULSE,
    INCLINATION_SD,
    INTERVAL,
    LEVEL_SD_MIN,
    LEVELLING,
    OPENED,
    REST_LP,
    REST_WEIGHT,
    ROWS,
    STARTED,
    TIME,
    UNUSABLE,
    VELOCITY,
    Constants,
    G,
    P,
    Q,
)
from fusion.kernels.rotation import Q4, V3, level_rows, uprighting
from fusion.types import FloatArray


@inline
def aligned(size: int) -> FloatArray:
    """A buffer that starts at a cache line: vectors that straddle two cost double."""
    whole = np.empty(size + 8)
    first = (-(whole.ctypes.data >> 3)) & 7
    return whole[first : first + size]


@inline
def get3(b: FloatArray, at: int, width: int) -> V3:
    """Three rows of a lane from ``at``, its place in the first: a vector."""
    return b[at], b[at + width], b[at + 2 * width]


@inline
def put3(b: FloatArray, at: int, width: int, v: V3) -> None:
    """Write three rows."""
    b[at], b[at + width], b[at + 2 * width] = v


@inline
def get4(b: FloatArray, at: int, width: int) -> Q4:
    """Four rows: a quaternion, or coefficients."""
    return b[at], b[at + width], b[at + 2 * width], b[at + 3 * width]


@inline
def put4(b: FloatArray, at: int, width: int, q: Q4) -> None:
    """Write four rows."""
    b[at], b[at + width], b[at + 2 * width], b[at + 3 * width] = q


@inline
def get7(b: FloatArray, at: int, width: int) -> Seven:
    """Seven rows: the state of the filter, or a change of it."""
    x, y, z = get3(b, at, width)
    u, v, w, c = get4(b, at + 3 * width, width)
    return x, y, z, u, v, w, c


@inline
def put7(b: FloatArray, at: int, width: int, d: Seven) -> None:
    """Write seven rows."""
    put3(b, at, width, (d[0], d[1], d[2]))
    put4(b, at + 3 * width, width, (d[3], d[4], d[5], d[6]))


@inline
def get_triangle(b: FloatArray, at: int, width: int) -> Triangle:
    """Twenty-eight rows: the covariance."""
    w = width
    x, y = at + 13 * w, at + 18 * w
    return (
        get7(b, at, w),
        (b[at + 7 * w], b[at + 8 * w], b[at + 9 * w], b[at + 10 * w], b[at + 11 * w], b[at + 12 * w]),
        (b[x], b[x + w], b[x + 2 * w], b[x + 3 * w], b[x + 4 * w]),
        get4(b, y, w),
        get3(b, y + 4 * w, w),
        (b[y + 7 * w], b[y + 8 * w]),
        b[y + 9 * w],
    )


@inline
def put_triangle(b: FloatArray, at: int, width: int, p: Triangle) -> None:
    """Write the covariance."""
    w = width
    put7(b, at, w, p[0])
    put3(b, at + 7 * w, w, (p[1][0], p[1][1], p[1][2]))
    put3(b, at + 10 * w, w, (p[1][3], p[1][4], p[1][5]))
    put4(b, at + 13 * w, w, (p[2][0], p[2][1], p[2][2], p[2][3]))
    b[at + 17 * w] = p[2][4]
    put4(b, at + 18 * w, w, p[3])
    put3(b, at + 22 * w, w, p[4])
    b[at + 25 * w], b[at + 26 * w] = p[5]
    b[at + 27 * w] = p[6]


@inline
def follow(b: FloatArray, row: int, width: int, lane: int, u: float, k: Four) -> float:
    """Low-pass ``u`` in the value at ``row`` and the slope after it; returns the value."""
    at = row * width + lane
    b[at], b[at + width] = low_passed(b[at], b[at + width], u, k)
    return b[at]


@inline
def follow3(b: FloatArray, row: int, width: int, lane: int, v: V3, k: Four) -> V3:
    """The same for a vector in six rows."""
    return (
        follow(b, row, width, lane, v[0], k),
        follow(b, row + 2, width, lane, v[1], k),
        follow(b, row + 4, width, lane, v[2], k),
    )


@inline
def tell_tilt(b: FloatArray, out: FloatArray) -> None:
    """Velocity (2) and the covariance of velocity and tilt (10) of one lane alone, a row of TILT_COLUMNS."""
    out[0], out[1] = b[VELOCITY], b[VELOCITY + 1]
    column = 2
    for i in range(4):
        for j in range(i, 4):
            out[column] = b[P + triangle_row(i, j)]
            column += 1


@inline
def start(b: FloatArray, width: int, lane: int, t_s: float, w: V3, a: V3, c: Constants) -> None:
    """Have a sensor of which nothing is known be level on its first force, its bias unknown."""
    b[TIME * width + lane], b[STARTED * width + lane] = t_s, 1.0
    b[OPENED * width + lane] = t_s
    b[CLIPPED_AT * width + lane] = t_s - 1.0
    q = uprighting(a)
    put4(b, Q * width + lane, width, q)
    x, y = level_rows(q)
    put3(b, ROWS * width + lane, width, x)
    put3(b, (ROWS + 3) * width + lane, width, y)
    for i in range(3):
        b[(GYR + i) * width + lane] = b[(GYR + 3 + i) * width + lane] = w[i]
        b[(REST_LP + 2 * i) * width + lane] = w[i]
        b[(REST_LP + 6 + 2 * i) * width + lane] = a[i]
    for state in range(7):
        at = P + triangle_row(state, state)
        b[at * width + lane] = start_variance(state, c)
    b[REST_WEIGHT * width + lane] = b[LEVELLING * width + lane] = FIRST_LEVELLING_S
    b[IMPULSE * width + lane] = FIRST_LEVELLING_S * G
    b[FORCE_SQUARE * width + lane] = b[ACTIVITY * width + lane] = 1.0
    b[INCLINATION_SD * width + lane] = sqrt(LEVEL_SD_MIN * LEVEL_SD_MIN + c.acc_variance)


@inline
def start_variance(state: int, c: Constants) -> float:
    """Variance of velocity (0, 1), tilt (2, 3) and bias (4 to 6) when nothing is known."""
    if state < 2:
        return c.speed_variance
    return c.acc_variance if state < 4 else c.bias_variance_start


@inline
def triangle_row(i: int, j: int) -> int:
    """Row of element (i, j), i ≤ j, in the packed upper triangle."""
    return 7 * i - i * (i - 1) // 2 + j - i


@inline
def idle(b: FloatArray, width: int, lane: int) -> None:
    """Something harmless for a lane without a sensor: an upright one, for which time stands still."""
    for row in range(BUFFER_ROWS):
        b[row * width + lane] = 0.0
    b[Q * width + lane] = b[INTERVAL * width + lane] = b[REST_WEIGHT * width + lane] = 1.0
    b[LEVELLING * width + lane] = -1.0
    for state in range(7):
        b[(P + triangle_row(state, state)) * width + lane] = 1.0


@inline
def usable(b: FloatArray, width: int, lane: int) -> bool:
    """Whether every time came after the one before, and nothing that was not finite has been met."""
    total = b[UNUSABLE * width + lane]
    for row in range(6):
        # What is not finite stays so in a low-pass, and in the sums of a window that goes into it.
        total += 0.0 * (b[(REST_LP + 2 * row) * width + lane] + b[(GYR_SUM + row) * width + lane])
    return total == 0.0
