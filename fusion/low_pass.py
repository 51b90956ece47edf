"""A first-order low pass, block by block: what `scipy.signal.lfilter` gives, without what scipy brings along.

scipy's signal processing takes 60 MB and seconds to load, for one loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion.kernels.low_pass import first_order


def low_pass(x: Any, gain: float, state: Any) -> tuple[Any, Any]:
    """Filtered ``x`` (n,) or (n, k), real or complex, and the state for the next block.

    The same as ``lfilter([gain], [1, gain − 1], x, axis=0, zi=state)``; begin with ``(1 − gain) x[:1]``.
    """
    rows = _rows(x)
    out, after = np.empty_like(rows), _rows(state).copy()
    first_order(rows, gain, after[0], out)
    return out.view(x.dtype).reshape(x.shape), after.view(x.dtype).reshape(state.shape)


def _rows(x: Any) -> Any:
    """(n, k) numbers of which a complex one is two."""
    return np.ascontiguousarray(x).view(np.float64).reshape(len(x), -1)
