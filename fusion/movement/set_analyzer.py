"""What counting repetitions and counting holds begin with: one set at a time, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from fusion.exercises import Exercise
from fusion.form import FormChecker, Limits, PersonReference
from fusion.movement.sets import SetBook
from fusion.types import (
    Event,
    RepEvent,
    RepEventKind,
    RepSummary,
    SetEvent,
    Side,
    WarningEvent,
)


class SetAnalyzer:
    """One person, one exercise: the open set, its form, and the events of it that are still to be told."""

    def __init__(
        self,
        exercise: Exercise,
        side: Side,
        *,
        references: Sequence[PersonReference] = (),
        limits: Limits | None = None,
    ) -> None:
        self.exercise = exercise
        self.side = side
        self._form = FormChecker(exercise, references, limits)
        self._book = SetBook(exercise)
        self._names: tuple[str, ...] | None = None
        """Signals as worn now."""
        self._events: list[Event] = []
        self._warned: set[str] = set()
        self._now_s = -inf

    def clocks_agree_to(self, agreement_s: float) -> None:
        """The sensors' clocks agree no better than this: who starts first is judged up to 20 ms."""
        self._form.clocks_agree_to(agreement_s)

    @property
    def last_closed_s(self) -> float:
        """When the last closed set ended; -inf before."""
        return self._book.last_end_s

    @property
    def set_opened(self) -> bool:
        """Whether it has been told that a set began which is not closed."""
        return self._book.opened

    def take_over(self, before: SetAnalyzer) -> None:
        """Count anew what ``before`` has not closed: sets are numbered on, and nothing is warned of twice."""
        self._book.number_on(before._book)
        self._warned = set(before._warned)

    def take_back(self, now_s: float) -> list[Event]:
        """Take back all repetitions of the open set; the events that say so."""
        self._now_s = now_s
        while self._book.candidates:
            self._tell(
                RepEventKind.REVISED,
                self._book.remove(len(self._book.candidates) - 1),
                len(self._book.candidates),
            )
        return self._drain()

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _warn_once(self, t_s: float, code: str, message: str) -> None:
        if code not in self._warned:
            self._warned.add(code)
            self._events.append(WarningEvent(t_s, code, message))

    def _tell(self, kind: RepEventKind, rep: RepSummary, count: int) -> None:
        """Tell of a repetition, ``count`` being those of the set by then."""
        self._events.append(RepEvent(kind, self._now_s, self._book.index, count, rep))

    def _open_set(self, least: int) -> None:
        """Say that a set has begun, once it has so many repetitions."""
        if len(self._book.candidates) >= least and not self._book.opened:
            self._book.opened = True
            self._events.append(SetEvent(False, self._now_s, self._book.summary()))

    def _end_set(self) -> None:
        """Close the open set, if there is one, and tell what it amounts to."""
        done = self._book.close()
        if done is not None:
            seen = self._form.check_set(done.reps)
            done = replace(done, findings=seen, not_judged=self._form.not_judged)
            self._events.append(SetEvent(True, self._now_s, done))
