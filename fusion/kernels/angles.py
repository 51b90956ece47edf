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
"""Of the heading against the pelvis."""
BODY_SIZE: Final = 15

# What is known of an alignment, in the order of `to_segment`'s ``doubt_rad``.
ZERO_SD: Final = 0
AXIS_SD: Final = 1

TISSUE_FROM_RAD: Final = pi / 4.0
"""Flexion up to which soft tissue is left alone (see `fusion.soft_tissue`)."""

PELVIS_ROWS: Final = (
    "pelvis_tilt_deg",
    "pelvis_list_deg",
    "pelvis_tilt_rate_dps",
    "pelvis_list_rate_dps",
    "pelvis_acc_up_ms2",
)
LEG_ROWS: Final = (
    "thigh_pitch_{}_deg",
    "thigh_pitch_rate_{}_dps",
    "hip_flexion_{}_deg",
    "hip_adduction_{}_deg",
    "hip_rotation_{}_deg",
    "thigh_opening_{}_deg",
    "hip_flexion_rate_{}_dps",
    "hip_adduction_rate_{}_dps",
    "hip_rotation_rate_{}_dps",
)
KNEE_ROWS: Final = ("knee_flexion_{}_deg", "knee_flexion_rate_{}_dps", "shank_pitch_{}_deg")
LUMBAR_ROWS: Final = ("lumbar_extension_deg", "lumbar_extension_rate_dps")

_MISSING: Final = 16
_DEG: Final = 180.0 / pi
_G: Final = 9.80665
_PLAIN_MIN: Final = 0.05
"""Sine of the smallest angle between gravity and the left–right axis at which a pitch exists."""
_SAGITTAL_NONE: Final = 0.2
_SAGITTAL_FULL: Final = 0.5
"""The same from which on a sum of pitches means something, and from which on it is as good as it gets."""
_OUT_OF_PLANE_RAD: Final = 0.2
"""One sigma of how far a joint's motion leaves the sagittal plane: a heading known worse says less."""
_FAR_APART_RAD: Final = pi / 5.0
"""Difference of the two forms from which on the relative orientation loses its say; at twice as much, all."""
_TURNED_MOST_RAD: Final = pi / 3.0
"""Rotation, in or out, up to which a hip may be turned: no more than 45° (Roach & Miles 1991, doi
10.1093/ptj/71.9.656), and what axes are off. At half as much again the heading surely is wrong."""
_NO_SHARE: Final = 0.1
"""What the weighing leaves at a heading known to 34°, from which on it is not used."""
_FLAT_COS: Final = 0.15
"""Least cosine of adduction that the rates are divided by."""
_GYR_SD_DPS: Final = 0.6
_ACC_SD_MS2: Final = 0.3


@looped
def _arcsine(sine: float) -> float:
    """Of a sine that rounding may have taken past ±1; NaN of NaN, which min and max would swallow."""
    return asin(min(1.0, max(-1.0, sine))) if isfinite(sine) else np.nan


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
    doubt_rad: FloatArray,
    out: FloatArray,
) -> None:
    """Turn samples (n,) of a sensor into its segment's axes, filling ``out`` (n, BODY_SIZE).

    ``doubt_rad`` (2,) is one sigma of the alignment's zero and axis. A wrong axis leaks the list into the
    pitch, and takes a second-order part of the pitch itself.
    """
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
        out[k, LIST] = _arcsine(out[k, UP + 2])
        axis_sd = doubt_rad[AXIS_SD]
        leak = axis_sd * abs(out[k, UP + 2]) + 0.5 * axis_sd * axis_sd * abs(out[k, UP])
        missing = quality[k] & _MISSING
        out[k, SD] = np.inf if missing else hypot(hypot(sd_rad[k], doubt_rad[ZERO_SD]), leak)
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
    """Fill the rows (5, n) of `PELVIS_ROWS`."""
    for k in range(len(body)):
        x, y = body[k, UP], body[k, UP + 1]
        list_rate = (body[k, GYR + 1] * x - body[k, GYR] * y) / max(hypot(x, y), _FLAT_COS)
        _put(values, sd, 0, k, tilt_rad[k], body[k, SD], _DEG)
        _put(values, sd, 1, k, body[k, LIST], body[k, SD], _DEG)
        _put(values, sd, 2, k, -body[k, GYR + 2] * _DEG, _GYR_SD_DPS, 1.0)
        _put(values, sd, 3, k, list_rate * _DEG, _GYR_SD_DPS, 1.0)
        _put(values, sd, 4, k, body[k, ACC_UP] - _G, _ACC_SD_MS2, 1.0)


