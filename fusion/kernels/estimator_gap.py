"""What is rare in the orientation estimator: gaps, what is owed after them, clipped values, levelling.

Functions of one lane, entered where something is unusual; ordinary branches and calls are fine here.
"""

from __future__ import annotations

from math import atan2, exp, sqrt

import numpy as np

from fusion.kernels.bridge import KNOTS_MAX, turn_across
from fusion.kernels.compiled import rare
from fusion.kernels.estimator_buffer import get3, get4, get_triangle, put3, put4, put_triangle, triangle_row
from fusion.kernels.estimator_maths import drifted, measured, squared, tilted, without
from fusion.kernels.estimator_state import (
    ACC_SATURATED,
    ACTIVITY,
    AFTER,
    BEFORE,
    BEFORE_GYR,
    BEFORE_MIDDLE,
    BIAS,
    CLIPPED_FORCE_MS2,
    ELAPSED,
    EVIDENCE,
    FIRST_LEVELLING_S,
    FLAGS,
    FORCE_SQUARE,
    GAP,
    GAP_FROM,
    GAP_TO,
    GIVEN,
    GYR,
    GYR_SATURATED,
    HEADING_VAR,
    IMPULSE,
    IN_ACC,
    IN_GYR,
    INTERVAL,
    JERK_SQUARE,
    KNOWN,
    LEVELLING,
    MIDDLE,
    NO_MEASUREMENT,
    NOISE,
    RATE_SQUARE,
    RISE,
    SINCE,
    TIME,
    VELOCITY,
    Constants,
    G,
    P,
    Q,
)
from fusion.kernels.rotation import V3, cross, exponential, level_rows, product, rotated, unit, uprighting
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
    dt = b[ELAPSED * width + lane]
    if flags & GYR_SATURATED:
        sd_rad = 0.3 * dt * sqrt(squared(get3(b, IN_GYR * width + lane, width)))
        _doubt(b, width, lane, 2, sd_rad)
        b[HEADING_VAR * width + lane] += sd_rad * sd_rad
    if flags & ACC_SATURATED:
        _doubt(b, width, lane, 0, CLIPPED_FORCE_MS2 * dt)


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
    _level_anew(b, width, lane, c, sd_rad)


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
    return turn_across(begin, end, times, rates, count + 1, c.rate_length, c.rate_noise)


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
    rate = max(sqrt(b[RATE_SQUARE * width + lane]), ends)
    curve = c.gap_curve * sqrt(b[JERK_SQUARE * width + lane]) * dt * dt * dt
    return min(curve, c.gap_turn * rate * dt) + c.gap_floor * dt


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
    _doubt(b, width, lane, 0, sqrt((1.0 - left * left) * c.speed_variance * _activity(b, width, lane, c)))


@rare
def _activity(b: FloatArray, width: int, lane: int, c: Constants) -> float:
    return min(max(b[ACTIVITY * width + lane], c.activity_min), c.activity_max)


@rare
def _tilt_of_force(b: FloatArray, width: int, lane: int) -> tuple[float, float]:
    """Rotation about E's X and Y that would make the present force point up, rad."""
    x, y, z = rotated(get4(b, Q * width + lane, width), get3(b, IN_ACC * width + lane, width))
    horizontal = sqrt(x * x + y * y)
    scale = atan2(horizontal, z) / max(horizontal, 1e-9)
    return y * scale, -x * scale


@rare
def _measure_tilt(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """The first force after the gap is itself a measurement of the vertical."""
    x, y = _tilt_of_force(b, width, lane)
    noise = c.acc_variance + b[FORCE_SQUARE * width + lane] / (G * G)
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


# --- levelling ------------------------------------------------------------------------------------------


@rare
def _level_anew(b: FloatArray, width: int, lane: int, c: Constants, sd_rad: float) -> None:
    """After a gap that cost too much level on the force alone; after a lesser one average less of it."""
    t = b[LEVELLING * width + lane]
    if sd_rad > c.lost_sd:
        b[LEVELLING * width + lane], b[IMPULSE * width + lane] = FIRST_LEVELLING_S, FIRST_LEVELLING_S * G
        x, y = _tilt_of_force(b, width, lane)
        q = product(exponential((x, y, 0.0)), get4(b, Q * width + lane, width))
        put4(b, Q * width + lane, width, unit(q))
        b[VELOCITY * width + lane] = b[(VELOCITY + 1) * width + lane] = 0.0
    elif t >= 0.0:
        speed_variance = c.speed_variance * _activity(b, width, lane, c)
        left = 1.0 / sqrt(1.0 / (t * t) + sd_rad * sd_rad * G * G / (2.0 * speed_variance))
        b[LEVELLING * width + lane] = left
        b[IMPULSE * width + lane] *= left / t
        b[VELOCITY * width + lane] = b[(VELOCITY + 1) * width + lane] = 0.0


@rare
def level(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """At the start, and when lost, the mean force points up; the ordinary measurement then waits."""
    t, step = b[LEVELLING * width + lane], b[EVIDENCE * width + lane]
    if t < 0.0 or step <= 0.0:
        return
    impulse = b[IMPULSE * width + lane]
    if not int(b[FLAGS * width + lane]) & ACC_SATURATED:
        t += step
        # Velocity begins anew with each window, so that it is the horizontal impulse.
        x, y = b[VELOCITY * width + lane], b[(VELOCITY + 1) * width + lane]
        z = b[RISE * width + lane] + impulse
        impulse = sqrt(x * x + y * y + z * z)
        q = product(uprighting((x, y, z)), get4(b, Q * width + lane, width))
        put4(b, Q * width + lane, width, unit(q))
    _know_tilt(b, width, lane, c, t)
    b[IMPULSE * width + lane] = impulse
    b[LEVELLING * width + lane] = t if t <= c.levelling else -1.0
    b[NOISE * width + lane] = NO_MEASUREMENT


@rare
def _know_tilt(b: FloatArray, width: int, lane: int, c: Constants, t: float) -> None:
    """Velocity and tilt are what ``t`` seconds of averaging leave them: unknown, and bound together."""
    for row in range(7 + 6 + 5 + 4):
        b[(P + row) * width + lane] = 0.0
    velocity = c.speed_variance * _activity(b, width, lane, c)
    force = b[FORCE_SQUARE * width + lane] / (G * G) * min(1.0, 0.05 / t)
    tilt = min(2.0, 2.0 * velocity / (G * t * G * t) + force)
    both = min(velocity / (G * t), 0.95 * sqrt(velocity * tilt))
    for i in range(2):
        b[(VELOCITY + i) * width + lane] = 0.0
        b[(P + triangle_row(i, i)) * width + lane] = velocity
        b[(P + triangle_row(2 + i, 2 + i)) * width + lane] = tilt
    b[(P + triangle_row(0, 3)) * width + lane] = both
    b[(P + triangle_row(1, 2)) * width + lane] = -both
