"""Holds: how long a pose is kept. A plank, a stance, a stretch; each hold counts as one repetition.

A pose is held while the body is nearer to it than to those one gets there from (the exercise's other poses,
standing, lying) and no segment turns fast. It is announced once held for a second and committed when it is
left; leaving it for a moment does not end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, nan

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal, KeyPose, Laterality
from fusion.form import FormChecker, Limits, PersonReference
from fusion.history import History, part_of
from fusion.kernels import posing
from fusion.movement.driver import driven_deg
from fusion.movement.hold_times import WAY_S, held_span
from fusion.movement.legs import not_seen, worn_legs
from fusion.movement.poses import turned_deg
from fusion.movement.reps import Phase
from fusion.movement.sets import Candidate, SetBook
from fusion.movement.track import Track
from fusion.types import (
    Event,
    FindingEvent,
    FloatArray,
    IntArray,
    RepEvent,
    RepEventKind,
    RepSummary,
    SetEvent,
    Severity,
    Side,
    SignalBlock,
    WarningEvent,
)

_STILL_DPS = 25.0
_SETTLE_S = 1.0
_LOSE_S = 1.0
_CLOSE_S = 8.0
_NEAR_DEG = 32.0
"""No angle of a held pose is further from the model than this."""
_SHORTEST_SHARE = 0.25
"""A pose kept for less than this of its target was passed through, not held."""
_FULL_SHARE = 0.5
"""From this much of the target on it was held; how long is judged by the form's rules."""
_ALIKE_DEG = 8.0
_TAKEN_UP = 1.5
"""The held pose may be so much further away than another of the exercise: not everybody gets all the way."""
_NO_REST = 1.25
"""So much further away than a way to rest: a plank held low is nearly as near to lying prone."""
_HISTORY_S = 200.0
_SEEN = ("pelvis_tilt_deg", "thigh_pitch_right_deg", "thigh_pitch_left_deg")
_ELSEWHERE = ((0.0, 0.0), (90.0, -90.0), (-90.0, 90.0), (0.0, 90.0))
"""P and T standing, lying prone and supine, sitting."""


@dataclass(frozen=True, slots=True, eq=False)
class _LookedFor:
    """A held pose (3,), P and T of right and left leg, and the poses (3,) it must be told from."""

    side: Side
    pose: FloatArray
    own_rivals: list[FloatArray]
    """The exercise's other poses: from two fifths of the way on, the held one is taken up."""
    rivals: list[FloatArray]

    def is_near(self, seen_deg: Sequence[float]) -> bool:
        """Whether no known angle of three is far from the pose: else it need not be looked at closely."""
        both = zip(seen_deg, self.pose.tolist(), strict=True)
        return not any(abs(turned_deg(seen, model)) >= _NEAR_DEG for seen, model in both)