@looped
def _three_dimensional_share(heading_sd_rad: float, least: float) -> float:
    """How much of a flexion comes from the relative orientation, the rest from the sum of the pitches.

    All of it when gravity lies along a left–right axis (``least`` is the smaller part of gravity that both
    segments see across theirs), little when the relative heading is known worse than the motion is planar.
    """
    doubt = heading_sd_rad * heading_sd_rad
    prior = _OUT_OF_PLANE_RAD * _OUT_OF_PLANE_RAD
    share = max(0.0, (prior / (prior + doubt) - _NO_SHARE) / (1.0 - _NO_SHARE))
    at = min(1.0, max(0.0, (least - _SAGITTAL_NONE) / (_SAGITTAL_FULL - _SAGITTAL_NONE)))
    planar = at * at * (3.0 - 2.0 * at)
    return 1.0 - (1.0 - share) * planar


@looped
def _joint_flexion(
    flexion: float, sagittal: float, share: float, least: float, last_rad: float
) -> tuple[float, float]:
    """Flexion next to ``last_rad`` from both forms, and by how much the second one is off.

    Where the forms are so far apart that no joint explains it, the heading is wrong, not the pitches.
    """
    if not isfinite(flexion):
        return flexion, 0.0
    if not isfinite(sagittal) or least < _SAGITTAL_NONE:
        return _near(flexion, last_rad), 0.0
    planar = _near(sagittal, last_rad)
    apart = _near(flexion, planar) - planar
    if least > _SAGITTAL_FULL:
        share *= min(1.0, max(0.0, 2.0 - abs(apart) / _FAR_APART_RAD))
    return planar + share * apart, (1.0 - share) * abs(apart)


@kernel
def leg_rows(
    pelvis: FloatArray,
    tilt_rad: FloatArray,
    thigh: FloatArray,
    pitch_rad: FloatArray,
    mirror: float,
    tissue: FloatArray,
    last_rad: float,
    values: FloatArray,
    sd: FloatArray,
) -> float:
    """Fill the rows (9, n) of `LEG_ROWS`; ``mirror`` is 1 for the right leg and −1 for the left.

    φ blends the flexion of the relative orientation with P + T by what is known of the relative heading;
    in the sagittal plane both are the same. ``tissue`` (2,) is the share of flexion beyond
    `TISSUE_FROM_RAD` that soft tissue adds, and its one sigma; it is taken off φ and the thigh's pitch.
    Returns the last φ, rad.
    """
    gain = tissue[0] / (1.0 + tissue[0])
    for k in range(len(pelvis)):
        flexion, adduction, rotation = relative_zxy(pelvis[k], thigh[k])
        least = min(hypot(pelvis[k, UP], pelvis[k, UP + 1]), hypot(thigh[k, UP], thigh[k, UP + 1]))
        hip_sd = hypot(pelvis[k, SD], thigh[k, SD])
        az_sd = hypot(pelvis[k, HEADING_SD], thigh[k, HEADING_SD])
        heading_sd = hypot(hip_sd, az_sd)
        share = _three_dimensional_share(az_sd, least)
        if least > _SAGITTAL_FULL:
            share *= min(1.0, max(0.0, 3.0 - 2.0 * abs(rotation) / _TURNED_MOST_RAD))
        phi, apart = _joint_flexion(flexion, tilt_rad[k] + pitch_rad[k], share, least, last_rad)
        if isfinite(phi):
            last_rad = phi
        # Without the pelvis it is not known how far the hip bends; the thigh's pitch is known all the same.
        bent = max(phi - TISSUE_FROM_RAD, 0.0) if isfinite(phi) else 0.0
        phi_sd = hypot(hypot(hip_sd, tissue[1] * bent), hypot(apart, share * sin(abs(adduction)) * az_sd))
        pitch = pitch_rad[k] - gain * bent
        rates = _hip_rates(pelvis[k], thigh[k], flexion, adduction)
        planar_rate = thigh[k, GYR + 2] - pelvis[k, GYR + 2]
        phi_rate = (planar_rate + share * (rates[0] - planar_rate)) * (1.0 - gain if bent > 0.0 else 1.0)
        _put(values, sd, 0, k, pitch, hypot(thigh[k, SD], tissue[1] * bent), _DEG)
        _put(values, sd, 1, k, thigh[k, GYR + 2] * _DEG, _GYR_SD_DPS, 1.0)
        _put(values, sd, 2, k, phi - gain * bent, phi_sd, _DEG)
        _put(values, sd, 3, k, mirror * adduction, heading_sd, _DEG)
        _put(values, sd, 4, k, mirror * rotation, heading_sd, _DEG)
        _put(values, sd, 5, k, thigh[k, LIST], thigh[k, SD], _DEG)
        _put(values, sd, 6, k, phi_rate * _DEG, 1.5 * _GYR_SD_DPS, 1.0)
        _put(values, sd, 7, k, mirror * rates[1] * _DEG, 1.5 * _GYR_SD_DPS, 1.0)
        _put(values, sd, 8, k, mirror * rates[2] * _DEG, 1.5 * _GYR_SD_DPS, 1.0)
    return last_rad


