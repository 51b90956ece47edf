"""May an excursion be a repetition of the open set? Its range, the legs, and what was counted just before."""

from __future__ import annotations

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Kind, Laterality
from fusion.movement.driver import driven_deg
from fusion.movement.gate import PostureGate
from fusion.movement.reps import RepSegmenter
from fusion.movement.sets import SetBook
from fusion.movement.track import Track
from fusion.types import BoolArray

_PARTIAL_SHARE = 0.27
"""Of the usual range; 0.3 with room for how evenly a person moves."""

_BOUT_SHARE = 0.8
_CLIMBS_DEG = 40.0
"""Between how far a thigh comes up in a walk (26) and on stairs (55)."""


class Admission:
    """Decides it for one exercise, as worn now."""

    def __init__(self, exercise: Exercise, gate: PostureGate, segmenter: RepSegmenter, book: SetBook) -> None:
        self._exercise = exercise
        self._gate = gate
        self._segmenter = segmenter
        self._book = book

    def plausible(self, which: int, track: Track) -> bool:
        """Whether the excursion of driven angle ``which`` may count."""
        count = self._exercise.count
        if count is None or not self._gate.admits(track, in_set=bool(self._book.candidates)):
            return False
        usual = self._segmenter.usual_rom_deg(which)
        least_deg = _PARTIAL_SHARE * usual
        if track.by_free_leg or self._exercise.kind is Kind.DRILL:
            # Movements this small cannot be told from shifting about when they are partial.
            least_deg = self._segmenter.driven[which].rom_min_deg
        if track.rom_deg < least_deg:
            return False
        if self._other_leg_within(track):
            return False
        if self._exercise.kind is Kind.DRILL and not self._lasts(track):
            return False
        return not (self._too_soon(track) or (track.by_free_leg and self._own_leg_works(track)))

    def _lasts(self, track: Track) -> bool:
        """Whether a posture is kept, and walked in, for a good part of a drill's shortest bout."""
        tempo = self._exercise.tempo
        bout_s = 0.5 * tempo.period_s[0] if tempo else 0.0
        high = track.effort_deg > track.effort_deg[track.start] + 0.5 * track.rom_deg
        kept_s = track.t_s[np.flatnonzero(high)[[0, -1]]]
        lasts = bool(kept_s[1] - kept_s[0] > _BOUT_SHARE * bout_s)
        return lasts and not self._climbs(track, high)

    @staticmethod
    def _climbs(track: Track, kept: BoolArray) -> bool:
        """Whether the thigh comes up as on stairs, which tilt the pelvis as well."""
        pitch = track.thigh_pitch_deg[kept & np.isfinite(track.thigh_pitch_deg)]
        return len(pitch) > 0 and float(np.percentile(pitch, 95.0)) > _CLIMBS_DEG

    def _other_leg_within(self, track: Track) -> bool:
        """Whether the other leg did a whole repetition meanwhile: this one went out of its way and back."""
        if self._exercise.laterality is not Laterality.UNILATERAL:
            return False
        start_s, end_s = float(track.t_s[track.start]), float(track.t_s[track.end])
        return any(
            rep.side is not track.side and start_s < rep.t_start_s and rep.t_end_s < end_s
            for rep in self._book.reps
        )

    def _too_soon(self, track: Track) -> bool:
        """Whether this is the rest of a repetition that counted: the landing, the catch."""
        count, reps = self._exercise.count, self._book.reps
        if count is None or not count.refractory_s or not reps:
            return False
        return bool(track.t_s[track.start] < reps[-1].t_end_s + count.refractory_s)

    def _own_leg_works(self, track: Track) -> bool:
        """Whether the leg that wears the sensor does the work after all."""
        own = next(d for d in self._segmenter.driven if not d.by_free_leg)
        free = next(d for d in self._segmenter.driven if d.by_free_leg)
        times = track.signals.t_s
        inside = (times >= track.t_s[track.start]) & (times <= track.t_s[track.leave])
        angle = driven_deg(own.signal, track.signals, own.read_from)[inside]
        # The same angle moves in a leg that does not work as well, and less.
        idle_deg = free.rom_full_deg if free.signal is own.signal else 0.0
        least_deg = max(0.5 * own.rom_min_deg, 0.5 * (own.rom_full_deg + idle_deg) if idle_deg else 0.0)
        return bool(np.ptp(angle) > least_deg)
