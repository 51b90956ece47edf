"""What a repetition amounts to: range, times, form, confidence, and where it lies in its set."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from statistics import median

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal, Kind
from fusion.form import FormChecker
from fusion.kernels import reading
from fusion.movement.gate import PostureGate
from fusion.movement.sets import Candidate, SetBook
from fusion.movement.track import Driven, Track
from fusion.types import FloatArray, RepSummary

_FULL_SHARE = 2.0 / 3.0
_TAKEN_UP_SHARE = 0.7
_KNOWN_BY = 3
"""So many strides show a person's range: the first one, from a stand, may go further than the next."""
_MOST_SHARE = 1.5
"""Of the exercise's full range: what is more than this was no repetition to go by."""
_STILL_SHARE = 0.1
_GAP_VOID_S = 0.5
_GAP_DOUBT_S = 0.15
_SD_DOUBT_DEG = 10.0
_VOID_TEMPO = (nan, nan, nan, nan)


@dataclass(frozen=True, slots=True)
class SlipAt:
    """How far T is off at the corners of a repetition, deg, and how much of that its effort shows."""

    start_deg: float
    top_deg: float
    end_deg: float
    effort_share: float

    @property
    def in_range_deg(self) -> float:
        """What of the effort's range is a slip and no movement."""
        return self.effort_share * (self.top_deg - self.start_deg)


class RepReader:
    """Reads excursions of one exercise as repetitions of its open set."""

    def __init__(self, exercise: Exercise, gate: PostureGate, form: FormChecker, book: SetBook) -> None:
        self._exercise = exercise
        self._gate = gate
        self._recent = gate.recent
        self._form = form
        self._book = book

    def slip(self, track: Track, driven: Driven) -> SlipAt:
        """How far T is off at start, top and end of a repetition, because the thigh's sensor has slipped."""
        before = self._recent.slipped_deg(track)
        self._recent.follow_slip(track)
        after = self._recent.slipped_deg(track)
        top, usual = before, self._recent.usual_way_deg(track)
        if before != after and usual is not None:
            way = float(track.thigh_pitch_deg[track.reach] - track.thigh_pitch_deg[track.start])
            top = min((before, after), key=lambda off: abs(way - (off - before) - usual))
        share = driven.sign if driven.signal in {DriverSignal.HIP_FLEXION, DriverSignal.THIGH_PITCH} else 0.0
        return SlipAt(before, top, after, share)

    def candidate(self, track: Track, rep: RepSummary, slip: SlipAt, *, in_bout: bool = False) -> Candidate:
        """The repetition with what decides whether it belongs to the open set."""
        # Of who travels, the vertical is not known well, and the first stride sets out from a stand.
        strides = self._exercise.kind is Kind.STEP
        hidden = self._gate.lying or strides or self._exercise.kind in {Kind.DRILL, Kind.EVENT}
        start, end = (
            (nan, nan) if hidden else (float(track.pelvis_tilt_deg[k]), float(track.thigh_pitch_deg[k]) - off)
            for k, off in ((track.start, slip.start_deg), (track.end, slip.end_deg))
        )
        doubtful = track.pitch_doubt_deg > 0.0
        if doubtful:
            start, end = (start[0], nan), (end[0], nan)
        no_pitch = self._gate.lying or self._exercise.kind is Kind.DRILL or doubtful or strides
        top_deg = nan if doubtful else float(track.effort_deg[track.reach]) - slip.effort_share * slip.top_deg
        if self._exercise.driver.needs_heading or strides:
            # Headings drift, too: where it ends says nothing, how far it went does.
            top_deg = rep.rom_deg
        return Candidate(
            rep,
            top_deg=top_deg,
            top_tilt_deg=nan if self._gate.lying or strides else float(track.pelvis_tilt_deg[track.reach]),
            top_pitch_deg=nan if no_pitch else float(track.thigh_pitch_deg[track.reach]) - slip.top_deg,
            sure_alone=self._gate.fits_alone(track),
            start_posture_deg=start,
            end_posture_deg=end,
            typical=self._gate.typical(track),
            by_free_leg=track.by_free_leg,
            sd_deg=max(track.sd_deg(k) for k in (track.start, track.reach, track.end)),
            stays_s=float(track.t_s[track.leave] - track.t_s[track.reach]),
            rests_s=_rests_s(track),
            like_stride=self._gate.walks(track),
            in_bout=in_bout,
        )

    def summary(
        self,
        track: Track,
        driven: Driven,
        *,
        complete: bool = True,
        slip: SlipAt | None = None,
        in_bout: bool = False,
    ) -> RepSummary:
        """The repetition as it is told; ``complete`` is one whose return has been seen.

        A stride among others (``in_bout``) that a loss leaves in doubt is taken to go as far as they do.
        """
        roms = [r.rom_deg for r in self._book.reps if r.side is track.side and r.full]
        steps_off = self._exercise.kind is Kind.STEP and len(roms) < _KNOWN_BY
        most = 1.0 if steps_off else _MOST_SHARE
        usual = min(median(roms), most * driven.rom_full_deg) if roms else 0.0
        seen_deg = track.surer_rom_deg if complete else track.rom_deg
        rom_deg = seen_deg - (slip.in_range_deg if slip else 0.0)
        full = rom_deg >= max(driven.rom_min_deg, _FULL_SHARE * usual)
        full = full or (in_bout and track.pitch_doubt_deg > 0.0)
        before_s = float(track.t_s[track.start]) - self._book.reps[-1].t_end_s if self._book.reps else 0.0
        form = self._form.check(track.as_heard(), complete=complete, pause_before_s=max(0.0, before_s))
        part = slice(track.start, track.end + 1)
        top = track.end if not self._exercise.lifts_first else track.reach
        if self._exercise.kind is Kind.DRILL:
            top = _taken_up(track)
        void = track.gap_s > _GAP_VOID_S
        return RepSummary(
            index=len(self._book.candidates),
            t_start_s=float(track.t_s[track.start]),
            t_top_s=float(track.t_s[top]),
            t_end_s=float(track.t_s[track.end]),
            full=full,
            confidence=_confidence(track, driven),
            rom_deg=rom_deg,
            hip_flexion_min_deg=_least(track.hip_flexion_deg[part]),
            hip_flexion_max_deg=-_least(-track.hip_flexion_deg[part]),
            tempo_s=_VOID_TEMPO if void else form.tempo_s,
            hold_s=nan if void else form.hold_s,
            pelvis_residual_peak_deg=form.residual_peak_deg,
            side=track.side,
            quality=full and form.good and not void,
            metrics=form.metrics,
            findings=form.findings,
            path_deg=form.path_deg,
        )


