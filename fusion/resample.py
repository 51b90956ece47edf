"""Several irregular streams of one person onto one regular grid, with bounded delay and explicit gaps.

The grid waits at most ``max_wait_s`` behind the newest sample for a slower sensor, then goes on with what
there is: a sensor that is silent is `SampleQuality.MISSING` and named in ``warnings``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from fusion.kernels import grid
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, QualityArray, Segment, WarningEvent

_BRIDGE_S = 0.5
"""Longest gap across which values are interpolated; a longer one is missing."""
_SILENT_S = 1.0
"""A sensor that has said nothing for this long is named."""


@dataclass(slots=True, eq=False)
class _Buffer:
    """Samples of one sensor not yet on the grid, and where reading goes on."""

    t_s: FloatArray = field(default_factory=lambda: np.empty(0))
    values: FloatArray = field(default_factory=lambda: np.empty((0, 12)))
    quality: QualityArray = field(default_factory=lambda: np.empty(0, np.uint8))
    latest_s: float = -np.inf
    silent: bool = False

    def add(self, block: OrientedBlock) -> None:
        rows = np.empty((len(block), 12))
        rows[:, :4], rows[:, 4:7], rows[:, 7:10] = block.q_es, block.gyr_rads, block.acc_ms2
        rows[:, 10], rows[:, 11] = block.inclination_sd_rad, block.heading_sd_rad
        self.t_s = np.concatenate((self.t_s, block.t_s))
        self.values = np.concatenate((self.values, rows))
        self.quality = np.concatenate((self.quality, block.quality))
        self.latest_s = float(self.t_s[-1])

    def read(self, grid_s: FloatArray) -> OrientedBlock:
        out, quality = np.empty((len(grid_s), 12)), np.empty(len(grid_s), np.uint8)
        used = grid.interpolate(grid_s, self.t_s, self.values, self.quality, _BRIDGE_S, 0, out, quality)
        self.t_s, self.values, self.quality = self.t_s[used:], self.values[used:], self.quality[used:]
        return OrientedBlock(grid_s, out[:, :4], out[:, 4:7], out[:, 7:10], out[:, 10], out[:, 11], quality)


class GridAligner:
    """Oriented blocks of several segments in, `AlignedBlock`s at ``rate_hz`` out."""

    def __init__(self, segments: Iterable[Segment], rate_hz: float, max_wait_s: float = 0.06) -> None:
        self.rate_hz = rate_hz
        self.max_wait_s = max_wait_s
        self._buffers = {segment: _Buffer() for segment in segments}
        self._next: int | None = None
        self.warnings: list[WarningEvent] = []

    def push(self, segment: Segment, block: OrientedBlock) -> None:
        """Take samples of one segment; those older than what was already given out are ignored."""
        if len(block):
            self._buffers[segment].add(block)

    def pull(self) -> AlignedBlock | None:
        """All grid times that are ready: reached by every sensor, or waited for long enough."""
        latest = [b.latest_s for b in self._buffers.values()]
        return self._emit(max(min(latest), max(latest) - self.max_wait_s))

    def flush(self) -> AlignedBlock | None:
        """Everything up to the last sample of any sensor."""
        return self._emit(max(b.latest_s for b in self._buffers.values()))

    def _emit(self, until_s: float) -> AlignedBlock | None:
        if not np.isfinite(until_s):
            return None
        if self._next is None:
            self._next = self._first_index()
        # The smallest representable slack keeps k/rate on the right side of a sample at that very time.
        stop = int(np.floor(until_s * self.rate_hz + 1e-9)) + 1
        if stop <= self._next:
            return None
        grid_s = np.arange(self._next, stop) / self.rate_hz
        self._next = stop
        segments = {s: b.read(grid_s) for s, b in self._buffers.items()}
        self._name_silent(float(grid_s[-1]))
        return AlignedBlock(grid_s, self.rate_hz, segments)

    def _first_index(self) -> int:
        firsts = [float(b.t_s[0]) for b in self._buffers.values() if len(b.t_s)]
        return int(np.ceil(max(firsts) * self.rate_hz - 1e-9))

    def _name_silent(self, now_s: float) -> None:
        for segment, buffer in self._buffers.items():
            silent = now_s - buffer.latest_s > _SILENT_S
            if silent and not buffer.silent:
                message = f"no samples from the {segment.value} sensor; is it charged, in range and worn?"
                self.warnings.append(WarningEvent(now_s, "sensor_silent", message, segment))
            buffer.silent = silent