@kernel
def joint_rows(
    upper: FloatArray,
    lower: FloatArray,
    sagittal_rad: FloatArray,
    last_rad: float,
    values: FloatArray,
    sd: FloatArray,
) -> float:
    """Fill angle and rate (2, n) of a joint that turns about Z, positive where ``lower`` turns back.

    That is knee flexion (thigh, shank) and lumbar extension (thorax, pelvis). ``sagittal_rad`` (n,) is the
    same angle as a difference of pitches. Returns the last angle, rad.
    """
    for k in range(len(upper)):
        turned = relative_zxy(upper[k], lower[k])[0]
        least = min(hypot(upper[k, UP], upper[k, UP + 1]), hypot(lower[k, UP], lower[k, UP + 1]))
        az_sd = hypot(upper[k, HEADING_SD], lower[k, HEADING_SD])
        share = _three_dimensional_share(az_sd, least)
        angle, apart = _joint_flexion(-turned, sagittal_rad[k], share, least, last_rad)
        if isfinite(angle):
            last_rad = angle
        angle_sd = hypot(hypot(upper[k, SD], lower[k, SD]), apart)
        _put(values, sd, 0, k, angle, angle_sd, _DEG)
        _put(values, sd, 1, k, (upper[k, GYR + 2] - lower[k, GYR + 2]) * _DEG, 1.5 * _GYR_SD_DPS, 1.0)
    return last_rad


@looped
def _hip_rates(
    pelvis: FloatArray, thigh: FloatArray, flexion: float, adduction: float
) -> tuple[float, float, float]:
    """Rates of flexion, adduction and rotation, rad/s, from the rates of both segments.

    In the pelvis's axes turned by the flexion, ω = (adduction', rotation' cos a, flexion' + rotation' sin a).
    """
    a, b, c, d = pelvis[0], -pelvis[1], -pelvis[2], -pelvis[3]
    e, f, g, h = thigh[0], thigh[1], thigh[2], thigh[3]
    w, x = a * e - b * f - c * g - d * h, a * f + b * e + c * h - d * g
    y, z = a * g - b * h + c * e + d * f, a * h + b * g - c * f + d * e
    rel0 = rel1 = rel2 = 0.0
    for i in range(3):
        rate = thigh[GYR + i]
        rel0 += matrix_element(w, x, y, z, 0, i) * rate
        rel1 += matrix_element(w, x, y, z, 1, i) * rate
        rel2 += matrix_element(w, x, y, z, 2, i) * rate
    rel0, rel1, rel2 = rel0 - pelvis[GYR], rel1 - pelvis[GYR + 1], rel2 - pelvis[GYR + 2]
    across = cos(flexion) * rel0 + sin(flexion) * rel1
    along = cos(flexion) * rel1 - sin(flexion) * rel0
    rotation = along / max(cos(adduction), _FLAT_COS)
    return rel2 - rotation * sin(adduction), across, rotation


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
        _arcsine(2.0 * (y * z + w * x)),
        atan2(-2.0 * (x * z - w * y), 1.0 - 2.0 * (x * x + y * y)),
    )
