"""Angles of a pose while a sensor is silent: where it was last, as long as another one is heard.

Who has left a pose moves more than one segment, or is seen elsewhere when the sensor is heard again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fusion.types import SignalBlock

_LONGEST_S = 10.0
"""Nothing is taken to stay where it was for longer."""


class Carried:
    """Signals in, the same out with the rows called ``names`` carried on; equal for any splitting."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._last = np.full(len(names), np.nan)
        self._last_s = np.full(len(names), -np.inf)

    def __call__(self, signals: SignalBlock) -> SignalBlock:
        """The next samples."""
        rows = [signals.names.index(name) for name in self._names]
        seen = signals.values[rows]
        known = np.isfinite(seen)
        at = np.where(known, np.arange(len(signals)), -1)
        at = np.maximum.accumulate(at, axis=1)
        value = np.where(at >= 0, np.take_along_axis(seen, np.maximum(at, 0), axis=1), self._last[:, None])
        time_s = np.where(at >= 0, signals.t_s[at], self._last_s[:, None])
        if len(signals):
            self._last, self._last_s = value[:, -1].copy(), time_s[:, -1].copy()
        carries = ~known & known.any(axis=0) & (signals.t_s - time_s <= _LONGEST_S)
        if not carries.any():
            return signals
        values = signals.values.copy()
        values[rows] = np.where(carries, value, seen)
        return replace(signals, values=values)
