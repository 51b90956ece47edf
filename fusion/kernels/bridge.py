"""The rotation across missing samples: the best linear estimate from the rates around them.

The rate is taken for a Gaussian process with Matérn covariance of order 5/2 (Rasmussen & Williams 2006,
Gaussian Processes for Machine Learning, chapter 2 and eq. 4.17), each axis by itself. The integral over the
gap of such a process, given rates before and after, is a weighted sum of those rates.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import Final

import numpy as np

from fusion.kernels.compiled import rare
from fusion.types import FloatArray

KNOTS_MAX: Final = 6
"""Three rates before the gap and three after."""
_SQRT5: Final = sqrt(5.0)


@rare
def correlation(distance_s: float, length_s: float) -> float:
    """Of the rate with itself, ``distance_s`` apart."""
    x = _SQRT5 * abs(distance_s) / length_s
    return (1.0 + x + x * x / 3.0) * exp(-x)


@rare
def correlation_integral(near_s: float, far_s: float, length_s: float) -> float:
    """Integral of `correlation` over distances from ``near_s`` to ``far_s``, s."""
    x, y = _SQRT5 * near_s / length_s, _SQRT5 * far_s / length_s
    left = exp(-x) * (8.0 + x * (5.0 + x)) - exp(-y) * (8.0 + y * (5.0 + y))
    return left * length_s / (3.0 * _SQRT5)


@rare
def turn_across(
    from_s: float,
    to_s: float,
    times_s: FloatArray,
    rates: FloatArray,
    count: int,
    length_s: float,
    noise: float,
) -> tuple[float, float, float]:
    """Rotation vector over the gap from ``from_s`` to ``to_s``, rad.

    ``rates`` (KNOTS_MAX, 3), of which ``count`` are given, are means around ``times_s``, none of them inside
    the gap; ``noise`` is their error as a share of the rate's own spread.
    """
    k = np.empty((KNOTS_MAX, KNOTS_MAX))
    weight = np.empty(KNOTS_MAX)
    for i in range(count):
        for j in range(i + 1):
            k[i, j] = correlation(times_s[i] - times_s[j], length_s)
        k[i, i] += noise * noise
        near = from_s - times_s[i] if times_s[i] < from_s else times_s[i] - to_s
        weight[i] = correlation_integral(near, near + to_s - from_s, length_s)
    _solve(k, weight, count)
    x = y = z = 0.0
    for i in range(count):
        x += weight[i] * rates[i, 0]
        y += weight[i] * rates[i, 1]
        z += weight[i] * rates[i, 2]
    return x, y, z


@rare
def _solve(k: FloatArray, x: FloatArray, count: int) -> None:
    """Solve k·x' = x in place by Cholesky; of ``k``, positive definite, the lower triangle is read."""
    for i in range(count):
        for j in range(i + 1):
            left = k[i, j]
            for m in range(j):
                left -= k[i, m] * k[j, m]
            k[i, j] = sqrt(left) if i == j else left / k[j, j]
    for i in range(count):
        for m in range(i):
            x[i] -= k[i, m] * x[m]
        x[i] /= k[i, i]
    for i in range(count - 1, -1, -1):
        for m in range(i + 1, count):
            x[i] -= k[m, i] * x[m]
        x[i] /= k[i, i]
