"""When to try again: waiting times by kind of failure, with jitter, for ever."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum


class Failure(StrEnum):
    """Why a connection attempt failed, as far as it changes how long to wait."""

    TRANSIENT = "transient"
    OUT_OF_SLOTS = "out_of_slots"
    NOT_FOUND = "not_found"


_STEPS_S = (0.1, 0.25, 0.5, 1.0)
_SLOTS_S = 4.0
_PAUSE_S = 5.0
"""Pause after a round of attempts that all failed."""


@dataclass(slots=True)
class Backoff:
    """Waiting time before the next attempt; `reset` after a success.

    Steps after Bluetooth-Devices/bleak-retry-connector: 0.1, 0.25, 0.5, 1 s, then a longer pause.
    """

    rng: random.Random = field(default_factory=random.Random)
    attempts: int = 0

    def reset(self) -> None:
        """Start over after a success."""
        self.attempts = 0

    def next_s(self, failure: Failure) -> float:
        """Seconds to wait before the next attempt."""
        self.attempts += 1
        if failure is Failure.OUT_OF_SLOTS:
            base = _SLOTS_S
        elif self.attempts <= len(_STEPS_S):
            base = _STEPS_S[self.attempts - 1]
        else:
            base = _PAUSE_S
        return base * self.rng.uniform(0.8, 1.2)
