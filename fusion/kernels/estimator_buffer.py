"""The flat buffer of the orientation estimator's lanes: read, written, filled and emptied."""

from __future__ import annotations

import numpy as np

from fusion.kernels.compiled import inline
from fusion.kernels.estimator_maths import Four, Six, low_passed
from fusion.kernels.estimator_state import (
    ACC_LP,
    ACC_SATURATED,
    BUFFER_ROWS,
    COVARIANCE,
    FIRST_STEP_S,
    GYR_SATURATED,
    IN_ACC,
    IN_ROWS,
    OUT_ROWS,
    REST_LP,
    REST_WEIGHT,
    STARTED,
    STATE_SIZE,
    TILT,
    TIME,
    WEIGHT,
    Constants,
    Q,
)
from fusion.kernels.rotation import Q4, V3
from fusion.types import FloatArray, QualityArray


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
def get6(b: FloatArray, at: int, width: int) -> Six:
    """Six rows: a symmetric matrix."""
    x, y, z = get3(b, at + 3 * width, width)
    return b[at], b[at + width], b[at + 2 * width], x, y, z


@inline
def put6(b: FloatArray, at: int, width: int, p: Six) -> None:
    """Write six rows."""
    put3(b, at, width, (p[0], p[1], p[2]))
    put3(b, at + 3 * width, width, (p[3], p[4], p[5]))


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
def column(b: FloatArray, row: int, width: int, lane: int) -> V3:
    """Every second row: values of a low-passed vector, without the slopes."""
    return get3(b, row * width + lane, 2 * width)


@inline
def stage(
    x: FloatArray,
    width: int,
    lane: int,
    first: int,
    count: int,
    t_s: FloatArray,
    acc: FloatArray,
    gyr: FloatArray,
    quality: QualityArray,
) -> None:
    """Put ``count`` samples of a sensor from ``first`` on into its lane."""
    w = np.uintp(width)
    at = np.uintp(lane)
    for k in range(first, first + count):
        x[at] = t_s[k]
        x[at + w] = gyr[k, 0]
        x[at + w * np.uintp(2)] = gyr[k, 1]
        x[at + w * np.uintp(3)] = gyr[k, 2]
        x[at + w * np.uintp(4)] = acc[k, 0]
        x[at + w * np.uintp(5)] = acc[k, 1]
        x[at + w * np.uintp(6)] = acc[k, 2]
        x[at + w * np.uintp(7)] = float(quality[k] & (ACC_SATURATED | GYR_SATURATED))
        at += w * np.uintp(IN_ROWS)


@inline
def unstage(
    y: FloatArray,
    width: int,
    lane: int,
    first: int,
    count: int,
    q_es: FloatArray,
    gyr: FloatArray,
    inclination_sd: FloatArray,
    heading_sd: FloatArray,
) -> None:
    """Take a lane's results of ``count`` samples out."""
    w = np.uintp(width)
    at = np.uintp(lane)
    for k in range(first, first + count):
        q_es[k, 0] = y[at]
        q_es[k, 1] = y[at + w]
        q_es[k, 2] = y[at + w * np.uintp(2)]
        q_es[k, 3] = y[at + w * np.uintp(3)]
        gyr[k, 0] = y[at + w * np.uintp(4)]
        gyr[k, 1] = y[at + w * np.uintp(5)]
        gyr[k, 2] = y[at + w * np.uintp(6)]
        inclination_sd[k] = y[at + w * np.uintp(7)]
        heading_sd[k] = y[at + w * np.uintp(8)]
        at += w * np.uintp(OUT_ROWS)


@inline
def load(
    b: FloatArray, width: int, lane: int, s: FloatArray, t_s: float, a: FloatArray, c: Constants
) -> None:
    """Put a sensor's state into a lane; a new one is level on its first acceleration, its bias unknown."""
    for row in range(STATE_SIZE):
        b[row * width + lane] = s[row]
    if s[STARTED] > 0.0:
        return
    b[TIME * width + lane], b[STARTED * width + lane] = t_s, 1.0
    b[Q * width + lane] = b[TILT * width + lane] = 1.0
    for row in (COVARIANCE, COVARIANCE + 3, COVARIANCE + 5):
        b[row * width + lane] = c.bias_variance_start
    b[WEIGHT * width + lane] = b[REST_WEIGHT * width + lane] = FIRST_STEP_S
    for i in range(3):
        b[(ACC_LP + 2 * i) * width + lane] = b[(REST_LP + 6 + 2 * i) * width + lane] = a[i]


@inline
def idle(b: FloatArray, width: int, lane: int) -> None:
    """Something harmless for a lane without a sensor: an upright one, at rest."""
    for row in range(BUFFER_ROWS):
        b[row * width + lane] = 0.0
    b[Q * width + lane] = b[TILT * width + lane] = 1.0
    b[WEIGHT * width + lane] = b[REST_WEIGHT * width + lane] = 1.0
    b[(IN_ACC + 2) * width + lane] = b[(ACC_LP + 4) * width + lane] = 9.8
