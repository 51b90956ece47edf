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
_RESET_S = 5.0
"""A counter that differs from the host's clock by more than this was reset."""
_CONTINUES_S = 1.0
"""The same for the first packet after a reconnect, when no old packets wait on the way."""
_SLACK = 0.03
_LEARN_S = 5.0
_SILENCE_S = 0.25
_SILENCE_PERIODS = 8.0

_ECHO_S = 5.0
"""A packet not older than this was said before, however late it comes: no clock that began anew."""


class Unwrapper:
    """Counter of ``bits`` bits to an ever growing one; knows from the arrivals how often it went round."""

    def __init__(self, bits: int, tick_s: float) -> None:
        self._modulus = 1 << bits
        self._tick_s = tick_s
        self._last: tuple[int, float] | None = None
        self._total = 0

    def __call__(self, ticks: int, arrival_s: float) -> int:
        """Ticks since the first call; less than before for a packet that is late.

        Of all counts that read as ``ticks`` the one is taken that is nearest to the time since the last
        packet, so a counter may go round any number of times during an outage.
        """
        if self._last is None:
            self._last = (ticks, arrival_s)
            return 0
        last, last_arrival_s = self._last
        step = (ticks - last) % self._modulus
        expected = (arrival_s - last_arrival_s) / self._tick_s
        step += round((expected - step) / self._modulus) * self._modulus
        if step < 0:
            return self._total + step
        self._last = (ticks, arrival_s)
        self._total += step
        return self._total


class DeviceClock:
    """The clock that all streams of a device share: counter to device time, and on to the host's."""

    def __init__(self, bits: int, tick_s: float) -> None:
        self._bits, self._tick_s = bits, tick_s
        self._last: tuple[float, float] | None = None
        """Newest device time, and its arrival."""
        self.epoch = 0
        """Changes when the device's clock began anew; times of different epochs do not compare."""
        self.resets = 0
        self._begin()

    def restart(self) -> None:
        """After a reconnect: the delay may be another; whether the counter went on is seen by it."""
        self.fit = ClockFit()
        self._tolerance_s = _CONTINUES_S

    def read(self, ticks: int, arrival_s: float) -> float:
        """Device time in s since the epoch's first packet."""
        device_s = self._unwrap(ticks, arrival_s) * self._tick_s
        if self._last is not None:
            step_s, elapsed_s = device_s - self._last[0], arrival_s - self._last[1]
            if -_ECHO_S < step_s <= 0.0:
                return device_s
            if abs(step_s - elapsed_s) > self._tolerance_s + 1e-3 * elapsed_s:
                return self._reset(ticks, arrival_s)
        self._tolerance_s = _RESET_S
        if self._last is None or device_s > self._last[0]:
            self._last = (device_s, arrival_s)
        return device_s

    def offset_s(self, device_s: float, arrival_s: float) -> float:
        """What turns device times of a packet to the host's; ``device_s`` is that of its last sample."""
        return self.fit.map(device_s, arrival_s) - device_s

    def _reset(self, ticks: int, arrival_s: float) -> float:
        self.epoch += 1
        self.resets += 1
        self._begin()
        return self.read(ticks, arrival_s)

    def _begin(self) -> None:
        self._unwrap = Unwrapper(self._bits, self._tick_s)
        self._last = None
        self.restart()


class ArrivalClock:
    """Times for a device that stamps none: even spacing that never runs ahead of the arrivals.

    A sample cannot have been taken after it arrived, so the times follow the earliest arrivals and drift
    towards later ones by at most `_SLACK`. The spacing is nominal at first, then as received.
    """

    def __init__(self, rate_hz: float) -> None:
        self._nominal_s = self.period_s = 1.0 / rate_hz
        self._last_s: float | None = None
        self._since: tuple[float, int] | None = None

    def restart(self) -> None:
        """After a reconnect the rate is learned anew."""
        self._since = None

    def place(self, count: int, arrival_s: float) -> tuple[list[float], int]:
        """Times of ``count`` samples that arrived together, and how many are missing before them."""
        if self._last_s is None:
            self._last_s = arrival_s
            return [arrival_s - self.period_s * (count - 1 - k) for k in range(count)], 0
        ahead_s = self.period_s * count
        behind_s = arrival_s - self._last_s - ahead_s
        if behind_s > max(_SILENCE_S, _SILENCE_PERIODS * self.period_s):
            missing = max(0, round((arrival_s - self._last_s) / self.period_s) - count)
            self._since = None
            self._last_s = arrival_s
            return [arrival_s - self.period_s * (count - 1 - k) for k in range(count)], missing
        self._learn(count, arrival_s)
        end_s = min(arrival_s, self._last_s + ahead_s * (1.0 + _SLACK))
        step_s = max(end_s - self._last_s, 0.1 * ahead_s) / count
        times = [self._last_s + step_s * (k + 1) for k in range(count)]
        self._last_s = times[-1]
        return times, 0

    def _learn(self, count: int, arrival_s: float) -> None:
        if self._since is None:
            self._since = (arrival_s, 0)
            return
        start_s, seen = self._since
        seen += count
        self._since = (start_s, seen)
        if arrival_s - start_s >= _LEARN_S:
            received_s = (arrival_s - start_s) / seen
            self.period_s = min(max(received_s, 0.9 * self._nominal_s), 1.1 * self._nominal_s)
            self._since = (arrival_s, 0)


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
        elapsed = max(0.0, device_s - self._last_s)
        self._last_s = max(self._last_s, device_s)
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
