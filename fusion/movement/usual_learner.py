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
from fusion.movement.silent_rows import SilentRows
from fusion.movement.track import Track
from fusion.movement.travel import gone_deg
from fusion.movement.usual_repetition import Cycle, UsualRepetition
from fusion.types import FloatArray

_CYCLES, _LEAST_CYCLES = 5, 2
_MOST_REST_S = 2.0


class UsualLearner:
    """Begins with ``known``, from an earlier look at the same recording or the exercise's model."""

    def __init__(self, known: UsualRepetition | None, rows: SilentRows, rate_hz: float) -> None:
        self.usual = known
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
        self.usual = UsualRepetition(self._levels(track), cycle, self._travel_deg(track), count)

    def _levels(self, track: Track) -> FloatArray:
        """Angles (k, 2) at rest and at the far end, those that were not heard as known before."""
        first = len(track.signals) - len(track.t_s)
        at = [first + track.start, first + track.reach]
        values, sd = track.signals.values[:, at], track.signals.sd[:, at]
        if self.usual is None:
            return values.copy()
        heard = ((sd < JOINED_SD_DEG) & np.isfinite(values)).all(axis=1, keepdims=True)
        return np.where(heard, values, self.usual.levels)

    def _travel_deg(self, track: Track) -> tuple[float, float]:
        """How far pelvis and thigh have gone, as far as they were heard, else as known before."""
        first = len(track.signals) - len(track.t_s)
        part = part_of(track.signals, first + track.start, first + track.end + 1)
        gone = [gone_deg(part, rows) for rows in (self._rows.of_pelvis, self._rows.of_thigh)]
        known = self.usual.travel_deg if self.usual else (nan, nan)
        pelvis, thigh = (
            way if share == 1.0 else before for (way, share), before in zip(gone, known, strict=True)
        )
        return pelvis, thigh
