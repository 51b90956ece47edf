"""Form of one repetition: what the lower back adds to the hip, range, hold and tempo.

A fixed alarm on tilt fires on good form, because the trunk turns too. So lumbar compensation is judged by
P_res = P − P_ref(T): how the pelvis leaves its path over the thigh's pitch near the end of hip extension.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fusion.exercises import Exercise
from fusion.reps import STILL_DPS, Track
from fusion.types import Finding, FloatArray, Segment, Severity, Validity

_BOTH = (Segment.PELVIS,)
_SMOOTH_S = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """Coaching defaults; each can be a person's own."""

    residual_warn_deg: float = 5.0
    residual_fail_deg: float = 10.0
    late_share: float = 0.3
    """Last part of hip extension in which a rise of P_res counts."""
    hold_tolerance_s: float = 0.2
    list_warn_deg: float = 8.0
    list_fail_deg: float = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class ReferencePath:
    """P_ref(T): the pelvis's path over the thigh's pitch, piecewise linear between known points, deg."""

    thigh_pitch_deg: FloatArray
    pelvis_tilt_deg: FloatArray
    source: str = "model"

    def __call__(self, thigh_pitch_deg: FloatArray) -> FloatArray:
        """P_ref (n,) at T (n,), continued beyond its ends with their slope."""
        t, p = self.thigh_pitch_deg, self.pelvis_tilt_deg
        inside = np.interp(thigh_pitch_deg, t, p)
        low = (p[1] - p[0]) / (t[1] - t[0]) * np.minimum(thigh_pitch_deg - t[0], 0.0)
        high = (p[-1] - p[-2]) / (t[-1] - t[-2]) * np.maximum(thigh_pitch_deg - t[-1], 0.0)
        return np.asarray(inside + low + high)


def model_path(exercise: Exercise) -> ReferencePath | None:
    """The exercise's own path; None where the thigh hardly turns and P says nothing about the back."""
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return None
    t = np.array([rest.thigh_pitch_deg, turn.thigh_pitch_deg], float)
    p = np.array([rest.pelvis_tilt_deg, turn.pelvis_tilt_deg], float)
    if abs(t[1] - t[0]) < 10.0:
        return None
    order = np.argsort(t)
    return ReferencePath(t[order], p[order])


@dataclass(frozen=True, slots=True)
class FormResult:
    """Measures and findings of one repetition."""

    residual_peak_deg: float
    hold_s: float
    tempo_s: tuple[float, float, float, float]
    findings: tuple[Finding, ...]
    metrics: dict[str, float] = field(default_factory=dict)


