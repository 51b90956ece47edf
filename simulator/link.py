"""The radio between sensor and gateway: connection events, repeats, jitter, bursts of loss, drops, echoes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np

from fusion.types import FloatArray

Share = Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)]


class LinkModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a link treats packets: they leave at connection events, may need repeats, may be lost.

    Losses follow Gilbert's two states (1960, doi:10.1002/j.1538-7305.1960.tb03959.x), with all packets of the
    bad state lost: real links lose several packets in a row when a body shadows the antenna.
    """

    interval_s: Seconds = 0.015
    repeat: Share = 0.02
    """Probability that a packet needs another connection event."""
    jitter_s: Seconds = 0.0
    """Mean of a further, exponentially distributed delay."""
    loss: Share = 0.0
    """Share of packets that are lost in the long run."""
    burst: Annotated[float, msgspec.Meta(ge=1.0, le=1000.0)] = 1.0
    """Mean number of packets lost in a row."""
    drop_every_s: Seconds = 0.0
    """The link is cut so long after each start of the stream; 0 for never."""
    echo: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """Packets that were already sent and come once more after a reconnect."""

    @property
    def fall(self) -> float:
        """Probability to go from the good state to the bad one before a packet."""
        return min(1.0, self.loss / (self.burst * (1.0 - self.loss)))


@dataclass(slots=True)
class LinkState:
    """Draws what happens to each packet of one link."""

    model: LinkModel
    rng: np.random.Generator
    _bad: bool = False

    def fates(self, count: int) -> FloatArray:
        """Extra delay (n,) in s of the next packets; infinite for one that is lost."""
        return np.array([self._fate() for _ in range(count)])

    def _fate(self) -> float:
        model, rng = self.model, self.rng
        if model.loss:
            if self._bad:
                self._bad = rng.random() >= 1.0 / model.burst
            else:
                self._bad = rng.random() < model.fall
            if self._bad:
                return float("inf")
        delay_s = 0.0
        if model.repeat:
            delay_s += min(3, int(rng.geometric(1.0 - model.repeat)) - 1) * model.interval_s
        if model.jitter_s:
            delay_s += float(rng.exponential(model.jitter_s))
        return delay_s
