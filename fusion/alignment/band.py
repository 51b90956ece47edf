"""The band in which joints accelerate: faster is noise, slower a wrong vertical."""

from __future__ import annotations

import numpy as np

from fusion.low_pass import low_pass
from fusion.types import FloatArray

_FAST_S = 0.05
_SLOW_S = 0.7
_SETTLE_S = 1.5


class JointBand:
    """Rows of signals (n, k), frame by frame, between two low passes at the fast and one at the slow end."""

    def __init__(self, dt_s: float) -> None:
        self._dt_s = dt_s
        self._gains = [dt_s / (t + dt_s) for t in (_FAST_S, _FAST_S, _SLOW_S)]
        self.reset()

    def reset(self) -> None:
        """Begin anew, after a gap."""
        self._states: list[FloatArray] = []
        self._age_s = 0.0

    def __call__(self, rows: FloatArray) -> FloatArray | None:
        """What lies in the band (n, k); None until it has settled."""
        if not self._states:
            self._states = [rows[0] * (1.0 - gain) for gain in self._gains]
        smooth = rows
        for k in (0, 1):
            smooth = low_pass(smooth, self._gains[k], self._states[k])
        slow = low_pass(smooth, self._gains[2], self._states[2])
        self._age_s += len(rows) * self._dt_s
        return np.asarray(smooth - slow) if self._age_s > _SETTLE_S else None
