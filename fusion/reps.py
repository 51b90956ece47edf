"""Streaming segmentation of one driving angle into repetitions.

The driver is turned so that a repetition always runs low → high → low ("effort", deg). Extremes are
confirmed by a reversal of δ = max(½·rom_min, 0.3·median of the last five ranges), never by a level, so
that drift or a slipped sensor only shifts them. A pause is a plateau inside a phase.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from fusion.exercises import Exercise
from fusion.types import FloatArray

STILL_DPS = 10.0
_STILL_S = 0.1
_CUTOFF_HZ = 5.0
_KEEP_S = 60.0
_EDGE = 0.03
"""Share of the range by which a phase counts as left or reached."""


class Phase(StrEnum):
    """Where in a repetition the person is."""

    REST = "rest"
    LIFTING = "lifting"
    TOP = "top"
    LOWERING = "lowering"
    BOTTOM = "bottom"


class Sample(NamedTuple):
    """What the segmenter keeps of one grid time; degrees."""

    t_s: float
    effort_deg: float
    pelvis_tilt_deg: float
    thigh_pitch_deg: float
    hip_flexion_deg: float
    pelvis_list_deg: float
    other_thigh_deg: float
    """Pitch of the leg that is not judged; NaN where it wears no sensor."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The samples of one repetition as columns (n,), with the indices of its corners."""

    t_s: FloatArray
    effort_deg: FloatArray
    pelvis_tilt_deg: FloatArray
    thigh_pitch_deg: FloatArray
    hip_flexion_deg: FloatArray
    pelvis_list_deg: FloatArray
    other_thigh_deg: FloatArray
    start: int
    """Last sample before the excursion."""
    reach: int
    """First sample at its far end."""
    leave: int
    """Last sample at its far end."""
    end: int
    """First sample back; the last one there is while the repetition is not over."""

    @property
    def rom_deg(self) -> float:
        """Range of the excursion."""
        return float(self.effort_deg[self.reach : self.leave + 1].max() - self.effort_deg[self.start])


