"""Steps of a screen: a posture that is kept, or repetitions that are done. Both take one sample at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

import numpy as np

from fusion import exercises
from fusion.movement.choice import movement_analyzer
from fusion.types import FloatArray, RepEvent, RepEventKind, RepSummary, Side, SignalBlock

LOST_S = 1.0
"""A posture left for no longer than this is still kept."""
GIVE_UP_S = 90.0
ROWS_MAX = 36_000
"""Ten minutes at 60 Hz: no step collects more."""


@dataclass(slots=True)
class Collected:
    """What a step saw: samples as rows of (time, values by name), and repetitions."""

    names: tuple[str, ...] = ()
    rows: list[list[float]] = field(default_factory=list)
    reps: list[RepSummary] = field(default_factory=list)
    rate_hz: float = 60.0

    def add(self, signals: SignalBlock) -> None:
        """Keep one sample."""
        self.names, self.rate_hz = signals.names, signals.rate_hz
        if len(self.rows) < ROWS_MAX:
            self.rows.append([float(signals.t_s[0]), *signals.values[:, 0].tolist()])

    def __getitem__(self, name: str) -> FloatArray:
        """A signal (n,); NaN where it was not known."""
        table = np.array(self.rows, float).reshape(-1, 1 + len(self.names))
        if name not in self.names:
            return np.full(len(table), np.nan)
        column: FloatArray = table[:, 1 + self.names.index(name)]
        return column

    @property
    def t_s(self) -> FloatArray:
        """Times (n,)."""
        return np.array([row[0] for row in self.rows])

    @property
    def duration_s(self) -> float:
        """From the first sample to the last."""
        return self.rows[-1][0] - self.rows[0][0] if self.rows else 0.0


class Step(Protocol):
    """One step of a screen."""

    @property
    def id(self) -> str:
        """Name among the screen's steps."""

    @property
    def instruction(self) -> str:
        """What the person is asked to do."""

    @property
    def collected(self) -> Collected:
        """What was seen so far."""

    @property
    def progress(self) -> float:
        """How much is done, 0 to 1."""

    @property
    def done(self) -> bool:
        """Whether the step is over."""

    @property
    def failed(self) -> str:
        """Why it cannot be done; empty while it can."""

    def push(self, signals: SignalBlock) -> None:
        """Take one sample."""


InPosture = Callable[[SignalBlock], bool]


class PoseStep:
    """A posture kept for ``keep_s``, or, with ``until_left``, for as long as the person can, up to that."""

    def __init__(
        self,
        step_id: str,
        instruction: str,
        in_posture: InPosture,
        keep_s: float,
        *,
        until_left: bool = False,
        settle_s: float = 1.0,
    ) -> None:
        self.id = step_id
        self.instruction = instruction
        self.collected = Collected()
        self._in_posture = in_posture
        self._keep_s, self._until_left, self._settle_s = keep_s, until_left, settle_s
        self._first_s: float | None = None
        self._since_s: float | None = None
        self._seen_s = -inf
        self.done = False
        self.failed = ""

    @property
    def progress(self) -> float:
        """Share of the time to be kept."""
        return min(1.0, self.collected.duration_s / self._keep_s)

    def push(self, signals: SignalBlock) -> None:
        """Take one sample."""
        now_s = float(signals.t_s[0])
        self._first_s = now_s if self._first_s is None else self._first_s
        if self._in_posture(signals):
            self._keep(signals, now_s)
        elif self._since_s is not None and now_s - self._seen_s > LOST_S:
            self._leave()
        if not self.done and self._since_s is None and now_s - self._first_s > GIVE_UP_S:
            self.failed = f"not seen within {GIVE_UP_S:.0f} s: {self.instruction}"

    def _keep(self, signals: SignalBlock, now_s: float) -> None:
        self._since_s = now_s if self._since_s is None else self._since_s
        self._seen_s = now_s
        if now_s - self._since_s >= self._settle_s:
            self.collected.add(signals)
        self.done = self.collected.duration_s >= self._keep_s

    def _leave(self) -> None:
        if self._until_left and self.collected.duration_s > LOST_S:
            self.done = True
            return
        self._since_s = None
        self.collected.rows.clear()


class RepStep:
    """A number of repetitions of an exercise of the library, of one leg where it is named."""

    def __init__(
        self, step_id: str, instruction: str, exercise_id: str, reps: int, *, rate_hz: float, side: Side
    ) -> None:
        self.id = step_id
        self.instruction = instruction
        self.collected = Collected()
        self._wanted, self._side = reps, side
        self._analyzer = movement_analyzer(exercises.load(exercise_id), side, rate_hz)
        self._first_s: float | None = None
        self.failed = ""

    @property
    def done(self) -> bool:
        """Whether enough repetitions were done."""
        return len(self.collected.reps) >= self._wanted

    @property
    def progress(self) -> float:
        """Share of the repetitions."""
        return min(1.0, len(self.collected.reps) / self._wanted)

    def push(self, signals: SignalBlock) -> None:
        """Take one sample."""
        now_s = float(signals.t_s[0])
        self._first_s = now_s if self._first_s is None else self._first_s
        self.collected.add(signals)
        for event in self._analyzer.update(signals):
            if isinstance(event, RepEvent) and event.rep.side is self._side:
                self._count(event)
        if not self.done and now_s - self._first_s > GIVE_UP_S + 10.0 * self._wanted:
            self.failed = f"{len(self.collected.reps)} of {self._wanted} repetitions seen: {self.instruction}"

    def _count(self, event: RepEvent) -> None:
        if event.kind is RepEventKind.COMMITTED:
            self.collected.reps.append(event.rep)
        elif event.kind is RepEventKind.REVISED:
            self.collected.reps = [r for r in self.collected.reps if r.t_start_s != event.rep.t_start_s]
