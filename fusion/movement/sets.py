"""Sets without a button: they open, are revised and close by what the repetitions themselves show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isfinite, nan
from statistics import median

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.metrics import set_fatigue, symmetry
from fusion.types import RepSummary, SetSummary, Side

_CLOSE_S = 8.0
_CLOSE_PERIODS = 3.0
_GIVE_UP_S = 60.0
"""A movement begun and not ended for this long belongs to no set."""
_TOP_DEG, _TOP_SHARE, _TOP_TILT_DEG = 12.0, 0.18, 15.0
"""How far a set-up movement ends from where the set's end: effort and T, also as a share of the range; P."""
_SMALL_DEG, _SMALL_SHARE = 6.0, 0.3
"""The same of an effort so small that 12° are half of it."""
_FULL_SHARE = 2.0 / 3.0
_PLACE_DEG = 18.0
"""How far P or T may be, where the first one begins and the last one ends, from where the others do."""
_APART_S, _APART_PAUSES = 2.5, 3.0
_APART_PERIODS, _APART_SHARE = 0.8, 0.5
"""A pause this long, in times of a repetition, stands out from a quick set; and the share of what is usually
allowed for one that stands apart: bars and plates are picked up well before a set."""
_FROM_SEAT_DEG, _FROM_SEAT_SHARE = 30.0, 0.4
"""So much further than in a stride does a thigh go that gets up from a seat."""
_FEW = 3
"""So few repetitions make a set only if they are typical ones: plates are picked up by threes."""
_MOST_ODD = 5
"""So many movements at an end of a set may be something else."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repetition of the open set, with what decides whether it belongs."""

    rep: RepSummary
    top_deg: float
    """Effort at the far end."""
    top_tilt_deg: float
    """P there."""
    top_pitch_deg: float
    """T there; NaN where it is not known."""
    sure_alone: bool
    """Whether it would count without others around it."""
    start_posture_deg: tuple[float, float] = (nan, nan)
    end_posture_deg: tuple[float, float] = (nan, nan)
    """P and T where it begins and ends; NaN where gravity does not show them."""
    typical: bool = True
    """Whether P and T share its range as in the exercise's model."""
    by_free_leg: bool = False
    """Seen from the other leg: its effort is another angle and cannot be compared."""
    sd_deg: float = 0.0
    """One sigma of the angles compared here; infinite where one was filled in."""
    stays_s: float = 0.0
    """Time at its far end."""
    rests_s: float = 0.0
    """Time within it in which next to nothing moved."""
    like_stride: bool = False
    """Whether it may as well be a stride of an everyday gait."""
    in_bout: bool = False
    """Whether it is one of several strides in a row that were judged together."""


