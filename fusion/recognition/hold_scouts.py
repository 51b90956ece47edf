"""Is a hold of the library being kept? A look at the last sample of each piece, until one has lasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from fusion.exercises import Exercise
from fusion.movement.holds import HoldAnalyzer
from fusion.movement.legs import worn_legs
from fusion.types import Side, SignalBlock

_KEPT_SHARE: Final = 0.6
"""Of the hold's target: a pose kept for this long is named."""
_STILL_DPS: Final = 25.0
_WANDERS_DEG: Final = 2.0
"""From one look to the next, on average: who rolls to and fro does so within the pose of a plank."""
_UPRIGHT_DEG: Final = 8.0
"""With all angles this near to zero the person just stands."""


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that has lasted, and since when."""

    exercise: Exercise
    since_s: float


class HoldScouts:
    """Watches for several holds at once."""

    def __init__(self, library: Sequence[Exercise], side: Side, rate_hz: float) -> None:
        self._watchers = [HoldAnalyzer(e, side, rate_hz) for e in library]
        self._angles: list[int] = []
        self._rates: list[int] = []
        self._held: tuple[int, int] | None = None
        self._since_s = 0.0
        self._last_deg = np.zeros(0)
        self._wandered_deg, self._looks = 0.0, 0

    def wear(self, signals: SignalBlock) -> None:
        """Look at what the worn sensors show."""
        pitches = [f"thigh_pitch_{leg.value}_deg" for leg in worn_legs(signals.names)]
        self._angles = [signals.names.index(n) for n in ("pelvis_tilt_deg", *pitches)]
        self._rates = [row for row, name in enumerate(signals.names) if name.endswith("_dps")]
        self._held = None

    def read(self, signals: SignalBlock) -> Held | None:
        """The hold that is being kept at the end of ``signals``, once it has lasted."""
        found = self._pose(signals)
        if found is None:
            self._held = None
            return None
        seen_deg = signals.values[self._angles, -1]
        if found != self._held:
            self._held, self._since_s = found, float(signals.t_s[0])
            self._wandered_deg, self._looks = 0.0, 0
        else:
            self._wandered_deg += float(np.nanmax(np.abs(seen_deg - self._last_deg)))
            self._looks += 1
        self._last_deg = seen_deg
        exercise = self._watchers[found[0]].exercise
        target_s = exercise.hold.target_s if exercise.hold else 10.0
        lasted = float(signals.t_s[-1]) - self._since_s >= _KEPT_SHARE * target_s
        rolls = self._wandered_deg > _WANDERS_DEG * max(self._looks, 1)
        return Held(exercise, self._since_s) if lasted and not rolls else None

    def _pose(self, signals: SignalBlock) -> tuple[int, int] | None:
        """Watcher and its pose at the end of ``signals``."""
        rates = [signals.values[row, -1] for row in self._rates]
        angles = [signals.values[row, -1] for row in self._angles]
        still = all(abs(rate) < _STILL_DPS for rate in rates if isfinite(rate))
        if not still or all(abs(angle) < _UPRIGHT_DEG for angle in angles):
            return None
        for which, watcher in enumerate(self._watchers):
            if pose := watcher.pose_at_end(signals):
                return which, pose
        return None
