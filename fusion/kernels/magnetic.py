"""The compiled loop that follows magnetic north and notices a disturbed field.

Rules and constants of VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014) in time-constant form: every
step may have its own length.
"""

from __future__ import annotations

from math import asin, atan2, cos, exp, isfinite, sin, sqrt
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, looped
from fusion.types import FloatArray

# State layout.
STARTED: Final = 0
TIME: Final = 1
WEIGHT: Final = 2
"""For how long the offset has been a running mean, s."""
OFFSET: Final = 3
"""By which the free heading is turned, rad."""
NORM: Final = 4
"""Low-passed size and dip of the field now, of the trusted field, and of one that may become it."""
DIP: Final = 5
TRUSTED_NORM: Final = 6
TRUSTED_DIP: Final = 7
NEW_NORM: Final = 8
NEW_DIP: Final = 9
CLEAN_TIME: Final = 10
NEW_TIME: Final = 11
REJECTED_TIME: Final = 12
HEADING_VAR: Final = 13
"""The free heading's own variance when the field was last trusted, rad²."""
STATE_SIZE: Final = 14

TAU_S: Final = 9.0
TAU_NOW_S: Final = 0.05
TAU_FIELD_S: Final = 20.0
NORM_TOLERANCE: Final = 0.10
DIP_TOLERANCE_RAD: Final = 10.0 * np.pi / 180.0
CLEAN_S: Final = 0.5
"""How long the field must be as trusted before it is followed again."""
NEW_S: Final = 20.0
NEW_FIRST_S: Final = 5.0
"""How long another field must hold, while the sensor turns, to become the trusted one; and the very first."""
NEW_GYR_RADS: Final = 20.0 * np.pi / 180.0
LONGEST_REJECTION_S: Final = 60.0
"""After which a disturbed field is followed too, at half the pace: better than drift without end."""
REJECTION_FACTOR: Final = 2.0
TRUSTED_SD_RAD: Final = 3.0 * np.pi / 180.0


@looped
def _like(norm: float, dip: float, norm_ref: float, dip_ref: float) -> bool:
    return abs(norm - norm_ref) < NORM_TOLERANCE * norm_ref and abs(dip - dip_ref) < DIP_TOLERANCE_RAD


@looped
def _clean(s: FloatArray, dt: float, speed: float) -> bool:
    """Judge the field as it is now against the trusted one, and look whether another has come to stay."""
    follow = 1.0 - exp(-dt / TAU_FIELD_S)
    if _like(s[NORM], s[DIP], s[TRUSTED_NORM], s[TRUSTED_DIP]):
        s[CLEAN_TIME] += dt
        if s[CLEAN_TIME] >= CLEAN_S:
            s[TRUSTED_NORM] += follow * (s[NORM] - s[TRUSTED_NORM])
            s[TRUSTED_DIP] += follow * (s[DIP] - s[TRUSTED_DIP])
    else:
        s[CLEAN_TIME] = 0.0
    if _like(s[NORM], s[DIP], s[NEW_NORM], s[NEW_DIP]):
        if speed >= NEW_GYR_RADS:
            s[NEW_TIME] += dt
        s[NEW_NORM] += follow * (s[NORM] - s[NEW_NORM])
        s[NEW_DIP] += follow * (s[DIP] - s[NEW_DIP])
        enough = NEW_S if s[TRUSTED_NORM] > 0.0 else NEW_FIRST_S
        if s[CLEAN_TIME] < CLEAN_S and s[NEW_TIME] >= enough:
            s[TRUSTED_NORM], s[TRUSTED_DIP] = s[NEW_NORM], s[NEW_DIP]
            s[CLEAN_TIME] = CLEAN_S
    else:
        s[NEW_TIME] = 0.0
        s[NEW_NORM], s[NEW_DIP] = s[NORM], s[DIP]
    return bool(s[CLEAN_TIME] >= CLEAN_S)


@looped
def _gain(s: FloatArray, dt: float, clean: bool) -> float:
    """Share of the seen error that is taken over in this step."""
    gain = 1.0 - exp(-dt / TAU_S)
    if clean:
        s[REJECTED_TIME] = max(0.0, s[REJECTED_TIME] - REJECTION_FACTOR * dt)
    elif s[REJECTED_TIME] <= LONGEST_REJECTION_S:
        s[REJECTED_TIME] += dt
        gain = 0.0
    else:
        gain /= REJECTION_FACTOR
    if s[WEIGHT] < TAU_S:
        s[WEIGHT] += dt
        gain = max(gain, dt / s[WEIGHT])
    return gain


@kernel
def follow_north(
    s: FloatArray,
    t_s: FloatArray,
    q_es: FloatArray,
    gyr: FloatArray,
    free_sd_rad: FloatArray,
    mag: FloatArray,
    q_out: FloatArray,
    sd_out: FloatArray,
) -> None:
    """Turn orientations (n, 4) so that E's Y is magnetic north, changing ``s`` and filling the outputs.

    ``free_sd_rad`` (n,) is one sigma of the heading without a magnetometer: what it grows by counts while
    the field is not trusted. Samples of ``mag`` (n, 3) that are not finite are passed over.
    """
    for k in range(len(t_s)):
        w, x, y, z = q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3]
        a, b, c = mag[k, 0], mag[k, 1], mag[k, 2]
        norm = sqrt(a * a + b * b + c * c)
        variance = free_sd_rad[k] * free_sd_rad[k]
        clean = False
        if isfinite(norm) and norm > 1e-3:
            tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
            ex, ey = a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz
            ez = c + w * tz + x * ty - y * tx
            dip = -asin(max(-1.0, min(1.0, ez / norm)))
            seen = atan2(ex, ey)
            if s[STARTED] == 0.0:
                s[STARTED], s[TIME], s[OFFSET] = 1.0, t_s[k], seen
                s[NORM], s[DIP], s[NEW_NORM], s[NEW_DIP] = norm, dip, norm, dip
                s[HEADING_VAR] = variance
            dt = t_s[k] - s[TIME]
            if dt > 0.0:
                now = 1.0 - exp(-dt / TAU_NOW_S)
                s[NORM] += now * (norm - s[NORM])
                s[DIP] += now * (dip - s[DIP])
                speed = sqrt(gyr[k, 0] ** 2 + gyr[k, 1] ** 2 + gyr[k, 2] ** 2)
                clean = _clean(s, dt, speed)
                error = seen - s[OFFSET]
                s[OFFSET] += _gain(s, dt, clean) * atan2(sin(error), cos(error))
                s[TIME] = t_s[k]
            if clean or s[WEIGHT] < TAU_S:
                s[HEADING_VAR] = variance
        h, v = cos(0.5 * s[OFFSET]), sin(0.5 * s[OFFSET])
        q_out[k, 0], q_out[k, 1] = h * w - v * z, h * x - v * y
        q_out[k, 2], q_out[k, 3] = h * y + v * x, h * z + v * w
        known = TRUSTED_SD_RAD if s[STARTED] > 0.0 else np.pi / sqrt(3.0)
        sd_out[k] = sqrt(known * known + max(0.0, variance - s[HEADING_VAR]))
