"""The person's usual repetition, learnt from those that counted: times, and what was heard of the angles."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple
from itertools import pairwise
from math import nan
from statistics import median

import numpy as np

from fusion.history import JOINED_SD_DEG, part_of
from fusion.movement.brief_silence import KNOWN_S
from fusion.movement.other_sensor import share_of_way
from fusion.movement.silent_rows import SilentRows
from fusion.movement.track import Driven, Track
from fusion.movement.travel import gone_deg
from fusion.movement.usual_repetition import Cycle, UsualRepetition
from fusion.types import FloatArray, SignalBlock

_CYCLES, _LEAST_CYCLES = 5, 2
_MOST_REST_S = 2.0
_MOST_OFF = 0.35
"""Share of the way by which a segment may be ahead or behind."""


class UsualLearner:
    """Begins with ``known``, from an earlier look at the same recording or the exercise's model."""

    def __init__(
        self, known: UsualRepetition | None, driven: Driven, rows: SilentRows, rate_hz: float
    ) -> None:
        self.usual = known
        self._driven = driven
        self._rows, self._rate_hz = rows, rate_hz
        self._last_end_s = nan
        self._cycles: deque[tuple[float, ...]] = deque(maxlen=_CYCLES)
        if known is not None:
            self._cycles.extend([astuple(known.cycle)] * min(known.known_from, _LEAST_CYCLES))

    @property
    def sure(self) -> bool:
        """Whether it is the person's own."""
        return self.usual is not None and self.usual.known_from >= _LEAST_CYCLES

    def learn(self, track: Track) -> None:
        """Learn from a repetition that counted; its times are known if one sensor at least showed it all."""
        at = [float(track.t_s[k]) for k in (track.start, track.reach, track.leave, track.end)]
        usual, before_s = self.usual, self._last_end_s
        self._last_end_s = at[3]
        if track.implied_s > KNOWN_S:
            return
        rest_s = usual.cycle.rest_s if usual else 0.2
        if np.isfinite(before_s):
            rest_s = min(max(0.0, at[0] - before_s), _MOST_REST_S)
        least = 1.0 / self._rate_hz
        self._cycles.append((rest_s, *(max(least, b - a) for a, b in pairwise(at))))
        cycle = Cycle(*map(median, zip(*self._cycles, strict=True)))
        count = 1 + (usual.known_from if usual else 0)
        levels = self._levels(track)
        shows = self._shows(track, levels)
        self.usual = UsualRepetition(levels, cycle, self._travel_deg(track, before_s), shows, count)

    def _levels(self, track: Track) -> FloatArray:
        """Angles (k, 2) at rest and at the far end, those that were not heard as known before."""
        first = len(track.signals) - len(track.t_s)
        at = [first + track.start, first + track.reach]
        values, sd = track.signals.values[:, at], track.signals.sd[:, at]
        if self.usual is None:
            return values.copy()
        heard = ((sd < JOINED_SD_DEG) & np.isfinite(values)).all(axis=1, keepdims=True)
        return np.where(heard, values, self.usual.levels)

    def _shows(self, track: Track, levels: FloatArray) -> tuple[bool, bool]:
        """Whether pelvis and thigh, as far as they were heard, were as far on their ways as the repetition.

        Who stands up from a seat leans forward first and comes up again: the pelvis is where it was in the
        middle of it.
        """
        until = len(track.signals) - len(track.t_s) + track.end + 1
        part = part_of(track.signals, 0, until)
        effort = self._driven.effort_deg(part)
        low = float(track.effort_deg[track.start])
        done = (effort - low) / max(track.rom_deg, 1.0)
        known = self.usual.shows if self.usual else (True, True)
        pelvis, thigh = (
            self._goes_along(part, row, levels[row], done, otherwise=before)
            for row, before in zip((self._rows.pelvis, self._rows.thigh), known, strict=True)
        )
        return pelvis, thigh

    @staticmethod
    def _goes_along(
        part: SignalBlock, row: int, level_deg: FloatArray, done: FloatArray, *, otherwise: bool
    ) -> bool:
        low, high = level_deg.tolist()
        heard = (part.sd[row] < JOINED_SD_DEG) & np.isfinite(part.values[row]) & np.isfinite(done)
        if not heard.any() or not abs(high - low) > 0.0:
            return otherwise
        off = share_of_way(part.values[row, heard], low, high) - done[heard]
        return bool(np.sqrt(np.mean(off * off)) < _MOST_OFF)

    def _travel_deg(self, track: Track, before_s: float) -> tuple[float, float]:
        """How far pelvis and thigh have gone since the last one, as far as heard, else as known before."""
        first = int(np.searchsorted(track.signals.t_s, before_s)) if np.isfinite(before_s) else 0
        part = part_of(track.signals, first, len(track.signals) - len(track.t_s) + track.end + 1)
        gone = [gone_deg(part, rows) for rows in (self._rows.of_pelvis, self._rows.of_thigh)]
        known = self.usual.travel_deg if self.usual else (nan, nan)
        pelvis, thigh = (
            way if share == 1.0 else before for (way, share), before in zip(gone, known, strict=True)
        )
        return pelvis, thigh
