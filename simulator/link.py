"""The radio between sensor and gateway: connection events, retransmissions and losses."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np

from fusion.types import FloatArray


class LinkModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a link treats packets: they leave at connection events, may need repeats, may be lost."""

    interval_s: float = 0.015
    repeat: float = 0.02
    """Probability that a packet needs another connection event."""
    loss: float = 0.0
    """Probability that a loss burst begins at a packet."""
    burst: int = 1
    """Packets lost in one burst."""


@dataclass(slots=True)
class LinkState:
    """Draws what happens to each packet of one link."""

    model: LinkModel
    rng: np.random.Generator
    _lost_left: int = field(default=0)

    def fates(self, count: int) -> FloatArray:
        """Extra delay (n,) in s of the next packets; infinite for one that is lost."""
        delays = np.zeros(count)
        for k in range(count):
            if self._lost_left == 0 and self.rng.random() < self.model.loss:
                self._lost_left = self.model.burst
            if self._lost_left:
                self._lost_left -= 1
                delays[k] = np.inf
            elif self.model.repeat:
                repeats = min(3, int(self.rng.geometric(1.0 - self.model.repeat)) - 1)
                delays[k] = repeats * self.model.interval_s
        return delays
