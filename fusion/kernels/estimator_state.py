"""What the orientation estimator remembers and is told: rows of its flat buffer, and its constants.

A state is one column of STATE_SIZE numbers, so that it can be copied, stored and moved as one value.
In a buffer of W lanes, row ``r`` of lane ``l`` is at ``r * W + l``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from fusion.kernels.compiled import inline
from fusion.types import FloatArray
from fusion.units import STANDARD_GRAVITY_MS2

TIME: Final = 0
STARTED: Final = TIME + 1
INTERVAL: Final = STARTED + 1
"""Tracked sampling interval of the device, s."""
Q: Final = INTERVAL + 1
"""Orientation, S to E (4)."""
VELOCITY: Final = Q + 4
"""Horizontal velocity in E, m/s (2): the integral of the specific force, held near zero."""
BIAS: Final = VELOCITY + 2
P: Final = BIAS + 3
"""Covariance of velocity (2), tilt about E's X and Y (2) and bias (3): upper triangle, row by row (28)."""
GYR: Final = P + 28
"""The last three rates (9), bias not removed, newest first, and the times they are the mean around (3)."""
MIDDLE: Final = GYR + 9
KNOWN: Final = MIDDLE + 3
"""How many of the three there are."""
STEP_BEFORE: Final = KNOWN + 1
"""Length of the last step, s; 0 after a gap."""
REST_LP: Final = STEP_BEFORE + 1
"""Low-passed rate (3) and acceleration (3), each as value and slope."""
REST_WEIGHT: Final = REST_LP + 12
REST_TIME: Final = REST_WEIGHT + 1
RATE_SQUARE: Final = REST_TIME + 1
"""Running means: squared rate, its squared second derivative, squared horizontal specific force."""
JERK_SQUARE: Final = RATE_SQUARE + 1
FORCE_SQUARE: Final = JERK_SQUARE + 1
ACTIVITY: Final = FORCE_SQUARE + 1
"""Running mean of the squared velocity, in units of its reference."""
LEVELLING: Final = ACTIVITY + 1
"""For how long the mean force has been taken for the vertical, s; negative when that is done."""
IMPULSE: Final = LEVELLING + 1
"""Length of the integral of the specific force since then, m/s."""
HEADING_VAR: Final = IMPULSE + 1
AFTER: Final = HEADING_VAR + 1
"""Samples since a gap whose bridge may still be bettered (0: none)."""
GAP_FROM: Final = AFTER + 1
GAP_TO: Final = GAP_FROM + 1
GIVEN: Final = GAP_TO + 1
"""Rotation vector given for the gap so far (3), and what was turned since (3)."""
SINCE: Final = GIVEN + 3
BEFORE: Final = SINCE + 3
"""How many rates there were before the gap, those rates (9) and their times (3)."""
BEFORE_GYR: Final = BEFORE + 1
BEFORE_MIDDLE: Final = BEFORE_GYR + 9
PHASE: Final = BEFORE_MIDDLE + 3
"""Samples taken, modulo WINDOW."""
COUNT: Final = PHASE + 1
"""Samples of the open window, …"""
ROWS: Final = COUNT + 1
"""the first two rows of the S-to-E matrix (6) and the time when it began, and over it:"""
OPENED: Final = ROWS + 6
RISE: Final = OPENED + 1
"""the integral of the vertical force, m/s,"""
FORCE_SUM: Final = RISE + 1
"""the sum of the mean squared horizontal force,"""
GYR_SUM: Final = FORCE_SUM + 1
"""of rate (3) and force (3) in S,"""
ACC_SUM: Final = GYR_SUM + 3
GYR_SQUARES: Final = ACC_SUM + 3
"""of the squared rate and of its squared second difference, bias removed,"""
JERK_SQUARES: Final = GYR_SQUARES + 1
GYR_OFF: Final = JERK_SQUARES + 1
"""and the largest squared deviations of rate and force from their low-passed values."""
ACC_OFF: Final = GYR_OFF + 1
PULL: Final = ACC_OFF + 1
"""By what the force has turned the vertical in the last seconds, about E's X and Y (2), rad, …"""
PULL_VARIANCE: Final = PULL + 2
"""and the variance of that for which the filter had been ready."""
LEAN: Final = PULL_VARIANCE + 1
"""Mean horizontal force of the last seconds in E (2), m/s², and the velocity when the window began (2)."""
SPEED_BEFORE: Final = LEAN + 2
CLIPPED_AT: Final = SPEED_BEFORE + 2
"""When the rate was clipped last, for how long by then, and how fast it rose before, rad/s²."""
CLIPPED_FOR: Final = CLIPPED_AT + 1
CLIPPED_RISE: Final = CLIPPED_FOR + 1
INCLINATION_SD: Final = CLIPPED_RISE + 1
"""One-sigma uncertainties as of the last window, rad."""
HEADING_SD: Final = INCLINATION_SD + 1
STATE_SIZE: Final = HEADING_SD + 1

