"""Holds: how long a pose is kept. A plank, a stance, a stretch; each hold counts as one repetition.

A pose is held while the body is nearer to it than to those one gets there from (the exercise's other poses,
standing, lying) and no segment turns fast. It is announced once held for a second and committed when it is
left; leaving it for a moment does not end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal
from fusion.form import Limits, PersonReference
from fusion.history import History, part_of
from fusion.kernels import posing
from fusion.movement.carried import Carried
from fusion.movement.driver import driven_deg
from fusion.movement.held_poses import HeldPoses
from fusion.movement.hold_times import WAY_S, held_span
from fusion.movement.legs import not_seen
from fusion.movement.reps import Phase
from fusion.movement.set_analyzer import SetAnalyzer
from fusion.movement.sets import Candidate
from fusion.movement.track import Track
from fusion.types import (
    Event,
    FindingEvent,
    RepEventKind,
    RepSummary,
    Severity,
    Side,
    SignalBlock,
    WarningEvent,
)

_SETTLE_S = 1.0
_LOSE_S = 1.0
_CLOSE_S = 8.0
_SHORTEST_SHARE = 0.25
"""A pose kept for less than this of its target was passed through, not held."""
_FULL_SHARE = 0.5
"""From this much of the target on it was held; how long is judged by the form's rules."""
_HISTORY_S = 200.0


