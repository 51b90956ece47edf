"""The end of a window of samples: covariance, measurements, rest, and what all of it changes.

Velocity, tilt and bias are known over seconds; working their covariance out for every sample costs most of
the filter's arithmetic and gives nothing. The mathematics is in `fusion.kernels.estimator_maths`.
"""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import inline, looped
from fusion.kernels.estimator_buffer import (
    follow3,
    get3,
    get4,
    get7,
    get_triangle,
    put3,
    put4,
    put7,
    put_triangle,
)
from fusion.kernels.estimator_level import level
from fusion.kernels.estimator_maths import (
    Seven,
    drifted,
    limited,
    low_pass_step,
    measured,
    share_of,
    squared,
    tilted,
)
from fusion.kernels.estimator_state import (
    ACC_OFF,
    ACC_SUM,
    ACTIVITY,
    BIAS,
    CHANGE,
    COUNT,
    DT,
    ELAPSED,
    EVIDENCE,
    FORCE_SQUARE,
    FORCE_SUM,
    GAP,
    GYR_OFF,
    GYR_SQUARES,
    GYR_SUM,
    HEADING_SD,
    HEADING_VAR,
    HEADING_WALK,
    INCLINATION_SD,
    INTERVAL,
    JERK_SQUARE,
    JERK_SQUARES,
    LEAN,
    LEAN_SHARE,
    LEVEL_SD_MIN,
    LEVELLING,
    MEAN,
    NO_MEASUREMENT,
    NOISE,
    OPENED,
    PULL,
    PULL_VARIANCE,
    RATE,
    RATE_SQUARE,
    REST_LP,
    REST_STEP,
    REST_TIME,
    REST_WEIGHT,
    RISE,
    ROWS,
    SPEED_BEFORE,
    TIME,
    VELOCITY,
    Constants,
    P,
    Q,
)
from fusion.kernels.rotation import V3, added, level_rows, product, small_exponential, unit
from fusion.types import FloatArray


@inline
def _times(v: V3, k: float) -> V3:
    return v[0] * k, v[1] * k, v[2] * k


