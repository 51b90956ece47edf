"""Rotations inside compiled loops: quaternions and vectors as tuples of scalars, no branches."""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import inline
from fusion.kernels.fused import fma

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
def level_rows(q: Q4) -> tuple[V3, V3]:
    """First two rows of the rotation matrix of a unit quaternion."""
    w, x, y, z = q
    x2, y2, z2 = x + x, y + y, z + z
    return (
        (fma(-y, y2, fma(-z, z2, 1.0)), fma(x, y2, -(w * z2)), fma(x, z2, w * y2)),
        (fma(x, y2, w * z2), fma(-x, x2, fma(-z, z2, 1.0)), fma(y, z2, -(w * x2))),
    )


@inline
def product(p: Q4, q: Q4) -> Q4:
    """Hamilton product ``p ⊗ q``."""
    a, b, c, d = p
    w, x, y, z = q
    return (
        fma(a, w, -fma(b, x, fma(c, y, d * z))),
        fma(a, x, fma(b, w, fma(c, z, -(d * y)))),
        fma(a, y, fma(c, w, fma(d, x, -(b * z)))),
        fma(a, z, fma(b, y, fma(d, w, -(c * x)))),
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
    return fma(u[0], v[0], fma(u[1], v[1], u[2] * v[2]))


@inline
def added(u: V3, v: V3) -> V3:
    """Sum."""
    return u[0] + v[0], u[1] + v[1], u[2] + v[2]


@inline
def cross(u: V3, v: V3) -> V3:
    """Vector product."""
    return (
        fma(u[1], v[2], -(u[2] * v[1])),
        fma(u[2], v[0], -(u[0] * v[2])),
        fma(u[0], v[1], -(u[1] * v[0])),
    )


@inline
def plus(u: V3, k: float, v: V3) -> V3:
    """``u + k·v``."""
    return fma(k, v[0], u[0]), fma(k, v[1], u[1]), fma(k, v[2], u[2])


@inline
def rotated(q: Q4, v: V3) -> V3:
    """``v`` turned by a unit quaternion."""
    axis = q[1], q[2], q[3]
    x, y, z = cross(axis, v)
    twice = x + x, y + y, z + z
    along, across = plus(v, q[0], twice), cross(axis, twice)
    return added(along, across)


@inline
def exponential(v: V3) -> Q4:
    """Quaternion of the rotation vector ``v``, rad; of unit length to 1e-11 up to 4 rad, 1e-7 up to 8."""
    # A quarter of it, squared twice.
    w, x, y, z = small_exponential((0.25 * v[0], 0.25 * v[1], 0.25 * v[2]))
    w, x, y, z = _squared(w, x, y, z)
    return _squared(w, x, y, z)


@inline
def _squared(w: float, x: float, y: float, z: float) -> Q4:
    k = w + w
    return fma(k, w, -1.0), k * x, k * y, k * z


@inline
def small_exponential(v: V3) -> Q4:
    """The same for less: of unit length to 1e-12 up to 1 rad, 1e-8 up to 2."""
    x, y, z = v
    # Series of cos and sin(h)/h in the square of half the angle: no call, no branch.
    u = 0.25 * dot(v, v)
    uu = u * u
    c = fma(uu, fma(uu, fma(u, -1 / 3628800, 1 / 40320), fma(u, -1 / 720, 1 / 24)), fma(u, -1 / 2, 1.0))
    s = fma(
        uu, fma(uu, fma(u, -1 / 79833600, 1 / 725760), fma(u, -1 / 10080, 1 / 240)), fma(u, -1 / 12, 1 / 2)
    )
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
