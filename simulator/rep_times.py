"""When the parts of a repetition were, and a fault's path over them."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.faults import Window

_LATE_TIME_SHARE = 0.61
"""A minimum-jerk movement has 70 % of its way behind it after 61 % of its time."""
_FALL_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class RepTimes:
    """Start, arrival at the turn, departure from it, arrival at the rest, end of the rest, s."""

    start_s: float
    turn_s: float
    leave_s: float
    rest_s: float
    end_s: float
    lifts_first: bool
    top_s: float
    """End of the lifting phase."""

    def knots(self, window: Window) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Times and shares (0 to 1) of a fault that lasts a repetition; None for one that lasts a set."""
        ups_and_downs = {
            Window.LATE: self._late,
            Window.FAR: self._far,
            Window.SHORT: self._far if self.lifts_first else self._short,
            Window.HARDEST: self._far if self.lifts_first else self._bottom,
            Window.BOTTOM: self._bottom,
            Window.EARLY: self._early,
        }.get(window)
        if ups_and_downs is None:
            return None
        return ups_and_downs(), (0.0, 1.0, 1.0, 0.0)

    def _far(self) -> tuple[float, ...]:
        return self.start_s, self.turn_s, self.leave_s, self.rest_s

    def _late(self) -> tuple[float, ...]:
        if self.lifts_first:
            begin = self.start_s + _LATE_TIME_SHARE * (self.turn_s - self.start_s)
            gone = self.leave_s + _FALL_SHARE * (self.rest_s - self.leave_s)
            return begin, self.turn_s, self.leave_s, gone
        begin = self.leave_s + _LATE_TIME_SHARE * (self.rest_s - self.leave_s)
        pause = self.end_s - self.rest_s
        return begin, self.rest_s, self.rest_s + 0.4 * pause, self.end_s

    def _short(self) -> tuple[float, ...]:
        return self.leave_s, self.rest_s, self.rest_s + 0.4 * (self.end_s - self.rest_s), self.end_s

    def _bottom(self) -> tuple[float, ...]:
        if self.lifts_first:
            begin = self.leave_s + (1.0 - _FALL_SHARE) * (self.rest_s - self.leave_s)
            return begin, self.rest_s, self.rest_s + 0.3 * (self.end_s - self.rest_s), self.end_s
        begin = self.start_s + (1.0 - _FALL_SHARE) * (self.turn_s - self.start_s)
        gone = self.leave_s + _FALL_SHARE * (self.rest_s - self.leave_s)
        return begin, self.turn_s, self.leave_s, gone

    def _early(self) -> tuple[float, ...]:
        first, last = (self.start_s, self.turn_s) if self.lifts_first else (self.leave_s, self.rest_s)
        span = last - first
        return first, first + 0.3 * span, first + 0.4 * span, last
