"""What is rare in the orientation estimator: gaps, what is owed after them, clipped values.

Functions of one lane, entered where something is unusual; ordinary branches and calls are fine here.
"""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from fusion.kernels.bridge import KNOTS_MAX, turn_across
from fusion.kernels.compiled import rare
from fusion.kernels.estimator_buffer import get3, get4, get_triangle, put3, put4, put_triangle, triangle_row
from fusion.kernels.estimator_clip import missed
from fusion.kernels.estimator_level import level_anew, speed_variance, tilt_of_force
from fusion.kernels.estimator_maths import drifted, measured, squared, tilted, without
from fusion.kernels.estimator_state import (
    ACC_SATURATED,
    AFTER,
    BEFORE,
    BEFORE_GYR,
    BEFORE_MIDDLE,
    BIAS,
    CLIPPED_FORCE_MS2,
    ELAPSED,
    FASTER,
    FLAGS,
    FORCE_SQUARE,
    GAP,
    GAP_FROM,
    GAP_TO,
    GIVEN,
    GYR,
    GYR_SATURATED,
    HEADING_VAR,
    IN_ACC,
    IN_GYR,
    INTERVAL,
    JERK_SQUARE,
    KNOWN,
    LEVELLING,
    MIDDLE,
    RATE_SQUARE,
    SINCE,
    STILL_RADS,
    TIME,
    VELOCITY,
    Constants,
    G,
    P,
    Q,
)
from fusion.kernels.rotation import V3, cross, exponential, level_rows, product, unit
from fusion.types import FloatArray


