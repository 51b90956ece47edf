"""Samples taken by the orientation estimator's lanes: a whole window at once, or one by one.

A whole window without anything unusual is taken at once (`take_window`), its samples unrolled, so that what
runs on from sample to sample stays in registers; else samples are taken one by one (`take_sample`), with the
rare parts of `fusion.kernels.estimator_gap` where they are wanted. Both do the same operations in the same
order.
"""

from __future__ import annotations

from fusion.kernels.compiled import inline, looped, rare
from fusion.kernels.estimator_buffer import get3, get4, put3, put4
from fusion.kernels.estimator_gap import unusual
from fusion.kernels.estimator_maths import tracked_interval, without
from fusion.kernels.estimator_state import (
    AFTER,
    BIAS,
    COUNT,
    DT,
    ELAPSED,
    EVIDENCE,
    FLAGS,
    GAP,
    GYR,
    HEADING_SD,
    IN_ACC,
    IN_FLAGS,
    IN_GYR,
    IN_TIME,
    INCLINATION_SD,
    INTERVAL,
    KNOWN,
    NEXT_INTERVAL,
    STARTED,
    TIME,
    UNUSABLE,
    UNUSUAL,
    WINDOW,
    X_ACC,
    X_FLAGS,
    X_GYR,
    X_TIME,
    Y_GYR,
    Y_HEADING_SD,
    Y_INCLINATION_SD,
    Y_Q,
    Constants,
    Q,
)
from fusion.kernels.estimator_step import (
    Motion,
    Rates,
    Usual,
    keep_motion,
    keep_rates,
    motion,
    moved,
    rates,
    summed,
    usual,
)
from fusion.kernels.estimator_window import close
from fusion.kernels.rotation import V3
from fusion.types import FloatArray

# --- a whole window -------------------------------------------------------------------------------------


@inline
def _unusual_at(b: FloatArray, x: FloatArray, width: int, lane: int) -> int:
    """1 where anything about a window's samples is not as always."""
    last, nominal = b[TIME * width + lane], b[INTERVAL * width + lane]
    unusual = 1 if b[AFTER * width + lane] > 0.0 else 0
    idle = 0 if b[STARTED * width + lane] > 0.0 else 1
    still_first = 0 if b[KNOWN * width + lane] > 0.0 else 1
    for k in range(WINDOW):
        t = x[(X_TIME + k) * width + lane]
        elapsed, last = t - last, t
        nominal = tracked_interval(nominal, elapsed)
        unusual |= 0 if elapsed <= 1.5 * nominal else 1
        unusual |= 0 if elapsed > 0.0 else 1 - (idle | still_first)
        still_first = 0
    b[NEXT_INTERVAL * width + lane] = nominal
    return unusual


_Moving = tuple[float, Motion]
"""Time of the last sample, and motion after it."""
_Summing = tuple[float, Rates]
"""Time of the last sample, and sums after it."""


@inline
def _move1(s: _Moving, x: FloatArray, y: FloatArray, width: int, lane: int, bias: V3, k: int) -> _Moving:
    """One sample of a window: time and motion after it; its orientation and rate go to ``y``."""
    time, m = s
    t = x[(X_TIME + k) * width + lane]
    w = without(get3(x, (X_GYR + 3 * k) * width + lane, width), bias)
    dt = t - time
    m = moved(m, w, get3(x, (X_ACC + 3 * k) * width + lane, width), dt, dt)
    put4(y, (Y_Q + 4 * k) * width + lane, width, m.q)
    put3(y, (Y_GYR + 3 * k) * width + lane, width, w)
    return t, m


@inline
def _move2(s: _Moving, x: FloatArray, y: FloatArray, width: int, lane: int, bias: V3, k: int) -> _Moving:
    return _move1(_move1(s, x, y, width, lane, bias, k), x, y, width, lane, bias, k + 1)


@inline
def _move4(s: _Moving, x: FloatArray, y: FloatArray, width: int, lane: int, bias: V3, k: int) -> _Moving:
    return _move2(_move2(s, x, y, width, lane, bias, k), x, y, width, lane, bias, k + 2)