class SetBook:
    """The repetitions of the open set of one exercise."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self.candidates: list[Candidate] = []
        self.index = 0
        self.opened = False
        self._last_end_s: float | None = None
        self._silences_s: list[tuple[float, float]] = []

    @property
    def reps(self) -> list[RepSummary]:
        """Repetitions so far."""
        return [c.rep for c in self.candidates]

    def add(self, candidate: Candidate) -> None:
        """Take a repetition in, in order of their beginnings: legs that work in turn may overlap."""
        self.candidates.append(candidate)
        self.candidates.sort(key=lambda c: c.rep.t_start_s)
        self._number()

    def remove(self, at: int) -> RepSummary:
        """Take a repetition out again; the others move up."""
        dropped = self.candidates.pop(at)
        self._number()
        return dropped.rep

    def confirm(self, side: Side, starts_s: set[float]) -> None:
        """Strides of one leg, by their beginnings, that were judged together with others since."""
        self.candidates = [
            replace(c, in_bout=True) if c.rep.side is side and c.rep.t_start_s in starts_s else c
            for c in self.candidates
        ]

    def _number(self) -> None:
        self.candidates = [
            c if c.rep.index == k else replace(c, rep=replace(c.rep, index=k))
            for k, c in enumerate(self.candidates)
        ]

    def silent(self, from_s: float, to_s: float) -> None:
        """Nothing was seen in between: that time does not end a set."""
        if self.candidates:
            self._silences_s.append((from_s, to_s))

    def _silent_s(self, from_s: float, to_s: float) -> float:
        """How long of this time nothing was seen."""
        return sum(max(0.0, min(b, to_s) - max(a, from_s)) for a, b in self._silences_s)

    @property
    def last_end_s(self) -> float:
        """When the last set that was closed ended; -inf before."""
        return -inf if self._last_end_s is None else self._last_end_s

    def number_on(self, before: SetBook) -> None:
        """Go on after the sets that another book has closed."""
        self.index, self._last_end_s = before.index, before._last_end_s

    # --- when it ends

    def period_s(self) -> float:
        """Usual time from one repetition to the next of the same leg."""
        starts: dict[Side | None, list[float]] = {}
        for rep in self.reps:
            starts.setdefault(rep.side, []).append(rep.t_start_s)
        steps = [b - a for times in starts.values() for a, b in pairwise(times)]
        if steps:
            return median(steps)
        tempo = self._exercise.tempo
        return tempo.period_s[1] if tempo else 4.0

    def close_s(self) -> tuple[float, float]:
        """From when on the set is over: with no movement under way, and in any case."""
        if not self.candidates:
            return inf, inf
        last_s = max(rep.t_end_s for rep in self.reps)
        last_s += sum(to_s - max(from_s, last_s) for from_s, to_s in self._silences_s if to_s > last_s)
        idle_s = max(_CLOSE_S, _CLOSE_PERIODS * self.period_s())
        return last_s + idle_s, last_s + max(_GIVE_UP_S, idle_s)

    # --- who belongs

    def last_stands_apart(self) -> bool:
        """Whether the last one came after a longer pause than the others, or is the only one."""
        if len(self.candidates) < 2:
            return True
        *before, last_s = [max(0.0, b.t_start_s - a.t_end_s) for a, b in pairwise(self.reps)]
        return last_s > max(_APART_S, _APART_PAUSES * median(before) if before else 0.0)

    def odd_first(self) -> bool:
        """With three repetitions, whether the first was a set-up movement."""
        if len(self.candidates) != 3 or self._exercise.kind is Kind.STEP:
            return False  # strides are judged together
        first, second, third = self.candidates
        return self._agree(second, third) and not self._belongs(first)

    def odd_ends(self) -> list[int]:
        """At the end of the set, which of its ends do not belong; highest index first."""
        count = len(self.candidates)
        if count == 1:
            return [] if self.candidates[0].sure_alone else [0]
        if count <= _FEW and not any(c.typical for c in self.candidates):
            return list(range(count))[::-1]
        if count == 2:
            return self._odd_of_two()
        belongs = [self._belongs(c) for c in self.candidates]
        for at in (0, count - 1):
            share = _APART_SHARE if self._stands_apart(at, belongs) else 1.0
            belongs[at] = self._belongs(self.candidates[at], share) and self._same_place(at, share)
        if self._exercise.kind is Kind.STEP:
            belongs[0] = belongs[0] and self._sets_out_from_stand()
        most = min(_MOST_ODD, count // 2)
        first = next((k for k in range(most) if belongs[k]), most)
        last = next((k for k in range(most) if belongs[count - 1 - k]), most)
        return [*range(count - 1, count - 1 - last, -1), *range(first - 1, -1, -1)]

    def _stands_apart(self, at: int, belongs: list[bool]) -> bool:
        """Whether the pause between the first or last one and the next that belongs is longer than theirs."""
        reps = [rep for k, rep in enumerate(self.reps) if belongs[k] and k != at]
        if len(reps) < 2:
            return False
        pauses = [max(0.0, b.t_start_s - a.t_end_s) for a, b in pairwise(reps)]
        own = self.reps[at]
        between = (reps[-1].t_end_s, own.t_start_s) if at else (own.t_end_s, reps[0].t_start_s)
        apart_s = between[1] - between[0] - self._silent_s(*between)
        long_s = min(_APART_S, _APART_PERIODS * median(rep.t_end_s - rep.t_start_s for rep in reps))
        return apart_s > max(long_s, _APART_PAUSES * median(pauses))

    def _doubt_deg(self, one: Candidate) -> float:
        """By how much more than those of the set's others its angles may be off."""
        least = min(c.sd_deg for c in self.candidates)
        return 2.0 * (one.sd_deg - least) if np.isfinite(least) else 0.0

    def _same_place(self, at: int, share: float) -> bool:
        """Whether P and T, where the first one begins or the last one ends, are about those of the others."""
        one = self.candidates[at]

        def posture(c: Candidate) -> tuple[float, float]:
            return c.end_posture_deg if at else c.start_posture_deg

        alike = [c for k, c in enumerate(self.candidates) if k != at and c.rep.side is one.rep.side]
        if len(alike) < 2:
            return True
        usual = [known_median(posture(c)[k] for c in alike) for k in (0, 1)]
        allowed = np.hypot(share * _PLACE_DEG, self._doubt_deg(one))
        return not any(abs(a - b) > allowed for a, b in zip(posture(one), usual, strict=True))

    def _sets_out_from_stand(self) -> bool:
        """Whether the first stride goes no further than the others: one that does gets up from a seat."""
        first, *others = (c.rep.rom_deg for c in self.candidates)
        usual = median(others)
        return first - usual <= max(_FROM_SEAT_DEG, _FROM_SEAT_SHARE * usual)

    def _odd_of_two(self) -> list[int]:
        first, second = self.candidates
        if self._agree(first, second) and (first.rep.full or second.rep.full):
            return []
        return [k for k in (1, 0) if not self.candidates[k].sure_alone]

    def _rom_deg(self) -> float:
        return median(c.rep.rom_deg for c in self.candidates)

    def _agree(self, a: Candidate, b: Candidate) -> bool:
        if a.by_free_leg is not b.by_free_leg:
            return True
        top = (b.top_deg, b.top_tilt_deg, b.top_pitch_deg)
        rom_deg = self._rom_deg()
        return _near(a, top, rom_deg, effort_deg=self._effort_deg(rom_deg), doubt_deg=self._doubt_deg(a))

    def _effort_deg(self, rom_deg: float) -> float:
        """How far one's effort may be from the others' at its far end; strides from a stand go further."""
        if self._exercise.kind is Kind.STEP:
            return _TOP_DEG
        return min(_TOP_DEG, max(_SMALL_DEG, _SMALL_SHARE * rom_deg))

    def _belongs(self, one: Candidate, share: float = 1.0) -> bool:
        """Whether it ends where the set's full repetitions end, to a share of what is usually allowed."""
        if one.in_bout:
            return True
        alike = [c for c in self.candidates if c.by_free_leg is one.by_free_leg]
        if len(alike) == 1:
            return not one.by_free_leg
        # The one that goes furthest may be none of them.
        most = sorted(c.rep.rom_deg for c in alike)[-min(2, len(alike))]
        full = [c for c in alike if c.rep.rom_deg >= _FULL_SHARE * most]
        top = (
            known_median(c.top_deg for c in full),
            known_median(c.top_tilt_deg for c in full),
            known_median(c.top_pitch_deg for c in full),
        )
        rom_deg = median(c.rep.rom_deg for c in full)
        effort_deg, doubt_deg = self._effort_deg(rom_deg), self._doubt_deg(one)
        return _near(one, top, rom_deg, effort_deg=effort_deg, doubt_deg=doubt_deg, share=share)

    # --- what it amounts to

    def summary(self) -> SetSummary:
        """The set as it stands."""
        reps = self.reps
        start_s = min(rep.t_start_s for rep in reps)
        return SetSummary(
            index=self.index,
            exercise=self._exercise.id,
            t_start_s=start_s,
            t_end_s=max(rep.t_end_s for rep in reps),
            reps=tuple(reps),
            quality_reps=sum(rep.quality for rep in reps),
            rest_before_s=None if self._last_end_s is None else start_s - self._last_end_s,
            fatigue=set_fatigue(reps),
            symmetry=symmetry(reps),
        )

    def close(self) -> SetSummary | None:
        """Begin anew; gives the set that was, None when nothing was in it."""
        done = self.summary() if self.candidates else None
        if done is not None:
            self.index += 1
            self._last_end_s = done.t_end_s
        self.candidates, self.opened, self._silences_s = [], False, []
        return done


def _near(
    one: Candidate,
    top_deg: tuple[float, float, float],
    rom_deg: float,
    *,
    effort_deg: float,
    doubt_deg: float,
    share: float = 1.0,
) -> bool:
    """Whether effort, P and T at its far end are near ``top_deg``, the effort to ``effort_deg``."""
    effort, tilt, pitch = top_deg
    allowed = share * np.maximum([effort_deg, _TOP_DEG], _TOP_SHARE * rom_deg)
    off = np.abs([one.top_deg - effort, one.top_pitch_deg - pitch])
    if (off > np.hypot(allowed, doubt_deg)).any():
        return False
    return not abs(one.top_tilt_deg - tilt) > np.hypot(share * _TOP_TILT_DEG, doubt_deg)


def known_median(values: Iterable[float]) -> float:
    """Median of what is known; NaN where nothing is."""
    known = [value for value in values if isfinite(value)]
    return median(known) if known else nan