def _confidence(track: Track, driven: Driven) -> float:
    """1 where nothing is known against the repetition; gaps, uncertainty and the free leg cost."""
    value = 1.0
    if track.gap_s > _GAP_DOUBT_S:
        shown = track.heard is not None and track.implied_s <= _GAP_DOUBT_S
        value = 0.4 if track.gap_s > _GAP_VOID_S and not shown else 0.7
    if track.by_free_leg:
        value *= 0.7
    name = f"hip_flexion_{driven.read_from.value}_deg"
    signals = track.signals
    if name in signals.names:
        sd = reading.median_of(np.ascontiguousarray(signals.sd[signals.names.index(name)]))
        if not sd <= _SD_DOUBT_DEG:
            value *= 0.7
    return value


def _taken_up(track: Track) -> int:
    """The first sample in the other posture of a drill, which is then walked in and so goes up and down."""
    effort = track.effort_deg[track.start : track.end + 1]
    base, half = float(effort[0]), 0.5 * track.rom_deg
    kept = np.flatnonzero(effort > base + half)
    level = reading.median_of(np.ascontiguousarray(effort[kept[0] : kept[-1] + 1]))
    return track.start + int(np.argmax(effort >= base + _TAKEN_UP_SHARE * (level - base)))


def _rests_s(track: Track) -> float:
    """Time (s) within the repetition in which the effort moved at less than a tenth of its greatest speed."""
    part = slice(track.start, track.end + 1)
    steps_s = np.diff(track.t_s[part])
    still = np.abs(np.diff(track.effort_deg[part])) < _STILL_SHARE * track.peak_dps * steps_s
    return float(steps_s[still].sum())


def _least(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else nan
