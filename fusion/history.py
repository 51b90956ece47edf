"""The last minute of one person's signals, for what is understood only when it is over."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fusion.types import BoolArray, FloatArray, SignalBlock


class History:
    """A ring of samples: times, named signals with their uncertainty, and efforts of the segmenters.

    Samples are counted from the beginning of the stream; those older than ``keep_s`` are forgotten.
    """

    def __init__(self, rate_hz: float, tracks: int, keep_s: float = 60.0) -> None:
        self.rate_hz = rate_hz
        self._keep = max(2, int(keep_s * rate_hz))
        self.block_max = self._keep
        """Longest block that `append` takes."""
        self._tracks = tracks
        self._names: tuple[str, ...] = ()
        self._table = np.empty((1 + tracks, 0))
        self._values = self._sd = np.empty((0, 0))
        self._length = 0
        self._first = 0
        """Index of the first sample kept."""

    @property
    def names(self) -> tuple[str, ...]:
        """Signals kept."""
        return self._names

    @property
    def end(self) -> int:
        """Index of the sample that comes next."""
        return self._first + self._length

    def append(self, signals: SignalBlock) -> FloatArray:
        """Take samples in; gives the place (tracks, n) for their efforts."""
        n = len(signals)
        if signals.names != self._names:
            self._rename(signals.names)
        if self._length + n > self._table.shape[1]:
            self._make_room()
        part = slice(self._length, self._length + n)
        self._table[0, part] = signals.t_s
        self._values[:, part] = signals.values
        self._sd[:, part] = signals.sd
        self._length += n
        return self._table[1:, part]

    def _rename(self, names: tuple[str, ...]) -> None:
        """Other sensors give other signals; what was kept of the old ones no longer fits."""
        self._first, self._length = self.end, 0
        self._names = names
        size = 2 * self._keep
        self._table = np.full((1 + self._tracks, size), np.nan)
        self._values, self._sd = np.empty((len(names), size)), np.empty((len(names), size))

    def _make_room(self) -> None:
        drop = max(0, self._length - self._keep)
        kept = slice(drop, self._length)
        for array in (self._table, self._values, self._sd):
            array[:, : self._length - drop] = array[:, kept].copy()
        self._first += drop
        self._length -= drop

    def since(self, index: int, until: int) -> tuple[FloatArray, SignalBlock]:
        """Efforts (tracks, n) and signals of the samples [index, until), at most those of ``keep_s``."""
        first = max(0, max(index, until - self._keep) - self._first)
        part = slice(first, until - self._first)
        block = SignalBlock(
            self._table[0, part], self.rate_hz, self._names, self._values[:, part], self._sd[:, part]
        )
        return self._table[1:, part], block


def part_of(signals: SignalBlock, start: int, stop: int) -> SignalBlock:
    """Samples [start, stop) of a block."""
    if start == 0 and stop >= len(signals):
        return signals
    return SignalBlock(
        signals.t_s[start:stop],
        signals.rate_hz,
        signals.names,
        signals.values[:, start:stop],
        signals.sd[:, start:stop],
    )


def samples_of(signals: SignalBlock, which: BoolArray) -> SignalBlock:
    """Those samples of a block for which ``which`` (n,) is true."""
    return SignalBlock(
        signals.t_s[which],
        signals.rate_hz,
        signals.names,
        signals.values[:, which],
        signals.sd[:, which],
    )


JOINED_SD_DEG = 1e6
"""One sigma given to angles that a sensor shows again, while they still go over from what was filled in."""


def heard_samples(signals: SignalBlock) -> tuple[BoolArray, BoolArray]:
    """Where (n,) all inclinations were known, and where at least one was; the others were filled in.

    One that was filled in across silence is finite, and its uncertainty is not; `JOINED_SD_DEG` marks those
    that a sensor shows, but not yet as they are.
    """
    rows = _inclination_rows(signals.names)
    known, sd = np.isfinite(signals.values[rows]), signals.sd[rows]
    unclear = (known & (sd >= JOINED_SD_DEG)).any(axis=0)
    return np.asarray(~unclear), np.asarray(~(known & np.isinf(sd)).all(axis=0))


@lru_cache(maxsize=64)
def _inclination_rows(names: tuple[str, ...]) -> list[int]:
    rows = enumerate(names)
    return [k for k, name in rows if name.endswith("_deg") and name.startswith(("pelvis_", "thigh_pitch_"))]
