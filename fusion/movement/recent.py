"""What the repetitions of a leg were like lately, and how far its thigh's sensor has slipped meanwhile.

A slip shifts T and leaves P: it shifts where repetitions start and end, and not how far they go.
"""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.movement.poses import turned_deg
from fusion.movement.strides import own_stride
from fusion.movement.track import Track
from fusion.types import BoolArray, FloatArray, Side

SAME_TILT_DEG = 6.0
"""P that differs by less is the same."""
_SLIP_DEG = 5.0
"""T changes by this from one end of a repetition to the other, and P does not: the thigh's sensor slipped."""
_MOST_SLIP_DEG = 20.0
_ALIKE_DEG, _ALIKE_SHARE = 9.0, 0.15
"""How far P, and the changes of P and T, may be from the set's, also as a share of them."""
_STRIDE_ALIKE = np.array([5.0, 0.12, 0.15])
"""The same for strides: P, the range of T as a share of it, ln time."""
_ALIKE_COUNT, _ALIKE_MEMORY = 2, 5
_LEVEL, _WAY = 1, 3
"""Where among an excursion's features the level of T is, and how far it goes."""


_MOST_DOUBT_DEG = 15.0
"""No doubt allows for more than this."""
_STRAY_DEG = 15.0
"""How far what is seen of a partly hidden repetition may lie beyond where the set's go."""
_RANGE, _TIME = (0.5, 1.6), (0.4, 2.5)
"""Its range and its time, as shares of theirs."""


