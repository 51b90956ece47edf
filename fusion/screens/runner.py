"""Runs a screen over signals as they come: instruction, progress, result."""

from __future__ import annotations

from collections.abc import Mapping

from fusion.form.worn import worn_segments
from fusion.history import part_of
from fusion.screens.model import Screen, ScreenEvent, ScreenEventKind
from fusion.screens.steps import Collected
from fusion.types import SignalBlock

_PROGRESS_STEP = 0.1


class ScreenRunner:
    """One person, one screen: `SignalBlock`s in, `ScreenEvent`s out; the same for any splitting.

    Raises `InputError` from the first block when a sensor is missing, naming it.
    """

    def __init__(self, screen: Screen, rate_hz: float) -> None:
        self.screen = screen
        self._steps = list(screen.steps(rate_hz))
        self._at = 0
        self._asked = False
        self._told = 0.0
        self.finished = False
        self._events: list[ScreenEvent] = []

    @property
    def collected(self) -> Mapping[str, Collected]:
        """What the steps saw."""
        return {step.id: step.collected for step in self._steps}

    def update(self, signals: SignalBlock) -> list[ScreenEvent]:
        """Events of the next samples."""
        if not self._asked and len(signals):
            self._require(signals)
        for k in range(len(signals)):
            if not self.finished:
                self._push(part_of(signals, k, k + 1))
        events, self._events = self._events, []
        return events

    def _require(self, signals: SignalBlock) -> None:
        self.screen.require(worn_segments(signals.names))

    def _push(self, sample: SignalBlock) -> None:
        now_s = float(sample.t_s[0])
        if not self._asked:
            self._asked, self._told = True, 0.0
            self._tell(ScreenEventKind.INSTRUCTION, now_s, self._steps[self._at].instruction)
        step = self._steps[self._at]
        step.push(sample)
        if step.failed:
            self.finished = True
            self._tell(ScreenEventKind.FAILED, now_s, step.failed)
        elif step.done:
            self._next(now_s)
        elif step.progress >= self._told + _PROGRESS_STEP:
            self._told = step.progress
            self._tell(ScreenEventKind.PROGRESS, now_s, f"{100 * step.progress:.0f} %")

    def _next(self, now_s: float) -> None:
        self._tell(ScreenEventKind.PROGRESS, now_s, "done")
        if self._at + 1 < len(self._steps):
            self._at, self._asked = self._at + 1, False
            return
        self.finished = True
        result = self.screen.evaluate(self.collected)
        message = "; ".join(result.remarks) or "nothing stands out"
        self._events.append(
            ScreenEvent(ScreenEventKind.RESULT, now_s, self._steps[self._at].id, message, 1.0, result)
        )

    def _tell(self, kind: ScreenEventKind, now_s: float, message: str) -> None:
        step = self._steps[self._at]
        self._events.append(ScreenEvent(kind, now_s, step.id, message, step.progress))
