"""One step of the orientation estimator over all lanes: what is read, computed and kept, part by part.

The mathematics is in `fusion.kernels.estimator_maths`; here it meets the buffer. Each part is for one
lane and has no branch that differs between lanes, so that its loop becomes vector instructions; only
what is rare has, and a loop of its own that is seldom entered.
"""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import inline, looped
from fusion.kernels.estimator_buffer import follow, follow3, get3, get4, get6, put3, put4, put6
from fusion.kernels.estimator_maths import (
    bridge,
    gap_sd,
    grown,
    heading_variance,
    limited,
    low_pass_step,
    measured,
    owed_curvature,
    row_error,
    squared,
    tracked_interval,
    turn_of,
    weight_left,
)
from fusion.kernels.estimator_state import (
    ACC_LP,
    ACC_SATURATED,
    BIAS,
    BRIDGE,
    BRIDGE_SLOPE,
    CHANGE,
    COVARIANCE,
    DT,
    ERROR,
    EVIDENCE,
    FIRST_STEP_S,
    GAP,
    GYR,
    GYR_BEFORE,
    GYR_SATURATED,
    HEADING_SD,
    HEADING_VAR,
    IN_ACC,
    IN_FLAGS,
    IN_GYR,
    IN_TIME,
    INCLINATION_SD,
    INTERVAL,
    LEVEL_STEP,
    MEASURED,
    NOISE,
    OUT_GYR,
    Q_ES,
    RATE,
    REST_LP,
    REST_STEP,
    REST_TIME,
    REST_WEIGHT,
    ROTATION_LP,
    STEP_BEFORE,
    TILT,
    TIME,
    UP,
    WEIGHT,
    Constants,
    Q,
)
from fusion.kernels.rotation import matrix_rows, product, turned, turned_by, uprighted
from fusion.types import FloatArray


@inline
def _meet(b: FloatArray, width: int, lane: int) -> int:
    """How long this step is; 1 where anything about it is unusual."""
    t = b[IN_TIME * width + lane]
    dt = t - b[TIME * width + lane]
    nominal = tracked_interval(b[INTERVAL * width + lane], dt)
    gap = 1 if dt > 1.5 * nominal else 0
    b[DT * width + lane] = dt
    b[INTERVAL * width + lane] = nominal
    b[GAP * width + lane] = float(gap)
    b[TIME * width + lane] = t
    owing = 1 if b[BRIDGE * width + lane] > 0.0 else 0
    clipped = 1 if b[IN_FLAGS * width + lane] >= GYR_SATURATED else 0
    return gap | owing | clipped


@inline
def _acc_clipped(b: FloatArray, width: int, lane: int) -> bool:
    flags = b[IN_FLAGS * width + lane]
    flags = flags - GYR_SATURATED if flags >= GYR_SATURATED else flags
    return flags >= ACC_SATURATED