class HoldAnalyzer:
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
        self.exercise = exercise
        self.side = side
        self._target_s = exercise.hold.target_s if exercise.hold else 10.0
        self._form = FormChecker(exercise, references, limits)
        self._book = SetBook(exercise)
        self._history = History(rate_hz, 0, _HISTORY_S)
        self._names: tuple[str, ...] | None = None
        self._legs: tuple[Side, ...] = ()
        self._rows: list[int | None] = []
        self._looked_for: list[_LookedFor] = []
        self._state = np.zeros(posing.STATE_SIZE)
        self._close_s = inf
        self._events: list[Event] = []
        self._now_s = -inf

    @property
    def count(self) -> int:
        """Holds of the present set, the one going on included."""
        return len(self._book.candidates) + bool(self._state[posing.TOLD] and self._state[posing.LABEL])

    @property
    def phase(self) -> Phase:
        """``top`` while the pose is held."""
        held = self._state[posing.LABEL] > 0.0 and self._state[posing.TOLD] > 0.0
        return Phase.TOP if held else Phase.REST

    def clocks_agree_to(self, agreement_s: float) -> None:
        """The sensors' clocks agree no better than this: who starts first is judged up to 20 ms."""
        self._form.clocks_agree_to(agreement_s)

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
        last = [nan if row is None else float(signals.values[row, -1]) for row in self._rows]
        if not any(one.is_near(last) for one in self._looked_for):
            return 0
        return max(0, int(self._labels(part_of(signals, len(signals) - 1, len(signals)))[0]))

    def _read(self, signals: SignalBlock) -> None:
        self._history.append(signals)
        label = self._labels(signals)
        k = 0
        while k < len(signals):
            event, k = posing.advance(label, signals.t_s, k, self._state, _SETTLE_S, _LOSE_S, self._close_s)
            if event != posing.NOTHING:
                self._now_s = float(signals.t_s[k - 1])
                self._handle(event)

    def flush(self) -> list[Event]:
        """End of the recording: a hold going on ends with it."""
        if self._state[posing.LABEL] > 0.0 and self._state[posing.TOLD] > 0.0:
            self._now_s = inf
            self._left()
        self._state[:] = 0.0
        self._close()
        return self._drain()

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # --- which pose

    def _wear(self, signals: SignalBlock) -> None:
        self._names = signals.names
        self._legs = worn_legs(signals.names)
        self._rows = [signals.names.index(n) if n in signals.names else None for n in _SEEN]
        self._state[:] = 0.0
        self._looked_for = []
        for side in self._working_sides():
            held = self.exercise.phases[-1].to
            pose = self._angles(self.exercise.pose(held), side)
            own = [self._angles(other, side) for other in self.exercise.poses if other.name != held]
            rivals = [np.array([tilt, pitch, pitch]) for tilt, pitch in _ELSEWHERE]
            if not any(np.nanmax(np.abs(pose - other)) < _ALIKE_DEG for other in own + rivals):
                self._looked_for.append(_LookedFor(side, pose, own, rivals))
        message = not_seen(self.exercise, signals.names)
        if message is None and not self._looked_for:
            worn = " and ".join(leg.value for leg in self._legs)
            message = (
                f"{self.exercise.name}: with a sensor on the {worn} thigh it looks like standing;"
                " wear one on the other thigh too"
            )
        if message is not None and len(signals):
            self._events.append(WarningEvent(float(signals.t_s[0]), "movement_not_seen", message))

    def _working_sides(self) -> list[Side]:
        both = self.exercise.laterality is not Laterality.BILATERAL
        return [Side.RIGHT, Side.LEFT] if both else [self.side]

    def _angles(self, pose: KeyPose, side: Side) -> FloatArray:
        """P and T of right and left leg (3,); NaN for a leg without sensor."""
        other = pose.other_thigh_pitch_deg
        own, free = pose.thigh_pitch_deg, pose.thigh_pitch_deg if other is None else other
        pitch = {side: own, Side.LEFT if side is Side.RIGHT else Side.RIGHT: free}
        legs = [pitch[leg] if leg in self._legs else nan for leg in (Side.RIGHT, Side.LEFT)]
        return np.array([pose.pelvis_tilt_deg, *legs])

    def _labels(self, signals: SignalBlock) -> IntArray:
        """Pose of each sample (n,): 1 + its index among those looked for, 0 for none, −1 unknown."""
        seen = self._seen(signals)
        label = np.zeros(len(signals), np.int64)
        if not self._looked_for:
            return label
        best = np.full(len(signals), inf)
        for k, one in enumerate(self._looked_for):
            off = _known(np.abs(_turned(seen - one.pose)))
            away = _length(off)
            near = (away < best) & (off.max(axis=1) < _NEAR_DEG)
            for other in one.own_rivals:
                near &= away < _TAKEN_UP * _distance(seen, other)
            for other in one.rivals:
                near &= away < _NO_REST * _distance(seen, other)
            label[near] = k + 1
            best = np.where(near, away, best)
        label[self._speed_dps(signals) > _STILL_DPS] = 0
        label[~np.isfinite(seen[:, 0])] = -1
        return label

    @staticmethod
    def _seen(signals: SignalBlock) -> FloatArray:
        """P and T of right and left leg (n, 3)."""
        return np.stack([signals.get(name) for name in _SEEN], axis=-1)

    def _speed_dps(self, signals: SignalBlock) -> FloatArray:
        rates = [signals.get("pelvis_tilt_rate_dps")]
        rates += [signals.get(f"thigh_pitch_rate_{leg.value}_dps") for leg in self._legs]
        return np.asarray(_known(np.abs(np.stack(rates))).max(axis=0))

    # --- what it means

    def _handle(self, event: int) -> None:
        if event == posing.HELD:
            rep = self._summary(self._track(), complete=False)
            kind = RepEventKind.PROVISIONAL
            self._events.append(RepEvent(kind, self._now_s, self._book.index, self.count, rep))
        elif event == posing.LEFT:
            self._left()
        else:
            self._close()

    def _left(self) -> None:
        track = self._track()
        rep = self._summary(track)
        self._state[posing.LABEL] = 0.0
        if rep.hold_s < _SHORTEST_SHARE * self._target_s:
            return
        for finding in rep.findings:
            if finding.severity is not Severity.INFO:
                self._events.append(FindingEvent(self._now_s, finding))
        tilt = float(np.nanmean(track.pelvis_tilt_deg))
        self._book.add(Candidate(rep, 0.0, tilt, nan, sure_alone=True))
        count = len(self._book.candidates)
        rep = self._book.reps[-1]
        self._events.append(RepEvent(RepEventKind.COMMITTED, self._now_s, self._book.index, count, rep))
        if not self._book.opened:
            self._book.opened = True
            self._events.append(SetEvent(False, self._now_s, self._book.summary()))
        self._close_s = rep.t_end_s + _CLOSE_S

    def _close(self) -> None:
        done = self._book.close()
        self._close_s = inf
        if done is not None:
            seen = self._form.check_set(done.reps)
            done = replace(done, findings=seen, not_judged=self._form.not_judged)
            self._events.append(SetEvent(True, self._now_s, done))

    def _track(self) -> Track:
        """The hold so far as an excursion: it begins at its far end and stays there."""
        _, signals = self._history.since(0, self._history.end)
        signals = part_of(signals, 0, int(np.searchsorted(signals.t_s, self._now_s, "right")))
        since, last = self._span(signals)
        part = slice(
            int(np.searchsorted(signals.t_s, since)), int(np.searchsorted(signals.t_s, last, "right"))
        )
        side = self._looked_for[int(self._state[posing.LABEL]) - 1].side
        leg = side if side in self._legs else (self._legs[0] if self._legs else side)
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
        pose = self._looked_for[int(self._state[posing.LABEL]) - 1].pose
        worn = np.isfinite(pose)
        return held_span(part.t_s, _turned(self._seen(part) - pose)[:, worn], since, last)

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


def _turned(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)


def _distance(seen: FloatArray, pose: FloatArray) -> FloatArray:
    """How far (n,) what is seen (n, 3) is from a pose (3,), over the angles that are known.

    P and T of a person err alike, so the nearest pose by this length is also the likeliest.
    """
    return _length(_known(_turned(seen - pose)))


def _known(values: FloatArray) -> FloatArray:
    """With 0 in place of what is not known."""
    return np.where(np.isnan(values), 0.0, values)


def _length(rows: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((rows * rows).sum(axis=1)))