@rare
def unusual(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Take what is unusual about a lane's sample, if anything, before the ordinary step."""
    if b[ELAPSED * width + lane] <= 0.0:
        return
    if b[GAP * width + lane] > 0.0:
        _cross(b, width, lane, c)
    elif b[AFTER * width + lane] > 0.0:
        _better(b, width, lane, c)
    flags = int(b[FLAGS * width + lane])
    if flags & GYR_SATURATED:
        sd_rad = missed(b, width, lane)
        _doubt(b, width, lane, 2, sd_rad)
        b[HEADING_VAR * width + lane] += sd_rad * sd_rad
        settled = b[LEVELLING * width + lane] < 0.0
        tilt = b[(P + triangle_row(2, 2)) * width + lane] + b[(P + triangle_row(3, 3)) * width + lane]
        level_anew(b, width, lane, c, sqrt(0.5 * tilt) if settled else sd_rad)
    if flags & ACC_SATURATED:
        _doubt(b, width, lane, 0, CLIPPED_FORCE_MS2 * b[ELAPSED * width + lane])


@rare
def _doubt(b: FloatArray, width: int, lane: int, state: int, sd: float) -> None:
    """Add to the variances of ``state`` and the one after it."""
    for i in range(state, state + 2):
        b[(P + triangle_row(i, i)) * width + lane] += sd * sd


# --- the bridge ---------------------------------------------------------------------------------------


@rare
def _cross(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Cross a gap; the ordinary step then takes this sample for one of no length."""
    dt = b[ELAPSED * width + lane]
    w = get3(b, IN_GYR * width + lane, width)
    _turn(b, width, lane, c, w)
    sd_rad = _cost(b, width, lane, c, w)
    b[HEADING_VAR * width + lane] += sd_rad * sd_rad
    _predict(b, width, lane, c, dt, sd_rad)
    _forget_velocity(b, width, lane, c, dt)
    if int(b[FLAGS * width + lane]) & ACC_SATURATED:
        return
    _measure_tilt(b, width, lane, c)
    level_anew(b, width, lane, c, sd_rad)


@rare
def _turn(b: FloatArray, width: int, lane: int, c: Constants, w: V3) -> None:
    """Turn across the gap and by the sample after it."""
    dt, nominal = b[ELAPSED * width + lane], b[INTERVAL * width + lane]
    begin, end = b[TIME * width + lane] - dt, b[TIME * width + lane] - nominal
    last = get3(b, GYR * width + lane, width)
    if dt > c.gap_max:
        half = 0.5 * (end - begin)
        turn = half * (w[0] + last[0]), half * (w[1] + last[1]), half * (w[2] + last[2])
        b[AFTER * width + lane] = b[KNOWN * width + lane] = 0.0
    else:
        _remember(b, width, lane, begin, end)
        turn = _bridge(b, width, lane, c, w, end + 0.5 * nominal)
        b[AFTER * width + lane] = 1.0
    put3(b, GIVEN * width + lane, width, turn)
    put3(b, SINCE * width + lane, width, (0.0, 0.0, 0.0))
    bias = get3(b, BIAS * width + lane, width)
    w = without(w, bias)
    x, y, z = cross(without(last, bias), w)
    k = dt * dt / 12.0
    gap = end - begin
    turn = (
        turn[0] - bias[0] * gap + w[0] * nominal + k * x,
        turn[1] - bias[1] * gap + w[1] * nominal + k * y,
        turn[2] - bias[2] * gap + w[2] * nominal + k * z,
    )
    _rotate(b, width, lane, turn)


@rare
def _rotate(b: FloatArray, width: int, lane: int, turn: V3) -> None:
    q = get4(b, Q * width + lane, width)
    put4(b, Q * width + lane, width, unit(product(q, exponential(turn))))


@rare
def _remember(b: FloatArray, width: int, lane: int, begin: float, end: float) -> None:
    """Keep what was known before the gap, for the samples after it will better the bridge."""
    b[GAP_FROM * width + lane], b[GAP_TO * width + lane] = begin, end
    b[BEFORE * width + lane] = b[KNOWN * width + lane]
    for row in range(9):
        b[(BEFORE_GYR + row) * width + lane] = b[(GYR + row) * width + lane]
    for row in range(3):
        b[(BEFORE_MIDDLE + row) * width + lane] = b[(MIDDLE + row) * width + lane]


@rare
def _bridge(b: FloatArray, width: int, lane: int, c: Constants, w: V3, middle: float) -> V3:
    """Rotation vector across the gap from the rates before it, those after it and the present one."""
    times, rates = np.empty(KNOTS_MAX), np.empty((KNOTS_MAX, 3))
    before, after = int(b[BEFORE * width + lane]), int(b[AFTER * width + lane])
    if b[GAP * width + lane] > 0.0:
        after = 0
    for i in range(before):
        times[i] = b[(BEFORE_MIDDLE + i) * width + lane]
        for axis in range(3):
            rates[i, axis] = b[(BEFORE_GYR + 3 * i + axis) * width + lane]
    for i in range(after):
        times[before + i] = b[(MIDDLE + i) * width + lane]
        for axis in range(3):
            rates[before + i, axis] = b[(GYR + 3 * i + axis) * width + lane]
    count = before + after
    times[count] = middle
    rates[count, 0], rates[count, 1], rates[count, 2] = w
    begin, end = b[GAP_FROM * width + lane], b[GAP_TO * width + lane]
    length = _likeness(b, width, lane, c)
    return turn_across(begin, end, times, rates, count + 1, length, c.rate_noise)


@rare
def _likeness(b: FloatArray, width: int, lane: int, c: Constants) -> float:
    """How long a rate is like itself, s: shorter where it shakes, for curvature goes with its square."""
    rough = sqrt(b[JERK_SQUARE * width + lane] / max(b[RATE_SQUARE * width + lane], STILL_RADS * STILL_RADS))
    return c.rate_length * min(1.0, max(0.4, sqrt(c.rate_rough / max(rough, 1.0))))


@rare
def _better(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Turn by what one more sample after the gap adds to its bridge."""
    dt = b[ELAPSED * width + lane]
    w = get3(b, IN_GYR * width + lane, width)
    turn = _bridge(b, width, lane, c, w, b[TIME * width + lane] - 0.5 * dt)
    owed = without(turn, get3(b, GIVEN * width + lane, width))
    since = get3(b, SINCE * width + lane, width)
    # The gap's frame has been turned since.
    owed = without(owed, cross(since, owed))
    _rotate(b, width, lane, owed)
    w = without(w, get3(b, BIAS * width + lane, width))
    put3(b, GIVEN * width + lane, width, turn)
    put3(b, SINCE * width + lane, width, (since[0] + w[0] * dt, since[1] + w[1] * dt, since[2] + w[2] * dt))
    after = b[AFTER * width + lane] + 1.0
    b[AFTER * width + lane] = after if after < 3.0 else 0.0


# --- what the gap cost ----------------------------------------------------------------------------------


@rare
def _cost(b: FloatArray, width: int, lane: int, c: Constants, w: V3) -> float:
    """One sigma of the turn across the gap, rad: by the curvature of the rate, at most by the rate."""
    dt = b[ELAPSED * width + lane]
    ends = 0.5 * (sqrt(squared(w)) + sqrt(squared(get3(b, GYR * width + lane, width))))
    usual = sqrt(b[RATE_SQUARE * width + lane])
    # The curvature was learnt before the gap; faster motion after it is another one.
    pace = max(1.0, ends / (FASTER * usual + STILL_RADS))
    curve = c.gap_curve * sqrt(b[JERK_SQUARE * width + lane]) * pace * pace * dt * dt * dt
    unseen = c.gap_unseen * max(0.0, dt - 0.5 * c.gap_max)
    return min(curve, c.gap_turn * max(usual, ends) * dt) + c.gap_floor * dt + unseen


@rare
def _predict(b: FloatArray, width: int, lane: int, c: Constants, dt: float, sd_rad: float) -> None:
    """Covariance after the gap."""
    x, y = level_rows(get4(b, Q * width + lane, width))
    p = tilted(get_triangle(b, P * width + lane, width), dt)
    x, y = (x[0] * dt, x[1] * dt, x[2] * dt), (y[0] * dt, y[1] * dt, y[2] * dt)
    p = drifted(p, x, y, sd_rad * sd_rad, c.bias_growth * dt)
    put_triangle(b, P * width + lane, width, p)


@rare
def _forget_velocity(b: FloatArray, width: int, lane: int, c: Constants, dt: float) -> None:
    """The velocity goes towards what it usually is."""
    left = exp(-dt * c.speed_rate)
    for i in range(2):
        b[(VELOCITY + i) * width + lane] *= left
        for j in range(7):
            b[(P + triangle_row(min(i, j), max(i, j))) * width + lane] *= left * left if i == j else left
    _doubt(b, width, lane, 0, sqrt((1.0 - left * left) * speed_variance(b, width, lane, c)))


@rare
def _measure_tilt(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """The first force after the gap is itself a measurement of the vertical."""
    x, y = tilt_of_force(b, width, lane)
    # A force that is not as strong as gravity is not gravity: in flight it says nothing.
    strength = sqrt(squared(get3(b, IN_ACC * width + lane, width)))
    off = (strength - G) / max(strength, 1e-3)
    noise = c.acc_variance + b[FORCE_SQUARE * width + lane] / (G * G) + off * off
    p = get_triangle(b, P * width + lane, width)
    d = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    d, p = measured(d, p, 2, x, noise, True, c.motion_bias_share)
    d, p = measured(d, p, 3, y, noise, True, c.motion_bias_share)
    put_triangle(b, P * width + lane, width, p)
    for i in range(2):
        b[(VELOCITY + i) * width + lane] += d[i]
    for i in range(3):
        b[(BIAS + i) * width + lane] += d[4 + i]
    q = product(exponential((d[2], d[3], 0.0)), get4(b, Q * width + lane, width))
    put4(b, Q * width + lane, width, unit(q))
