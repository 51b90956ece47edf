"""Compiled: a damped swing (second order), exact for a push that is straight between samples."""

from __future__ import annotations

from math import cos, exp, sin, sqrt

from numba import njit

from fusion.types import FloatArray


@njit(cache=True, nogil=True)
def swing(  # noqa: PLR0917 - compiled: numba takes no keywords here
    push: FloatArray,
    dt_s: float,
    w: float,
    damping: float,
    angle: FloatArray,
    rate: FloatArray,
    acceleration: FloatArray,
) -> None:
    """Solve ``x'' + 2 ζ w x' + w² x = w² push`` from rest, column by column.

    ``push`` (n, m) is where the swing would come to rest, sampled every ``dt_s``; ``w`` in rad/s, ``damping``
    ζ in [0, 1). Fills ``angle``, ``rate`` and ``acceleration`` (n, m): x and its derivatives.
    """
    decay, wd = damping * w, w * sqrt(1.0 - damping * damping)
    c, s = exp(-decay * dt_s) * cos(wd * dt_s), exp(-decay * dt_s) * sin(wd * dt_s) / wd
    for j in range(push.shape[1]):
        x = v = before = 0.0
        for k in range(len(push)):
            # Where a straight push is followed without swinging: a particular solution; the rest decays.
            slope = (push[k, j] - before) / dt_s
            lag = 2.0 * damping / w * slope
            dx, dv = x - (before - lag), v - slope
            x = c * dx + s * (decay * dx + dv) + push[k, j] - lag
            v = c * dv - s * (decay * dv + w * w * dx) + slope
            before = push[k, j]
            angle[k, j] = x
            rate[k, j] = v
            acceleration[k, j] = w * w * (push[k, j] - x) - 2.0 * decay * v
