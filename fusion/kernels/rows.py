"""Rows of quaternions and vectors, one after the other: what whole-array arithmetic is too slow for.

Either operand may be a single row that goes with every row of the other. Sums are taken in the order of the
formulas, so the results are those of the same formulas over whole arrays.
"""

from __future__ import annotations

from fusion.kernels.compiled import kernel
from fusion.types import FloatArray


@kernel
def cross(u: FloatArray, v: FloatArray, out: FloatArray) -> None:
    """Vector products ``out`` (n, 3) of rows of ``u`` and ``v``, each (n, 3) or (1, 3)."""
    du, dv = 1 if len(u) > 1 else 0, 1 if len(v) > 1 else 0
    for k in range(len(out)):
        a, b = u[k * du], v[k * dv]
        x, y, z = a[0], a[1], a[2]
        p, q, r = b[0], b[1], b[2]
        out[k, 0] = y * r - z * q
        out[k, 1] = z * p - x * r
        out[k, 2] = x * q - y * p


@kernel
def rotate(q: FloatArray, v: FloatArray, out: FloatArray) -> None:
    """Vectors ``v``, (n, 3) or (1, 3), turned by unit ``q``, (n, 4) or (1, 4), into ``out`` (n, 3)."""
    dq, dv = 1 if len(q) > 1 else 0, 1 if len(v) > 1 else 0
    for k in range(len(out)):
        a, b = q[k * dq], v[k * dv]
        w, x, y, z = a[0], a[1], a[2], a[3]
        tx = 2.0 * (y * b[2] - z * b[1])
        ty = 2.0 * (z * b[0] - x * b[2])
        tz = 2.0 * (x * b[1] - y * b[0])
        out[k, 0] = b[0] + w * tx + (y * tz - z * ty)
        out[k, 1] = b[1] + w * ty + (z * tx - x * tz)
        out[k, 2] = b[2] + w * tz + (x * ty - y * tx)


@kernel
def multiply(p: FloatArray, q: FloatArray, out: FloatArray) -> None:
    """Hamilton products ``out`` (n, 4) of rows of ``p`` and ``q``, each (n, 4) or (1, 4)."""
    dp, dq = 1 if len(p) > 1 else 0, 1 if len(q) > 1 else 0
    for k in range(len(out)):
        a, b = p[k * dp], q[k * dq]
        w1, x1, y1, z1 = a[0], a[1], a[2], a[3]
        w2, x2, y2, z2 = b[0], b[1], b[2], b[3]
        out[k, 0] = w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2
        out[k, 1] = w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2
        out[k, 2] = w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2
        out[k, 3] = w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2
