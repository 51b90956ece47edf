"""The search for the most probable heading of two sensors, from the sums of `fusion.kernels.joint`.

For a given angle the levers from the sensors to the joint are a linear least-squares problem; the best angle
is found by asking every one of them: no start value, no linearisation, no false minimum.
"""

from __future__ import annotations

from math import acos, atan2, cos, exp, pi, sin, sqrt
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel
from fusion.kernels.joint_state import (
    ASKED,
    BLOCK,
    COLUMNS,
    DURATION,
    EXPECTED,
    EXPECTED_SD,
    HEADING,
    P_CORRELATION,
    P_HINGE,
    P_HINGE_NOISE,
    P_LAG_SD,
    P_NOISE,
    PRIOR,
    RATE_DURATION,
    RATE_SUMS,
    RESIDUAL,
    SUMS,
    UNKNOWNS,
    VARIANCE,
)
from fusion.types import FloatArray

UNKNOWN_VARIANCE: Final = pi * pi / 3.0
"""Of an angle of which nothing is known."""
_FOUND_VARIANCE: Final = 0.35**2
"""Below this (20°) an angle counts as found."""
_CANDIDATES: Final = 72
_STEP_RAD: Final = 2.0 * pi / _CANDIDATES
_CURVE_RAD: Final = 0.05


@kernel
def _force_cost(s: FloatArray, p: FloatArray, angle: float, unknowns: FloatArray) -> float:
    """What the best levers and lags, which are filled in, leave over at this angle, (m/s²)²·s."""
    c, z = cos(angle), sin(angle)
    half = COLUMNS - 1
    n = np.empty((ASKED, ASKED + 1))
    least = 0.0
    for i in range(COLUMNS):
        for j in range(COLUMNS):
            k = SUMS + COLUMNS * i + j
            cross = c * s[k + 2 * BLOCK] + z * s[k + 3 * BLOCK] + s[k + 4 * BLOCK]
            if i == 0 and j == 0:
                least = s[k] + s[k + BLOCK] - 2.0 * cross
            elif j == 0:
                n[i - 1, ASKED] = cross - s[k]
            elif i == 0:
                n[j - 1 + half, ASKED] = cross - s[k + BLOCK]
            else:
                n[i - 1, j - 1] = s[k]
                n[i - 1 + half, j - 1 + half] = s[k + BLOCK]
                n[i - 1, j - 1 + half] = -cross
                n[j - 1 + half, i - 1] = -cross
    noise = p[P_NOISE] * p[P_NOISE] * p[P_CORRELATION]
    for i in range(ASKED):
        if i % half == half - 1:
            n[i, i] += noise / (p[P_LAG_SD] * p[P_LAG_SD])
        else:
            weight = noise / (s[EXPECTED_SD] * s[EXPECTED_SD])
            expected = s[EXPECTED + (i if i < half else i - 1)]
            n[i, i] += weight
            n[i, ASKED] += weight * expected
            least += weight * expected * expected
        unknowns[i] = n[i, ASKED]
    _solve(n)
    for i in range(ASKED):
        least -= unknowns[i] * n[i, ASKED]
        unknowns[i] = n[i, ASKED]
    return max(0.0, least)


@kernel
def _solve(n: FloatArray) -> None:
    """Solve the symmetric positive system (u, u | 1) in place; the solution takes the last column."""
    u = len(n)
    for i in range(u):
        for r in range(i + 1, u):
            f = n[r, i] / n[i, i]
            for c in range(i, u + 1):
                n[r, c] -= f * n[i, c]
    for i in range(u - 1, -1, -1):
        for c in range(i + 1, u):
            n[i, u] -= n[i, c] * n[c, u]
        n[i, u] /= n[i, i]


@kernel
def _hinge_cost(s: FloatArray, angle: float) -> float:
    """Σ of the relative rate across its own main axis at this angle, (rad/s)²·s."""
    c, z = cos(angle), sin(angle)
    factors = np.array((1.0, c * c, z * z, c, z, c * z))
    m = np.zeros((3, 3))
    for pair in range(6):
        for i in range(3):
            for j in range(3):
                m[i, j] += factors[pair] * s[RATE_SUMS + 9 * pair + 3 * i + j]
    return m[0, 0] + m[1, 1] + m[2, 2] - _largest_eigenvalue(m)


