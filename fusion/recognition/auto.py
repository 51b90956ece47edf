"""Which exercise is this? For who did not say: a name within two repetitions, or ``unknown``.

Every excursion is compared with the templates of all exercises whose posture, direction, legs and time admit
it; only a clear winner is named. A set that has a name keeps it; when what follows is clearly another
movement, the set is closed before it, aloud, and the other one is named. A hold is named once it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np

from fusion import exercises
from fusion.exercises import Exercise
from fusion.exercises.families import alike
from fusion.exercises.model import Kind, Movement
from fusion.exercises.rules import Worn
from fusion.form import Limits, PersonReference
from fusion.history import part_of
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.choice import movement_analyzer
from fusion.movement.holds import HoldAnalyzer
from fusion.movement.legs import worn_legs
from fusion.movement.reps import Phase
from fusion.recognition.flight import FlightWatch
from fusion.recognition.hold_scouts import HoldScouts
from fusion.recognition.scouts import Scouts, Sighting
from fusion.recognition.templates import Template
from fusion.types import Event, ExerciseEvent, RepEvent, SetEvent, Side, SignalBlock

UNKNOWN: Final = "unknown"

_FAR = 25.0
"""Squared distance from the nearest template beyond which a movement is unknown."""
_MARGIN = 1.5
"""By how much the nearest template must be nearer than the next that is not of its family."""
_LESS_FAR, _CLEAR_MARGIN = 12.0, 4.0
"""Further away than the first, the nearest template must be nearer than the next by the second."""
_NO_RIVAL = 100.0
"""Distance of the next one where there is none."""
_OTHER_MARGIN = 5.0
"""By how much another template must be nearer than that of the set going on to end the set."""
_GOES_ON_S = 5.0
"""Who has paused for no longer, and goes the set's way or less of it, goes on with the set, if tired."""
_REPS = 2
_STRIDES = 3
"""So many repetitions, or strides, make a name."""
_SOON_MARGIN = 10.0
"""Two strides make a name if the next one is further away by so much."""
_MOST_SEEN = 6
_PAUSE_S = 12.0
"""Sightings further apart than this do not belong together."""
_LEAD_S = 8.0
_LANDS_S = 1.0
"""Who has landed so lately is still landing."""
_PIECE_S = 0.5
_AGAIN_S = 0.2
_NOT_NAMED = frozenset({Kind.HOLD, Kind.OTHER, Kind.DRILL})


@dataclass(frozen=True, slots=True)
class _Ranked:
    """An exercise that has been seen lately, and how far from its template."""

    distance: float
    exercise: Exercise
    sightings: tuple[Sighting, ...]

    @property
    def enough(self) -> bool:
        """Whether that makes a name."""
        return len(self.sightings) >= self.needed

    @property
    def soon_enough(self) -> bool:
        """Whether that makes a name where nothing else comes near."""
        return len(self.sightings) >= _REPS

    @property
    def needed(self) -> int:
        """Sightings that make a name."""
        return _STRIDES if self.exercise.kind is Kind.STEP else _REPS

    def is_over(self, others: Sequence[_Ranked]) -> bool:
        """Whether enough of something else has been seen since: a walk to the track is no sprint."""
        return any(
            other.soon_enough
            and other.distance <= _FAR
            and other.sightings[-_REPS].look.t_start_s > self.last_s - _AGAIN_S
            for other in others
        )

    @property
    def last_s(self) -> float:
        """When it was seen last."""
        return self.sightings[-1].look.t_end_s