class RecentRepetitions:
    """The last repetitions that counted, by leg."""

    def __init__(self, exercise: Exercise, *, lying: bool) -> None:
        self._steps = exercise.kind is Kind.STEP
        self._shows = exercise.rest_pose is not None and not lying
        self._may_slip = self._shows and exercise.kind not in {Kind.EVENT, Kind.DRILL, Kind.STEP}
        self._slipped_deg: dict[Side, float] = {}
        """How far T of a leg is off since its sensor slipped within a set."""
        self._counted: dict[Side, deque[FloatArray]] = {}
        self._sd_deg: dict[Side, deque[float]] = {}
        self._ways: dict[Side, deque[FloatArray]] = {}
        """Least and greatest P and T on their way, range and duration of the same."""
        self._peaks_dps: dict[Side, deque[float]] = {}

    def slipped_deg(self, track: Track) -> float:
        """How far T of the leg that is read is taken to be off, deg."""
        return self._slipped_deg.get(track.read_from, 0.0)

    def follow_slip(self, track: Track) -> None:
        """Learn from a repetition of an open set how far its thigh's sensor has slipped meanwhile."""
        if not self._may_slip:
            return
        ends = [track.start, track.end]
        tilt = float(turned_deg(*track.pelvis_tilt_deg[ends][::-1]))
        pitch = float(turned_deg(*track.thigh_pitch_deg[ends][::-1]))
        if abs(tilt) < SAME_TILT_DEG and abs(pitch) > _SLIP_DEG:
            off = self.slipped_deg(track) + pitch
            self._slipped_deg[track.read_from] = off if abs(off) < _MOST_SLIP_DEG else 0.0

    def follow_sd(self, track: Track) -> None:
        """Learn how well the angles of one that counted were known where they are compared."""
        sd = max(track.sd_deg(k) for k in (track.start, track.reach, track.end))
        if np.isfinite(sd):
            self._sd_deg.setdefault(track.read_from, deque(maxlen=_ALIKE_MEMORY)).append(sd)

    def learn(self, track: Track) -> None:
        """Remember what a repetition that counted was like, wherever its thigh's sensor was by then."""
        peaks = self._peaks_dps.setdefault(track.read_from, deque(maxlen=_ALIKE_MEMORY))
        peaks.append(track.peak_dps)
        like = self._features(track)
        if self._shows:
            way = _way(track, np.ones(len(track.t_s), bool))
            self._ways.setdefault(track.read_from, deque(maxlen=_ALIKE_MEMORY)).append(way)
        if like is not None:
            like[_LEVEL] -= self.slipped_deg(track)
            self._counted.setdefault(track.read_from, deque(maxlen=_ALIKE_MEMORY)).append(like)

    def usual_peak_dps(self, track: Track) -> float:
        """Usual greatest speed of a repetition of this leg; infinite before any has counted."""
        peaks = self._peaks_dps.get(track.read_from)
        return float(median(peaks)) if peaks else np.inf

    def usual_way_deg(self, track: Track) -> float | None:
        """How far T usually goes in a repetition of this leg; None before any has counted."""
        counted = self._counted.get(track.read_from)
        return median(float(like[_WAY]) for like in counted) if counted else None

    def _features(self, track: Track) -> FloatArray | None:
        """Level of P and of T, how far both go, and ln time (5,); the last one of strides alone."""
        if not self._shows or track.by_free_leg:
            return None
        if self._steps:
            seen = own_stride(track)
            if seen is None:
                return None
            tilt, high, low, ln_s = seen.tolist()
            return np.array([tilt, 0.5 * (high + low), 0.0, high - low, ln_s])
        ways = [x[[track.start, track.reach]] for x in (track.pelvis_tilt_deg, track.thigh_pitch_deg)]
        tilt, pitch = (float(turned_deg(way[1], way[0])) for way in ways)
        return np.array([ways[0][0], ways[1][0], tilt, pitch, 0.0])

    def doubt_deg(self, track: Track, at: int) -> float:
        """By how much more P or T may be off at a sample than in the set's others: a sensor had been silent.

        What was filled in has none: it is compared as closely as ever.
        """
        known = self._sd_deg.get(track.read_from)
        sd = track.sd_deg(at)
        if not known or not np.isfinite(sd):
            return 0.0
        return min(max(2.0 * (sd - min(known)), 0.0), _MOST_DOUBT_DEG)

    def goes_on(self, track: Track) -> bool:
        """Whether one that was partly hidden goes on with the set, as far as it was seen.

        Its ends may have been implied: they say nothing. What was seen lies where the set's repetitions go,
        and range and time are about theirs.
        """
        ways = self._ways.get(track.read_from)
        if track.heard is None or not ways or not track.heard[track.start : track.end + 1].any():
            return False
        usual, seen = np.median(np.array(ways), axis=0), _way(track, track.heard)
        if not np.isfinite(seen).all():
            return False
        within = (seen[[0, 2]] > usual[[0, 2]] - _STRAY_DEG) & (seen[[1, 3]] < usual[[1, 3]] + _STRAY_DEG)
        like = [
            low <= a / b <= high
            for a, b, (low, high) in zip(seen[4:], usual[4:], (_RANGE, _TIME), strict=True)
        ]
        return bool(within.all()) and all(like)

    def like_the_set(self, track: Track) -> bool:
        """Whether it goes as far as the set's others and only T is elsewhere: then the sensor has slipped."""
        counted = self._counted.get(track.read_from, ())
        seen = self._features(track)
        if len(counted) < _ALIKE_COUNT or seen is None or not np.isfinite(seen).all():
            return False
        usual = np.median(np.array(counted), axis=0)
        off = turned_deg(seen, usual)
        allowed = np.full(len(off), _MOST_SLIP_DEG)
        if self._steps:
            allowed[[0, _WAY, 4]] = _STRIDE_ALIKE * np.array([1.0, usual[_WAY], 1.0])
        else:
            allowed[[0, 2, 3]] = _ALIKE_DEG + _ALIKE_SHARE * np.abs([0.0, *usual[[2, 3]]])
        if (np.abs(off) > allowed).any():
            return False
        if abs(float(off[_LEVEL]) - self.slipped_deg(track)) > _SLIP_DEG:
            self._slipped_deg[track.read_from] = float(off[_LEVEL])
        return True

    def off_deg(self, track: Track, pitch_deg: float, model_deg: float) -> float:
        """How far T is from the model's, the slip of its sensor taken off or not."""
        off = float(turned_deg(pitch_deg, model_deg))
        return min(abs(off), abs(off - self.slipped_deg(track)))


def _way(track: Track, seen: BoolArray) -> FloatArray:
    """Least and greatest P and T of what was ``seen`` (n,) of an excursion, its range and its time (6,)."""
    part = np.flatnonzero(seen[track.start : track.end + 1]) + track.start
    tilt, pitch = track.pelvis_tilt_deg[part], track.thigh_pitch_deg[part]
    took_s = float(track.t_s[track.end] - track.t_s[track.start])
    return np.array([tilt.min(), tilt.max(), pitch.min(), pitch.max(), track.rom_deg, max(took_s, 0.1)])
