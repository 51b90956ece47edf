"""The compiled loops from orientations to angles of segments and joints.

Scalar trigonometry throughout, so that a sample's angles do not depend on its neighbours in the block.
"""

from __future__ import annotations

from math import asin, atan2, cos, floor, hypot, isfinite, pi, sin
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, looped
from fusion.kernels.rotation import matrix_element
from fusion.types import FloatArray, QualityArray

# Columns of a segment's motion in its own axes.
Q_EB: Final = 0
UP: Final = 4
"""World up in B (3)."""
GYR: Final = 7
ACC_UP: Final = 10
"""Specific force along world up."""
PITCH: Final = 11
"""About Z, lower end forward positive."""
LIST: Final = 12
SD: Final = 13
"""Of the vertical, alignment included; infinite where the sensor was silent."""
HEADING_SD: Final = 14
BODY_SIZE: Final = 15

PELVIS_ROWS: Final = ("pelvis_tilt_deg", "pelvis_list_deg", "pelvis_tilt_rate_dps", "pelvis_acc_up_ms2")
LEG_ROWS: Final = (
    "thigh_pitch_{}_deg",
    "thigh_pitch_rate_{}_dps",
    "hip_flexion_{}_deg",
    "hip_adduction_{}_deg",
    "hip_rotation_{}_deg",
    "thigh_opening_{}_deg",
    "hip_flexion_rate_{}_dps",
)

_MISSING: Final = 16
_DEG: Final = 180.0 / pi
_G: Final = 9.80665
_PLAIN_MIN: Final = 0.05
"""Sine of the smallest angle between gravity and the left–right axis at which a pitch exists."""
_SAGITTAL_MIN: Final = 0.35
"""The same for φ = P + T to mean something."""
_GYR_SD_DPS: Final = 0.6
_ACC_SD_MS2: Final = 0.3


@kernel
def to_segment(
    q_es: FloatArray,
    gyr_s: FloatArray,
    acc_s: FloatArray,
    sd_rad: FloatArray,
    heading_sd_rad: FloatArray,
    quality: QualityArray,
    q_sb: FloatArray,
    heading_rad: float,
    alignment_sd_rad: float,
    out: FloatArray,
) -> None:
    """Turn samples (n,) of a sensor into its segment's axes, filling ``out`` (n, BODY_SIZE)."""
    c, z = cos(0.5 * heading_rad), sin(0.5 * heading_rad)
    b0, b1, b2, b3 = q_sb[0], q_sb[1], q_sb[2], q_sb[3]
    r = np.empty((3, 3))
    for row in range(3):
        for col in range(3):
            r[row, col] = matrix_element(b0, b1, b2, b3, row, col)
    for k in range(len(q_es)):
        s0, s1, s2, s3 = q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3]
        w, x, y, v = c * s0 - z * s3, c * s1 - z * s2, c * s2 + z * s1, c * s3 + z * s0
        out[k, 0] = w * b0 - x * b1 - y * b2 - v * b3
        out[k, 1] = w * b1 + x * b0 + y * b3 - v * b2
        out[k, 2] = w * b2 - x * b3 + y * b0 + v * b1
        out[k, 3] = w * b3 + x * b2 - y * b1 + v * b0
        up_acc = 0.0
        for i in range(3):
            out[k, UP + i] = matrix_element(out[k, 0], out[k, 1], out[k, 2], out[k, 3], 2, i)
            out[k, GYR + i] = r[0, i] * gyr_s[k, 0] + r[1, i] * gyr_s[k, 1] + r[2, i] * gyr_s[k, 2]
            acc_b = r[0, i] * acc_s[k, 0] + r[1, i] * acc_s[k, 1] + r[2, i] * acc_s[k, 2]
            up_acc += out[k, UP + i] * acc_b
        out[k, ACC_UP] = up_acc
        sagittal = hypot(out[k, UP], out[k, UP + 1])
        out[k, PITCH] = atan2(out[k, UP], out[k, UP + 1]) if sagittal > _PLAIN_MIN else np.nan
        out[k, LIST] = asin(min(1.0, max(-1.0, out[k, UP + 2])))
        missing = quality[k] & _MISSING
        out[k, SD] = np.inf if missing else hypot(sd_rad[k], alignment_sd_rad)
        out[k, HEADING_SD] = heading_sd_rad[k]


@looped
def _near(angle_rad: float, last_rad: float) -> float:
    """The angle plus whole turns that lies next to ``last_rad``."""
    turn = 2.0 * pi
    return angle_rad + turn * floor((last_rad - angle_rad) / turn + 0.5)


