"""A device's own clock: its counter unwrapped, and mapped to the host's time.

Radio delay only ever adds, so the truth lies on the lower envelope of arrival minus device time. The
offset follows the least delays of the last minutes, with their slope (the clocks' skew), and moves
slowly enough that time never runs backwards.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np

_BUCKET_S = 1.0
_BUCKETS = 180
_RECENT_BUCKETS = 10
_SKEW_MIN_BUCKETS = 20
_SKEW_MAX = 300e-6
_SLEW = 0.002
_SLEW_FIRST = 0.05
_FIRST_S = 3.0


class Unwrapper:
    """Counter of ``bits`` bits to an ever growing one, by modular difference."""

    def __init__(self, bits: int) -> None:
        self._modulus = 1 << bits
        self._last: int | None = None
        self._total = 0

    def __call__(self, ticks: int) -> int:
        """Ticks since the first call; less than before for a packet that is late."""
        if self._last is None:
            self._last = ticks
            return 0
        step = (ticks - self._last) % self._modulus
        if step > self._modulus // 2:
            return self._total + step - self._modulus
        self._last = ticks
        self._total += step
        return self._total


class ClockFit:
    """``host = device + offset``, with an offset that follows the least delay and the skew."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[float, float]] = deque(maxlen=_BUCKETS)
        """Device time and least offset of each second."""
        self._least: float | None = None
        """Least offset of the last seconds at device time zero; None when it may have changed."""
        self._began_s: float | None = None
        self._last_s = 0.0
        self._offset_s = 0.0
        self.skew = 0.0
        """Host seconds gained per device second."""

    def map(self, device_s: float, arrival_s: float) -> float:
        """Host time of a sample taken at ``device_s`` whose packet arrived at ``arrival_s``."""
        seen = arrival_s - device_s
        if self._began_s is None:
            self._began_s = self._last_s = device_s
            self._offset_s = seen
            self._buckets.append((device_s, seen))
            return device_s + seen
        self._note(device_s, seen)
        elapsed = device_s - self._last_s
        self._last_s = device_s
        slew = _SLEW_FIRST if device_s - self._began_s < _FIRST_S else _SLEW
        wanted = self._envelope(device_s) - self._offset_s
        self._offset_s += min(max(wanted, -slew * elapsed), slew * elapsed)
        return device_s + self._offset_s

    def _note(self, device_s: float, seen: float) -> None:
        start, least = self._buckets[-1]
        if device_s - start < _BUCKET_S:
            if seen < least:
                self._buckets[-1] = (start, seen)
                self._least = None
            return
        self._least = None
        self._buckets.append((device_s, seen))
        if len(self._buckets) >= _SKEW_MIN_BUCKETS and len(self._buckets) % 5 == 0:
            self._fit_skew()

    def _fit_skew(self) -> None:
        points = np.array(self._buckets)
        x = points[:, 0] - points[0, 0]
        slope = np.polynomial.polynomial.polyfit(x, points[:, 1], 1)[1]
        self.skew = float(np.clip(slope, -_SKEW_MAX, _SKEW_MAX))

    def _envelope(self, device_s: float) -> float:
        """Least offset of the last seconds, carried to now along the skew."""
        if self._least is None:
            recent = islice(reversed(self._buckets), _RECENT_BUCKETS)
            self._least = min(seen - self.skew * at for at, seen in recent)
        return self._least + self.skew * device_s