@inline
def _move_window(b: FloatArray, x: FloatArray, y: FloatArray, width: int, lane: int) -> None:
    bias = get3(b, BIAS * width + lane, width)
    s = b[TIME * width + lane], motion(b, width, lane)
    s = _move4(_move4(s, x, y, width, lane, bias, 0), x, y, width, lane, bias, 4)
    keep_motion(b, width, lane, s[1])


@inline
def _sum1(s: _Summing, x: FloatArray, width: int, lane: int, u: Usual, k: int) -> _Summing:
    time, r = s
    t = x[(X_TIME + k) * width + lane]
    w = get3(x, (X_GYR + 3 * k) * width + lane, width)
    a = get3(x, (X_ACC + 3 * k) * width + lane, width)
    dt = t - time
    return t, summed(r, u, t, w, a, dt, dt)


@inline
def _sum2(s: _Summing, x: FloatArray, width: int, lane: int, u: Usual, k: int) -> _Summing:
    return _sum1(_sum1(s, x, width, lane, u, k), x, width, lane, u, k + 1)


@inline
def _sum4(s: _Summing, x: FloatArray, width: int, lane: int, u: Usual, k: int) -> _Summing:
    return _sum2(_sum2(s, x, width, lane, u, k), x, width, lane, u, k + 2)


@inline
def _sum_window(b: FloatArray, x: FloatArray, width: int, lane: int) -> None:
    u = usual(b, width, lane)
    s = b[TIME * width + lane], rates(b, width, lane)
    b[TIME * width + lane], r = _sum4(_sum4(s, x, width, lane, u, 0), x, width, lane, u, 4)
    keep_rates(b, width, lane, r, float(WINDOW))
    b[INTERVAL * width + lane] = b[NEXT_INTERVAL * width + lane]
    b[GAP * width + lane] = b[FLAGS * width + lane] = 0.0


@inline
def _tell_doubts(b: FloatArray, y: FloatArray, width: int, lane: int, k: int) -> None:
    y[(Y_INCLINATION_SD + k) * width + lane] = b[INCLINATION_SD * width + lane]
    y[(Y_HEADING_SD + k) * width + lane] = b[HEADING_SD * width + lane]


@inline
def _tell_before(b: FloatArray, y: FloatArray, width: int, lane: int) -> None:
    """The uncertainties of all but a window's last sample are those of the window before."""
    for k in range(WINDOW - 1):
        _tell_doubts(b, y, width, lane, k)


@inline
def tell(b: FloatArray, y: FloatArray, width: int, lane: int, k: int) -> None:
    """Sample ``k`` of a window as it is known after it."""
    put4(y, (Y_Q + 4 * k) * width + lane, width, get4(b, Q * width + lane, width))
    w = without(get3(b, GYR * width + lane, width), get3(b, BIAS * width + lane, width))
    put3(y, (Y_GYR + 3 * k) * width + lane, width, w)
    _tell_doubts(b, y, width, lane, k)


@looped
def take_window(b: FloatArray, x: FloatArray, y: FloatArray, width: int, c: Constants) -> bool:
    """A window of every lane from ``x`` into ``y``; no sample of it is clipped.

    False, and nothing done, where any lane has something else that is unusual.
    """
    met = 0
    for lane in range(width):
        met |= _unusual_at(b, x, width, lane)
    if met:
        return False
    for lane in range(width):
        _move_window(b, x, y, width, lane)
    for lane in range(width):
        _sum_window(b, x, width, lane)
    for lane in range(width):
        _tell_before(b, y, width, lane)
    close(b, width, 0, width, c)
    for lane in range(width):
        tell(b, y, width, lane, WINDOW - 1)
    return True


# --- one by one -----------------------------------------------------------------------------------------


@inline
def hand(b: FloatArray, x: FloatArray, width: int, lane: int, k: int) -> None:
    """Have sample ``k`` of a window come in."""
    b[IN_TIME * width + lane] = x[(X_TIME + k) * width + lane]
    put3(b, IN_GYR * width + lane, width, get3(x, (X_GYR + 3 * k) * width + lane, width))
    put3(b, IN_ACC * width + lane, width, get3(x, (X_ACC + 3 * k) * width + lane, width))
    b[IN_FLAGS * width + lane] = x[(X_FLAGS + k) * width + lane]