# The sample that comes in, where samples are taken one by one,
IN_TIME: Final = STATE_SIZE
IN_GYR: Final = IN_TIME + 1
IN_ACC: Final = IN_GYR + 3
IN_FLAGS: Final = IN_ACC + 3
"""its quality bits,"""
DT: Final = IN_FLAGS + 1
"""the length of its step, s; 0 for a first sample and where the rare part has crossed a gap."""
GAP: Final = DT + 1
"""1 where it follows missing ones."""
ELAPSED: Final = GAP + 1
"""Time since the last sample, gap or not, s."""
EVIDENCE: Final = ELAPSED + 1
"""Length of the step as evidence, s: a long gap is one interval of evidence, not many; then the window's."""
FLAGS: Final = EVIDENCE + 1
"""Quality bits of the window's samples."""
UNUSUAL: Final = FLAGS + 1
"""1 where something about it is: a gap, what is owed after one, a clipped value."""
UNUSABLE: Final = UNUSUAL + 1
"""1 once a time did not increase."""
# What passes from one part of a window's closing to the next.
RATE: Final = UNUSABLE + 1
"""One by the window's length as evidence, and one by its number of samples."""
MEAN: Final = RATE + 1
REST_STEP: Final = MEAN + 1
"""Coefficients of the rest detector's low-pass over the window (4)."""
NOISE: Final = REST_STEP + 4
"""Variance of the velocity's pseudo-measurement."""
CHANGE: Final = NOISE + 1
"""Change of the state by the window so far (7)."""
NEXT_INTERVAL: Final = CHANGE + 7
"""The tracked interval after a window that has been looked through."""
BUFFER_ROWS: Final = NEXT_INTERVAL + 1

TILT_COLUMNS: Final = 12
"""Of what is told on request: velocity (2), covariance of velocity and tilt (10)."""

WINDOW: Final = 8
"""Samples for which the covariance, and what else changes slowly, is worked out once."""

# The samples of a window in lanes, quantity by quantity, sample by sample, …
X_TIME: Final = 0
X_GYR: Final = X_TIME + WINDOW
X_ACC: Final = X_GYR + 3 * WINDOW
X_FLAGS: Final = X_ACC + 3 * WINDOW
X_ROWS: Final = X_FLAGS + WINDOW
# … and what comes out of them.
Y_Q: Final = 0
Y_GYR: Final = Y_Q + 4 * WINDOW
Y_INCLINATION_SD: Final = Y_GYR + 3 * WINDOW
Y_HEADING_SD: Final = Y_INCLINATION_SD + WINDOW
Y_ROWS: Final = Y_HEADING_SD + WINDOW

AFTER_GAP: Final = 1
ACC_SATURATED: Final = 2
GYR_SATURATED: Final = 4

G: Final = STANDARD_GRAVITY_MS2
FIRST_LEVELLING_S: Final = 1e-3
"""What the first force counts for."""
CLIPPED_FORCE_MS2: Final = 20.0
"""What a clipped accelerometer may have missed."""
LEAN_SHARE: Final = 1.0 / (G * G)
LEVEL_SHARE: Final = 0.5
"""How much of what a body gains upwards it may gain to a side."""
CLIPPED_SHARE: Final = 0.1
"""What a clipped rate may have missed at least, as a share of it."""
FASTER: Final = 2.0
"""A rate this many times the usual one is another kind of motion."""
STILL_RADS: Final = 0.1
"""Rate below which motion is none."""
NO_MEASUREMENT: Final = 1e9
"""A noise so large that nothing is learnt."""
HEADING_WALK: Final = 1e-8
"""Variance of the heading gained in a second, rad²/s."""
LEVEL_SD_MIN: Final = 0.015
"""No vertical is claimed to be better, rad: zero-g offset, scale and axes of an accelerometer."""


class Constants(NamedTuple):
    """The estimator's parameters as its inner loop wants them: reciprocals and squares taken once."""

    velocity_variance: float
    """Of its pseudo-measurement over one second, (m/s)²·s."""
    tilt_noise_still: float
    """Variance of the tilt gained in a second, at rest and for each (rad/s)² of rate."""
    tilt_noise_rate: float
    activity_rate: float
    activity_inverse: float
    """Turns a squared velocity (2 axes) into activity."""
    activity_min: float
    activity_max: float
    bias_variance_start: float
    bias_growth: float
    bias_clip: float
    rest_rate: float
    rest_min: float
    rest_gyr_squared: float
    rest_acc_squared: float
    rest_variance: float
    rest_velocity: float
    gap_curve: float
    gap_turn: float
    gap_floor: float
    gap_max: float
    rate_length: float
    rate_noise: float
    speed_variance: float
    speed_rate: float
    acc_variance: float
    motion_rate: float
    force_rate: float
    lost_sd: float
    levelling: float
    motion_bias_share: float
    pull_rate: float
    gap_unseen: float
    lever_squared: float
    rate_rough: float


@inline
def constants(p: FloatArray) -> Constants:
    """Of the parameters in the order of the fields of `fusion.orientation.OrientationParams`."""
    velocity_variance = p[0] * p[0]
    # Steady state of VQF's second-order low-pass with this time constant.
    tilt = velocity_variance * 4.0 / (p[1] * p[1] * p[1] * p[1]) / (G * G)
    return Constants(
        velocity_variance,
        tilt * p[2],
        tilt * p[3],
        1.0 / p[4],
        0.5 / (p[5] * p[5]),
        p[6],
        p[7],
        p[8] * p[8],
        p[9] * p[9],
        p[10],
        1.0 / p[11],
        p[12],
        p[13] * p[13],
        p[14] * p[14],
        p[15] * p[15],
        p[16],
        p[17],
        p[18],
        p[19],
        p[20],
        p[21],
        p[22],
        p[23] * p[23],
        1.0 / p[24],
        p[25] * p[25],
        1.0 / p[26],
        1.0 / p[27],
        p[28],
        p[29],
        p[30],
        1.0 / p[31],
        p[32],
        p[33] * p[33],
        p[34],
    )
