"""The compiled loop of a first-order low pass over rows."""

from __future__ import annotations

from fusion.kernels.compiled import kernel
from fusion.types import FloatArray


@kernel
def first_order(rows: FloatArray, gain: float, state: FloatArray, out: FloatArray) -> None:
    """``y += gain * (x - y)`` down each column of ``rows`` (n, k), into ``out``.

    ``state`` (k,) is what the filter brings along from the block before.
    """
    keep = 1.0 - gain
    for k in range(rows.shape[1]):
        carried = state[k]
        for i in range(len(rows)):
            y = gain * rows[i, k] + carried
            carried = keep * y
            out[i, k] = y
        state[k] = carried
