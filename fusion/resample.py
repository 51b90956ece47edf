"""Several irregular streams of one person onto one regular grid, with bounded delay and explicit gaps.

The grid waits at most ``max_wait_s`` behind the newest sample for a slower sensor, then goes on with what
there is: a sensor that is silent is `SampleQuality.MISSING` and named in ``warnings``. What comes twice, out
of order or too late is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.kernels import grid
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, QualityArray, Segment, WarningEvent

_BRIDGE_S = 0.5
"""Longest gap across which values are interpolated; a longer one is missing."""
_SILENT_S = 1.0
"""A sensor that has said nothing for this long is named."""
_LONGEST_JUMP_S = 7200.0
"""No stream pauses longer; a time further ahead is a wrong one, and would ask for that many rows."""


@dataclass(slots=True)
class StreamCounts:
    """What became of one sensor's samples and of the grid's rows."""

    taken: int = 0
    stale: int = 0
    """Came twice or out of order; left out."""
    missing: int = 0
    """Rows given out without this sensor."""


@dataclass(slots=True, eq=False)
class _Buffer:
    """Samples of one sensor not yet on the grid, and what became of the others."""

    t_s: FloatArray = field(default_factory=lambda: np.empty(0))
    values: FloatArray = field(default_factory=lambda: np.empty((0, grid.COLUMNS)))
    quality: QualityArray = field(default_factory=lambda: np.empty(0, np.uint8))
    latest_s: float = -np.inf
    silent: bool = False
    counts: StreamCounts = field(default_factory=StreamCounts)

    def add(self, block: OrientedBlock) -> None:
        fresh = grid.rising(np.ascontiguousarray(block.t_s), self.latest_s)
        taken = int(np.count_nonzero(fresh))
        self.counts.stale += len(block) - taken
        self.counts.taken += taken
        if not taken:
            return
        t_s, rows, quality = block.t_s, _rows(block), block.quality
        if taken < len(block):
            t_s, rows, quality = t_s[fresh], rows[fresh], quality[fresh]
        self.t_s = np.concatenate((self.t_s, t_s))
        self.values = np.concatenate((self.values, rows))
        self.quality = np.concatenate((self.quality, quality))
        self.latest_s = float(self.t_s[-1])

    def read(self, grid_s: FloatArray) -> OrientedBlock:
        out, quality = np.empty((len(grid_s), grid.COLUMNS)), np.empty(len(grid_s), np.uint8)
        used = grid.interpolate(grid_s, self.t_s, self.values, self.quality, _BRIDGE_S, out, quality)
        self.t_s, self.values, self.quality = self.t_s[used:], self.values[used:], self.quality[used:]
        self.counts.missing += int(np.count_nonzero(quality & grid.MISSING))
        # Each on its own in memory, as joined blocks are: a compiled loop is made anew for every layout.
        columns = (out[:, :4], out[:, 4:7], out[:, 7:10], out[:, 10], out[:, 11])
        q_es, gyr_rads, acc_ms2, inclination_sd, heading_sd = (np.ascontiguousarray(c) for c in columns)
        return OrientedBlock(grid_s, q_es, gyr_rads, acc_ms2, inclination_sd, heading_sd, quality)

    def packed(self) -> FloatArray:
        c = self.counts
        head = np.array([len(self.t_s), self.latest_s, self.silent, c.taken, c.stale, c.missing])
        return np.concatenate((head, np.column_stack((self.t_s, self.quality, self.values)).ravel()))

    @classmethod
    def unpacked(cls, state: FloatArray) -> tuple[_Buffer, FloatArray]:
        """The buffer at the head of ``state``, and the rest."""
        head, size = state[:_HEAD], int(state[0]) * (2 + grid.COLUMNS)
        rows = state[_HEAD : _HEAD + size].reshape(-1, 2 + grid.COLUMNS)
        counts = StreamCounts(int(head[3]), int(head[4]), int(head[5]))
        t_s, quality, values = rows[:, 0].copy(), rows[:, 1].astype(np.uint8), rows[:, 2:].copy()
        return cls(t_s, values, quality, float(head[1]), bool(head[2]), counts), state[_HEAD + size :]


_HEAD = 6


def _rows(block: OrientedBlock) -> FloatArray:
    rows = np.empty((len(block), grid.COLUMNS))
    rows[:, :4], rows[:, 4:7], rows[:, 7:10] = block.q_es, block.gyr_rads, block.acc_ms2
    rows[:, 10], rows[:, 11] = block.inclination_sd_rad, block.heading_sd_rad
    return rows


class GridAligner:
    """Oriented blocks of several segments in, `AlignedBlock`s at ``rate_hz`` out."""

    def __init__(self, segments: Iterable[Segment], rate_hz: float, max_wait_s: float = 0.06) -> None:
        self.rate_hz = rate_hz
        self.max_wait_s = max_wait_s
        self._segments = tuple(segments)
        self.warnings: list[WarningEvent] = []
        self.reset()

    def reset(self) -> None:
        """Forget every sample; the next one starts the grid anew."""
        self._buffers = {segment: _Buffer() for segment in self._segments}
        self._next: int | None = None
        self.warnings.clear()

    @property
    def counts(self) -> dict[Segment, StreamCounts]:
        """What became of each sensor's samples since the start."""
        return {segment: buffer.counts for segment, buffer in self._buffers.items()}

    @property
    def state(self) -> FloatArray:
        """All that is waiting; give it to `restore` of an aligner like this one to go on from here."""
        start = np.nan if self._next is None else self._next
        return np.concatenate([[start], *(b.packed() for b in self._buffers.values())])

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier. Raises `InputError` when it is not one of the same sensors."""
        values = np.array(state, float).ravel()
        buffers, rest = {}, values[1:]
        for segment in self._segments:
            size = _HEAD + int(rest[0]) * (2 + grid.COLUMNS) if len(rest) else 0
            if not _HEAD <= size <= len(rest):
                raise InputError(f"the state is not one of an aligner of {len(self._segments)} sensors")
            buffers[segment], rest = _Buffer.unpacked(rest)
        if len(rest):
            raise InputError(f"the state is not one of an aligner of {len(self._segments)} sensors")
        self._buffers = buffers
        self._next = None if np.isnan(values[0]) else int(values[0])

    def push(self, segment: Segment, block: OrientedBlock) -> None:
        """Take samples of one segment; those that do not follow the ones before are left out."""
        if len(block):
            self._buffers[segment].add(block)

    def pull(self) -> AlignedBlock | None:
        """All grid times that are ready: reached by every sensor, or waited for long enough.

        Raises `InputError` when a stream's time jumps ahead by hours.
        """
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
        # A little slack keeps k/rate on the right side of a sample at that very time.
        stop = int(np.floor((until_s + 0.5 * grid.SAME_S) * self.rate_hz)) + 1
        if stop <= self._next:
            return None
        if stop - self._next > _LONGEST_JUMP_S * self.rate_hz:
            raise InputError(
                f"time jumps from {self._next / self.rate_hz:.1f} to {until_s:.1f} s;"
                " cut the recording there, or mend the clock"
            )
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