class HoldAnalyzer(SetAnalyzer):
    """One person, one hold: `SignalBlock`s in, events out; the same face as `MovementAnalyzer`."""

    def __init__(
        self,
        exercise: Exercise,
        side: Side,
        rate_hz: float,
        *,
        references: Sequence[PersonReference] = (),
        limits: Limits | None = None,
    ) -> None:
        super().__init__(exercise, side, references=references, limits=limits)
        self._target_s = exercise.hold.target_s if exercise.hold else 10.0
        self._history = History(rate_hz, 0, _HISTORY_S)
        self._poses = HeldPoses(exercise, side, ())
        self._carried = Carried(())
        self._state = np.zeros(posing.STATE_SIZE)
        self._close_s = inf

    @property
    def count(self) -> int:
        """Holds of the present set, the one going on included."""
        return len(self._book.candidates) + bool(self._state[posing.TOLD] and self._state[posing.LABEL])

    @property
    def phase(self) -> Phase:
        """``top`` while the pose is held."""
        held = self._state[posing.LABEL] > 0.0 and self._state[posing.TOLD] > 0.0
        return Phase.TOP if held else Phase.REST

    def update(self, signals: SignalBlock) -> list[Event]:
        """Events of the next samples."""
        if signals.names != self._names:
            self._wear(signals)
        size = self._history.block_max
        for start in range(0, len(signals), size):
            self._read(part_of(signals, start, start + size))
        return self._drain()

    def pose_at_end(self, signals: SignalBlock) -> int:
        """Which of the held poses the last of ``signals`` shows, from 1; 0 for none. Nothing is taken in."""
        if signals.names != self._names:
            self._wear(signals)
            self._events.clear()
        return self._poses.at_end(signals)

    def _read(self, signals: SignalBlock) -> None:
        self._history.append(signals)
        carried = self._carried(signals)
        label = self._poses.labels(carried)
        k = 0
        while k < len(signals):
            event, k = posing.advance(label, signals.t_s, k, self._state, _SETTLE_S, _LOSE_S, self._close_s)
            if event != posing.NOTHING:
                self._now_s = float(signals.t_s[k - 1])
                self._handle(event)
            if event == posing.LEFT:  # and learnt from: what comes next is told by it
                label[k:] = self._poses.labels(part_of(carried, k, len(carried)))

    def flush(self) -> list[Event]:
        """End of the recording: a hold going on ends with it."""
        if self._state[posing.LABEL] > 0.0 and self._state[posing.TOLD] > 0.0:
            self._now_s = inf
            self._left()
        self._state[:] = 0.0
        self._close()
        return self._drain()

    def _wear(self, signals: SignalBlock) -> None:
        self._names = signals.names
        self._state[:] = 0.0
        self._poses = HeldPoses(self.exercise, self.side, signals.names)
        self._carried = Carried(self._poses.seen_names)
        message = not_seen(self.exercise, signals.names)
        if message is None and not self._poses.looked_for:
            worn = " and ".join(leg.value for leg in self._poses.legs)
            message = (
                f"{self.exercise.name}: with a sensor on the {worn} thigh it looks like standing;"
                " wear one on the other thigh too"
            )
        if message is not None and len(signals):
            self._events.append(WarningEvent(float(signals.t_s[0]), "movement_not_seen", message))

    # --- what it means

    def _handle(self, event: int) -> None:
        if event == posing.HELD:
            rep = self._summary(self._track(), complete=False)
            self._tell(RepEventKind.PROVISIONAL, rep, self.count)
        elif event == posing.LEFT:
            self._left()
        else:
            self._close()

    def _left(self) -> None:
        track = self._track()
        rep = self._summary(track)
        which = self._which
        self._state[posing.LABEL] = 0.0
        if rep.hold_s < _SHORTEST_SHARE * self._target_s:
            return
        if rep.full:
            self._poses.learn(which, track.signals)
        for finding in rep.findings:
            if finding.severity is not Severity.INFO:
                self._events.append(FindingEvent(self._now_s, finding))
        tilt = float(np.nanmean(track.pelvis_tilt_deg))
        self._book.add(Candidate(rep, 0.0, tilt, nan, sure_alone=True))
        rep = self._book.reps[-1]
        self._tell(RepEventKind.COMMITTED, rep, len(self._book.candidates))
        self._open_set(1)
        self._close_s = rep.t_end_s + _CLOSE_S

    def _close(self) -> None:
        self._close_s = inf
        self._end_set()

    @property
    def _which(self) -> int:
        """Index of the pose that is held."""
        return int(self._state[posing.LABEL]) - 1

    def _track(self) -> Track:
        """The hold so far as an excursion: it begins at its far end and stays there."""
        _, signals = self._history.since(0, self._history.end)
        signals = part_of(signals, 0, int(np.searchsorted(signals.t_s, self._now_s, "right")))
        since, last = self._span(signals)
        part = slice(
            int(np.searchsorted(signals.t_s, since)), int(np.searchsorted(signals.t_s, last, "right"))
        )
        side, legs = self._poses.looked_for[self._which].side, self._poses.legs
        leg = side if side in legs else (legs[0] if legs else side)
        other = Side.LEFT if leg is Side.RIGHT else Side.RIGHT
        inside = part_of(signals, part.start, part.stop)
        n = len(inside)
        steps = np.diff(inside.t_s[np.isfinite(inside.get("pelvis_tilt_deg"))])
        driver = self.exercise.driver.signal
        counted = driver is not DriverSignal.NONE
        return Track(
            side,
            inside.t_s,
            driven_deg(driver, inside, leg) if counted else inside.get(f"hip_flexion_{leg.value}_deg"),
            inside.get("pelvis_tilt_deg"),
            inside.get(f"thigh_pitch_{leg.value}_deg"),
            inside.get(f"hip_flexion_{leg.value}_deg"),
            inside.get("pelvis_list_deg"),
            inside.get(f"thigh_pitch_{other.value}_deg"),
            0,
            0,
            n - 1,
            n - 1,
            inside,
            float(steps.max()) if len(steps) else 0.0,
        )

    def _span(self, signals: SignalBlock) -> tuple[float, float]:
        """From when to when the pose was held, as far as it is seen by now."""
        since, last = float(self._state[posing.SINCE]), float(self._state[posing.LAST])
        part = part_of(signals, int(np.searchsorted(signals.t_s, since - WAY_S)), len(signals))
        return held_span(part.t_s, self._poses.off_deg(part, self._which), since, last)

    def _summary(self, track: Track, *, complete: bool = True) -> RepSummary:
        since_s, last_s = float(track.t_s[0]), float(track.t_s[-1])
        held_s = last_s - since_s
        full = held_s >= _FULL_SHARE * self._target_s
        form = self._form.check(track, complete=complete)
        flexion = track.hip_flexion_deg[np.isfinite(track.hip_flexion_deg)]
        low, high = (float(flexion.min()), float(flexion.max())) if len(flexion) else (nan, nan)
        return RepSummary(
            index=len(self._book.candidates),
            t_start_s=since_s,
            t_top_s=since_s,
            t_end_s=last_s,
            full=full,
            confidence=0.7 if track.gap_s > 0.5 else 1.0,
            rom_deg=high - low,
            hip_flexion_min_deg=low,
            hip_flexion_max_deg=high,
            tempo_s=(nan, nan, nan, held_s),
            hold_s=held_s,
            pelvis_residual_peak_deg=form.residual_peak_deg,
            side=track.side,
            quality=full and form.good,
            metrics=form.metrics,
            findings=form.findings,
        )
