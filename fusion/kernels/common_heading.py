"""Compiled loops for putting sensors under one heading (`fusion.common_heading`)."""

from __future__ import annotations

from math import cos, sin

from fusion.kernels.compiled import kernel
from fusion.kernels.rotation import matrix_element
from fusion.types import FloatArray


@kernel
def turn_about_vertical(angle: FloatArray, q_es: FloatArray, out: FloatArray) -> None:
    """Turn orientations (n, 4) about E's Z by angles (n,), filling ``out``."""
    for k in range(len(angle)):
        c, z = cos(0.5 * angle[k]), sin(0.5 * angle[k])
        w, i, j, h = q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3]
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = (
            c * w - z * h,
            c * i - z * j,
            c * j + z * i,
            c * h + z * w,
        )


@kernel
def last_astir(q_es: FloatArray, gyr: FloatArray, y_s: FloatArray, still_rads: float, least_up: float) -> int:
    """Index of the last sample that turns or whose segment's Y (3,), in S, is not up; −1 for none."""
    for k in range(len(q_es) - 1, -1, -1):
        up = 0.0
        for i in range(3):
            up += matrix_element(q_es[k, 0], q_es[k, 1], q_es[k, 2], q_es[k, 3], 2, i) * y_s[i]
        speed2 = gyr[k, 0] * gyr[k, 0] + gyr[k, 1] * gyr[k, 1] + gyr[k, 2] * gyr[k, 2]
        if not (up > least_up and speed2 < still_rads * still_rads):
            return k
    return -1