class RepSegmenter:
    """Turning points of the effort, one sample at a time; calls back when something is known.

    ``on_turned(track)``: the far end is reached for sure (still there, or turning back);
    ``on_returned(track)``: the repetition is complete.
    """

    def __init__(
        self,
        exercise: Exercise,
        rate_hz: float,
        on_turned: Callable[[Track], None],
        on_returned: Callable[[Track], None],
    ) -> None:
        count = exercise.count
        self._rom_min = count.rom_min_deg if count else 20.0
        self._alpha = 1.0 - float(np.exp(-2.0 * np.pi * _CUTOFF_HZ / rate_hz))
        self._dt = 1.0 / rate_hz
        self._lifts_first = exercise.lifts_first
        self._on_turned = on_turned
        self._on_returned = on_returned
        self._roms: deque[float] = deque(maxlen=5)
        self.reset()

    def reset(self) -> None:
        """Forget the movement seen so far, as after a long gap."""
        self._samples: deque[Sample] = deque(maxlen=int(_KEEP_S / self._dt))
        self._x: float | None = None
        self._still_s = 0.0
        self._rising = True
        self._valley: Sample | None = None
        self._extreme: Sample | None = None
        self._turned = False
        self._done = True

    def accept_rom(self, rom_deg: float) -> None:
        """Learn the person's range from a repetition that counted."""
        self._roms.append(rom_deg)

    @property
    def reversal_deg(self) -> float:
        """δ: how far the effort must turn back to confirm an extreme."""
        return max(0.5 * self._rom_min, 0.3 * median(self._roms) if self._roms else 0.0)

    @property
    def busy(self) -> bool:
        """Whether a movement is under way."""
        return not self._done

    @property
    def phase(self) -> Phase:
        """Present phase, as a display shows it."""
        if self._valley is None or self._extreme is None or self._x is None:
            return Phase.REST
        height = self._x - self._valley.effort_deg
        if self._rising and height < 0.15 * self._rom_min:
            return Phase.REST
        if not self._rising and self._done:
            return Phase.REST
        if self._still_s > _STILL_S and self._turned and self._rising:
            return Phase.TOP if self._lifts_first else Phase.BOTTOM
        return Phase.LIFTING if self._rising == self._lifts_first else Phase.LOWERING

    def push(self, sample: Sample) -> None:
        """Take the next sample in."""
        previous = self._x
        if previous is None:
            self._x = sample.effort_deg
        else:
            self._x = previous + self._alpha * (sample.effort_deg - previous)
            speed = abs(self._x - previous) / self._dt
            self._still_s = self._still_s + self._dt if speed < STILL_DPS else 0.0
        smooth = sample._replace(effort_deg=self._x)
        self._samples.append(smooth)
        if self._rising:
            self._rise(smooth)
        else:
            self._fall(smooth)

    def _rise(self, now: Sample) -> None:
        if self._valley is None or (now.effort_deg < self._valley.effort_deg and not self._extreme_is_high()):
            self._valley = self._extreme = now
            return
        assert self._extreme is not None  # noqa: S101 - set with the valley
        if now.effort_deg >= self._extreme.effort_deg:
            self._extreme = now
        height = self._extreme.effort_deg - self._valley.effort_deg
        if height < self.reversal_deg:
            return
        self._done = False
        turning = self._extreme.effort_deg - now.effort_deg >= self.reversal_deg
        arrived = self._still_s >= _STILL_S and height >= self._rom_min
        if not self._turned and (turning or arrived):
            self._turned = True
            self._on_turned(self._track())
        if turning:
            self._rising = False
            self._extreme = now

    def _extreme_is_high(self) -> bool:
        assert self._valley is not None  # noqa: S101
        assert self._extreme is not None  # noqa: S101
        return self._extreme.effort_deg - self._valley.effort_deg >= self.reversal_deg

    def _fall(self, now: Sample) -> None:
        assert self._extreme is not None  # noqa: S101 - set on turning
        assert self._valley is not None  # noqa: S101
        if now.effort_deg <= self._extreme.effort_deg:
            self._extreme = now
        turning = now.effort_deg - self._extreme.effort_deg >= self.reversal_deg
        track = None
        if not self._done and (turning or self._still_s >= _STILL_S):
            track = self._track()
            height = track.effort_deg.max() - self._valley.effort_deg
            returned = self._extreme.effort_deg - self._valley.effort_deg <= 0.35 * height
            if turning or returned:
                self._done = True
                self._on_returned(track)
        if turning:
            self._rising, self._turned, self._done = True, False, True
            self._valley = self._extreme
            self._extreme = now
            self._forget_before(self._valley.t_s)

    def _forget_before(self, t_s: float) -> None:
        while self._samples and self._samples[0].t_s < t_s:
            self._samples.popleft()

    def _track(self) -> Track:
        """Columns from the valley to now, with the corners of the excursion."""
        assert self._valley is not None  # noqa: S101
        since = self._valley.t_s
        rows = np.array([s for s in self._samples if s.t_s >= since])
        return corner_track(rows)


def corner_track(rows: FloatArray) -> Track:
    """Find start, reach, leave and end in rows (n, 7) that run low → high → (low)."""
    x = rows[:, 1]
    peak = int(np.argmax(x))
    base, top = float(x[: peak + 1].min()), float(x[peak])
    edge = _EDGE * (top - base)
    start = int(np.flatnonzero(x[: peak + 1] <= base + edge)[-1])
    high = np.flatnonzero(x >= top - edge)
    reach, leave = int(high[0]), int(high[-1])
    after = x[leave:]
    floor = float(after.min())
    back = np.flatnonzero(after <= floor + edge)
    columns: dict[str, Any] = dict(zip(Sample._fields, rows.T, strict=True))
    return Track(**columns, start=start, reach=reach, leave=leave, end=leave + int(back[0]))
