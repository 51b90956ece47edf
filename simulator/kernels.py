"""Compiled loops of the virtual body: paths between knots, and where its segments are.

Angles come in degrees, lengths in metres; quaternions are scalar first and map a segment's axes to E.
"""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fusion.types import FloatArray

IntArray = NDArray[np.int64]
Quat = tuple[float, float, float, float]
Vec = tuple[float, float, float]

_HALF_RAD = pi / 360.0
_ROOT_HALF = 0.7071067811865476

# Columns of a coordinate row; `simulator.motion.Coordinate` gives them their names.
TILT, LIST, TURN = 0, 1, 2
PITCH, ADDUCTION, ROTATION, KNEE = 3, 5, 7, 9
THORAX_TILT, THORAX_LIST, LUMBAR = 11, 12, 13
X, Y, Z, SUPPORT = 14, 15, 16, 17
JOLT_UP, JOLT_AHEAD, CONTRACTION = 19, 20, 21
COORDINATES = 22

# Rows of the segment table.
PELVIS, THIGH_RIGHT, THIGH_LEFT, THORAX, SHANK_RIGHT, SHANK_LEFT = 0, 1, 2, 3, 4, 5


@njit(cache=True, nogil=True)
def quintic(knots_s: FloatArray, nodes: FloatArray) -> FloatArray:
    """Coefficients (k - 1, 6) of a path through ``nodes`` (k, 3): value, rate, acceleration at each knot."""
    out = np.empty((len(knots_s) - 1, 6))
    for i in range(len(out)):
        h = knots_s[i + 1] - knots_s[i]
        v0, v1 = h * nodes[i, 1], h * nodes[i + 1, 1]
        a0, a1 = h * h * nodes[i, 2], h * h * nodes[i + 1, 2]
        d = nodes[i + 1, 0] - nodes[i, 0]
        out[i, 0] = nodes[i, 0]
        out[i, 1] = v0
        out[i, 2] = 0.5 * a0
        out[i, 3] = 10.0 * d - 6.0 * v0 - 4.0 * v1 - 1.5 * a0 + 0.5 * a1
        out[i, 4] = -15.0 * d + 8.0 * v0 + 7.0 * v1 + 1.5 * a0 - a1
        out[i, 5] = 6.0 * d - 3.0 * v0 - 3.0 * v1 - 0.5 * a0 + 0.5 * a1
    return out


@njit(cache=True, nogil=True)
def add_path(
    t_s: FloatArray, knots_s: FloatArray, coefficients: FloatArray, last: float, out: FloatArray
) -> None:
    """Add a path to ``out`` (n,) at ascending times; before and after its knots it stays where it is."""
    i = 0
    final = len(knots_s) - 1
    for k in range(len(t_s)):
        t = t_s[k]
        while i < final and t >= knots_s[i + 1]:
            i += 1
        if i == final:
            out[k] += last
            continue
        s = (t - knots_s[i]) / (knots_s[i + 1] - knots_s[i])
        if s <= 0.0:
            out[k] += coefficients[i, 0]
            continue
        c = coefficients[i]
        out[k] += c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * (c[4] + s * c[5]))))


@njit(cache=True, inline="always")
def _multiply(p: Quat, q: Quat) -> Quat:
    return (
        p[0] * q[0] - p[1] * q[1] - p[2] * q[2] - p[3] * q[3],
        p[0] * q[1] + p[1] * q[0] + p[2] * q[3] - p[3] * q[2],
        p[0] * q[2] - p[1] * q[3] + p[2] * q[0] + p[3] * q[1],
        p[0] * q[3] + p[1] * q[2] - p[2] * q[1] + p[3] * q[0],
    )


@njit(cache=True, inline="always")
def _about_x(q: Quat, angle_deg: float) -> Quat:
    c, s = cos(angle_deg * _HALF_RAD), sin(angle_deg * _HALF_RAD)
    return q[0] * c - q[1] * s, q[0] * s + q[1] * c, q[2] * c + q[3] * s, q[3] * c - q[2] * s


@njit(cache=True, inline="always")
def _about_y(q: Quat, angle_deg: float) -> Quat:
    c, s = cos(angle_deg * _HALF_RAD), sin(angle_deg * _HALF_RAD)
    return q[0] * c - q[2] * s, q[1] * c - q[3] * s, q[0] * s + q[2] * c, q[3] * c + q[1] * s


@njit(cache=True, inline="always")
def _about_z(q: Quat, angle_deg: float) -> Quat:
    c, s = cos(angle_deg * _HALF_RAD), sin(angle_deg * _HALF_RAD)
    return q[0] * c - q[3] * s, q[1] * c + q[2] * s, q[2] * c - q[1] * s, q[0] * s + q[3] * c


@njit(cache=True, inline="always")
def _rotate(q: Quat, v: Vec) -> Vec:
    tx = 2.0 * (q[2] * v[2] - q[3] * v[1])
    ty = 2.0 * (q[3] * v[0] - q[1] * v[2])
    tz = 2.0 * (q[1] * v[1] - q[2] * v[0])
    return (
        v[0] + q[0] * tx + q[2] * tz - q[3] * ty,
        v[1] + q[0] * ty + q[3] * tx - q[1] * tz,
        v[2] + q[0] * tz + q[1] * ty - q[2] * tx,
    )


