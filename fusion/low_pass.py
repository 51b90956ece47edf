"""A first-order low pass, block by block: what `scipy.signal.lfilter` gives, without what scipy brings along.

scipy's signal processing takes 60 MB and seconds to load, for one loop.
"""

from __future__ import annotations

import numpy as np

from fusion.kernels.low_pass import first_order
from fusion.types import FloatArray


def low_pass(rows: FloatArray, gain: float, state: FloatArray) -> FloatArray:
    """Filtered ``rows`` (n, k); ``state`` (k,) becomes that for the next block.

    The same as ``lfilter([gain], [1, gain − 1], rows, axis=0, zi=state)``; begin with ``(1 − gain) rows[0]``.
    """
    out = np.empty(rows.shape)
    first_order(np.ascontiguousarray(rows), gain, state, out)
    return out
