"""What the orientation estimator remembers and is told: rows of its flat buffer, and its constants.

A state is one column of STATE_SIZE numbers, so that it can be copied, stored and moved as one value.
In a buffer of W lanes, row ``r`` of lane ``l`` is at ``r * W + l``.
"""

from __future__ import annotations

from math import pi
from typing import Final, NamedTuple

from fusion.kernels.compiled import inline
from fusion.types import FloatArray

TIME: Final = 0
STARTED: Final = 1
INTERVAL: Final = 2
"""Tracked sampling interval of the device, s."""
Q: Final = 3
"""Gyroscope-strapped frame, S to I (4)."""
TILT: Final = 7
"""Inclination correction, I to E (4)."""
BIAS: Final = 11
COVARIANCE: Final = 14
"""Bias covariance, (0.01 °/s)²: 00, 01, 02, 11, 12, 22."""
GYR: Final = 20
"""Last rate (3), bias not removed, and the one before; and the last sample's interval, 0 after a gap."""
GYR_BEFORE: Final = 23
STEP_BEFORE: Final = 26
ACC_LP: Final = 27
"""Low-passed acceleration in I (3), each as value and slope."""
WEIGHT: Final = 33
"""Time for which the acceleration low-pass has been averaging, s; below τ it is a running mean."""
ROTATION_LP: Final = 34
"""Low-passed S-to-E matrix (9) and its product with the bias (2), each as value and slope."""
REST_LP: Final = 56
"""Low-passed rate (3) and acceleration (3), each as value and slope."""
REST_WEIGHT: Final = 68
REST_TIME: Final = 69
HEADING_VAR: Final = 70
BRIDGE: Final = 71
"""Length of the gap just crossed whose curvature is still owed, s (0: none), and the slope before it (3)."""
BRIDGE_SLOPE: Final = 72
STATE_SIZE: Final = 75

# The sample that comes in.
IN_TIME: Final = 75
IN_GYR: Final = 76
IN_ACC: Final = 79
IN_FLAGS: Final = 82
"""Quality bits."""
IN_ROWS: Final = 8
# What passes from one part of the step to the next.
DT: Final = 84
GAP: Final = 85
"""1 where this sample follows missing ones."""
EVIDENCE: Final = 86
"""Length of this step as evidence, s, and one by it."""
RATE: Final = 87
REST_STEP: Final = 88
"""Coefficients of the rest detector's low-pass over this step (4), and of the vertical's (4)."""
LEVEL_STEP: Final = 92
UP: Final = 96
"""Low-passed acceleration in E by the tilt before this sample (3)."""
ERROR: Final = 99
"""Errors of the three measurements of the bias, at the bias before this sample (3)."""
MEASURED: Final = 102
"""Their rows (9) and the noise of the first two and of the third."""
NOISE: Final = 111
CHANGE: Final = 113
"""Change of the bias by this sample so far (3)."""
# What comes out.
Q_ES: Final = 116
OUT_GYR: Final = 120
INCLINATION_SD: Final = 123
HEADING_SD: Final = 124
OUT_ROWS: Final = 9
BUFFER_ROWS: Final = 125

AFTER_GAP: Final = 1
ACC_SATURATED: Final = 2
GYR_SATURATED: Final = 4
FIRST_STEP_S: Final = 1e-3
"""Weight of the first sample, which has no interval of its own."""
CENTI_DPS: Final = 180.0 * 100.0 / pi
"""rad/s to hundredths of °/s, the unit of the bias covariance."""


class Constants(NamedTuple):
    """The estimator's parameters as its inner loop wants them: reciprocals and squares taken once."""

    tau_acc: float
    acc_rate: float
    tau_rest: float
    rest_rate: float
    rest_time: float
    rest_gyr_squared: float
    rest_acc_squared: float
    bias_variance_start: float
    bias_clip: float
    bias_growth: float
    """Variance that the bias gains in a second, and one by it."""
    bias_growth_inverse: float
    motion_variance: float
    vertical_rate: float
    rest_variance: float
    gap_gain: float
    acc_sd_inverse: float
    acc_variance: float
    """Variance of the vertical after one second of averaging, rad²."""
    curve_max: float
    gap_rate: float
    lead: float


@inline
def constants(p: FloatArray) -> Constants:
    """Of the parameters (16,) in the order of the fields of `fusion.orientation.OrientationParams`."""
    return Constants(
        p[0],
        1.0 / p[0],
        p[1],
        1.0 / p[1],
        p[2],
        p[3] * p[3],
        p[4] * p[4],
        (p[5] * CENTI_DPS) ** 2,
        p[6],
        100.0 / p[7],
        p[7] / 100.0,
        (p[8] * CENTI_DPS) ** 2,
        1.0 / p[9],
        (p[10] * CENTI_DPS) ** 2,
        p[11],
        1.0 / p[12],
        0.01 * p[12] * p[12],
        p[13],
        1.0 / p[14],
        p[15],
    )
