"""Strides in a row are of one gait: what one of them leaves open, the others show.

Nobody changes gait for a single stride. A burst of losses, or gaining speed for seconds, shifts what gravity
says of the levels of P and T for a while; how far a leg swings and how long it takes stay. So strides that
follow one another and are alike are judged together, by their medians, from the third one on: those that were
refused meanwhile count after all, or those that counted are taken back. A stride that a loss has bent out of
shape is one of them where it takes their time, right between two that are alike.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from fusion.exercises import Exercise
from fusion.movement.strides import Strides, seen_stride
from fusion.movement.track import Track
from fusion.types import FloatArray

_LEAST = 3
"""So many strides tell their gait."""
_MOST = 60
"""A gait is known by then."""
_KEPT = 12
"""So many of the last can still be counted late."""
_PAUSE_S, _PAUSE_SHARE = 0.3, 0.35
"""Between two strides that follow one another, also as a share of the first; more is a halt."""
_RANGE_SHARE, _LN_TIME, _TILT_DEG, _LEVEL_DEG = 0.22, 0.25, 16.0, 30.0
"""From one stride to the next of a gait: range, time, P, and the level of T."""
_MOST_BENT, _BENT_LN_TIME = 4, 0.36
"""So many in a row may be out of shape; and their time, where another one like the others follows."""
_BENT_SHARE, _STAND_DEG = 0.5, 6.0
"""Of one out of shape the least share of the usual range; P and T of a stand."""
_BEFORE_SHARE, _BEFORE_LEVEL_DEG = 0.65, 20.0
"""The same of what went before the first one that was alike, and how far the level of its T may be off."""
_BENT_SHOWN_SHARE = 0.3
"""So much of one out of shape was seen: what is wholly implied may be no stride at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Ruling:
    """What a stride means for itself and for those before it in its bout."""

    counts: bool
    late: tuple[Track, ...] = ()
    """Earlier ones that count after all."""
    withdrawn: tuple[Track, ...] = ()
    """Earlier ones that had counted and are none."""
    confirmed: tuple[Track, ...] = ()
    """Earlier ones that had counted by themselves and are the exercise's for sure."""


@dataclass(slots=True, eq=False)
class _Stride:
    track: Track
    like: FloatArray
    counts: bool

    def stands(self, at: int) -> bool:
        """Whether the person stands at a sample: a stride neither begins nor ends there."""
        angles = (self.track.pelvis_tilt_deg, self.track.thigh_pitch_deg)
        return all(abs(angle[at]) < _STAND_DEG for angle in angles)


@dataclass(slots=True, eq=False)
class _Bout:
    likes: deque[FloatArray] = field(default_factory=lambda: deque(maxlen=_MOST))
    roms_deg: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST))
    peaks_dps: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST))
    last: deque[_Stride] = field(default_factory=lambda: deque(maxlen=_KEPT))
    bent: list[_Stride] = field(default_factory=list)
    """Since the last one that was alike: they belong if the next one is alike again."""
    before: list[_Stride] = field(default_factory=list)
    """What went right before the first one: perhaps its first strides, out of shape."""

    @property
    def tells(self) -> bool:
        """Whether there are enough to tell the gait."""
        return len(self.likes) >= _LEAST

    def take(self, stride: _Stride) -> None:
        """The next stride of the gait, and with it those bent out of shape before it."""
        self.last.extend(one for one in self.bent if one.track.shown_share >= _BENT_SHOWN_SHARE)
        self.bent.clear()
        self.last.append(stride)
        self.likes.append(stride.like)
        self.roms_deg.append(stride.track.rom_deg)
        self.peaks_dps.append(stride.track.peak_dps)

    def take_in_before(self) -> None:
        """Take in the strides right before the first one that took their time and went as far, at least."""
        least_deg = _BEFORE_SHARE * float(np.median(self.roms_deg))
        level_deg = float(np.median([like[1] for like in self.likes]))
        while self.before and _follows(self.last[0].track, self.before[-1].track):
            stride = self.before.pop()
            goes = stride.track.rom_deg >= least_deg and abs(stride.like[1] - level_deg) <= _BEFORE_LEVEL_DEG
            if not goes or self.off_ln_s(stride) > _LN_TIME:
                break
            self.last.appendleft(stride)
        self.before.clear()

    def follows(self, track: Track) -> bool:
        """Whether an excursion begins where the last one ended."""
        return _follows(track, (self.bent or self.last)[-1].track)

    def is_alike(self, stride: _Stride) -> bool:
        """Whether a stride is of the same gait as the last ones."""
        tilt, level, _, ln_s = np.abs(stride.like - self.likes[-1]).tolist()
        usual_deg = float(np.median(self.roms_deg))
        if abs(stride.track.rom_deg - usual_deg) > _RANGE_SHARE * usual_deg or ln_s > _LN_TIME:
            return False
        return bool(self.bent) or (tilt <= _TILT_DEG and level <= _LEVEL_DEG)

    def may_be_bent(self, stride: _Stride) -> bool:
        """Whether it may be one of them out of shape."""
        some = len(self.likes) > 1 and len(self.bent) < _MOST_BENT
        goes = stride.track.rom_deg >= _BENT_SHARE * float(np.median(self.roms_deg))
        return some and goes and self.off_ln_s(stride) <= _BENT_LN_TIME

    def off_ln_s(self, stride: _Stride) -> float:
        """How far the logarithm of its time is from the usual one."""
        return abs(float(stride.like[3]) - float(np.median([like[3] for like in self.likes])))