@inline
def _measure_up(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """How long the window is, and what it counts for in the low-passes."""
    gap = b[GAP * width + lane] > 0.0
    span = b[TIME * width + lane] - b[OPENED * width + lane]
    step = b[INTERVAL * width + lane] if gap else span
    b[DT * width + lane] = 0.0 if gap else span
    b[ELAPSED * width + lane] = b[ELAPSED * width + lane] if gap else span
    b[EVIDENCE * width + lane] = step
    weight = b[REST_WEIGHT * width + lane] + step
    b[REST_WEIGHT * width + lane] = weight
    # One division for three; a first sample is a step of no length, an idle lane has no samples.
    length = step if step > 0.0 else 1.0
    count = max(b[COUNT * width + lane], 1.0)
    all_three = 1.0 / (length * weight * count)
    b[MEAN * width + lane] = all_three * (length * weight)
    b[RATE * width + lane] = all_three * (weight * count)
    put4(b, REST_STEP * width + lane, width, low_pass_step(step, all_three * (length * count), c.rest_rate))


@inline
def _predict(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """The covariance after the window."""
    dt = b[DT * width + lane]
    each = dt * b[MEAN * width + lane]
    activity = min(max(b[ACTIVITY * width + lane], c.activity_min), c.activity_max)
    turning = c.tilt_noise_rate * (b[GYR_SQUARES * width + lane] * each)
    noise = sqrt(activity) * (c.tilt_noise_still * dt + turning)
    # The matrix over the window is near enough the mean of those at its ends.
    x, y = level_rows(get4(b, Q * width + lane, width))
    x = _times(added(x, get3(b, ROWS * width + lane, width)), 0.5 * dt)
    y = _times(added(y, get3(b, (ROWS + 3) * width + lane, width)), 0.5 * dt)
    p = tilted(get_triangle(b, P * width + lane, width), dt)
    put_triangle(b, P * width + lane, width, drifted(p, x, y, noise, c.bias_growth * dt))


@inline
def _learn(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """How the sensor moves; how well the velocity is known to be none follows how much it is."""
    mean, step = b[MEAN * width + lane], b[EVIDENCE * width + lane]
    share = min(1.0, b[DT * width + lane] * c.motion_rate)
    at = RATE_SQUARE * width + lane
    b[at] += share * (b[GYR_SQUARES * width + lane] * mean - b[at])
    jerks = b[JERK_SQUARES * width + lane]
    each = 1.0 / max(b[INTERVAL * width + lane], 1e-6)
    each *= each
    at = JERK_SQUARE * width + lane
    b[at] += (share if jerks > 0.0 else 0.0) * (jerks * mean * (each * each) - b[at])
    at = FORCE_SQUARE * width + lane
    b[at] += share_of(step * c.force_rate) * (0.5 * (b[FORCE_SUM * width + lane] * mean) - b[at])
    u, v = b[VELOCITY * width + lane], b[(VELOCITY + 1) * width + lane]
    at = ACTIVITY * width + lane
    # What is doubted of the velocity, for a vertical that a gap has cost, is not motion.
    known = max(0.0, u * u + v * v - (b[P * width + lane] + b[(P + 7) * width + lane]))
    activity = b[at] + share_of(step * c.activity_rate) * (c.activity_inverse * known - b[at])
    b[at] = activity
    activity = min(max(activity, c.activity_min), c.activity_max)
    resting = b[REST_TIME * width + lane] >= c.rest_min
    noise = c.velocity_variance * activity * b[RATE * width + lane] * (c.rest_velocity if resting else 1.0)
    b[NOISE * width + lane] = noise if step > 0.0 else NO_MEASUREMENT


@inline
def _observe(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Measure the velocity as none."""
    noise = b[NOISE * width + lane]
    d = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    p = get_triangle(b, P * width + lane, width)
    before = p[2][0] + p[3][0]
    d, p = measured(d, p, 0, -b[VELOCITY * width + lane], noise, True, c.motion_bias_share)
    d, p = measured(d, p, 1, -b[(VELOCITY + 1) * width + lane], noise, True, c.motion_bias_share)
    _compare(b, width, lane, d, 0.5 * (before - (p[2][0] + p[3][0])), c)
    put_triangle(b, P * width + lane, width, p)
    put7(b, CHANGE * width + lane, width, d)


@inline
def _compare(b: FloatArray, width: int, lane: int, d: Seven, variance: float, c: Constants) -> None:
    """What the force turns the vertical by, beside what the filter was ready for.

    While a body gains speed for seconds each step of it is believable and their sum is not: errors of a
    force that accelerates are not independent, as a Kalman filter takes them to be.
    """
    left = 1.0 - share_of(b[ELAPSED * width + lane] * c.pull_rate)
    now = share_of(b[DT * width + lane] * c.pull_rate)
    for i in range(2):
        gained = b[(VELOCITY + i) * width + lane] - b[(SPEED_BEFORE + i) * width + lane]
        at = LEAN * width + lane + i * width
        b[at] += now * (gained * b[RATE * width + lane] - b[at])
    at = PULL * width + lane
    b[at] = b[at] * left + d[2]
    b[at + width] = b[at + width] * left + d[3]
    at = PULL_VARIANCE * width + lane
    b[at] = b[at] * (left * left) + variance


@inline
def _rest(b: FloatArray, width: int, lane: int, c: Constants) -> int:
    """Rest detection of VQF: rate and acceleration stay near their own low-passed values; 1 at rest."""
    k = get4(b, REST_STEP * width + lane, width)
    mean = b[MEAN * width + lane]
    m = follow3(b, REST_LP, width, lane, _times(get3(b, GYR_SUM * width + lane, width), mean), k)
    follow3(b, REST_LP + 6, width, lane, _times(get3(b, ACC_SUM * width + lane, width), mean), k)
    turns = 1 if b[GYR_OFF * width + lane] > c.rest_gyr_squared else 0
    shakes = 1 if b[ACC_OFF * width + lane] > c.rest_acc_squared else 0
    fast = 1 if squared(m) > c.bias_clip * c.bias_clip else 0
    gap = 1 if b[GAP * width + lane] > 0.0 else 0
    at = REST_TIME * width + lane
    b[at] = 0.0 if turns | shakes | fast | gap else b[at] + b[EVIDENCE * width + lane]
    return 1 if b[at] >= c.rest_min else 0


@inline
def _settle(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """At rest the mean rate is the bias."""
    resting = b[REST_TIME * width + lane] >= c.rest_min
    noise = c.rest_variance * b[RATE * width + lane]
    bias = get3(b, BIAS * width + lane, width)
    d = get7(b, CHANGE * width + lane, width)
    p = get_triangle(b, P * width + lane, width)
    d, p = measured(d, p, 4, b[REST_LP * width + lane] - bias[0], noise, resting, 1.0)
    d, p = measured(d, p, 5, b[(REST_LP + 2) * width + lane] - bias[1], noise, resting, 1.0)
    d, p = measured(d, p, 6, b[(REST_LP + 4) * width + lane] - bias[2], noise, resting, 1.0)
    put_triangle(b, P * width + lane, width, p)
    put7(b, CHANGE * width + lane, width, d)


@inline
def _correct(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Put what was estimated into the state."""
    d = get7(b, CHANGE * width + lane, width)
    b[VELOCITY * width + lane] += d[0]
    b[(VELOCITY + 1) * width + lane] += d[1]
    q = unit(product(small_exponential((d[2], d[3], 0.0)), get4(b, Q * width + lane, width)))
    put4(b, Q * width + lane, width, q)
    x, y, z = get3(b, BIAS * width + lane, width)
    put3(b, BIAS * width + lane, width, limited((x + d[4], y + d[5], z + d[6]), c.bias_clip))


@inline
def _doubts(b: FloatArray, width: int, lane: int) -> None:
    """How uncertain vertical and heading are; nothing pulls the heading back."""
    tilt = b[(P + 13) * width + lane] + b[(P + 18) * width + lane]
    x, y = b[PULL * width + lane], b[(PULL + 1) * width + lane]
    excess = max(0.0, 0.5 * (x * x + y * y) - b[PULL_VARIANCE * width + lane])
    x, y = b[LEAN * width + lane], b[(LEAN + 1) * width + lane]
    excess += 0.5 * LEAN_SHARE * (x * x + y * y)
    b[INCLINATION_SD * width + lane] = sqrt(LEVEL_SD_MIN * LEVEL_SD_MIN + 0.5 * tilt + excess)
    bias = (b[(P + 22) * width + lane] + b[(P + 25) * width + lane] + b[(P + 27) * width + lane]) * (1 / 3)
    at = HEADING_VAR * width + lane
    dt = b[ELAPSED * width + lane]
    variance = b[at] + 2.0 * sqrt(b[at] * bias) * dt + HEADING_WALK * dt
    b[at] = variance
    b[HEADING_SD * width + lane] = sqrt(variance)


@inline
def _open(b: FloatArray, width: int, lane: int) -> None:
    """Begin the next window."""
    b[OPENED * width + lane] = b[TIME * width + lane]
    b[SPEED_BEFORE * width + lane] = b[VELOCITY * width + lane]
    b[(SPEED_BEFORE + 1) * width + lane] = b[(VELOCITY + 1) * width + lane]
    b[COUNT * width + lane] = b[RISE * width + lane] = b[FORCE_SUM * width + lane] = 0.0
    x, y = level_rows(get4(b, Q * width + lane, width))
    put3(b, ROWS * width + lane, width, x)
    put3(b, (ROWS + 3) * width + lane, width, y)
    none = (0.0, 0.0, 0.0)
    put3(b, GYR_SUM * width + lane, width, none)
    put3(b, ACC_SUM * width + lane, width, none)
    put4(b, GYR_SQUARES * width + lane, width, (0.0, 0.0, 0.0, 0.0))


@looped
def close(b: FloatArray, width: int, first: int, end: int, c: Constants) -> None:
    """End the window of lanes ``first`` to ``end``, and begin the next.

    Many short loops in place of one long: a processor has several lanes' worth of a short one under way
    at once, and waits for nothing.
    """
    levelling = 0
    for lane in range(first, end):
        _measure_up(b, width, lane, c)
        levelling |= 1 if b[LEVELLING * width + lane] >= 0.0 else 0
    for lane in range(first, end):
        _predict(b, width, lane, c)
    for lane in range(first, end):
        _learn(b, width, lane, c)
    if levelling:
        for lane in range(first, end):
            level(b, width, lane, c)
    for lane in range(first, end):
        _observe(b, width, lane, c)
    resting = 0
    for lane in range(first, end):
        resting |= _rest(b, width, lane, c)
    if resting:
        for lane in range(first, end):
            _settle(b, width, lane, c)
    for lane in range(first, end):
        _correct(b, width, lane, c)
    for lane in range(first, end):
        _doubts(b, width, lane)
    for lane in range(first, end):
        _open(b, width, lane)
