"""What one sample does in the orientation estimator: turn, integrate the force, sum up what a window wants.

Each part is for one lane, numbers in and out, and has no branch that differs between lanes, so that its loop
becomes vector instructions.
"""

from __future__ import annotations

from typing import NamedTuple

from fusion.kernels.compiled import inline
from fusion.kernels.estimator_buffer import get3, get4, put3, put4
from fusion.kernels.estimator_maths import second_difference, squared, turn_of, without
from fusion.kernels.estimator_state import (
    ACC_OFF,
    ACC_SUM,
    BIAS,
    COUNT,
    FORCE_SUM,
    GYR,
    GYR_OFF,
    GYR_SQUARES,
    GYR_SUM,
    JERK_SQUARES,
    KNOWN,
    MIDDLE,
    REST_LP,
    RISE,
    STEP_BEFORE,
    VELOCITY,
    Q,
)
from fusion.kernels.fused import fma
from fusion.kernels.rotation import Q4, V3, added, product, rotated, small_exponential
from fusion.types import FloatArray


class Motion(NamedTuple):
    """What runs on from sample to sample: orientation, velocity, and sums over the window."""

    q: Q4
    velocity_x: float
    velocity_y: float
    last: V3
    """The last rate, bias removed."""
    step_before: float
    rise: float
    force: float


@inline
def motion(b: FloatArray, width: int, lane: int) -> Motion:
    """Of a lane, from the buffer."""
    at = VELOCITY * width + lane
    return Motion(
        get4(b, Q * width + lane, width),
        b[at],
        b[at + width],
        without(get3(b, GYR * width + lane, width), get3(b, BIAS * width + lane, width)),
        b[STEP_BEFORE * width + lane],
        b[RISE * width + lane],
        b[FORCE_SUM * width + lane],
    )


@inline
def keep_motion(b: FloatArray, width: int, lane: int, m: Motion) -> None:
    """Write it back."""
    put4(b, Q * width + lane, width, m.q)
    b[VELOCITY * width + lane] = m.velocity_x
    b[(VELOCITY + 1) * width + lane] = m.velocity_y
    b[RISE * width + lane] = m.rise
    b[FORCE_SUM * width + lane] = m.force


@inline
def moved(m: Motion, w: V3, a: V3, dt: float, evidence: float) -> Motion:
    """Turn by a sample's rate, its bias removed, and integrate its force."""
    q = product(m.q, small_exponential(turn_of(w, dt, m.last, m.step_before)))
    x, y, z = rotated(q, a)
    return Motion(
        q,
        fma(x, evidence, m.velocity_x),
        fma(y, evidence, m.velocity_y),
        w,
        dt,
        fma(z, evidence, m.rise),
        fma(x, x, fma(y, y, m.force)),
    )


class Rates(NamedTuple):
    """The last rates and the times they are the mean around, and sums over the window of what is measured."""

    last: V3
    last_but_one: V3
    third: V3
    middle: V3
    step_before: float
    gyr: V3
    acc: V3
    squares: float
    jerks: float
    gyr_off: float
    acc_off: float


@inline
def rates(b: FloatArray, width: int, lane: int) -> Rates:
    """Of a lane, from the buffer."""
    at = GYR * width + lane
    return Rates(
        get3(b, at, width),
        get3(b, at + 3 * width, width),
        get3(b, at + 6 * width, width),
        get3(b, MIDDLE * width + lane, width),
        b[STEP_BEFORE * width + lane],
        get3(b, GYR_SUM * width + lane, width),
        get3(b, ACC_SUM * width + lane, width),
        b[GYR_SQUARES * width + lane],
        b[JERK_SQUARES * width + lane],
        b[GYR_OFF * width + lane],
        b[ACC_OFF * width + lane],
    )


@inline
def keep_rates(b: FloatArray, width: int, lane: int, r: Rates, count: float) -> None:
    """Write them back, after ``count`` more samples."""
    at = GYR * width + lane
    put3(b, at, width, r.last)
    put3(b, at + 3 * width, width, r.last_but_one)
    put3(b, at + 6 * width, width, r.third)
    put3(b, MIDDLE * width + lane, width, r.middle)
    b[STEP_BEFORE * width + lane] = r.step_before
    put3(b, GYR_SUM * width + lane, width, r.gyr)
    put3(b, ACC_SUM * width + lane, width, r.acc)
    b[GYR_SQUARES * width + lane] = r.squares
    b[JERK_SQUARES * width + lane] = r.jerks
    b[GYR_OFF * width + lane] = r.gyr_off
    b[ACC_OFF * width + lane] = r.acc_off
    b[KNOWN * width + lane] = min(b[KNOWN * width + lane] + count, 3.0)
    b[COUNT * width + lane] += count


class Usual(NamedTuple):
    """What does not change within a window: the bias, and rate and force low-passed."""

    bias: V3
    gyr: V3
    acc: V3


@inline
def usual(b: FloatArray, width: int, lane: int) -> Usual:
    """Of a lane, from the buffer."""
    at = REST_LP * width + lane
    return Usual(
        get3(b, BIAS * width + lane, width),
        get3(b, at, 2 * width),
        get3(b, at + 6 * width, 2 * width),
    )


@inline
def summed(r: Rates, u: Usual, t: float, w: V3, a: V3, dt: float, evidence: float) -> Rates:
    """Take a sample's rate and force into the sums."""
    jerk = squared(second_difference(w, r.last, r.last_but_one))
    known = (1 if dt > 0.0 else 0) & (1 if r.step_before > 0.0 else 0)
    return Rates(
        w,
        r.last,
        r.last_but_one,
        (t - 0.5 * evidence, r.middle[0], r.middle[1]),
        dt,
        added(r.gyr, w),
        added(r.acc, a),
        r.squares + squared(without(w, u.bias)),
        r.jerks + (jerk if known else 0.0),
        max(r.gyr_off, squared(without(w, u.gyr))),
        max(r.acc_off, squared(without(a, u.acc))),
    )