class AutoAnalyzer:
    """One person, any exercise: `SignalBlock`s in, events out; the same face as `MovementAnalyzer`."""

    def __init__(
        self,
        side: Side,
        rate_hz: float,
        *,
        references: Sequence[PersonReference] = (),
        limits: Limits | None = None,
        library: Sequence[Exercise] | None = None,
    ) -> None:
        self.side = side
        self._rate_hz = rate_hz
        self._references, self._limits = references, limits
        known = [exercises.load(i) for i in exercises.ids()] if library is None else library
        named = [e for e in known if e.kind not in _NOT_NAMED and e.turn_pose is not None]
        self._exercises = {e.id: e for e in named}
        self._templates = {e.id: Template(e) for e in named}
        jumps = [e for e in named if e.programme.movement is Movement.JUMP]
        self._jumps = frozenset(e.id for e in jumps if e.kind is Kind.EVENT)
        self._fly = frozenset(e.id for e in named if e in jumps or e.kind is Kind.STEP)
        self._flight = FlightWatch()
        self._scouts = Scouts(named, side, rate_hz)
        self._holds = HoldScouts([e for e in known if e.kind is Kind.HOLD], side, rate_hz)
        self._names: tuple[str, ...] | None = None
        self._worn: frozenset[Worn] = frozenset()
        self._piece = max(1, round(_PIECE_S * rate_hz))
        self._waiting: list[SignalBlock] = []
        self._waits = 0
        self._seen: list[Sighting] = []
        self._named: MovementAnalyzer | HoldAnalyzer | None = None
        self._free_from_s = -inf
        """Repetitions that began earlier belong to a set that is over."""
        self._unknown_told = False
        self._closed = self._first = 0
        """Sets that are over, and how many were when the present exercise was named."""
        self._events: list[Event] = []

    @property
    def exercise_id(self) -> str:
        """The exercise of the present set, `UNKNOWN` while there is none."""
        return self._named.exercise.id if self._named else UNKNOWN

    @property
    def count(self) -> int:
        """Repetitions announced in the present set."""
        return self._named.count if self._named else 0

    @property
    def phase(self) -> Phase:
        """Present phase."""
        return self._named.phase if self._named else Phase.REST

    def clocks_agree_to(self, agreement_s: float) -> None:
        """The sensors' clocks are known to agree no better than this."""
        self._limits = replace(self._limits or Limits(), clock_agreement_s=agreement_s)
        if self._named is not None:
            self._named.clocks_agree_to(agreement_s)

    def update(self, signals: SignalBlock) -> list[Event]:
        """Events of the next samples."""
        if signals.names != self._names:
            self._wear(signals)
        start = 0
        while start < len(signals):
            stop = min(len(signals), start + self._piece - self._waits)
            self._take(part_of(signals, start, stop))
            start = stop
        return self._drain()

    def flush(self) -> list[Event]:
        """End of the recording: close what is open."""
        self._look()
        if self._named is not None:
            self._hear(self._named.flush())
            self._named = None
        return self._drain()

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _wear(self, signals: SignalBlock) -> None:
        self._look()
        self._names = signals.names
        self._worn = frozenset({Worn.OTHER_THIGH} if len(worn_legs(signals.names)) == 2 else ())
        self._scouts.wear(signals)
        self._holds.wear(signals)
        self._seen.clear()

    def _take(self, signals: SignalBlock) -> None:
        if self._named is not None:
            self._hear(self._named.update(signals))
        self._waiting.append(signals)
        self._waits += len(signals)
        if self._waits >= self._piece:
            self._look()

    def _hear(self, events: list[Event]) -> None:
        self._events.extend(_numbered(event, self._first) for event in events)
        for event in events:
            if isinstance(event, SetEvent) and event.closed:
                self._closed += 1
                self._named = None
                self._forget_before(event.summary.t_end_s - _AGAIN_S)
                self._unknown_told = False

    def _forget_before(self, t_s: float) -> None:
        self._free_from_s = t_s
        self._seen = [s for s in self._seen if s.look.t_start_s >= t_s]

    # --- what the scouts tell

    def _look(self) -> None:
        """Let the scouts read what has come, and name what they have seen."""
        if not self._waits:
            return
        signals = _joined(self._waiting)
        self._waiting, self._waits = [], 0
        now_s = float(signals.t_s[-1])
        fresh = False
        self._flight.read(signals)
        for one in self._scouts.read(signals):
            seen = self._as_flown(one)
            if seen.off and seen.look.t_start_s >= self._free_from_s:
                self._seen = [s for s in self._seen if now_s - s.look.t_end_s <= _MOST_SEEN * _PAUSE_S]
                self._seen.append(seen)
                fresh = True
        held = self._holds.read(signals)
        if held is not None and not isinstance(self._named, HoldAnalyzer):
            self._name(held.exercise, now_s, max(held.since_s, self._free_from_s), confidence=0.8)
        elif fresh:
            self._decide(now_s)

    def _decide(self, now_s: float) -> None:
        ranked = self._ranked(now_s)
        ranked = [r for r in ranked if not r.is_over(ranked)]
        best = next((r for r in ranked if r.soon_enough), None)
        if best is None:
            return
        margin = self._margin(best, ranked)
        if not best.enough and margin < _SOON_MARGIN:
            best = next((r for r in ranked if r.enough), None)
            if best is None:
                return
            margin = self._margin(best, ranked)
        sure = best.distance <= _FAR and margin >= self._least_margin(best)
        if self._named is None and not sure:
            self._say_unknown(now_s, [r.exercise.id for r in ranked[:3]])
        elif sure and (self._named is None or self._is_another(best, self._named)):
            near = 1.5 - best.distance / _FAR
            confidence = float(np.clip(margin / (margin + 4.0), 0.0, 1.0) * np.clip(near, 0.2, 1.0))
            self._name(best.exercise, now_s, best.sightings[0].look.t_start_s, confidence=confidence)

    def _least_margin(self, best: _Ranked) -> float:
        """What is far from anything, or follows another exercise without a walk, must be clearer."""
        goes_on = self._named is not None and self._named.exercise.kind is not Kind.STEP
        return _CLEAR_MARGIN if goes_on or best.distance > _LESS_FAR else _MARGIN

    def _margin(self, best: _Ranked, ranked: Sequence[_Ranked]) -> float:
        """By how much it is nearer than what else its last sightings, or what was seen with them, may be."""
        family = {best.exercise.id, *alike(best.exercise.id, self._worn)}
        since_s = best.sightings[-min(len(best.sightings), best.needed)].look.t_start_s
        rivals = [r.distance for r in ranked if r.exercise.id not in family and r.last_s > since_s]
        return min(rivals, default=_NO_RIVAL) - best.distance

    def _ranked(self, now_s: float) -> list[_Ranked]:
        """Exercises that have been seen lately, nearest template first."""
        found = []
        for exercise_id in {e for s in self._seen for e in s.off}:
            run = self._run_of(exercise_id)
            if exercise_id in self._jumps and not self._flight.may_have_flown(run[0].look.t_start_s):
                continue
            if now_s - run[-1].look.t_end_s <= _PAUSE_S:
                off = [s.off[exercise_id] for s in run[-_STRIDES:]]
                found.append(_Ranked(float(np.mean(off)), self._exercises[exercise_id], tuple(run)))
        return sorted(found, key=lambda r: (r.distance, r.exercise.id))

    def _as_flown(self, seen: Sighting) -> Sighting:
        """What it may be, as there was a flight in it or just before: who lands does not squat."""
        if not self._flight.flew(seen.look.t_start_s - _LANDS_S, seen.look.t_end_s):
            return seen
        return replace(seen, off={e: off for e, off in seen.off.items() if e in self._fly})

    def _run_of(self, exercise_id: str) -> list[Sighting]:
        """The last sightings of an exercise without a pause between them."""
        run: list[Sighting] = []
        for seen in reversed(self._seen):
            if exercise_id not in seen.off:
                continue
            if run and run[-1].look.t_start_s - seen.look.t_end_s > _PAUSE_S:
                break
            if run and seen.off[exercise_id] > _FAR:
                break
            run.append(seen)
            if len(run) == _MOST_SEEN:
                break
        return run[::-1]

    def _is_another(self, best: _Ranked, named: MovementAnalyzer | HoldAnalyzer) -> bool:
        """Whether what was seen last is clearly another movement than the set's."""
        of_set = {named.exercise.id, *alike(named.exercise.id, self._worn)}
        if best.exercise.id in of_set:
            return False
        if isinstance(named, HoldAnalyzer):
            return named.phase is not Phase.TOP
        template = self._templates[named.exercise.id]
        looks = [s.look for s in best.sightings[-best.needed :]]
        goes_on = looks[0].t_start_s - named.last_end_s < _GOES_ON_S
        if goes_on and all(template.may_be_part(look) for look in looks):
            return False
        off = np.mean([template.at_most_off(s.look) for s in best.sightings])
        return bool(off > best.distance + _OTHER_MARGIN)

    def _say_unknown(self, now_s: float, nearest: list[str]) -> None:
        if not self._unknown_told:
            self._unknown_told = True
            self._events.append(ExerciseEvent(now_s, UNKNOWN, 0.0, tuple(nearest)))

    def _name(self, exercise: Exercise, now_s: float, begin_s: float, *, confidence: float) -> None:
        """Name the exercise, and count what has been done of it so far."""
        past = self._scouts.signals_from(max(begin_s - _LEAD_S, self._free_from_s))
        analyzer = movement_analyzer(
            exercise, self.side, self._rate_hz, references=self._references, limits=self._limits
        )
        events = analyzer.update(past)
        if analyzer.count == 0:
            return
        if self._named is not None:
            self._end(self._named, begin_s - _AGAIN_S)
        self._events.append(ExerciseEvent(now_s, exercise.id, confidence, (), alike(exercise.id, self._worn)))
        self._named, self._first = analyzer, self._closed
        self._unknown_told = False
        self._hear(events)

    def _end(self, named: MovementAnalyzer | HoldAnalyzer, t_s: float) -> None:
        self._hear(named.flush() if isinstance(named, HoldAnalyzer) else named.end_before(t_s))
        self._named = None


def _numbered(event: Event, first: int) -> Event:
    """The event with its set's number in the session: every exercise begins to count its own at zero."""
    if isinstance(event, RepEvent):
        return replace(event, set_index=event.set_index + first)
    if isinstance(event, SetEvent):
        return replace(event, summary=replace(event.summary, index=event.summary.index + first))
    return event


def _joined(parts: list[SignalBlock]) -> SignalBlock:
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return SignalBlock(
        np.concatenate([p.t_s for p in parts]),
        first.rate_hz,
        first.names,
        np.concatenate([p.values for p in parts], axis=1),
        np.concatenate([p.sd for p in parts], axis=1),
    )