class FormChecker:
    """Judges complete repetitions of one exercise."""

    def __init__(
        self, exercise: Exercise, reference: ReferencePath | None = None, limits: Limits | None = None
    ) -> None:
        self.exercise = exercise
        self.reference = reference or model_path(exercise)
        self.limits = limits or Limits()

    def check(self, track: Track, *, full: bool, pause_before_s: float = 0.0) -> FormResult:
        """Measures of ``track``, and a finding for each limit that it passes."""
        tempo = self._tempo(track, pause_before_s)
        hold = self._hold_s(track)
        rise, rise_t_s = self.residual_rise(track)
        findings = [
            self._lumbar(rise, rise_t_s),
            self._range(track, full=full),
            self._hold(track, hold),
            self._list(track),
        ]
        return FormResult(
            residual_peak_deg=rise,
            hold_s=hold,
            tempo_s=tempo,
            findings=tuple(f for f in findings if f is not None),
            metrics=self._metrics(track),
        )

    def residual_rise(self, track: Track) -> tuple[float, float]:
        """Largest rise of P_res, deg, in the last 30 % of hip extension and the hold, and when.

        NaN where the exercise has no path to compare with.
        """
        first, last = self._late_extension(track)
        if self.reference is None or last - first < 3:
            return float("nan"), float(track.t_s[track.reach])
        window = slice(first, last + 1)
        residual = track.pelvis_tilt_deg[window] - self.reference(track.thigh_pitch_deg[window])
        width = max(1, round(_SMOOTH_S / float(np.median(np.diff(track.t_s)))))
        smooth = (
            np.convolve(residual, np.full(width, 1.0 / width), mode="valid")
            if len(residual) > width
            else residual
        )
        k = int(np.argmax(smooth))
        return float(smooth[k] - smooth[0]), float(track.t_s[first + k])

    def _late_extension(self, track: Track) -> tuple[int, int]:
        x = track.effort_deg
        if self.exercise.lifts_first:
            level = x[track.start] + (1.0 - self.limits.late_share) * track.rom_deg
            inside = np.flatnonzero(x[: track.reach + 1] <= level)
            return int(inside[-1]) if len(inside) else track.start, track.leave
        base = float(x[track.end])
        level = base + self.limits.late_share * (float(x[track.leave]) - base)
        inside = track.leave + np.flatnonzero(x[track.leave : track.end + 1] >= level)
        return int(inside[-1]), len(x) - 1

    def _lumbar(self, rise_deg: float, t_s: float) -> Finding | None:
        severity = _over(rise_deg, self.limits.residual_warn_deg, self.limits.residual_fail_deg)
        if severity is None:
            return None
        limit = self.limits.residual_fail_deg if severity is Severity.FAIL else self.limits.residual_warn_deg
        return Finding(
            "lumbar_extension",
            severity,
            t_s,
            rise_deg,
            limit,
            "deg",
            "Finish with the hips, ribs down: the lower back arched at the end.",
            (Segment.PELVIS, Segment.THIGH_RIGHT),
            Validity.ESTIMATED,
        )

    def _range(self, track: Track, *, full: bool) -> Finding | None:
        count = self.exercise.count
        if count is None or track.rom_deg >= count.rom_full_deg:
            return None
        severity = Severity.WARN if not full or track.rom_deg < 0.8 * count.rom_full_deg else Severity.INFO
        cue = "Go through the whole range."
        return Finding(
            "range_short",
            severity,
            float(track.t_s[track.reach]),
            track.rom_deg,
            count.rom_full_deg,
            "deg",
            cue,
            _BOTH,
        )

    def _hold(self, track: Track, hold_s: float) -> Finding | None:
        tempo = self.exercise.tempo
        if tempo is None or tempo.hold_top_s < 0.5:
            return None
        limit = tempo.hold_top_s - self.limits.hold_tolerance_s
        if hold_s >= limit:
            return None
        cue = f"Hold the top for {tempo.hold_top_s:.0f} second{'s' if tempo.hold_top_s > 1 else ''}."
        return Finding(
            "hold_short", Severity.INFO, float(track.t_s[track.leave]), hold_s, limit, "s", cue, _BOTH
        )

    def _list(self, track: Track) -> Finding | None:
        part = track.pelvis_list_deg[track.start : track.end + 1]
        change = np.abs(part - part[0])
        k = int(np.argmax(change))
        severity = _over(float(change[k]), self.limits.list_warn_deg, self.limits.list_fail_deg)
        if severity is None:
            return None
        limit = self.limits.list_fail_deg if severity is Severity.FAIL else self.limits.list_warn_deg
        t_s = float(track.t_s[track.start + k])
        cue = "Keep both sides of the pelvis level."
        return Finding("pelvis_roll", severity, t_s, float(change[k]), limit, "deg", cue, (Segment.PELVIS,))

    def _tempo(self, track: Track, pause_before_s: float) -> tuple[float, float, float, float]:
        out = float(track.t_s[track.reach] - track.t_s[track.start])
        pause = float(track.t_s[track.leave] - track.t_s[track.reach])
        back = float(track.t_s[track.end] - track.t_s[track.leave])
        if self.exercise.lifts_first:
            return back, pause_before_s, out, pause
        return out, pause, back, pause_before_s

    def _hold_s(self, track: Track) -> float:
        """Longest run of a nearly still hip around the end of extension."""
        rate = np.abs(np.gradient(track.effort_deg, track.t_s))
        x = track.effort_deg
        if self.exercise.lifts_first:
            near = x >= x.max() - 0.15 * track.rom_deg
        else:
            near = (x <= x[track.end] + 0.15 * track.rom_deg) & (np.arange(len(x)) >= track.leave)
        return _longest_run((rate < STILL_DPS) & near) * float(np.median(np.diff(track.t_s)))

    def _metrics(self, track: Track) -> dict[str, float]:
        part = slice(track.start, track.end + 1)
        lift = (
            slice(track.start, track.reach + 1)
            if self.exercise.lifts_first
            else slice(track.leave, track.end + 1)
        )
        rate = np.abs(np.gradient(track.effort_deg, track.t_s))
        duration = float(track.t_s[lift][-1] - track.t_s[lift][0])
        return {
            "concentric_mean_dps": track.rom_deg / duration if duration > 0.0 else float("nan"),
            "concentric_peak_dps": float(rate[lift].max()),
            "time_under_tension_s": float(track.t_s[track.end] - track.t_s[track.start]),
            "pelvis_list_peak_deg": float(np.abs(track.pelvis_list_deg[part]).max()),
            "thigh_pitch_max_deg": float(track.thigh_pitch_deg[part].max()),
        }


def _over(value: float, warn: float, fail: float) -> Severity | None:
    if value >= fail:
        return Severity.FAIL
    return Severity.WARN if value >= warn else None


def _longest_run(mask: np.ndarray) -> int:
    best = run = 0
    for on in mask.tolist():
        run = run + 1 if on else 0
        best = max(best, run)
    return best
