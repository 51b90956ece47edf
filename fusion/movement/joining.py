"""From filled angles back to seen ones.

An orientation needs up to a second after silence to settle, and the other sensor tells no more than about
where the silent one was: a step between them would be a turning point that nobody made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fusion.history import JOINED_SD_DEG
from fusion.types import SignalBlock

_JOIN_S, _STEP_DEG, _MOST_APART_DEG = 0.7, 3.0, 45.0
"""So long it takes from a filled angle to the seen one, where they are apart, and not as far as two poses."""


class Joining:
    """Goes over from where the filled angles of ``rows`` ended to the seen ones, each once it is seen."""

    def __init__(self, rows: Sequence[int]) -> None:
        self._rows = np.array(rows)
        self._apart, self._heard_from_s = np.zeros(len(rows)), np.full(len(rows), -np.inf)
        """By how much the last filled sample was off the next one, by filled row, and when that was."""

    def begin(self, before: SignalBlock, part: SignalBlock) -> None:
        """``before`` ends with what was given out last, ``part`` begins with what the sensors tell next."""
        last, first = before.values[self._rows, -1], part.values[self._rows, 0]
        seen = np.isinf(before.sd[self._rows, -1]) & np.isfinite(last) & np.isfinite(first)
        apart = np.where(np.abs(last - first) < _MOST_APART_DEG, last - first, 0.0)
        self._apart = np.where(seen, apart, self._apart)
        self._heard_from_s = np.where(seen, part.t_s[0], self._heard_from_s)

    def __call__(self, part: SignalBlock) -> SignalBlock:
        """The samples with what was seen of late going over from what was filled in; the rest as it is."""
        going = (np.abs(self._apart) > _STEP_DEG) & (part.t_s[0] - self._heard_from_s < _JOIN_S)
        if not going.any():
            return part
        left = np.maximum(0.0, 1.0 - (part.t_s - self._heard_from_s[going, None]) / _JOIN_S)
        rows = self._rows[going]
        values, sd = part.values.copy(), part.sd.copy()
        joins = (left > 0.0) & np.isfinite(values[rows])
        values[rows] += np.where(joins, self._apart[going, None] * left, 0.0)
        sd[rows] = np.where(joins, JOINED_SD_DEG, sd[rows])
        return replace(part, values=values, sd=sd)
