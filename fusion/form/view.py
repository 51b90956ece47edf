"""One repetition as rules see it: any signal of the working leg over time, and the movement's corners."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from math import hypot, inf, isfinite
from typing import ClassVar

import numpy as np

from fusion.exercises.rules import Signal, Window
from fusion.form import stance
from fusion.kernels import reading
from fusion.movement.track import Track
from fusion.reference_path import ReferencePath
from fusion.types import FloatArray, Side, SignalBlock

SMOOTH_S = 0.1
RATE_SMOOTH_S = 0.2
"""Skin rocks at 5 to 25 Hz at up to half the rate of the bone beneath, and the greatest rate would be its."""
TRACKING_SD_DEG = 0.7
"""Of a change of inclination within one repetition: what gravity tracking leaves, the offset gone."""
GYRO_DRIFT_DPS = 0.3
"""What a gyroscope's bias and scale may be off by; over a repetition that is all that a change of inclination
can be, whatever jolts make of the vertical meanwhile."""
_INCLINED = ("pelvis_tilt", "pelvis_list", "thigh_pitch", "thigh_opening")
_HIP_RATES = "hip_flexion_rate"
FOLLOWED = 0.63
"""Share of a turn about the thigh's own axis that is seen: the skin follows half to nine tenths of it, and a
tenth more is lost where the sensors' axes are off."""
BEYOND_PATH_DEG = 5.0
"""How far beyond its ends the person's own path is continued."""
GAP_VOID_S = 0.5
MIDDLE = (0.2, 0.65)
"""Shares of the lift between which a person's own steepness is read."""
MIDDLE_LEAST_DEG = 6.0
STEEPER_MAX = 2.0