@njit(cache=True, inline="always")
def _upright(turn_deg: float) -> Quat:
    """Somebody upright who faces E's X turned by ``turn_deg`` about the vertical."""
    c, s = cos(turn_deg * _HALF_RAD), sin(turn_deg * _HALF_RAD)
    return _ROOT_HALF * c, _ROOT_HALF * c, _ROOT_HALF * s, _ROOT_HALF * s


@njit(cache=True, inline="always")
def pelvis_quaternion(row: FloatArray, tissue_deg: float) -> Quat:
    """Pelvis, with what the skin over it adds to the tilt."""
    q = _about_x(_upright(row[TURN]), -row[LIST])
    return _about_z(q, -(row[TILT] + row[LUMBAR] + tissue_deg))


@njit(cache=True, inline="always")
def thorax_quaternion(row: FloatArray) -> Quat:
    """Thorax: the trunk above the lumbar spine."""
    return _about_z(_about_x(_upright(row[TURN]), -row[THORAX_LIST]), -row[THORAX_TILT])


@njit(cache=True, inline="always")
def thigh_quaternion(
    pelvis: Quat, row: FloatArray, side: int, flexion_more: float, turn_share: float
) -> Quat:
    """Thigh of side 0 (right) or 1 (left): flexion, adduction, rotation in the pelvis."""
    mirror = 1.0 if side == 0 else -1.0
    flexion = row[TILT] + row[LUMBAR] + row[PITCH + side]
    q = _about_x(_about_z(pelvis, flexion + flexion_more), mirror * row[ADDUCTION + side])
    return _about_y(q, mirror * row[ROTATION + side] * turn_share)


@njit(cache=True, inline="always")
def _plus(u: Vec, v: Vec, share: float) -> Vec:
    return u[0] + share * v[0], u[1] + share * v[1], u[2] + share * v[2]


@njit(cache=True, nogil=True)
def place(  # noqa: PLR0917 - compiled: numba takes no keywords here
    rows: FloatArray,
    segment: int,
    lengths_m: FloatArray,
    tissue: FloatArray,
    jolt_gain: float,
    q_out: FloatArray,
    p_out: FloatArray,
) -> None:
    """Orientation (n, 4) and proximal joint (n, 3) of a segment at coordinates ``rows`` (n, c).

    ``lengths_m``: half the distance of the hips, thigh, shank, hips to lumbar joint. ``tissue``: share of hip
    flexion that the skin of the thigh and of the pelvis adds, tilt in deg at full contraction, share of
    rotation that the skin follows. The weighted mean of the supporting ankles stays at the base (X, Y, Z);
    what is not supported by a foot rests on the base itself.
    """
    half_hips, thigh_m, shank_m, lumbar_m = lengths_m[0], lengths_m[1], lengths_m[2], lengths_m[3]
    right = segment in {THIGH_RIGHT, SHANK_RIGHT}
    worn_side = 0 if right or segment in {PELVIS, THORAX} else 1
    for k in range(len(rows)):
        row = rows[k]
        pelvis = pelvis_quaternion(row, 0.0)
        root = (row[X], row[Y], row[Z])
        hip, knee, lower = root, root, pelvis
        for side in range(2):
            share = row[SUPPORT + side]
            if share == 0.0 and (side != worn_side or segment in {PELVIS, THORAX}):
                continue
            to_hip = _rotate(pelvis, (0.0, 0.0, half_hips if side == 0 else -half_hips))
            upper = thigh_quaternion(pelvis, row, side, 0.0, 1.0)
            shank = _about_z(upper, -row[KNEE + side])
            to_knee = _rotate(upper, (0.0, -thigh_m, 0.0))
            to_ankle = _rotate(shank, (0.0, -shank_m, 0.0))
            root = _plus(_plus(_plus(root, to_hip, -share), to_knee, -share), to_ankle, -share)
            if side == worn_side:
                hip, knee, lower = to_hip, to_knee, shank
        here = root
        if segment == PELVIS:
            flexion = 0.5 * (row[PITCH] + row[PITCH + 1]) + row[TILT] + row[LUMBAR]
            q = pelvis_quaternion(row, tissue[1] * flexion + tissue[2] * row[CONTRACTION])
        elif segment == THORAX:
            q = thorax_quaternion(row)
            here = _plus(root, _rotate(pelvis, (0.0, lumbar_m, 0.0)), 1.0)
        else:
            here = _plus(root, hip, 1.0)
            if segment in {SHANK_RIGHT, SHANK_LEFT}:
                here = _plus(here, knee, 1.0)
                q = lower
            else:
                flexion = row[TILT] + row[LUMBAR] + row[PITCH + worn_side]
                q = thigh_quaternion(pelvis, row, worn_side, tissue[0] * flexion, tissue[3])
        ahead = jolt_gain * row[JOLT_AHEAD]
        turn = 2.0 * _HALF_RAD * row[TURN]
        q_out[k, 0], q_out[k, 1], q_out[k, 2], q_out[k, 3] = q
        p_out[k, 0] = here[0] + ahead * cos(turn)
        p_out[k, 1] = here[1] + ahead * sin(turn)
        p_out[k, 2] = here[2] + jolt_gain * row[JOLT_UP]
