"""The vertical found anew in the orientation estimator: at the start, and when a gap has cost too much.

A linear filter cannot turn back from there, so the mean force is the vertical for a while. Functions of one
lane, entered rarely.
"""

from __future__ import annotations

from math import atan2, sqrt

from fusion.kernels.compiled import rare
from fusion.kernels.estimator_buffer import get3, get4, put4, triangle_row
from fusion.kernels.estimator_state import (
    ACC_SATURATED,
    ACTIVITY,
    COUNT,
    EVIDENCE,
    FIRST_LEVELLING_S,
    FLAGS,
    FORCE_SQUARE,
    GYR_SQUARES,
    IMPULSE,
    IN_ACC,
    LEAN,
    LEVEL_SHARE,
    LEVELLING,
    NO_MEASUREMENT,
    NOISE,
    PULL,
    PULL_VARIANCE,
    RATE_SQUARE,
    RISE,
    VELOCITY,
    Constants,
    G,
    P,
    Q,
)
from fusion.kernels.rotation import exponential, product, rotated, unit, uprighting
from fusion.types import FloatArray


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
    # In flight no force shows the vertical: what it adds up to counts, not how long it took.
    worth = max(min(t, impulse / G), FIRST_LEVELLING_S)
    missing = LEVEL_SHARE * (impulse - G * t)
    _know_tilt(b, width, lane, worth, speed_variance(b, width, lane, c) + missing * missing)
    b[IMPULSE * width + lane] = impulse
    over = worth > c.levelling or t > 2.0 * c.levelling
    b[LEVELLING * width + lane] = -1.0 if over else t
    b[NOISE * width + lane] = NO_MEASUREMENT


@rare
def _know_tilt(b: FloatArray, width: int, lane: int, t: float, velocity: float) -> None:
    """Velocity and tilt are what ``t`` seconds of averaging leave them: unknown, and bound together.

    ``velocity`` is the variance of a horizontal velocity.
    """
    for row in range(7 + 6 + 5 + 4):
        b[(P + row) * width + lane] = 0.0
    b[LEAN * width + lane] = b[(LEAN + 1) * width + lane] = 0.0
    b[PULL * width + lane] = b[(PULL + 1) * width + lane] = b[PULL_VARIANCE * width + lane] = 0.0
    force = b[FORCE_SQUARE * width + lane] / (G * G) * min(1.0, 0.05 / t)
    tilt = min(2.0, 2.0 * velocity / (G * t * G * t) + force)
    both = min(velocity / (G * t), 0.95 * sqrt(velocity * tilt))
    for i in range(2):
        b[(VELOCITY + i) * width + lane] = 0.0
        b[(P + triangle_row(i, i)) * width + lane] = velocity
        b[(P + triangle_row(2 + i, 2 + i)) * width + lane] = tilt
    b[(P + triangle_row(0, 3)) * width + lane] = both
    b[(P + triangle_row(1, 2)) * width + lane] = -both


@rare
def level_anew(b: FloatArray, width: int, lane: int, c: Constants, sd_rad: float) -> None:
    """After a gap that cost too much level on the force alone; after a lesser one average less of it."""
    t = b[LEVELLING * width + lane]
    if sd_rad > c.lost_sd:
        b[LEVELLING * width + lane], b[IMPULSE * width + lane] = FIRST_LEVELLING_S, FIRST_LEVELLING_S * G
        x, y = tilt_of_force(b, width, lane)
        q = product(exponential((x, y, 0.0)), get4(b, Q * width + lane, width))
        put4(b, Q * width + lane, width, unit(q))
        b[VELOCITY * width + lane] = b[(VELOCITY + 1) * width + lane] = 0.0
    elif t >= 0.0:
        velocity = speed_variance(b, width, lane, c)
        left = 1.0 / sqrt(1.0 / (t * t) + sd_rad * sd_rad * G * G / (2.0 * velocity))
        b[LEVELLING * width + lane] = left
        b[IMPULSE * width + lane] *= left / t
        b[VELOCITY * width + lane] = b[(VELOCITY + 1) * width + lane] = 0.0


@rare
def speed_variance(b: FloatArray, width: int, lane: int, c: Constants) -> float:
    """Of each horizontal velocity: what it has been, and what turning swings the sensor with."""
    activity = min(max(b[ACTIVITY * width + lane], c.activity_min), c.activity_max)
    now = b[GYR_SQUARES * width + lane] / max(b[COUNT * width + lane], 1.0)
    return c.speed_variance * activity + c.lever_squared * max(b[RATE_SQUARE * width + lane], now)


@rare
def tilt_of_force(b: FloatArray, width: int, lane: int) -> tuple[float, float]:
    """Rotation about E's X and Y that would make the present force point up, rad."""
    x, y, z = rotated(get4(b, Q * width + lane, width), get3(b, IN_ACC * width + lane, width))
    horizontal = sqrt(x * x + y * y)
    scale = atan2(horizontal, z) / max(horizontal, 1e-9)
    return y * scale, -x * scale