@dataclass(frozen=True, eq=False)
class Series:
    """A signal over the view (n,): values, the sd of its level and the sd of its changes, same unit."""

    values: FloatArray
    level_sd: FloatArray
    change_sd: FloatArray
    dt_s: float
    smooth_s: float = SMOOTH_S

    @cached_property
    def smooth(self) -> FloatArray:
        """The values as running means over 0.1 s, or ``smooth_s`` (n,)."""
        return smoothed(self.values, self.dt_s, self.smooth_s)


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
    stands: bool = False
    """Whether it begins and ends in a stand, from which the angles across the flexion are read."""
    followed: ClassVar[float] = FOLLOWED
    spans: dict[Window, tuple[int, int]] = field(default_factory=dict, init=False)
    """Windows that have been looked for, first and last index of each (`fusion.form.windows`)."""
    _read: dict[Signal, Series | None] = field(default_factory=dict, init=False)

    @property
    def t_s(self) -> FloatArray:
        """Times (n,)."""
        return self.signals.t_s

    @property
    def dt_s(self) -> float:
        """Time between samples."""
        return 1.0 / self.signals.rate_hz

    @cached_property
    def rom_deg(self) -> float:
        """Range of the driving angle."""
        return float(self.effort_deg[self.reach : self.leave + 1].max() - self.effort_deg[self.start])

    @property
    def timed(self) -> bool:
        """Whether no gap within it spoils durations and speeds."""
        return self.gap_s <= GAP_VOID_S

    def series(self, signal: Signal) -> Series | None:
        """A signal over time; None where the worn sensors do not give it."""
        if signal not in self._read:
            self._read[signal] = self._series(signal)
        return self._read[signal]

    def _series(self, signal: Signal) -> Series | None:
        if signal is Signal.PELVIS_RESIDUAL:
            return self._residual(1.0)
        if signal is Signal.PELVIS_DROP:
            return self.row("pelvis_list_deg", 1.0 if self.side is Side.RIGHT else -1.0)
        if signal in {Signal.THIGH_ABDUCTION, Signal.THIGH_OPENING}:
            return self._thigh_list(signal)
        if signal in {Signal.HIP_ADDUCTION, Signal.HIP_ROTATION}:
            return self._across(signal)
        if signal is Signal.SHANK_PITCH:
            return self._difference(
                f"thigh_pitch_{self.side.value}_deg", f"knee_flexion_{self.side.value}_deg"
            )
        return self.row(signal_row(signal, self.side))

    def row(self, name: str, sign: float = 1.0) -> Series | None:
        """A named signal, as it is or turned round; None where there is none of this name."""
        if name not in self.signals.names:
            return None
        row = self.signals.names.index(name)
        values = np.ascontiguousarray(self.signals.values[row])
        sd = np.ascontiguousarray(self.signals.sd[row])
        values = values if sign == 1.0 else sign * values
        smooth_s = RATE_SMOOTH_S if name.startswith(_HIP_RATES) else SMOOTH_S
        return Series(values, sd, self._change_sd(name, sd), self.dt_s, smooth_s)

    def _change_sd(self, name: str, sd: FloatArray) -> FloatArray:
        """One sigma (n,) of differences: of an inclination never more than the gyroscope alone leaves."""
        change = np.asarray(reading.change_sd(sd, TRACKING_SD_DEG))
        if not name.startswith(_INCLINED):
            return change
        drift = GYRO_DRIFT_DPS * float(self.t_s[self.end] - self.t_s[self.start])
        # What is not known is infinite, and stays so.
        return np.minimum(change, hypot(TRACKING_SD_DEG, drift), out=change, where=change < inf)

    def _thigh_list(self, signal: Signal) -> Series | None:
        series = self.row(f"thigh_opening_{self.side.value}_deg", 1.0 if self.side is Side.RIGHT else -1.0)
        if series is None or signal is Signal.THIGH_ABDUCTION:
            return series
        return Series(90.0 - np.abs(series.values), series.level_sd, series.change_sd, self.dt_s)

    @cached_property
    def _heading_off(self) -> FloatArray | None:
        """By how much (n,) the thigh's heading is off; None where nothing tells."""
        rotation = self.row(signal_row(Signal.HIP_ROTATION, self.side))
        tilt, pitch = self.series(Signal.PELVIS_TILT), self.series(Signal.THIGH_PITCH)
        if not self.stands or tilt is None or pitch is None or rotation is None:
            return None
        ends = (self.start, self.end) if self.complete else (self.start,)
        return stance.heading_off_deg(tilt.smooth, pitch.smooth, rotation.smooth, ends)

    def _across(self, signal: Signal) -> Series | None:
        """Adduction or rotation, with the heading that a stand at either end shows."""
        series, pitch, off = self.row(signal_row(signal, self.side)), self.series(Signal.THIGH_PITCH), None
        if series is not None and pitch is not None:
            off = self._heading_off
        if series is None or pitch is None or off is None:
            return series
        share = stance.share_of_heading(pitch.values, is_adduction=signal is Signal.HIP_ADDUCTION)
        level_sd = np.hypot(pitch.level_sd, stance.STANCE_SD_DEG * np.abs(share))
        change_sd = np.asarray(reading.change_sd(pitch.level_sd, TRACKING_SD_DEG))
        return Series(series.values - off * share, level_sd, change_sd, self.dt_s)

    def _difference(self, name: str, less: str) -> Series | None:
        one, other = self.row(name), self.row(less)
        if one is None or other is None:
            return None
        return Series(
            one.values - other.values,
            reading.together(one.level_sd, other.level_sd, 1.0),
            reading.together(one.change_sd, other.change_sd, 1.0),
            self.dt_s,
        )

    @property
    def on_own_path(self) -> bool:
        """Whether P_res is read over the person's own path."""
        return self.reference is not None and self.reference.source != "model"

    @cached_property
    def residual_as_done(self) -> Series | None:
        """P_res over a path as steep as the middle of this lift.

        How much of a lift is pelvis and how much is thigh differs between people by more than a fault is
        large, and in a hinge, where the thigh hardly turns, from one repetition of a person to the next; what
        counts is how the end departs from the rest.
        """
        if self.reference is None:
            return None
        return self._residual(self._steepness())

    def _residual(self, steepness: float) -> Series | None:
        """P less its path, which is made ``steepness`` times as steep about its end."""
        tilt, pitch, path = self.series(Signal.PELVIS_TILT), self.series(Signal.THIGH_PITCH), self.reference
        if path is None or tilt is None or pitch is None:
            return None
        pivot = float(path.pelvis_tilt_deg[-1])
        slope = abs(steepness) * path.slope
        return Series(
            reading.off_path(tilt.values, self._on_path, pivot, steepness),
            reading.together(tilt.level_sd, pitch.level_sd, slope),
            reading.together(tilt.change_sd, pitch.change_sd, slope),
            self.dt_s,
        )

    @cached_property
    def _on_path(self) -> FloatArray:
        """P_ref at the thigh's pitch (n,)."""
        pitch = self.series(Signal.THIGH_PITCH)
        path = self.reference
        assert path is not None  # noqa: S101 - asked before
        assert pitch is not None  # noqa: S101 - asked before
        if not self.on_own_path:
            return path(pitch.values)
        low, high = path.thigh_pitch_deg[0] - BEYOND_PATH_DEG, path.thigh_pitch_deg[-1] + BEYOND_PATH_DEG
        return path(np.clip(pitch.values, low, high))

    def _steepness(self) -> float:
        """How much steeper than the model's this person's path is in the middle of the lift."""
        tilt, pitch = self.series(Signal.PELVIS_TILT), self.series(Signal.THIGH_PITCH)
        if tilt is None or pitch is None:
            return 1.0
        first, last = (self.start, self.reach) if self.lifts_first else (self.leave, self.end)
        low, high = (reading.passed_at(self.effort_deg, first, last, share) for share in MIDDLE)
        done = float(tilt.values[high] - tilt.values[low])
        model = float(self._on_path[high] - self._on_path[low])
        if not isfinite(done) or not abs(model) >= MIDDLE_LEAST_DEG:
            return 1.0
        return min(STEEPER_MAX, max(1.0 / STEEPER_MAX, done / model))

    @cached_property
    def speed_dps(self) -> FloatArray:
        """Speed of the driving angle (n,), always positive."""
        return np.asarray(reading.speed_of(self.effort_deg, self.dt_s))


def view_of(
    track: Track,
    *,
    lifts_first: bool,
    complete: bool = True,
    reference: ReferencePath | None = None,
    stands: bool = False,
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
        stands=stands,
    )


@cache
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


def smoothed(values: FloatArray, dt_s: float, over_s: float = SMOOTH_S) -> FloatArray:
    """Centred running mean over 0.1 s, shorter at the ends, NaN left out (n,)."""
    half = round(0.5 * over_s / dt_s)
    return np.asarray(reading.smooth(np.ascontiguousarray(values), half))
