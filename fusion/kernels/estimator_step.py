"""One step of the orientation estimator over all lanes: what is read, computed and kept, part by part.

The mathematics is in `fusion.kernels.estimator_maths`; here it meets the buffer. Each part is for one
lane and has no branch that differs between lanes, so that its loop becomes vector instructions. What is
rare is in `fusion.kernels.estimator_gap` and has a loop of its own that is seldom entered.
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
from fusion.kernels.estimator_gap import level, unusual
from fusion.kernels.estimator_maths import (
    drifted,
    limited,
    low_pass_step,
    measured,
    second_derivative,
    share_of,
    squared,
    tilted,
    tracked_interval,
    turn_of,
    without,
)
from fusion.kernels.estimator_state import (
    ACTIVITY,
    AFTER,
    BIAS,
    CHANGE,
    DT,
    ELAPSED,
    EVIDENCE,
    FORCE,
    FORCE_SQUARE,
    GAP,
    GYR,
    HEADING_VAR,
    HEADING_WALK,
    IN_ACC,
    IN_FLAGS,
    IN_GYR,
    IN_TIME,
    INTERVAL,
    JERK_SQUARE,
    KNOWN,
    LEVEL_SD_MIN,
    LEVELLING,
    MIDDLE,
    NO_MEASUREMENT,
    NOISE,
    OUT_GYR,
    OUT_HEADING_SD,
    OUT_INCLINATION_SD,
    OUT_Q,
    RATE,
    RATE_BEFORE,
    RATE_SQUARE,
    REST_LP,
    REST_STEP,
    REST_TIME,
    REST_WEIGHT,
    STEP_BEFORE,
    TIME,
    VELOCITY,
    Constants,
    P,
    Q,
)
from fusion.kernels.rotation import dot, exponential, matrix_rows, product, unit
from fusion.types import FloatArray


@inline
def _meet(b: FloatArray, width: int, lane: int) -> int:
    """How long this step is; 1 where anything about it is unusual, 2 while levelling, 3 for both."""
    t = b[IN_TIME * width + lane]
    elapsed = t - b[TIME * width + lane]
    nominal = tracked_interval(b[INTERVAL * width + lane], elapsed)
    gap = 1 if elapsed > 1.5 * nominal else 0
    # A long gap is one interval of evidence, not many.
    evidence = min(elapsed, nominal)
    b[TIME * width + lane] = t
    b[INTERVAL * width + lane] = nominal
    b[ELAPSED * width + lane] = elapsed
    b[DT * width + lane] = 0.0 if gap else elapsed
    b[GAP * width + lane] = float(gap)
    b[EVIDENCE * width + lane] = evidence
    after = 1 if b[AFTER * width + lane] > 0.0 else 0
    clipped = 1 if b[IN_FLAGS * width + lane] > 0.0 else 0
    levelling = 2 if b[LEVELLING * width + lane] >= 0.0 else 0
    return gap | after | clipped | levelling


@inline
def _weigh(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """What this step counts for in the low-passes."""
    step = b[EVIDENCE * width + lane]
    weight = b[REST_WEIGHT * width + lane] + step
    b[REST_WEIGHT * width + lane] = weight
    # One division for two; a first sample is a step of no length.
    length = step if step > 0.0 else 1.0
    both = 1.0 / (length * weight)
    b[RATE * width + lane] = both * weight
    put4(b, REST_STEP * width + lane, width, low_pass_step(step, both * length, c.rest_rate))


@inline
def _turn(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Turn by this sample's rate, unless the bridge of a gap has done it; learn how the rate behaves."""
    bias = get3(b, BIAS * width + lane, width)
    w = get3(b, IN_GYR * width + lane, width)
    last = get3(b, GYR * width + lane, width)
    last_but_one = get3(b, (GYR + 3) * width + lane, width)
    dt = b[DT * width + lane]
    rate, rate_before = b[RATE * width + lane], b[RATE_BEFORE * width + lane]
    turn = turn_of(without(w, bias), dt, without(last, bias), b[STEP_BEFORE * width + lane])
    put4(b, Q * width + lane, width, product(get4(b, Q * width + lane, width), exponential(turn)))
    share = min(1.0, dt * c.motion_rate)
    at = RATE_SQUARE * width + lane
    b[at] += share * (squared(without(w, bias)) - b[at])
    share = share if rate_before > 0.0 else 0.0
    at = JERK_SQUARE * width + lane
    b[at] += share * (squared(second_derivative(w, last, last_but_one, rate, rate_before)) - b[at])
    b[STEP_BEFORE * width + lane] = dt
    b[RATE_BEFORE * width + lane] = rate if dt > 0.0 else 0.0


