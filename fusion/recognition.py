"""Which exercise is this? For who did not say: a name within two repetitions, or ``unknown``.

Every exercise of the library watches with its own driver and posture gate; those that agree are compared by
how far the repetitions are from their templates. Only a clear winner is named. A set that has a name keeps
it; the search goes on for what comes after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Final

import numpy as np

from fusion import exercises
from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.form import Limits, PersonReference
from fusion.gate import PostureGate
from fusion.history import part_of
from fusion.kernels import turning
from fusion.legs import driven_angles, not_seen
from fusion.movement import MovementAnalyzer
from fusion.reps import Driven, Phase, RepSegmenter, Track
from fusion.templates import Look, Template, look_of
from fusion.types import Event, ExerciseEvent, SetEvent, Side, SignalBlock

UNKNOWN: Final = "unknown"

_FAR = 34.0
"""Distance from the nearest template beyond which a movement is unknown."""
_MARGIN = 2.0
"""By how much the nearest template must be nearer than the next."""
_REPS = 2
_STRIDES = 4
"""So many repetitions, or strides, make a name."""
_PAUSE_S = 12.0
"""Candidates further apart than this do not belong together."""
_LEAD_S = 4.0
_NOT_NAMED = frozenset({Kind.HOLD, Kind.OTHER, Kind.DRILL})


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """An exercise of the library that is looked for."""

    exercise: Exercise
    gate: PostureGate
    template: Template
    driven: Driven

    @property
    def needed(self) -> int:
        """Repetitions before it is named."""
        return _STRIDES if self.exercise.kind is Kind.STEP else _REPS


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
        self._library = [e for e in known if e.kind not in _NOT_NAMED and e.turn_pose is not None]
        self._names: tuple[str, ...] | None = None
        self._groups: list[list[_Candidate]] = []
        self._scout = RepSegmenter((), rate_hz)
        self._seen: dict[str, list[Look]] = {}
        self._named: MovementAnalyzer | None = None
        self._fed_s = -inf
        self._free_from_s = -inf
        """Repetitions that began earlier belong to a set that is over."""
        self._unknown_told = False
        self._events: list[Event] = []
        self._never = np.array([inf, inf])

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
        if self._scout.driven:
            for start in range(0, len(signals), self._scout.block_max):
                self._read(part_of(signals, start, start + self._scout.block_max))
        return self._drain()

    def flush(self) -> list[Event]:
        """End of the recording: close what is open."""
        if self._named is not None:
            self._events.extend(self._named.flush())
            self._named = None
        return self._drain()

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _wear(self, signals: SignalBlock) -> None:
        """Let everything look that the worn sensors can show; equal drivers share one segmenter."""
        self._names = signals.names
        groups: dict[tuple[object, ...], list[_Candidate]] = {}
        for exercise in self._library:
            if not_seen(exercise, signals.names) is not None:
                continue
            for driven in driven_angles(exercise, self.side, signals.names):
                if driven.by_free_leg:
                    continue
                key = (driven.signal, driven.sign, driven.side, driven.cutoff_hz, driven.rom_min_deg > 15.0)
                one = _Candidate(exercise, PostureGate(exercise), Template(exercise), driven)
                groups.setdefault(key, []).append(one)
        self._groups = list(groups.values())
        least = [min((c.driven for c in group), key=lambda d: d.rom_min_deg) for group in self._groups]
        self._scout = RepSegmenter(least, self._rate_hz)
        self._seen.clear()

    def _read(self, signals: SignalBlock) -> None:
        self._scout.load(signals)
        start = 0
        while (event := self._scout.next_event(self._never)) != turning.NOTHING:
            stop = self._scout.position + 1
            self._feed(part_of(signals, start, stop))
            start = max(start, stop)
            which, track = self._scout.track()
            if event == turning.RETURN:
                self._returned(self._groups[which], track)
            elif event == turning.SETTLE:
                self._settled(self._groups[which], track)
        self._feed(part_of(signals, start, len(signals)))

    def _feed(self, signals: SignalBlock) -> None:
        """Pass samples on to the analyzer of the exercise that has been named."""
        if self._named is None or not len(signals):
            return
        self._hear(self._named.update(signals))

    def _hear(self, events: list[Event]) -> None:
        self._events.extend(events)
        for event in events:
            if isinstance(event, SetEvent) and event.closed:
                self._named = None
                self._free_from_s = event.summary.t_end_s - 0.2
                self._forget_before(self._free_from_s)
                self._unknown_told = False
                return

    # --- what the scouts tell

    def _settled(self, group: list[_Candidate], track: Track) -> None:
        settled = [c.gate.settles(track) for c in group]
        if any(settled) and 2 * sum(settled) >= len(settled):
            self._scout.start_here()

    def _returned(self, group: list[_Candidate], track: Track) -> None:
        if float(track.t_s[track.start]) < self._free_from_s:
            return
        look: Look | None = None
        for one in group:
            count = one.exercise.count
            if count is None or track.rom_deg < 0.5 * count.rom_full_deg:
                continue
            mine = replace(track, side=one.driven.side)
            if one.gate.admits(mine) and one.gate.returns(mine):
                look = look or look_of(mine)
                self._note(one, look)
        if look is None:
            return
        if self._named is not None:
            self._forget_before(self._named.last_end_s - 0.2)
        self._decide(look.t_end_s)

    def _note(self, one: _Candidate, look: Look) -> None:
        looks = self._seen.setdefault(one.exercise.id, [])
        if looks and look.t_start_s - looks[-1].t_end_s > _PAUSE_S:
            looks.clear()
        looks.append(look)
        del looks[:-6]

    def _forget_before(self, t_s: float) -> None:
        for looks in self._seen.values():
            looks[:] = [look for look in looks if look.t_start_s >= t_s]

    def _decide(self, now_s: float) -> None:
        ranked = self._ranked(now_s)
        if not ranked:
            return
        distance, best = ranked[0]
        looks = self._seen[best.exercise.id]
        if len(looks) < best.needed:
            return
        margin = ranked[1][0] - distance if len(ranked) > 1 else inf
        if distance > _FAR or margin < _MARGIN:
            if self._named is None:
                self._say_unknown(now_s, [c.exercise.id for _, c in ranked[:3]])
            return
        if self._named is not None:
            if self._named.exercise.id == best.exercise.id:
                return
            self._hear(self._named.flush())
        self._name(best, now_s, distance, min(margin, 100.0))

    def _ranked(self, now_s: float) -> list[tuple[float, _Candidate]]:
        """Exercises that have been seen lately, nearest template first."""
        found: dict[str, tuple[float, _Candidate]] = {}
        for one in (c for group in self._groups for c in group):
            looks = self._seen.get(one.exercise.id)
            if looks and now_s - looks[-1].t_end_s <= _PAUSE_S and one.exercise.id not in found:
                found[one.exercise.id] = (one.template.distance(looks), one)
        return sorted(found.values(), key=lambda pair: (pair[0], pair[1].exercise.id))

    def _say_unknown(self, now_s: float, nearest: list[str]) -> None:
        if not self._unknown_told:
            self._unknown_told = True
            self._events.append(ExerciseEvent(now_s, UNKNOWN, 0.0, tuple(nearest)))

    def _name(self, best: _Candidate, now_s: float, distance: float, margin: float) -> None:
        """Name the exercise, and count what has been done of it so far."""
        first_s = self._seen[best.exercise.id][0].t_start_s
        past = self._scout.signals_from(max(first_s - _LEAD_S, self._free_from_s))
        analyzer = MovementAnalyzer(
            best.exercise, self.side, self._rate_hz, references=self._references, limits=self._limits
        )
        events = analyzer.update(past)
        if analyzer.count == 0:
            return
        confidence = float(
            np.clip(margin / (margin + 4.0), 0.0, 1.0) * np.clip(1.5 - distance / _FAR, 0.2, 1.0)
        )
        self._events.append(ExerciseEvent(now_s, best.exercise.id, confidence, ()))
        self._named = analyzer
        self._unknown_told = False
        self._hear(events)