class Bouts:
    """The present bout of strides of each driven angle."""

    def __init__(self, exercise: Exercise) -> None:
        self._strides = Strides(exercise)
        self._least_deg = exercise.count.rom_min_deg if exercise.count else 0.0
        self._bouts: dict[int, _Bout] = {}

    def rule(self, which: int, track: Track, *, alone: bool) -> Ruling:
        """Take the next excursion of driven angle ``which``; ``alone`` is what it looks like by itself."""
        like = _features(track)
        if like is None or track.rom_deg < self._least_deg:
            self._bouts.pop(which, None)
            return Ruling(alone)
        stride = _Stride(track, like, alone)
        bout = self._bouts.get(which)
        if bout is not None and bout.follows(track):
            if bout.is_alike(stride):
                bout.take(stride)
                return self._together(bout) if bout.tells else Ruling(alone)
            if bout.may_be_bent(stride):
                return self._bent(bout, stride)
            if bout.tells and stride.stands(track.end):
                del self._bouts[which]  # a halt
                return Ruling(counts=False)
        before = [*bout.before, *bout.last, *bout.bent][-_MOST_BENT:] if bout else []
        if stride.stands(track.start) and not alone:
            self._bouts.pop(which, None)  # what leads from a stand into the exercise's posture
            return Ruling(alone)
        bout = self._bouts[which] = _Bout(before=before)
        bout.take(stride)
        return Ruling(alone)

    def _bent(self, bout: _Bout, stride: _Stride) -> Ruling:
        """Of a stride out of shape only the time is left: where it is right, it counts as the others do."""
        bout.bent.append(stride)
        seen = stride.track.shown_share >= _BENT_SHOWN_SHARE and not stride.stands(stride.track.end)
        if seen and bout.tells and bout.off_ln_s(stride) <= _LN_TIME:
            stride.counts = bout.last[-1].counts
        return Ruling(stride.counts)

    def tells(self, which: int) -> bool:
        """Whether the strides of late have been judged together."""
        bout = self._bouts.get(which)
        return bout is not None and bout.tells

    def goes_on(self, which: int, track: Track) -> bool:
        """Whether an excursion, perhaps not over yet, follows a bout of strides."""
        bout = self._bouts.get(which)
        return bout is not None and bout.tells and bout.follows(track)

    def _together(self, bout: _Bout) -> Ruling:
        if len(bout.likes) == _LEAST:
            bout.take_in_before()
        usual = np.median(np.array(bout.likes), axis=0)
        counts = self._strides.is_own_gait(usual, float(np.median(bout.peaks_dps)))
        *before, now = bout.last
        changed = tuple(one.track for one in before if one.counts is not counts)
        same = tuple(one.track for one in before if one.counts is counts)
        for one in (*before, now):
            one.counts = counts
        return Ruling(counts, late=changed, confirmed=same) if counts else Ruling(counts, withdrawn=changed)


def _follows(track: Track, before: Track) -> bool:
    """Whether one excursion begins where the other ended."""
    took_s = float(before.t_s[before.end] - before.t_s[before.start])
    pause_s = float(track.t_s[track.start] - before.t_s[before.end])
    return pause_s <= max(_PAUSE_S, _PAUSE_SHARE * took_s)


def _features(track: Track) -> FloatArray | None:
    """Mean P, mid and range of T, ln time (4,); None where they are not all known."""
    seen = seen_stride(track, slice(track.reach, track.end + 1))
    if seen is None:
        return None
    tilt, high, low, ln_s = seen.tolist()
    return np.array([tilt, 0.5 * (high + low), high - low, ln_s])
