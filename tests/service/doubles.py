"""Stand-ins for time and for the far end of a queue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TurnedClock:
    """Shows the time that the test sets."""

    now_s: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now_s
