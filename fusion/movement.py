"""From signals to repetitions, sets and findings, as they happen.

A repetition is announced when its lifting phase is done, committed when the person is back, and taken
back when the set shows that it was a set-up movement. A set opens at its second consistent repetition,
backdated to the first, and closes after max(8 s, three periods) without one.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import isfinite
from statistics import median

import numpy as np

from fusion.driver import driven_deg
from fusion.exercises import Exercise
from fusion.form import FormChecker, Limits, ReferencePath
from fusion.gate import PostureGate
from fusion.reps import Phase, RepSegmenter, Sample, Track
from fusion.types import (
    Event,
    FindingEvent,
    RepEvent,
    RepEventKind,
    RepSummary,
    SetEvent,
    SetSummary,
    Severity,
    Side,
    SignalBlock,
)

_CLOSE_S = 8.0
_CLOSE_PERIODS = 3.0
_GIVE_UP_S = 30.0
"""A movement begun and not ended for this long belongs to no set."""
_GAP_VOID_S = 0.5
_GAP_DOUBT_S = 0.15


class MovementAnalyzer:
    """One person, one exercise: `SignalBlock`s in, events out."""

    def __init__(
        self,
        exercise: Exercise,
        side: Side,
        rate_hz: float,
        *,
        reference: ReferencePath | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.exercise = exercise
        self.side = side
        self._names = (
            "pelvis_tilt_deg",
            f"thigh_pitch_{side.value}_deg",
            f"hip_flexion_{side.value}_deg",
            "pelvis_list_deg",
        )
        self._other = f"thigh_pitch_{'left' if side is Side.RIGHT else 'right'}_deg"
        sign = exercise.driver.concentric_sign or 1
        self._sign = float(sign if exercise.lifts_first else -sign)
        self._gate = PostureGate(exercise)
        self._form = FormChecker(exercise, reference, limits)
        self._segmenter = RepSegmenter(exercise, rate_hz, self._turned, self._returned)
        self._dt = 1.0 / rate_hz
        self._events: list[Event] = []
        self._reps: list[RepSummary] = []
        self._tops: list[tuple[float, float]] = []
        """Effort and P at the far end of each repetition in ``_reps``."""
        self._open = False
        self._sets = 0
        self._announced: tuple[float, float] | None = None
        self._now_s = -np.inf
        self._last_known_s: float | None = None
        self._longest_gap_s = 0.0

    @property
    def count(self) -> int:
        """Repetitions announced in the present set."""
        return len(self._reps) + (self._announced is not None)

    @property
    def phase(self) -> Phase:
        """Present phase."""
        return self._segmenter.phase

    def update(self, signals: SignalBlock) -> list[Event]:
        """Events of the next samples."""
        driven = driven_deg(self.exercise.driver.signal, signals, self.side)
        rows = np.stack([driven, *(signals[name] for name in self._names)], axis=-1)
        other = signals.get(self._other)
        for t_s, row, other_deg in zip(signals.t_s.tolist(), rows.tolist(), other.tolist(), strict=True):
            self._now_s = t_s
            if all(map(isfinite, row)):
                self._take(t_s, row, other_deg)
            self._maybe_close()
        return self._drain()

    def flush(self) -> list[Event]:
        """End of the recording: close what is open."""
        self._close()
        return self._drain()

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _take(self, t_s: float, row: list[float], other_deg: float) -> None:
        if self._last_known_s is not None:
            gap = t_s - self._last_known_s
            if gap > 1.5 * self._dt:
                self._longest_gap_s = max(self._longest_gap_s, gap)
        self._last_known_s = t_s
        driver, tilt, pitch, flexion, lean = row
        sample = Sample(t_s, self._sign * driver, tilt, pitch, flexion, lean, other_deg)
        self._segmenter.push(sample)

    # --- what the segmenter tells

    def _turned(self, track: Track) -> None:
        if not self._plausible(track):
            return
        self._announced = (float(track.effort_deg[track.reach]), float(track.pelvis_tilt_deg[track.reach]))
        if self.exercise.lifts_first:
            self._announce(track)

    def _announce(self, track: Track) -> None:
        rep = self._summary(track)
        self._events.append(RepEvent(RepEventKind.PROVISIONAL, self._now_s, self._sets, self.count, rep))
        self._tell_findings(rep)

    def _tell_findings(self, rep: RepSummary) -> None:
        for finding in rep.findings:
            if finding.severity is not Severity.INFO and finding.kind != "range_short":
                self._events.append(FindingEvent(self._now_s, finding))

    def _returned(self, track: Track) -> None:
        announced, self._announced = self._announced, None
        if announced is None or not self._plausible(track):
            self._longest_gap_s = 0.0
            return
        rep = self._summary(track)
        if self._stale(rep.t_start_s):
            self._close()
        if not self.exercise.lifts_first:
            self._tell_findings(rep)
        self._reps.append(rep)
        self._tops.append((float(track.effort_deg[track.reach]), float(track.pelvis_tilt_deg[track.reach])))
        self._segmenter.accept_rom(rep.rom_deg)
        self._longest_gap_s = 0.0
        self._drop_odd_first()
        self._events.append(
            RepEvent(RepEventKind.COMMITTED, self._now_s, self._sets, len(self._reps), self._reps[-1])
        )
        self._maybe_open()

    def _plausible(self, track: Track) -> bool:
        count = self.exercise.count
        if count is None or not self._gate.admits(track):
            return False
        typical = median(r.rom_deg for r in self._reps) if self._reps else count.rom_full_deg
        return track.rom_deg >= max(0.3 * typical, self._segmenter.reversal_deg)

    def _summary(self, track: Track) -> RepSummary:
        count = self.exercise.count
        assert count is not None  # noqa: S101 - `_plausible` came first
        roms = [r.rom_deg for r in self._reps]
        full = track.rom_deg >= max(count.rom_min_deg, 0.65 * median(roms) if roms else 0.0)
        before = float(track.t_s[track.start]) - self._reps[-1].t_end_s if self._reps else 0.0
        form = self._form.check(track, full=full, pause_before_s=max(0.0, before))
        part = slice(track.start, track.end + 1)
        top = track.end if not self.exercise.lifts_first else track.reach
        bad = any(f.severity is not Severity.INFO for f in form.findings)
        return RepSummary(
            index=len(self._reps),
            t_start_s=float(track.t_s[track.start]),
            t_top_s=float(track.t_s[top]),
            t_end_s=float(track.t_s[track.end]),
            full=full,
            confidence=self._confidence(),
            rom_deg=track.rom_deg,
            hip_flexion_min_deg=float(track.hip_flexion_deg[part].min()),
            hip_flexion_max_deg=float(track.hip_flexion_deg[part].max()),
            tempo_s=form.tempo_s,
            hold_s=form.hold_s,
            pelvis_residual_peak_deg=form.residual_peak_deg,
            side=self.side,
            quality=full and not bad and not any(f.kind == "hold_short" for f in form.findings),
            metrics=form.metrics,
            findings=form.findings,
        )

    def _confidence(self) -> float:
        if self._longest_gap_s > _GAP_VOID_S:
            return 0.4
        return 0.7 if self._longest_gap_s > _GAP_DOUBT_S else 1.0

    # --- sets

    def _period_s(self) -> float:
        starts = [r.t_start_s for r in self._reps]
        if len(starts) > 1:
            return median(b - a for a, b in pairwise(starts))
        tempo = self.exercise.tempo
        return tempo.period_s[1] if tempo else 4.0

    def _stale(self, now_s: float) -> bool:
        if not self._reps:
            return False
        return now_s - self._reps[-1].t_end_s > max(_CLOSE_S, _CLOSE_PERIODS * self._period_s())

    def _maybe_open(self) -> None:
        if self._open or len(self._reps) < 2:
            return
        self._open = True
        self._events.append(SetEvent(False, self._now_s, self._set_summary()))

    def _agree(self, a: tuple[float, float], b: tuple[float, float], rom_deg: float) -> bool:
        return abs(a[0] - b[0]) <= max(12.0, 0.25 * rom_deg) and abs(a[1] - b[1]) <= 15.0

    def _drop_odd_first(self) -> None:
        """With three repetitions, the set shows whether the first was its set-up."""
        if len(self._reps) != 3:
            return
        rom = median(r.rom_deg for r in self._reps)
        others_agree = self._agree(self._tops[1], self._tops[2], rom)
        if others_agree and not self._agree(self._tops[0], self._tops[1], rom):
            self._revise(0)

    def _revise(self, index: int) -> None:
        dropped = self._reps.pop(index)
        self._tops.pop(index)
        self._reps = [replace(r, index=i) for i, r in enumerate(self._reps)]
        self._events.append(RepEvent(RepEventKind.REVISED, self._now_s, self._sets, len(self._reps), dropped))

    def _maybe_close(self) -> None:
        if not self._reps:
            return
        idle_s = self._now_s - self._reps[-1].t_end_s
        if idle_s > _GIVE_UP_S or (self._stale(self._now_s) and not self._segmenter.busy):
            self._close()

    def _close(self) -> None:
        self._announced = None
        if not self._reps:
            return
        if len(self._reps) > 2:
            rom = median(r.rom_deg for r in self._reps)
            usual = (median(t[0] for t in self._tops), median(t[1] for t in self._tops))
            if not self._agree(self._tops[-1], usual, rom):
                self._revise(len(self._reps) - 1)
        elif len(self._reps) == 1 and not self._reps[0].full:
            self._revise(0)
        if self._reps:
            self._events.append(SetEvent(True, self._now_s, self._set_summary()))
            self._sets += 1
        self._reps, self._tops, self._open = [], [], False

    def _set_summary(self) -> SetSummary:
        return SetSummary(
            index=self._sets,
            exercise=self.exercise.id,
            t_start_s=self._reps[0].t_start_s,
            t_end_s=self._reps[-1].t_end_s,
            reps=tuple(self._reps),
            quality_reps=sum(r.quality for r in self._reps),
            fatigue=fatigue(self._reps),
        )


def fatigue(reps: list[RepSummary]) -> dict[str, float]:
    """Loss of mean lifting speed against the best repetition, %, and creep of range and P_res, deg."""
    if len(reps) < 3:
        return {}
    speeds = np.array([r.metrics["concentric_mean_dps"] for r in reps])
    return {
        "velocity_loss_percent": float(100.0 * (1.0 - speeds[-1] / np.nanmax(speeds))),
        "rom_change_deg": reps[-1].rom_deg - reps[0].rom_deg,
        "pelvis_residual_change_deg": reps[-1].pelvis_residual_peak_deg - reps[0].pelvis_residual_peak_deg,
    }