@inline
def _look(b: FloatArray, width: int, lane: int) -> int:
    """1 where anything about the sample that comes in is unusual."""
    elapsed = b[IN_TIME * width + lane] - b[TIME * width + lane]
    nominal = tracked_interval(b[INTERVAL * width + lane], elapsed)
    follows = (1 if b[KNOWN * width + lane] > 0.0 else 0) & (1 if b[STARTED * width + lane] > 0.0 else 0)
    unusable = 0 if elapsed > 0.0 else follows
    b[UNUSABLE * width + lane] = max(b[UNUSABLE * width + lane], float(unusable))
    gap = 1 if elapsed > 1.5 * nominal else 0
    after = 1 if b[AFTER * width + lane] > 0.0 else 0
    clipped = 1 if b[IN_FLAGS * width + lane] > 0.0 else 0
    unusual = gap | after | clipped
    b[UNUSUAL * width + lane] = float(unusual)
    return unusual


@inline
def _receive(b: FloatArray, width: int, lane: int) -> None:
    """Work out how long the step of the sample that comes in is."""
    t = b[IN_TIME * width + lane]
    elapsed = t - b[TIME * width + lane]
    nominal = tracked_interval(b[INTERVAL * width + lane], elapsed)
    gap = 1 if elapsed > 1.5 * nominal else 0
    b[TIME * width + lane] = t
    b[INTERVAL * width + lane] = nominal
    b[ELAPSED * width + lane] = elapsed
    b[DT * width + lane] = 0.0 if gap else elapsed
    b[GAP * width + lane] = float(gap)
    b[EVIDENCE * width + lane] = nominal if gap else elapsed
    b[FLAGS * width + lane] = b[IN_FLAGS * width + lane]


@inline
def _move(b: FloatArray, width: int, lane: int) -> None:
    w = without(get3(b, IN_GYR * width + lane, width), get3(b, BIAS * width + lane, width))
    a = get3(b, IN_ACC * width + lane, width)
    dt, evidence = b[DT * width + lane], b[EVIDENCE * width + lane]
    keep_motion(b, width, lane, moved(motion(b, width, lane), w, a, dt, evidence))


@inline
def _sum_up(b: FloatArray, width: int, lane: int) -> None:
    w, a = get3(b, IN_GYR * width + lane, width), get3(b, IN_ACC * width + lane, width)
    t, dt, evidence = b[TIME * width + lane], b[DT * width + lane], b[EVIDENCE * width + lane]
    r = summed(rates(b, width, lane), usual(b, width, lane), t, w, a, dt, evidence)
    keep_rates(b, width, lane, r, 1.0)


@rare
def _close_one(b: FloatArray, width: int, lane: int, c: Constants) -> None:
    close(b, width, lane, lane + 1, c)


@looped
def take_sample(b: FloatArray, width: int, c: Constants, last: bool) -> int:
    """The sample that comes in in every lane, ``last`` of their windows or not; 1 where any was unusual.

    What is unusual about a sample is a window of its own.
    """
    met = 0
    for lane in range(width):
        met |= _look(b, width, lane)
    if met:
        for lane in range(width):
            if b[UNUSUAL * width + lane] > 0.0 and b[COUNT * width + lane] > 0.0:
                _close_one(b, width, lane, c)
    for lane in range(width):
        _receive(b, width, lane)
    if met:
        for lane in range(width):
            if b[UNUSUAL * width + lane] > 0.0:
                unusual(b, width, lane, c)
    for lane in range(width):
        _move(b, width, lane)
    for lane in range(width):
        _sum_up(b, width, lane)
    if last:
        close(b, width, 0, width, c)
    elif met:
        for lane in range(width):
            if b[UNUSUAL * width + lane] > 0.0:
                _close_one(b, width, lane, c)
    return met
