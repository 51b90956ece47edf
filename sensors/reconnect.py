"""When to try again: waiting times by kind of failure, with jitter, for ever."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Failure(StrEnum):
    """Why a connection ended or an attempt failed, as far as it changes what comes next."""

    TRANSIENT = "transient"
    """Radio: a lost link, a timeout."""
    BUSY = "busy"
    """The adapter or the system's Bluetooth is doing something else."""
    OUT_OF_SLOTS = "out_of_slots"
    """The adapter carries as many as it can."""
    NOT_FOUND = "not_found"
    """The system forgot the device; it must be seen again first."""
    INCOMPLETE = "incomplete"
    """Characteristics are missing: a half-done discovery, or another device."""
    REFUSED = "refused"
    """The device answered with an error."""
    STRANGER = "stranger"
    """It advertises like one of ours and is not: left alone."""


STEPS_S: Final = (0.1, 0.25, 0.5, 1.0)
SLOTS_S: Final = 4.0
PAUSE_S: Final = 5.0
"""After a round of attempts that all failed."""
REFUSED_S: Final = 10.0
"""A device that says no will hardly say yes at once."""
JITTER: Final = 0.2


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
        base = STEPS_S[self.attempts - 1] if self.attempts <= len(STEPS_S) else PAUSE_S
        if failure is Failure.OUT_OF_SLOTS:
            base = SLOTS_S
        elif failure is Failure.REFUSED:
            base = REFUSED_S
        return base * self.rng.uniform(1.0 - JITTER, 1.0 + JITTER)