@inline
def _unusual(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Gaps and what is owed after them; a rate beyond the sensor's range."""
    dt = b[DT * width + lane]
    if dt <= 0.0:
        return
    gap = b[GAP * width + lane] > 0.0
    w = get3(b, IN_GYR * width + lane, width)
    before = get3(b, GYR * width + lane, width)
    q = get4(b, Q * width + lane, width)
    owed = b[BRIDGE * width + lane]
    if owed > 0.0 and not gap:
        slope = get3(b, BRIDGE_SLOPE * width + lane, width)
        after = (w[0] - before[0]) / dt, (w[1] - before[1]) / dt, (w[2] - before[2]) / dt
        q = turned_by(q, owed_curvature(owed, slope, after))
        b[BRIDGE * width + lane] = 0.0
    forgotten = 0.0
    if gap:
        bias = get3(b, BIAS * width + lane, width)
        q = turned_by(q, bridge(w, before, bias, dt, b[INTERVAL * width + lane]))
        forgotten = gap_sd(w, before, dt, c)
        _owe(b, width, lane, dt, c)
    put4(b, Q * width + lane, width, q)
    _forget(b, width, lane, forgotten, c)
    if b[IN_FLAGS * width + lane] >= GYR_SATURATED:
        _forget(b, width, lane, 0.3 * dt * sqrt(squared(w)), c)


@inline
def _owe(b: FloatArray, width: int, lane: int, dt: float, c: Constants) -> None:
    """Remember a short gap and the slope before it; no rest lasts through a gap."""
    step = b[STEP_BEFORE * width + lane]
    short = dt <= c.curve_max and step > 0.0
    b[BRIDGE * width + lane] = dt if short else 0.0
    if short:
        x, y, z = get3(b, GYR * width + lane, width)
        u, v, w = get3(b, GYR_BEFORE * width + lane, width)
        put3(b, BRIDGE_SLOPE * width + lane, width, ((x - u) / step, (y - v) / step, (z - w) / step))
    b[REST_TIME * width + lane] = 0.0


@inline
def _forget(b: FloatArray, width: int, lane: int, sd_rad: float, c: Constants) -> None:
    """Shorten the memory of the vertical to what an added uncertainty leaves it worth."""
    b[WEIGHT * width + lane] = weight_left(b[WEIGHT * width + lane], sd_rad, c)
    b[HEADING_VAR * width + lane] += sd_rad * sd_rad


@inline
def _turn(b: FloatArray, width: int, lane: int) -> None:
    """Turn by this sample's rate, unless a gap's bridge has done it."""
    bx, by, bz = get3(b, BIAS * width + lane, width)
    w = get3(b, IN_GYR * width + lane, width)
    gx, gy, gz = get3(b, GYR * width + lane, width)
    gap = b[GAP * width + lane] > 0.0
    dt = 0.0 if gap else b[DT * width + lane]
    turn = turn_of(
        (w[0] - bx, w[1] - by, w[2] - bz), dt, (gx - bx, gy - by, gz - bz), b[STEP_BEFORE * width + lane]
    )
    put4(b, Q * width + lane, width, turned_by(get4(b, Q * width + lane, width), turn))
    put3(b, GYR_BEFORE * width + lane, width, (gx, gy, gz))
    put3(b, GYR * width + lane, width, w)
    b[STEP_BEFORE * width + lane] = dt


@inline
def _weigh(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """What this step counts for in the low-passes."""
    dt, nominal = b[DT * width + lane], b[INTERVAL * width + lane]
    # A long gap is one interval of evidence, not many.
    step = min(dt, nominal)
    step = step if dt > 0.0 else FIRST_STEP_S
    # A clipped acceleration counts for no time at all, which leaves the vertical as it is.
    level = 0.0 if _acc_clipped(b, width, lane) else step
    rest_weight = b[REST_WEIGHT * width + lane] + step
    weight = b[WEIGHT * width + lane] + level
    # One division for three.
    both = rest_weight * weight
    inverse = 1.0 / (both * step)
    rest_share, share = inverse * step * weight, inverse * step * rest_weight
    b[EVIDENCE * width + lane], b[RATE * width + lane] = step, inverse * both
    b[REST_WEIGHT * width + lane] = rest_weight
    b[WEIGHT * width + lane] = min(c.tau_acc, weight)
    put4(b, REST_STEP * width + lane, width, low_pass_step(step, rest_share, c.rest_rate))
    put4(b, LEVEL_STEP * width + lane, width, low_pass_step(level, share, c.acc_rate))
    share = max(c.acc_rate, share)
    b[INCLINATION_SD * width + lane] = sqrt(1e-4 + c.acc_variance * share)


@inline
def _rest(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Rest detection of VQF: rate and acceleration stay near their own low-passed values."""
    k = get4(b, REST_STEP * width + lane, width)
    w = get3(b, IN_GYR * width + lane, width)
    a = get3(b, IN_ACC * width + lane, width)
    x, y, z = follow3(b, REST_LP, width, lane, w, k)
    gyr_deviation = squared((w[0] - x, w[1] - y, w[2] - z))
    fast = abs(x) > c.bias_clip
    fast = fast or abs(y) > c.bias_clip
    fast = fast or abs(z) > c.bias_clip
    x, y, z = follow3(b, REST_LP + 6, width, lane, a, k)
    acc_deviation = squared((a[0] - x, a[1] - y, a[2] - z))
    moving = fast or gyr_deviation > c.rest_gyr_squared or acc_deviation > c.rest_acc_squared
    at = REST_TIME * width + lane
    b[at] = 0.0 if moving else b[at] + b[EVIDENCE * width + lane]


@inline
def _average(b: FloatArray, width: int, lane: int) -> None:
    """Low-pass the acceleration where it does not turn with the sensor."""
    a = turned(get4(b, Q * width + lane, width), get3(b, IN_ACC * width + lane, width))
    a = follow3(b, ACC_LP, width, lane, a, get4(b, LEVEL_STEP * width + lane, width))
    put3(b, UP * width + lane, width, turned(get4(b, TILT * width + lane, width), a))


@inline
def _level(b: FloatArray, width: int, lane: int) -> None:
    """Let the low-passed acceleration pull the vertical."""
    tilt = get4(b, TILT * width + lane, width)
    ex, ey, tilt = uprighted(tilt, get3(b, UP * width + lane, width))
    put4(b, TILT * width + lane, width, tilt)
    put4(b, Q_ES * width + lane, width, product(tilt, get4(b, Q * width + lane, width)))
    rate = b[RATE * width + lane]
    put3(b, ERROR * width + lane, width, (-ey * rate, ex * rate, 0.0))


@inline
def _compare(b: FloatArray, width: int, lane: int) -> None:
    """What the vertical had to be pulled by, less what the present bias explains."""
    k = get4(b, LEVEL_STEP * width + lane, width)
    first = b[DT * width + lane] <= 0.0
    k = (1.0 if first else k[0], 0.0 if first else k[1], 1.0 if first else k[2], 0.0 if first else k[3])
    bias = get3(b, BIAS * width + lane, width)
    rx, ry, rz = matrix_rows(get4(b, Q_ES * width + lane, width))
    hx = follow3(b, ROTATION_LP, width, lane, rx, k)
    hy = follow3(b, ROTATION_LP + 6, width, lane, ry, k)
    hz = follow3(b, ROTATION_LP + 12, width, lane, rz, k)
    dx = follow(b, ROTATION_LP + 18, width, lane, -row_error(rx, bias, 0.0), k)
    dy = follow(b, ROTATION_LP + 20, width, lane, -row_error(ry, bias, 0.0), k)
    ex, ey, ez = get3(b, ERROR * width + lane, width)
    e = row_error(hx, bias, ex + dx), row_error(hy, bias, ey + dy), row_error(hz, bias, ez)
    put3(b, ERROR * width + lane, width, e)


@inline
def _choose(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """What the bias is measured by: at rest the mean rate itself, in motion what tilted the vertical."""
    idle = 1 if b[DT * width + lane] <= 0.0 else 0
    clipped = 1 if _acc_clipped(b, width, lane) else 0
    use = (idle | clipped) == 0
    resting = b[REST_TIME * width + lane] >= c.rest_time
    bias = get3(b, BIAS * width + lane, width)
    for row in range(3):
        rest = b[(REST_LP + 2 * row) * width + lane] - bias[row]
        at = (ERROR + row) * width + lane
        b[at] = limited(rest if resting else b[at], c.bias_clip)
        for col in range(3):
            h = b[(ROTATION_LP + 6 * row + 2 * col) * width + lane]
            rest = 1.0 if row == col else 0.0
            b[(MEASURED + 3 * row + col) * width + lane] = rest if resting else h
    variance = c.rest_variance if resting else c.motion_variance
    noise = variance + variance * variance * b[RATE * width + lane] * c.bias_growth_inverse
    noise = noise if use else 0.0
    b[NOISE * width + lane] = noise
    b[(NOISE + 1) * width + lane] = noise if resting else noise * c.vertical_rate
    p = get6(b, COVARIANCE * width + lane, width)
    growth = c.bias_growth * b[EVIDENCE * width + lane] if use else 0.0
    put6(b, COVARIANCE * width + lane, width, grown(p, growth, c.bias_variance_start))
    put3(b, CHANGE * width + lane, width, (0.0, 0.0, 0.0))


@inline
def _learn(b: FloatArray, width: int, lane: int, row: int) -> None:
    """Kalman filter of the gyroscope bias, one of three independent measurements: no matrix inverse."""
    change, p = measured(
        get3(b, CHANGE * width + lane, width),
        get6(b, COVARIANCE * width + lane, width),
        get3(b, (MEASURED + 3 * row) * width + lane, width),
        b[(ERROR + row) * width + lane],
        b[(NOISE + (row >> 1)) * width + lane],
    )
    put3(b, CHANGE * width + lane, width, change)
    put6(b, COVARIANCE * width + lane, width, p)


@inline
def _finish(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    """Take the bias over, and tell how uncertain the heading is, which nothing pulls back."""
    x, y, z = get3(b, BIAS * width + lane, width)
    u, v, w = get3(b, CHANGE * width + lane, width)
    bias = limited(x + u, c.bias_clip), limited(y + v, c.bias_clip), limited(z + w, c.bias_clip)
    put3(b, BIAS * width + lane, width, bias)
    x, y, z = get3(b, IN_GYR * width + lane, width)
    put3(b, OUT_GYR * width + lane, width, (x - bias[0], y - bias[1], z - bias[2]))
    at = HEADING_VAR * width + lane
    b[at] = heading_variance(b[at], get6(b, COVARIANCE * width + lane, width), b[DT * width + lane])
    b[HEADING_SD * width + lane] = sqrt(b[at])


@inline
def _lead(b: FloatArray, width: int, lane: int, lead: float) -> None:
    """Orientation whose vertical is the low-passed acceleration and ``lead`` of its slope."""
    x, u, y = get3(b, ACC_LP * width + lane, width)
    v, z, w = get3(b, (ACC_LP + 3) * width + lane, width)
    ahead = x + lead * u, y + lead * v, z + lead * w
    tilt = get4(b, TILT * width + lane, width)
    tilt = uprighted(tilt, turned(tilt, ahead))[2]
    put4(b, Q_ES * width + lane, width, product(tilt, get4(b, Q * width + lane, width)))


@looped
def step(b: FloatArray, width: int, c: Constants) -> int:
    """One sample of every lane; 1 where any lane's was unusual.

    Many short loops in place of one long: a processor has several lanes' worth of a short one under way
    at once, and waits for nothing.
    """
    unusual = 0
    for lane in range(width):
        unusual |= _meet(b, width, lane)
    if unusual:
        for lane in range(width):
            _unusual(b, width, lane, c)
    for lane in range(width):
        _turn(b, width, lane)
    for lane in range(width):
        _weigh(b, width, lane, c)
    for lane in range(width):
        _rest(b, width, lane, c)
    for lane in range(width):
        _average(b, width, lane)
    for lane in range(width):
        _level(b, width, lane)
    for lane in range(width):
        _compare(b, width, lane)
    for lane in range(width):
        _choose(b, width, lane, c)
    for lane in range(width):
        _learn(b, width, lane, 0)
    for lane in range(width):
        _learn(b, width, lane, 1)
    for lane in range(width):
        _learn(b, width, lane, 2)
    for lane in range(width):
        _finish(b, width, lane, c)
    if c.lead > 0.0:
        for lane in range(width):
            _lead(b, width, lane, c.lead)
    return unusual
