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
def dot(u: V3, v: V3) -> float:
    """Scalar product."""
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]


@inline
def cross(u: V3, v: V3) -> V3:
    """Vector product."""
    return u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]


@inline
def exponential(v: V3) -> Q4:
    """Quaternion of the rotation vector ``v``, rad; of unit length to 1e-12 up to 2 rad, 1e-7 up to 8."""
    x, y, z = v
    # Series of cos and sin(h)/h at a sixteenth of the angle, doubled three times: no call, no branch.
    u = (x * x + y * y + z * z) * (1 / 256)
    uu = u * u
    c = (1.0 - u * (1 / 2)) + uu * ((1 / 24 - u * (1 / 720)) + uu * (1 / 40320))
    s = (1.0 - u * (1 / 6)) + uu * ((1 / 120 - u * (1 / 5040)) + uu * (1 / 362880))
    s, c = s * c, 2.0 * c * c - 1.0
    s, c = s * c, 2.0 * c * c - 1.0
    s, c = 0.5 * s * c, 2.0 * c * c - 1.0
    return c, s * x, s * y, s * z


@inline
def small_exponential(v: V3) -> Q4:
    """The same for less: of unit length to 1e-12 up to 1 rad, 1e-8 up to 2."""
    x, y, z = v
    # Series at a quarter of the angle, doubled once.
    u = (x * x + y * y + z * z) * (1 / 16)
    uu = u * u
    c = (1.0 - u * (1 / 2)) + uu * ((1 / 24 - u * (1 / 720)) + uu * (1 / 40320))
    s = (1.0 - u * (1 / 6)) + uu * ((1 / 120 - u * (1 / 5040)) + uu * (1 / 362880))
    s, c = 0.5 * s * c, 2.0 * c * c - 1.0
    return c, s * x, s * y, s * z


@inline
def uprighting(v: V3) -> Q4:
    """The smallest rotation that makes ``v`` point up; none for a vector of no length."""
    x, y, z = v
    n = sqrt(x * x + y * y + z * z)
    # Half that rotation is along (n + z, y, −x, 0); straight down, any horizontal axis will do.
    w = n + z
    down = w < 1e-12 * n
    w, x, y = (0.0 if down else w), (0.0 if down else x), (n if down else y)
    none = n < 1e-9
    return unit((1.0 if none else w, 0.0 if none else y, 0.0 if none else -x, 0.0))