@kernel
def _largest_eigenvalue(m: FloatArray) -> float:
    """Of a symmetric (3, 3), in closed form (Smith 1961, doi 10.1145/355578.366316)."""
    mean = (m[0, 0] + m[1, 1] + m[2, 2]) / 3.0
    off = m[0, 1] ** 2 + m[0, 2] ** 2 + m[1, 2] ** 2
    a, b, c = m[0, 0] - mean, m[1, 1] - mean, m[2, 2] - mean
    size = sqrt((a * a + b * b + c * c + 2.0 * off) / 6.0)
    if size < 1e-12:
        return mean
    det = a * (b * c - m[1, 2] ** 2) - m[0, 1] * (m[0, 1] * c - m[1, 2] * m[0, 2])
    det += m[0, 2] * (m[0, 1] * m[1, 2] - b * m[0, 2])
    r = max(-1.0, min(1.0, 0.5 * det / size**3))
    return mean + 2.0 * size * cos(acos(r) / 3.0)


@kernel
def _improbability(s: FloatArray, p: FloatArray, angle: float, scales: FloatArray, work: FloatArray) -> float:
    """Minus the logarithm of the angle's probability, up to a constant."""
    total = scales[0] * _force_cost(s, p, angle, work)
    if p[P_HINGE] > 0.0:
        total += scales[1] * _hinge_cost(s, angle)
    return total - s[PRIOR] * cos(angle) - s[PRIOR + 1] * sin(angle)


@kernel
def _scales(s: FloatArray, p: FloatArray, least: float, least_hinge: float) -> FloatArray:
    """From sums to log-probabilities: what is left over at best tells the noise, never below the known."""
    s[RESIDUAL] = max(p[P_NOISE] ** 2, least / max(3.0 * s[DURATION], 1e-9))
    hinge = max(p[P_HINGE_NOISE] ** 2, 0.5 * least_hinge / max(s[RATE_DURATION], 1e-9))
    tau = p[P_CORRELATION]
    return np.array((0.5 / (s[RESIDUAL] * tau), 0.5 / (hinge * tau)))


@kernel
def search(s: FloatArray, p: FloatArray) -> None:
    """Find the most probable angle and its variance from the sums."""
    work = np.empty(ASKED)
    least = least_hinge = 1e300
    for k in range(_CANDIDATES):
        least = min(least, _force_cost(s, p, k * _STEP_RAD, work))
        if p[P_HINGE] > 0.0:
            least_hinge = min(least_hinge, _hinge_cost(s, k * _STEP_RAD))
    scales = _scales(s, p, least, least_hinge)
    values = np.empty(_CANDIDATES)
    best = 0
    for k in range(_CANDIDATES):
        values[k] = _improbability(s, p, k * _STEP_RAD, scales, work)
        if values[k] < values[best]:
            best = k
    angle = best * _STEP_RAD
    curvature = 0.0
    for _ in range(3):
        here = _improbability(s, p, angle, scales, work)
        up = _improbability(s, p, angle + _CURVE_RAD, scales, work)
        down = _improbability(s, p, angle - _CURVE_RAD, scales, work)
        curvature = (up - 2.0 * here + down) / (_CURVE_RAD * _CURVE_RAD)
        if curvature <= 1e-9:
            break
        move = -0.5 * (up - down) / _CURVE_RAD / curvature
        angle += max(-_STEP_RAD, min(_STEP_RAD, move))
    _force_cost(s, p, angle, work)
    for i in range(ASKED):
        s[UNKNOWNS + i] = work[i]
    s[VARIANCE] = _variance(values, angle, curvature)
    if s[VARIANCE] > _FOUND_VARIANCE:
        # No better than another: stay where we are rather than jump between guesses.
        s[VARIANCE] = _variance(values, s[HEADING], 0.0)
    else:
        s[HEADING] = atan2(sin(angle), cos(angle))


@kernel
def _variance(values: FloatArray, angle: float, curvature: float) -> float:
    """Mean square distance from the angle: from the candidates, or the curvature where it is narrower."""
    least = values[0]
    for k in range(_CANDIDATES):
        least = min(least, values[k])
    total = square = 0.0
    for k in range(_CANDIDATES):
        probability = exp(least - values[k])
        d = k * _STEP_RAD - angle
        d = atan2(sin(d), cos(d))
        total += probability
        square += probability * d * d
    wide = min(square / total, UNKNOWN_VARIANCE)
    return 1.0 / curvature if wide < 0.5 * _STEP_RAD * _STEP_RAD and curvature > 0.0 else wide


@kernel
def forget(s: FloatArray, variance: float) -> None:
    """Weigh down what was seen so that the angle's variance grows by ``variance``."""
    keep = s[VARIANCE] / (s[VARIANCE] + variance)
    for i in range(SUMS, HEADING):
        s[i] *= keep
    s[VARIANCE] = min(s[VARIANCE] + variance, UNKNOWN_VARIANCE)
