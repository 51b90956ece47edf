"""Has somebody been in the air? While nothing carries a body, it falls as fast as everything else.

A quick squat goes down at more than that for a moment, a jump at just that for a fifth of a second or longer.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from fusion.types import SignalBlock

_FALL_MS2: Final = (-12.5, -7.0)
"""Upward acceleration of a pelvis in the air; legs that move meanwhile carry it up or down a little."""
_FLIGHT_S: Final = 0.18
_KEPT: Final = 32


class FlightWatch:
    """Remembers the last flights: `SignalBlock`s in."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._flights_s: deque[float] = deque(maxlen=_KEPT)
        self._not_seen_s = -np.inf

    def read(self, signals: SignalBlock) -> None:
        """Take the next samples."""
        up = signals.get("pelvis_acc_up_ms2")
        unknown = np.flatnonzero(~np.isfinite(up))
        if len(unknown):
            self._not_seen_s = float(signals.t_s[unknown[-1]])
        falls = (up > _FALL_MS2[0]) & (up < _FALL_MS2[1])
        for k in np.flatnonzero(np.diff(falls, prepend=self._since_s is not None)).tolist():
            now_s = float(signals.t_s[k])
            if falls[k]:
                self._since_s = now_s
            elif self._since_s is not None:
                if now_s - self._since_s >= _FLIGHT_S:
                    self._flights_s.append(now_s)
                self._since_s = None

    def flew(self, from_s: float, to_s: float) -> bool:
        """Whether a flight ended in between."""
        return any(from_s <= t_s <= to_s for t_s in self._flights_s)

    def may_have_flown(self, from_s: float) -> bool:
        """Whether a flight has ended since, or was not seen."""
        return self._not_seen_s >= from_s or self.flew(from_s, np.inf)
