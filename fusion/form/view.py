"""One repetition as rules see it: any signal of the working leg over time, and the movement's corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.exercises.rules import Signal
from fusion.reference_path import ReferencePath
from fusion.reps import Track
from fusion.types import FloatArray, Side, SignalBlock

SMOOTH_S = 0.1
TRACKING_SD_DEG = 0.7
"""Of a change of inclination within one repetition: what gravity tracking leaves, the offset gone."""
GAP_VOID_S = 0.5
MIDDLE = (0.2, 0.65)
"""Shares of the lift between which a person's own steepness is read."""
MIDDLE_LEAST_DEG = 6.0
STEEPER_MAX = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A signal over the view (n,): values, the sd of its level and the sd of its changes, same unit."""

    values: FloatArray
    level_sd: FloatArray
    change_sd: FloatArray


@dataclass(frozen=True, eq=False)
class RepView:
    """A repetition over ``signals``, which begin up to one second before it.

    ``start``, ``reach``, ``leave`` and ``end`` are indices as in `Track`; ``effort`` (n,) runs low → high →
    low. ``complete`` is false while the repetition has only been announced.
    """

    signals: SignalBlock
    effort_deg: FloatArray
    start: int
    reach: int
    leave: int
    end: int
    side: Side
    lifts_first: bool
    complete: bool = True
    gap_s: float = 0.0
    reference: ReferencePath | None = None

    @property
    def t_s(self) -> FloatArray:
        """Times (n,)."""
        return self.signals.t_s

    @property
    def dt_s(self) -> float:
        """Time between samples."""
        return 1.0 / self.signals.rate_hz

    @property
    def rom_deg(self) -> float:
        """Range of the driving angle."""
        return float(self.effort_deg[self.reach : self.leave + 1].max() - self.effort_deg[self.start])

    @property
    def timed(self) -> bool:
        """Whether no gap within it spoils durations and speeds."""
        return self.gap_s <= GAP_VOID_S

    def series(self, signal: Signal) -> Series | None:
        """A signal over time; None where the worn sensors do not give it."""
        if signal is Signal.PELVIS_RESIDUAL:
            return self.residual()
        if signal is Signal.PELVIS_DROP:
            return self._raw("pelvis_list_deg", 1.0 if self.side is Side.RIGHT else -1.0)
        if signal in {Signal.THIGH_ABDUCTION, Signal.THIGH_OPENING}:
            return self._thigh_list(signal)
        if signal is Signal.SHANK_PITCH:
            return self._difference(
                f"thigh_pitch_{self.side.value}_deg", f"knee_flexion_{self.side.value}_deg"
            )
        return self._raw(signal_row(signal, self.side))

    def _raw(self, name: str, sign: float = 1.0) -> Series | None:
        if name not in self.signals:
            return None
        row = self.signals.names.index(name)
        sd = self.signals.sd[row]
        return Series(sign * self.signals.values[row], sd, _change_sd(sd))

    def _thigh_list(self, signal: Signal) -> Series | None:
        series = self._raw(f"thigh_opening_{self.side.value}_deg", 1.0 if self.side is Side.RIGHT else -1.0)
        if series is None or signal is Signal.THIGH_ABDUCTION:
            return series
        return Series(90.0 - np.abs(series.values), series.level_sd, series.change_sd)

    def _difference(self, name: str, less: str) -> Series | None:
        one, other = self._raw(name), self._raw(less)
        if one is None or other is None:
            return None
        return Series(
            one.values - other.values,
            np.hypot(one.level_sd, other.level_sd),
            np.hypot(one.change_sd, other.change_sd),
        )

    def residual(self, *, as_done: bool = False) -> Series | None:
        """P_res; with ``as_done``, the model's path as steep as this person does the middle of the lift."""
        tilt, pitch = self._raw("pelvis_tilt_deg"), self._raw(f"thigh_pitch_{self.side.value}_deg")
        if self.reference is None or tilt is None or pitch is None:
            return None
        path = self.reference
        if as_done and path.source == "model":
            path = self._as_done(path, tilt.values, pitch.values)
        reach = float(path.thigh_pitch_deg[-1] - path.thigh_pitch_deg[0])
        slope = abs(float(path.pelvis_tilt_deg[-1] - path.pelvis_tilt_deg[0])) / reach
        return Series(
            tilt.values - path(pitch.values),
            np.hypot(tilt.level_sd, slope * pitch.level_sd),
            np.hypot(tilt.change_sd, slope * pitch.change_sd),
        )

    def _as_done(self, path: ReferencePath, tilt_deg: FloatArray, pitch_deg: FloatArray) -> ReferencePath:
        """The model's path as steep as this person does the middle of the lift.

        How much of a lift is pelvis and how much is thigh differs between people by more than a fault is
        large; what counts is how the end departs from the rest.
        """
        first, last = (self.start, self.reach) if self.lifts_first else (self.leave, self.end)
        x = self.effort_deg[first : last + 1]
        share = np.abs(x - x[0]) / max(1e-6, abs(float(x[-1] - x[0])))
        at = [first + int(np.argmax(share >= level)) for level in MIDDLE]
        done = float(np.diff(tilt_deg[at])[0])
        model = float(np.diff(path(pitch_deg[at]))[0])
        if not np.isfinite(done) or abs(model) < MIDDLE_LEAST_DEG:
            return path
        scale = float(np.clip(done / model, 1.0 / STEEPER_MAX, STEEPER_MAX))
        pivot = float(path.pelvis_tilt_deg[-1])
        return ReferencePath(
            path.thigh_pitch_deg, pivot + scale * (path.pelvis_tilt_deg - pivot), path.source
        )


