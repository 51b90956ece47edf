"""Sets without a button: they open, are revised and close by what the repetitions themselves show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from statistics import median

from fusion.exercises import Exercise
from fusion.metrics import set_fatigue, symmetry
from fusion.types import RepSummary, SetSummary, Side

_CLOSE_S = 8.0
_CLOSE_PERIODS = 3.0
_GIVE_UP_S = 30.0
"""A movement begun and not ended for this long belongs to no set."""
_TOP_DEG, _TOP_SHARE, _TOP_TILT_DEG = 12.0, 0.25, 15.0
"""How far the far end of a set-up movement lies from the set's: effort, share of the range, P."""
_FULL_SHARE = 0.65
_START_SHARE = 0.12
"""A short repetition that belongs began this near, of the range, to where the others began."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A repetition of the open set, with what decides whether it belongs."""

    rep: RepSummary
    top_deg: float
    """Effort at the far end."""
    top_tilt_deg: float
    """P there."""
    start_deg: float
    """Effort where it began."""
    sure_alone: bool
    """Whether it would count without others around it."""
    by_free_leg: bool = False
    """Seen from the other leg: its effort is another angle and cannot be compared."""


class SetBook:
    """The repetitions of the open set of one exercise."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self.candidates: list[Candidate] = []
        self.index = 0
        self.opened = False
        self._last_end_s: float | None = None

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

    def _number(self) -> None:
        self.candidates = [
            c if c.rep.index == k else replace(c, rep=replace(c.rep, index=k))
            for k, c in enumerate(self.candidates)
        ]

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
        idle_s = max(_CLOSE_S, _CLOSE_PERIODS * self.period_s())
        return last_s + idle_s, last_s + max(_GIVE_UP_S, idle_s)

    # --- who belongs

    def odd_first(self) -> bool:
        """With three repetitions, whether the first was a set-up movement."""
        if len(self.candidates) != 3:
            return False
        first, second, third = self.candidates
        return self._agree(second, third) and not self._belongs(first)

    def odd_ends(self) -> list[int]:
        """At the end of the set, which of its ends do not belong; highest index first."""
        if len(self.candidates) == 1:
            return [] if self.candidates[0].sure_alone else [0]
        if len(self.candidates) == 2:
            return self._odd_of_two()
        last = len(self.candidates) - 1
        odd = [last] if not self._belongs(self.candidates[last]) else []
        return [*odd, 0] if not self._belongs(self.candidates[0]) else odd

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
        near = abs(a.top_deg - b.top_deg) <= max(_TOP_DEG, _TOP_SHARE * self._rom_deg())
        return near and abs(a.top_tilt_deg - b.top_tilt_deg) <= _TOP_TILT_DEG

    def _belongs(self, one: Candidate) -> bool:
        """Whether it ends where full ones end, or began where they begin and did not get that far."""
        alike = [c for c in self.candidates if c.by_free_leg is one.by_free_leg]
        if len(alike) == 1:
            return not one.by_free_leg
        most = max(c.rep.rom_deg for c in alike)
        full = [c for c in alike if c.rep.rom_deg >= _FULL_SHARE * most]
        rom_deg = median(c.rep.rom_deg for c in full)
        top = median(c.top_deg for c in full)
        tilt = median(c.top_tilt_deg for c in full)
        if abs(one.top_deg - top) <= max(_TOP_DEG, _TOP_SHARE * rom_deg):
            return abs(one.top_tilt_deg - tilt) <= _TOP_TILT_DEG
        start = median(c.start_deg for c in full)
        return one.top_deg < top and abs(one.start_deg - start) <= _START_SHARE * rom_deg

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
        self.candidates, self.opened = [], False
        return done
