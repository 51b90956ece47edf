"""Streaming segmentation of driving angles into repetitions.

A driver is turned so that a repetition always runs low → high → low ("effort", deg). Extremes are confirmed
by a reversal of δ = max(½·rom_min, 0.2·median of the last five ranges), never by a level, so that drift or
a slipped sensor only shifts them. A pause is a plateau inside a phase. The loop itself is compiled
(`fusion.kernels.turning`); what an excursion was is looked up in the last minute of signals.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from statistics import median

import numpy as np

from fusion.history import History, heard_samples, part_of, samples_of
from fusion.kernels import corners as excursion
from fusion.kernels import turning
from fusion.movement.phase_corners import corners_of
from fusion.movement.track import Driven, Track, columns_of
from fusion.types import BoolArray, FloatArray, SignalBlock

STILL_DPS = 10.0
_STILL_S = 0.1
_REVERSAL_SHARE = 0.2
_ARRIVE_SHARE = 0.8
"""Share of the usual range from which standing still means lockout, not a pause on the way."""
_UNDER_WAY_S = 0.05
_BEFORE_S = 1.0
"""So much of the signals before an excursion goes with it."""


class Phase(StrEnum):
    """Where in a repetition the person is."""

    REST = "rest"
    LIFTING = "lifting"
    TOP = "top"
    LOWERING = "lowering"
    BOTTOM = "bottom"


def _by_angle(driven: Sequence[Driven]) -> list[tuple[Driven, list[int]]]:
    """Which of them are driven by the same angle: it is worked out once."""
    users: dict[tuple[object, ...], list[int]] = {}
    for k, one in enumerate(driven):
        users.setdefault((one.signal, one.read_from, one.outward), []).append(k)
    return [(driven[of[0]], of) for of in users.values()]


class RepSegmenter:
    """Turning points of several efforts at once: load a block, then ask for its events one by one."""

    def __init__(self, driven: Sequence[Driven], rate_hz: float) -> None:
        self.driven = tuple(driven)
        self._dt = 1.0 / rate_hz
        self._history = History(rate_hz, len(self.driven))
        self._state = np.zeros((len(self.driven), turning.STATE_SIZE))
        self._state[:, turning.DONE] = 1.0
        self._params = np.zeros((len(self.driven), turning.PARAMS_SIZE))
        self._at = np.zeros(turning.AT_SIZE)
        self._roms: list[deque[float]] = [deque(maxlen=5) for _ in self.driven]
        self._lag = []
        for k, one in enumerate(self.driven):
            self._params[k, turning.ALPHA] = 1.0 - float(np.exp(-2.0 * np.pi * one.cutoff_hz / rate_hz))
            self._params[k, turning.DT] = self._dt
            self._params[k, turning.STILL_DPS], self._params[k, turning.STILL_S] = STILL_DPS, _STILL_S
            if one.shapes is not None:
                half, low = one.shapes.driver[1].times_of(0.5, 1.0 - turning.LOW)
                self._params[k, turning.LOW_TO_END] = (1.0 - low) / (low - half)
                self._params[k, turning.WHOLE] = 1.0 / (low - half)
            self._lag.append(round(rate_hz / (2.0 * np.pi * one.cutoff_hz)))
            self._learn(k)
        self._angles = _by_angle(self.driven)
        self._t_s = np.empty(0)
        self._effort = np.empty((len(self.driven), 0))
        self._smooth = self._effort
        self._first = 0
        self._event = turning.NOTHING
        self._began_s = np.full(len(self.driven), np.nan)
        """When each effort was first known, and those that have not been yet."""
        self._unknown = list(range(len(self.driven)))

    @property
    def block_max(self) -> int:
        """Longest block that `load` takes."""
        return self._history.block_max

    def load(self, signals: SignalBlock) -> None:
        """Take the next samples; events of them come from `next_event`."""
        self._first = self._history.end
        self._smooth = self._history.append(signals)
        self._t_s = signals.t_s
        self._effort = np.empty((len(self.driven), len(signals)))
        for angle, users in self._angles:
            angle_deg = angle.angle_deg(signals)
            for k in users:
                np.multiply(angle_deg, self.driven[k].sign, out=self._effort[k])
        if self._unknown:
            self._note_beginnings(signals.t_s)

    def _note_beginnings(self, t_s: FloatArray) -> None:
        for k in self._unknown[:]:
            known = np.isfinite(self._effort[k])
            if known.any():
                self._began_s[k] = t_s[np.argmax(known)]
                self._unknown.remove(k)

    def began_before(self, which: int, track: Track) -> bool:
        """Whether an excursion was under way already when its effort was first known."""
        return bool(track.t_s[track.start] < self._began_s[which] + _UNDER_WAY_S)

    def next_event(self, close_s: FloatArray) -> int:
        """Go on to the next event of the block; `turning.NOTHING` when it is all read."""
        self._event = turning.advance(
            self._effort,
            self._t_s,
            self._first,
            self._at,
            self._state,
            self._params,
            close_s,
            self._smooth,
        )
        return self._event

    @property
    def which(self) -> int:
        """The segmenter of the last event."""
        return int(self._at[2])

    @property
    def position(self) -> int:
        """Index, within the block, of the sample of the last event."""
        return int(self._at[0])

    def signals_from(self, t_s: float) -> SignalBlock:
        """Signals from ``t_s`` to the last sample loaded, as far as they are kept."""
        _, signals = self._history.since(0, self._history.end)
        return part_of(signals, int(np.searchsorted(signals.t_s, t_s)), len(signals))

    @property
    def now_s(self) -> float:
        """Time of the sample of the last event."""
        return float(self._t_s[int(self._at[0])])

    def track(self) -> tuple[int, Track]:
        """The segmenter of the last event, and the excursion from where it began to now."""
        which = int(self._at[2])
        return which, self._cut(which, int(self._at[3]), self._first + int(self._at[0]) + 1)

    def _cut(self, which: int, begin: int, until: int) -> Track:
        one = self.driven[which]
        before = int(_BEFORE_S / self._dt)
        efforts, signals = self._history.since(max(0, begin - before), until)
        known = np.isfinite(efforts[which])
        if not known.all():
            signals = samples_of(signals, known)
        effort = excursion.advanced(efforts[which][known], signals.t_s, self._lag[which], self._dt)
        first = int(np.searchsorted(signals.t_s, self._time_of(begin, until)))
        x = effort[first:]
        pitch = signals.get(f"thigh_pitch_{one.read_from.value}_deg")[first:]
        returned = self._event == turning.RETURN
        start, reach, leave, end = corners_of(one, x, pitch, signals.t_s[first:], returned=returned)
        heard, shown = (which[first:] for which in heard_samples(signals))
        inside = slice(start, end + 1)
        columns = columns_of(signals, one.read_from, len(x))
        return Track(
            side=one.side,
            t_s=signals.t_s[first:],
            effort_deg=x,
            pelvis_tilt_deg=columns["pelvis_tilt_deg"],
            thigh_pitch_deg=columns["thigh_pitch_deg"],
            hip_flexion_deg=columns["hip_flexion_deg"],
            pelvis_list_deg=columns["pelvis_list_deg"],
            other_thigh_deg=columns["other_thigh_deg"],
            start=start,
            reach=reach,
            leave=leave,
            end=end,
            signals=signals,
            gap_s=max(float(self._at[4]), _longest_run(~heard[inside]) * self._dt),
            peak_dps=float(self._at[5]),
            by_free_leg=one.by_free_leg,
            heard=None if heard.all() else heard,
            shown_share=float(shown[inside].mean()),
            shown_range=_range_share(x[inside], shown[inside]),
            implied_s=_longest_run(~shown[inside]) * self._dt,
        )

    def _time_of(self, begin: int, until: int) -> float:
        return float(self._history.since(begin, until)[1].t_s[0])

    def start_here(self) -> None:
        """The excursion of the last event was a set-up movement: what counts begins at its present end."""
        turning.start_from(self._state[int(self._at[2])], self._first + int(self._at[0]))

    # --- what is learnt

    def accept_rom(self, which: int, rom_deg: float) -> None:
        """Learn the person's range from a repetition that counted."""
        self._roms[which].append(rom_deg)
        self._learn(which)

    def forget_roms(self) -> None:
        """Another set may be done otherwise."""
        for k, roms in enumerate(self._roms):
            roms.clear()
            self._learn(k)

    def _learn(self, k: int) -> None:
        one, usual = self.driven[k], self.usual_rom_deg(k)
        reversal = max(
            one.reversal_share * one.rom_min_deg, _REVERSAL_SHARE * usual if self._roms[k] else 0.0
        )
        self._params[k, turning.DELTA] = reversal
        self._params[k, turning.ARRIVE] = max(one.rom_min_deg, _ARRIVE_SHARE * usual)

    def usual_rom_deg(self, which: int) -> float:
        """The person's usual range; the exercise's full one until that is known."""
        roms = self._roms[which]
        return median(roms) if roms else self.driven[which].rom_full_deg

    # --- what a display shows

    @property
    def busy(self) -> bool:
        """Whether a movement is under way."""
        return bool((self._state[:, turning.DONE] == 0.0).any())

    def phase(self, *, lifts_first: bool) -> Phase:
        """Present phase of the driver that moves most."""
        s = max(self._state, key=_height)
        rising, turned = s[turning.RISING] == 1.0, s[turning.TURNED] == 1.0
        if not rising and s[turning.DONE] == 1.0:
            return Phase.REST
        if rising and s[turning.X] - s[turning.VALLEY] < 0.3 * self._params[0, turning.DELTA]:
            return Phase.REST
        if rising and turned and s[turning.STILL] > _STILL_S:
            return Phase.TOP if lifts_first else Phase.BOTTOM
        return Phase.LIFTING if rising == lifts_first else Phase.LOWERING


def _height(state: FloatArray) -> float:
    return float(state[turning.X] - state[turning.VALLEY])


def _range_share(x: FloatArray, shown: BoolArray) -> float:
    """Share of the range of x (n,) between the least and the greatest that were shown."""
    if not shown.any():
        return 0.0
    return float(np.ptp(x[shown])) / max(float(np.ptp(x)), 1e-9)


def _longest_run(of: BoolArray) -> int:
    """Most samples in a row that are true."""
    if not of.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], of.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max())