def view_of(
    track: Track, *, lifts_first: bool, complete: bool = True, reference: ReferencePath | None = None
) -> RepView:
    """The view of a segmenter's track over all signals of its time and a second before."""
    before = len(track.signals) - len(track.t_s)
    effort = np.concatenate((np.full(before, track.effort_deg[0]), track.effort_deg))
    return RepView(
        signals=track.signals,
        effort_deg=effort,
        start=before + track.start,
        reach=before + track.reach,
        leave=before + track.leave,
        end=before + track.end,
        side=track.side,
        lifts_first=lifts_first,
        complete=complete,
        gap_s=track.gap_s,
        reference=reference,
    )


def signal_row(signal: Signal, side: Side) -> str:
    """Name of a plain signal's row for the working leg of ``side``."""
    if signal in _WHOLE_BODY:
        return signal.value
    other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
    if signal is Signal.OTHER_HIP_FLEXION:
        return f"hip_flexion_{other.value}_deg"
    stem, _, unit = signal.value.rpartition("_")
    return f"{stem}_{side.value}_{unit}"


_WHOLE_BODY = frozenset(
    {
        Signal.PELVIS_TILT,
        Signal.PELVIS_LIST,
        Signal.LUMBAR_EXTENSION,
        Signal.THORAX_LIST,
        Signal.PELVIS_RATE,
    }
)


def _change_sd(level_sd: FloatArray) -> FloatArray:
    """What remains of the uncertainty in differences: the constant part, how the sensor sits, is gone."""
    known = level_sd[np.isfinite(level_sd)]
    constant = float(known.min()) if len(known) else 0.0
    grown = np.sqrt(np.maximum(level_sd**2 - constant**2, 0.0))
    return np.hypot(grown, TRACKING_SD_DEG)


def smoothed(values: FloatArray, dt_s: float) -> FloatArray:
    """Centred running mean over 0.1 s, shorter at the ends, NaN left out (n,)."""
    half = round(0.5 * SMOOTH_S / dt_s)
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    total = np.concatenate(([0.0], np.cumsum(filled)))
    count = np.concatenate(([0], np.cumsum(known)))
    k = np.arange(len(values))
    low, high = np.maximum(k - half, 0), np.minimum(k + half + 1, len(values))
    n = count[high] - count[low]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(n > 0, (total[high] - total[low]) / n, np.nan))
