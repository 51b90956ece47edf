"""Quaternion algebra on arrays, scalar first (w, x, y, z), Hamilton product, float64.

Every function broadcasts over leading axes. `rotate(q_eb, v_b)` gives ``v_e = q_eb ⊗ v_b ⊗ q_eb*``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fusion.kernels import rows
from fusion.types import FloatArray

_Loop = Callable[[FloatArray, FloatArray, FloatArray], None]

IDENTITY: FloatArray = np.array([1.0, 0.0, 0.0, 0.0])
_CONJUGATE: FloatArray = np.array([1.0, -1.0, -1.0, -1.0])


def multiply(p: ArrayLike, q: ArrayLike) -> FloatArray:
    """Hamilton product ``p ⊗ q`` of (..., 4) arrays."""
    return _by_rows(rows.multiply, p, q, 4)


def conjugate(q: ArrayLike) -> FloatArray:
    """Inverse of unit quaternions (..., 4)."""
    return np.multiply(np.asarray(q, float), _CONJUGATE)


def normalize(q: ArrayLike) -> FloatArray:
    """Scale (..., 4) to unit length; a zero quaternion stays NaN-free as identity."""
    a = np.asarray(q, float)
    norm = np.linalg.norm(a, axis=-1, keepdims=True)
    return np.where(norm > 0.0, a / np.where(norm > 0.0, norm, 1.0), IDENTITY)


def rotate(q: ArrayLike, v: ArrayLike) -> FloatArray:
    """Turn vectors (..., 3) by unit quaternions (..., 4)."""
    return _by_rows(rows.rotate, q, v, 3)


def cross(u: ArrayLike, v: ArrayLike) -> FloatArray:
    """Cross product of (..., 3); many times faster than numpy's on short arrays."""
    return _by_rows(rows.cross, u, v, 3)


def _by_rows(loop: _Loop, left: ArrayLike, right: ArrayLike, width: int) -> FloatArray:
    """Apply a compiled loop over the rows of two arrays that broadcast over their leading axes."""
    a, b = np.ascontiguousarray(left, float), np.ascontiguousarray(right, float)
    if a.ndim > 1 and b.ndim > 1 and a.shape[:-1] != b.shape[:-1]:
        shape = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
        a, b = (np.ascontiguousarray(np.broadcast_to(x, (*shape, x.shape[-1]))) for x in (a, b))
    out = np.empty((*(a if a.ndim > b.ndim else b).shape[:-1], width))
    loop(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), out.reshape(-1, width))
    return out


def from_rotation_vector(rotation_rad: ArrayLike) -> FloatArray:
    """Exponential map of rotation vectors (..., 3) in rad, to (..., 4)."""
    r = np.asarray(rotation_rad, float)
    half = 0.5 * np.linalg.norm(r, axis=-1, keepdims=True)
    return np.concatenate((np.cos(half), 0.5 * np.sinc(half / np.pi) * r), axis=-1)


def to_rotation_vector(q: ArrayLike) -> FloatArray:
    """Logarithm of unit quaternions (..., 4): the shorter rotation vector (..., 3) in rad."""
    a = np.asarray(q, float)
    a = np.where(a[..., :1] < 0.0, -a, a)
    n = np.linalg.norm(a[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(n, a[..., :1])
    scale = np.where(n > 1e-12, angle / np.where(n > 1e-12, n, 1.0), 2.0)
    return np.multiply(scale, a[..., 1:])


def angle_rad(p: ArrayLike, q: ArrayLike) -> FloatArray:
    """Angle in rad of the rotation between (..., 4) and (..., 4)."""
    d = multiply(conjugate(p), q)
    half = np.arctan2(np.linalg.norm(d[..., 1:], axis=-1), np.abs(d[..., 0]))
    return np.multiply(2.0, half)


def from_matrix(r: ArrayLike) -> FloatArray:
    """Unit quaternion (4,) of one rotation matrix (3, 3), by its largest component."""
    m = np.asarray(r, float)
    trace = float(np.trace(m))
    squares = np.array([1.0 + trace, *(1.0 - trace + 2.0 * np.diag(m))])
    i = int(np.argmax(squares))
    skew = np.array([m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]])
    q = np.empty(4)
    if i == 0:
        q[0], q[1:] = squares[0], skew
    else:
        q[0], q[1:] = skew[i - 1], m[i - 1] + m[:, i - 1]
        q[i] = squares[i]
    return normalize(q)


def to_matrix(q: ArrayLike) -> FloatArray:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    a = np.asarray(q, float)
    return np.stack([rotate(a, axis) for axis in np.eye(3)], axis=-1)


def slerp(p: ArrayLike, q: ArrayLike, fraction: ArrayLike) -> FloatArray:
    """Interpolate along the shorter arc; ``fraction`` (...,) is 0 at ``p`` and 1 at ``q``."""
    step = to_rotation_vector(multiply(conjugate(p), q))
    return multiply(p, from_rotation_vector(np.asarray(fraction, float)[..., None] * step))


def mean(q: ArrayLike) -> FloatArray:
    """Average (4,) of unit quaternions (n, 4), signs ignored.

    Markley et al. 2007, doi 10.2514/1.28949: the leading eigenvector of the outer-product sum.
    """
    a = np.asarray(q, float)
    _, vectors = np.linalg.eigh(a.T @ a)
    return np.asarray(vectors[:, -1])