@looped
def _put(
    values: FloatArray, sd: FloatArray, row: int, k: int, value: float, value_sd: float, scale: float
) -> None:
    values[row, k] = value * scale
    sd[row, k] = value_sd * scale if isfinite(value) else np.inf


@kernel
def continuous_pitch(body: FloatArray, sign: float, last_rad: float, out: FloatArray) -> float:
    """Pitch of a segment (n,) times ``sign``, without jumps of whole turns; returns the last known."""
    for k in range(len(body)):
        pitch = sign * body[k, PITCH]
        if isfinite(pitch):
            pitch = last_rad = _near(pitch, last_rad)
        out[k] = pitch
    return last_rad


@kernel
def pelvis_rows(body: FloatArray, tilt_rad: FloatArray, values: FloatArray, sd: FloatArray) -> None:
    """Fill the rows (4, n) of `PELVIS_ROWS`."""
    for k in range(len(body)):
        _put(values, sd, 0, k, tilt_rad[k], body[k, SD], _DEG)
        _put(values, sd, 1, k, body[k, LIST], body[k, SD], _DEG)
        _put(values, sd, 2, k, -body[k, GYR + 2] * _DEG, _GYR_SD_DPS, 1.0)
        _put(values, sd, 3, k, body[k, ACC_UP] - _G, _ACC_SD_MS2, 1.0)


@kernel
def leg_rows(
    pelvis: FloatArray,
    tilt_rad: FloatArray,
    thigh: FloatArray,
    pitch_rad: FloatArray,
    mirror: float,
    values: FloatArray,
    sd: FloatArray,
) -> None:
    """Fill the rows (7, n) of `LEG_ROWS`; ``mirror`` is 1 for the right leg and −1 for the left.

    φ = P + T exactly while gravity shows both; where gravity lies along the left–right axis (side-lying)
    the flexion of the relative orientation takes over, with the uncertainty of the relative heading.
    """
    for k in range(len(pelvis)):
        flexion, adduction, rotation = relative_zxy(pelvis[k], thigh[k])
        least = min(hypot(pelvis[k, UP], pelvis[k, UP + 1]), hypot(thigh[k, UP], thigh[k, UP + 1]))
        hip_sd = hypot(pelvis[k, SD], thigh[k, SD])
        heading_sd = hypot(hip_sd, hypot(pelvis[k, HEADING_SD], thigh[k, HEADING_SD]))
        sagittal = tilt_rad[k] + pitch_rad[k]
        if least > _SAGITTAL_MIN:
            phi, phi_sd = sagittal, hip_sd
        else:
            phi, phi_sd = _near(flexion, sagittal if isfinite(sagittal) else 0.0), heading_sd
        _put(values, sd, 0, k, pitch_rad[k], thigh[k, SD], _DEG)
        _put(values, sd, 1, k, thigh[k, GYR + 2] * _DEG, _GYR_SD_DPS, 1.0)
        _put(values, sd, 2, k, phi, phi_sd, _DEG)
        _put(values, sd, 3, k, mirror * adduction, heading_sd, _DEG)
        _put(values, sd, 4, k, mirror * rotation, heading_sd, _DEG)
        _put(values, sd, 5, k, thigh[k, LIST], thigh[k, SD], _DEG)
        _put(values, sd, 6, k, (thigh[k, GYR + 2] - pelvis[k, GYR + 2]) * _DEG, 1.5 * _GYR_SD_DPS, 1.0)


@kernel
def relative_zxy(q_pelvis: FloatArray, q_thigh: FloatArray) -> tuple[float, float, float]:
    """Flexion, adduction and internal rotation in rad of a right hip, of two ``q_eb`` (4,).

    Grood–Suntay for the ISB axes (Wu et al. 2002, doi 10.1016/S0021-9290(01)00222-6): R = Rz·Rx·Ry.
    """
    a, b, c, d = q_pelvis[0], -q_pelvis[1], -q_pelvis[2], -q_pelvis[3]
    e, f, g, h = q_thigh[0], q_thigh[1], q_thigh[2], q_thigh[3]
    w, x = a * e - b * f - c * g - d * h, a * f + b * e + c * h - d * g
    y, z = a * g - b * h + c * e + d * f, a * h + b * g - c * f + d * e
    return (
        atan2(-2.0 * (x * y - w * z), 1.0 - 2.0 * (x * x + z * z)),
        asin(min(1.0, max(-1.0, 2.0 * (y * z + w * x)))),
        atan2(-2.0 * (x * z - w * y), 1.0 - 2.0 * (x * x + y * y)),
    )
