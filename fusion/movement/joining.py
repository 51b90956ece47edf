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
    """Goes over, after each silence, from where the filled angles of ``rows`` ended to the seen ones."""

    def __init__(self, rows: Sequence[int]) -> None:
        self._rows = np.array(rows)
        self._apart, self._heard_from_s = np.zeros(len(rows)), -np.inf
        """By how much the last filled sample was off the next one, by filled row, and when that was."""

    def begin(self, before: SignalBlock, part: SignalBlock) -> None:
        """A silence is over: ``before`` ends with what was filled, ``part`` begins with what is seen."""
        apart = before.values[self._rows, -1] - part.values[self._rows, 0]
        self._apart = np.where(np.abs(apart) < _MOST_APART_DEG, apart, 0.0)
        self._heard_from_s = float(part.t_s[0])

    def __call__(self, part: SignalBlock) -> SignalBlock:
        """Samples that are known again."""
        if part.t_s[0] - self._heard_from_s >= _JOIN_S:
            return part
        left = 1.0 - (part.t_s - self._heard_from_s) / _JOIN_S
        joins = left > 0.0
        if not joins.any() or not (np.abs(self._apart) > _STEP_DEG).any():
            return part
        values, sd = part.values.copy(), part.sd.copy()
        moved = np.flatnonzero(np.abs(self._apart) > _STEP_DEG)
        rows = np.ix_(self._rows[moved], joins)
        values[rows] += np.outer(self._apart[moved], left[joins])
        sd[rows] = JOINED_SD_DEG
        return replace(part, values=values, sd=sd)
