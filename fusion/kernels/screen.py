"""The compiled look at every sample before it is believed."""

from __future__ import annotations

from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, looped
from fusion.types import FloatArray, QualityArray

OK: Final = 0
NOT_FINITE: Final = 1
NOT_LATER: Final = 2
ALL_ZERO: Final = 3
HELD: Final = 4
TOO_FAST: Final = 5

ACC_SATURATED: Final = 2
GYR_SATURATED: Final = 4

# State layout.
TIME: Final = 0
ROW: Final = 1
"""Last values, force (3) and rate (3)."""
STARTED: Final = 7
MOST: Final = 8
"""Largest force and rate of any axis so far."""
FULL: Final = 10
"""Full scale of force and rate, once values that stand still have shown it; 0 before."""
STATE_SIZE: Final = 12

_RAD: Final = np.pi / 180.0
_G: Final = 9.80665
_FASTEST_RADS: Final = 70.0
"""4000 °/s; no sensor of this kind measures more."""
_TURNING_RADS: Final = 0.2
"""A sensor that turns faster than this (11 °/s) cannot report the very same six values twice."""
_LEAST_GYR_RADS: Final = 125.0 * _RAD
_LEAST_ACC_MS2: Final = 2.0 * _G
_STEP: Final = 1e-3
"""The largest positive value is a step of the converter less than the largest negative one."""
_EXACT: Final = 5e-5
"""The same of a converter of 16 bits; hardly any value is so near to the name of a range by chance."""
_TRIM: Final = 0.02
"""How far a calibrated full scale may be from its name."""


@looped
def _clipped(s: FloatArray, of: int, value: float, previous: float, least: float) -> bool:
    """Whether a force (``of`` 0) or rate (1) is at the sensor's full scale.

    It shows by standing still at its largest near the name of a range, or by being there to a step of the
    converter. Once it is known, a value that is there for one sample only is clipped as well.
    """
    size = abs(value)
    if size >= s[MOST + of] * (1.0 - _STEP) and _off_range(size, least) < (
        _TRIM if value == previous else _EXACT
    ):
        s[FULL + of] = size
    elif size > s[FULL + of] * (1.0 + _STEP):
        s[FULL + of] = 0.0
    s[MOST + of] = max(s[MOST + of], size)
    return s[FULL + of] > 0.0 and size >= s[FULL + of] * (1.0 - _STEP)


@looped
def _off_range(size: float, least: float) -> float:
    """How far a value is from the nearest of 1, 2, 4, … times the least range, as a share of it."""
    scale = least
    while scale * (1.0 + _TRIM) < size:
        scale *= 2.0
    return abs(size / scale - 1.0)


@kernel
def screen(
    s: FloatArray,
    t_s: FloatArray,
    acc: FloatArray,
    gyr: FloatArray,
    quality: QualityArray,
    verdicts: QualityArray,
) -> int:
    """Judge samples (n,) against the one before, filling ``verdicts`` and adding to ``quality``.

    Returns how many are not OK; ``s`` (STATE_SIZE,) remembers the last good one.
    """
    bad = 0
    for k in range(len(t_s)):
        verdict = _judge(s, t_s[k], acc[k], gyr[k])
        verdicts[k] = verdict
        if verdict != OK:
            bad += 1
            continue
        for i in range(3):
            if _clipped(s, 0, acc[k, i], s[ROW + i], _LEAST_ACC_MS2):
                quality[k] |= ACC_SATURATED
            if _clipped(s, 1, gyr[k, i], s[ROW + 3 + i], _LEAST_GYR_RADS):
                quality[k] |= GYR_SATURATED
            s[ROW + i] = acc[k, i]
            s[ROW + 3 + i] = gyr[k, i]
        s[TIME] = t_s[k]
        s[STARTED] = 1.0
    return bad


@looped
def _judge(s: FloatArray, t: float, acc: FloatArray, gyr: FloatArray) -> int:
    total = t
    zero = same = True
    fastest = 0.0
    for i in range(3):
        total += acc[i] + gyr[i]
        zero = zero and acc[i] == 0.0
        same = same and acc[i] == s[ROW + i] and gyr[i] == s[ROW + 3 + i]
        fastest = max(fastest, abs(gyr[i]))
    if not np.isfinite(total):
        return NOT_FINITE
    if s[STARTED] > 0.0 and not t > s[TIME]:
        return NOT_LATER
    if zero:
        return ALL_ZERO
    if fastest > _FASTEST_RADS:
        return TOO_FAST
    if s[STARTED] > 0.0 and same and fastest > _TURNING_RADS:
        return HELD
    return OK


@kernel
def turning(t_s: FloatArray, acc: FloatArray, gyr: FloatArray, tau_s: float) -> tuple[float, float, float]:
    """How the turning that gravity shows compares with the rate: ∫ d·e, ∫ e·e and ∫ d·d dt.

    d is how fast the direction of the low-passed force moves in the sensor, e what the rate says of it, both
    low-passed alike. A rate in rad/s gives d = e, one in °/s d = e/57.
    """
    v, e, seen = np.zeros(3), np.zeros(3), np.zeros(3)
    cross = told = shown = 0.0
    for k in range(len(t_s)):
        if k == 0:
            for i in range(3):
                v[i] = acc[k, i]
            continue
        dt = t_s[k] - t_s[k - 1]
        if dt > 3.0 * tau_s:
            for i in range(3):
                v[i] = acc[k, i]
                e[i] = 0.0
            continue
        f = dt / (tau_s + dt)
        norm = np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) + 1e-12
        for i in range(3):
            a, b = (i + 1) % 3, (i + 2) % 3
            says = (v[a] * gyr[k, b] - v[b] * gyr[k, a]) / norm
            e[i] += f * (says - e[i])
            seen[i] = f * (acc[k, i] - v[i]) / dt / norm
        along = (seen[0] * v[0] + seen[1] * v[1] + seen[2] * v[2]) / norm
        for i in range(3):
            d = seen[i] - along * v[i] / norm
            v[i] += f * (acc[k, i] - v[i])
            cross += d * e[i] * dt
            told += e[i] * e[i] * dt
            shown += d * d * dt
    return cross, told, shown
