"""Rotations inside compiled loops: quaternions and vectors as tuples of scalars, no branches."""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import inline

V3 = tuple[float, float, float]
Q4 = tuple[float, float, float, float]


@inline
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


@inline
def matrix_rows(q: Q4) -> tuple[V3, V3, V3]:
    """Rotation matrix of a unit quaternion."""
    w, x, y, z = q
    return (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)),
        (2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)),
        (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)),
    )


@inline
def product(p: Q4, q: Q4) -> Q4:
    """Hamilton product ``p ⊗ q``."""
    a, b, c, d = p
    w, x, y, z = q
    return (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


@inline
def unit(q: Q4) -> Q4:
    """``q`` scaled to length one; not for the zero quaternion."""
    w, x, y, z = q
    n = 1.0 / sqrt(w * w + x * x + y * y + z * z)
    return w * n, x * n, y * n, z * n


@inline
def turned(q: Q4, v: V3) -> V3:
    """``v`` turned by the unit quaternion ``q``."""
    w, i, j, k = q
    x, y, z = v
    tx, ty, tz = 2.0 * (j * z - k * y), 2.0 * (k * x - i * z), 2.0 * (i * y - j * x)
    return x + w * tx + j * tz - k * ty, y + w * ty + k * tx - i * tz, z + w * tz + i * ty - j * tx


@inline
def turned_by(q: Q4, v: V3) -> Q4:
    """``q`` followed, in the turned frame, by the rotation vector ``v``, rad; exact to 1e-8 up to 8 rad."""
    x, y, z = v
    # Series of cos and sin(h)/h at a sixteenth of the angle, doubled three times: no call, no branch.
    u = (x * x + y * y + z * z) * (1 / 256)
    uu = u * u
    c = (1.0 - u * (1 / 2)) + uu * ((1 / 24 - u * (1 / 720)) + uu * (1 / 40320))
    s = (1.0 - u * (1 / 6)) + uu * ((1 / 120 - u * (1 / 5040)) + uu * (1 / 362880))
    s, c = s * c, 2.0 * c * c - 1.0
    s, c = s * c, 2.0 * c * c - 1.0
    s, c = 0.5 * s * c, 2.0 * c * c - 1.0
    return unit(product(q, (c, s * x, s * y, s * z)))


@inline
def uprighted(tilt: Q4, v: V3) -> tuple[float, float, Q4]:
    """``tilt``, I to E, turned on by the smallest rotation that makes ``v`` in E point up.

    Returns first the horizontal part (2) of the unit vector of ``v``. A vector of no length changes
    nothing.
    """
    x, y, z = v
    n = sqrt(x * x + y * y + z * z)
    some = n > 1e-6
    # Half the rotation from (x, y, z) to up is the unit quaternion along (n + z, y, −x, 0).
    w = n + z
    opposite = w < 1e-12 * n
    w, i, j = (0.0 if opposite else w), (n if opposite else y), (0.0 if opposite else -x)
    w, i, j = (w if some else 1.0), (i if some else 0.0), (j if some else 0.0)
    n = n if some else 1.0
    a, b, c, d = tilt
    a, b, c, d = w * a - i * b - j * c, w * b + i * a + j * d, w * c - i * d + j * a, w * d + i * c - j * b
    norm = sqrt(a * a + b * b + c * c + d * d)
    # One division for both lengths.
    both = 1.0 / (n * norm)
    scale, share = both * n, (both * norm if some else 0.0)
    return x * share, y * share, (a * scale, b * scale, c * scale, d * scale)
