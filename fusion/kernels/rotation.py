"""Rotations inside compiled loops."""

from __future__ import annotations

from numba import njit


@njit(cache=True, inline="always")
def matrix_element(w: float, x: float, y: float, z: float, r: int, c: int) -> float:
    """Element (r, c) of the rotation matrix of a unit quaternion."""
    if r == 0:
        if c == 0:
            return 1.0 - 2.0 * (y * y + z * z)
        return 2.0 * (x * y - w * z) if c == 1 else 2.0 * (x * z + w * y)
    if r == 1:
        if c == 0:
            return 2.0 * (x * y + w * z)
        return 1.0 - 2.0 * (x * x + z * z) if c == 1 else 2.0 * (y * z - w * x)
    if c == 0:
        return 2.0 * (x * z - w * y)
    return 2.0 * (y * z + w * x) if c == 1 else 1.0 - 2.0 * (x * x + y * y)