@inline
def _keep(b: FloatArray, width: int, lane: int) -> None:
    """Keep the last three rates and their times."""
    middle = b[TIME * width + lane] - 0.5 * b[EVIDENCE * width + lane]
    put3(b, (GYR + 6) * width + lane, width, get3(b, (GYR + 3) * width + lane, width))
    put3(b, (GYR + 3) * width + lane, width, get3(b, GYR * width + lane, width))
    put3(b, GYR * width + lane, width, get3(b, IN_GYR * width + lane, width))
    x, y = b[MIDDLE * width + lane], b[(MIDDLE + 1) * width + lane]
    put3(b, MIDDLE * width + lane, width, (middle, x, y))
    b[KNOWN * width + lane] = min(b[KNOWN * width + lane] + 1.0, 3.0)


@inline
def _predict(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Force in E, and the covariance after the step."""
    dt = b[DT * width + lane]
    x, y, z = matrix_rows(get4(b, Q * width + lane, width))
    a = get3(b, IN_ACC * width + lane, width)
    put3(b, FORCE * width + lane, width, (dot(x, a), dot(y, a), dot(z, a)))
    w = without(get3(b, IN_GYR * width + lane, width), get3(b, BIAS * width + lane, width))
    activity = min(max(b[ACTIVITY * width + lane], c.activity_min), c.activity_max)
    noise = sqrt(activity) * (c.tilt_noise_still + c.tilt_noise_rate * squared(w)) * dt
    p = tilted(get_triangle(b, P * width + lane, width), dt)
    x, y = (x[0] * dt, x[1] * dt, x[2] * dt), (y[0] * dt, y[1] * dt, y[2] * dt)
    put_triangle(b, P * width + lane, width, drifted(p, x, y, noise, c.bias_growth * dt))


@inline
def _push(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Integrate the horizontal force; how well the velocity is known to be none follows how much it is."""
    step = b[EVIDENCE * width + lane]
    x, y = b[FORCE * width + lane], b[(FORCE + 1) * width + lane]
    u, v = b[VELOCITY * width + lane] + x * step, b[(VELOCITY + 1) * width + lane] + y * step
    b[VELOCITY * width + lane], b[(VELOCITY + 1) * width + lane] = u, v
    at = FORCE_SQUARE * width + lane
    b[at] += share_of(step * c.force_rate) * (0.5 * (x * x + y * y) - b[at])
    at = ACTIVITY * width + lane
    activity = b[at] + share_of(step * c.activity_rate) * (c.activity_inverse * (u * u + v * v) - b[at])
    b[at] = activity
    activity = min(max(activity, c.activity_min), c.activity_max)
    resting = b[REST_TIME * width + lane] >= c.rest_min
    noise = c.velocity_variance * activity * b[RATE * width + lane] * (c.rest_velocity if resting else 1.0)
    b[NOISE * width + lane] = noise if step > 0.0 else NO_MEASUREMENT


@inline
def _observe(b: FloatArray, width: int, lane: int) -> None:
    """Measure the velocity as none."""
    noise = b[NOISE * width + lane]
    d = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    p = get_triangle(b, P * width + lane, width)
    d, p = measured(d, p, 0, -b[VELOCITY * width + lane], noise, True)
    d, p = measured(d, p, 1, -b[(VELOCITY + 1) * width + lane], noise, True)
    put_triangle(b, P * width + lane, width, p)
    put7(b, CHANGE * width + lane, width, d)


@inline
def _rest(b: FloatArray, width: int, lane: int, c: Constants) -> int:
    """Rest detection of VQF: rate and acceleration stay near their own low-passed values; 1 at rest."""
    k = get4(b, REST_STEP * width + lane, width)
    w = get3(b, IN_GYR * width + lane, width)
    a = get3(b, IN_ACC * width + lane, width)
    m = follow3(b, REST_LP, width, lane, w, k)
    n = follow3(b, REST_LP + 6, width, lane, a, k)
    turns = 1 if squared(without(w, m)) > c.rest_gyr_squared else 0
    shakes = 1 if squared(without(a, n)) > c.rest_acc_squared else 0
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
    d, p = measured(d, p, 4, b[REST_LP * width + lane] - bias[0], noise, resting)
    d, p = measured(d, p, 5, b[(REST_LP + 2) * width + lane] - bias[1], noise, resting)
    d, p = measured(d, p, 6, b[(REST_LP + 4) * width + lane] - bias[2], noise, resting)
    put_triangle(b, P * width + lane, width, p)
    put7(b, CHANGE * width + lane, width, d)


@inline
def _correct(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Put what was estimated into the state."""
    d = get7(b, CHANGE * width + lane, width)
    b[VELOCITY * width + lane] += d[0]
    b[(VELOCITY + 1) * width + lane] += d[1]
    q = unit(product(exponential((d[2], d[3], 0.0)), get4(b, Q * width + lane, width)))
    put4(b, Q * width + lane, width, q)
    put4(b, OUT_Q * width + lane, width, q)
    x, y, z = get3(b, BIAS * width + lane, width)
    bias = limited((x + d[4], y + d[5], z + d[6]), c.bias_clip)
    put3(b, BIAS * width + lane, width, bias)
    w = get3(b, IN_GYR * width + lane, width)
    put3(b, OUT_GYR * width + lane, width, without(w, bias))


@inline
def _tell(b: FloatArray, width: int, lane: int) -> None:
    """How uncertain vertical and heading are; nothing pulls the heading back."""
    tilt = b[(P + 13) * width + lane] + b[(P + 18) * width + lane]
    b[OUT_INCLINATION_SD * width + lane] = sqrt(LEVEL_SD_MIN * LEVEL_SD_MIN + 0.5 * tilt)
    bias = (b[(P + 22) * width + lane] + b[(P + 25) * width + lane] + b[(P + 27) * width + lane]) * (1 / 3)
    at = HEADING_VAR * width + lane
    dt = b[ELAPSED * width + lane]
    variance = b[at] + 2.0 * sqrt(b[at] * bias) * dt + HEADING_WALK * dt
    b[at] = variance
    b[OUT_HEADING_SD * width + lane] = sqrt(variance)


@looped
def step(b: FloatArray, width: int, c: Constants) -> int:
    """One sample of every lane; odd where any lane's was unusual.

    Many short loops in place of one long: a processor has several lanes' worth of a short one under way
    at once, and waits for nothing.
    """
    met = 0
    for lane in range(width):
        met |= _meet(b, width, lane)
    if met & 1:
        for lane in range(width):
            unusual(b, width, lane, c)
    for lane in range(width):
        _weigh(b, width, lane, c)
    for lane in range(width):
        _turn(b, width, lane, c)
    for lane in range(width):
        _keep(b, width, lane)
    for lane in range(width):
        _predict(b, width, lane, c)
    for lane in range(width):
        _push(b, width, lane, c)
    # A long gap may have begun a levelling.
    if met:
        for lane in range(width):
            level(b, width, lane, c)
    for lane in range(width):
        _observe(b, width, lane)
    resting = 0
    for lane in range(width):
        resting |= _rest(b, width, lane, c)
    if resting:
        for lane in range(width):
            _settle(b, width, lane, c)
    for lane in range(width):
        _correct(b, width, lane, c)
    for lane in range(width):
        _tell(b, width, lane)
    return met & 1
