"""Streaming segmentation of driving angles into repetitions.

A driver is turned so that a repetition always runs low → high → low ("effort", deg). Extremes are confirmed
by a reversal of δ = max(½·rom_min, 0.2·median of the last five ranges), never by a level, so that drift or
a slipped sensor only shifts them. A pause is a plateau inside a phase. The loop itself is compiled
(`fusion.kernels.turning`); what an excursion was is looked up in the last minute of signals.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

import numpy as np

from fusion.driver import driven_deg
from fusion.exercises.model import DriverSignal
from fusion.history import History, part_of
from fusion.kernels import turning
from fusion.types import FloatArray, Side, SignalBlock

STILL_DPS = 10.0
_STILL_S = 0.1
_REVERSAL_SHARE = 0.2
_ARRIVE_SHARE = 0.8
"""Share of the usual range from which standing still means lockout, not a pause on the way."""
_NEAR = 0.15
"""Share of the range by which a phase counts as left or reached; the corner itself is where it began."""
_CORNER_SPEED = 0.06
"""Share of a phase's greatest speed below which the phase has not begun, or is over."""
_SPEED_OVER_S = 0.08
"""Speeds are taken over this time, so that noise makes no corners."""
_BEFORE_S = 1.0
"""So much of the signals before an excursion goes with it."""


class Phase(StrEnum):
    """Where in a repetition the person is."""

    REST = "rest"
    LIFTING = "lifting"
    TOP = "top"
    LOWERING = "lowering"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Driven:
    """One angle that is counted: of which leg, turned by ``sign`` into an effort, and its ranges, deg."""

    signal: DriverSignal
    sign: float
    side: Side
    """The leg that works."""
    read_from: Side
    """The leg whose sensor shows it."""
    rom_min_deg: float
    rom_full_deg: float
    cutoff_hz: float = 5.0

    @property
    def by_free_leg(self) -> bool:
        """Whether the sensor is on the leg that does not work."""
        return self.side is not self.read_from


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The samples of one excursion as columns (n,), with the indices of its corners."""

    side: Side
    t_s: FloatArray
    effort_deg: FloatArray
    pelvis_tilt_deg: FloatArray
    thigh_pitch_deg: FloatArray
    hip_flexion_deg: FloatArray
    pelvis_list_deg: FloatArray
    other_thigh_deg: FloatArray
    """Pitch of the leg that is not judged; NaN where it wears no sensor."""
    start: int
    """Last sample before the excursion."""
    reach: int
    """First sample at its far end."""
    leave: int
    """Last sample at its far end."""
    end: int
    """First sample back; the last one there is while the repetition is not over."""
    signals: SignalBlock
    """All signals, from a second before the excursion on."""
    gap_s: float = 0.0
    """Longest time without a sample."""
    peak_dps: float = 0.0
    """Greatest speed of the effort."""
    by_free_leg: bool = False

    @property
    def read_from(self) -> Side:
        """The leg whose sensor shows it."""
        other = Side.LEFT if self.side is Side.RIGHT else Side.RIGHT
        return other if self.by_free_leg else self.side

    @property
    def rom_deg(self) -> float:
        """Range of the excursion."""
        return float(self.effort_deg[self.reach : self.leave + 1].max() - self.effort_deg[self.start])


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
            self._lag.append(round(rate_hz / (2.0 * np.pi * one.cutoff_hz)))
            self._learn(k)
        self._t_s = np.empty(0)
        self._effort = np.empty((len(self.driven), 0))
        self._smooth = self._effort
        self._first = 0

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
        for k, one in enumerate(self.driven):
            np.multiply(driven_deg(one.signal, signals, one.read_from), one.sign, out=self._effort[k])

    def next_event(self, close_s: FloatArray) -> int:
        """Go on to the next event of the block; `turning.NOTHING` when it is all read."""
        return turning.advance(
            self._effort,
            self._t_s,
            self._first,
            self._at,
            self._state,
            self._params,
            close_s,
            self._smooth,
        )

    @property
    def position(self) -> int:
        """Index, within the block, of the sample of the last event."""
        return int(self._at[0])

    def signals_from(self, t_s: float) -> SignalBlock:
        """Signals from ``t_s`` to the sample of the last event, as far as they are kept."""
        _, signals = self._history.since(0, self._first + self.position + 1)
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
            signals = SignalBlock(
                signals.t_s[known],
                signals.rate_hz,
                signals.names,
                signals.values[:, known],
                signals.sd[:, known],
            )
        effort = _advanced(efforts[which][known], signals.t_s, self._lag[which], self._dt)
        first = int(np.searchsorted(signals.t_s, self._time_of(begin, until)))
        other = Side.LEFT if one.read_from is Side.RIGHT else Side.RIGHT
        side = one.read_from.value
        x = effort[first:]
        start, reach, leave, end = corners(x, signals.t_s[first:])
        return Track(
            one.side,
            signals.t_s[first:],
            x,
            signals.get("pelvis_tilt_deg")[first:],
            signals.get(f"thigh_pitch_{side}_deg")[first:],
            signals.get(f"hip_flexion_{side}_deg")[first:],
            signals.get("pelvis_list_deg")[first:],
            signals.get(f"thigh_pitch_{other.value}_deg")[first:],
            start,
            reach,
            leave,
            end,
            signals,
            float(self._at[4]),
            float(self._at[5]),
            one.by_free_leg,
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
        reversal = max(0.5 * one.rom_min_deg, _REVERSAL_SHARE * usual if self._roms[k] else 0.0)
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


def _advanced(effort: FloatArray, t_s: FloatArray, lag: int, dt: float) -> FloatArray:
    """The low-passed effort with the filter's delay taken out, never across a gap: there it began anew."""
    last = np.append(np.flatnonzero(np.diff(t_s) > 1.5 * dt), len(effort) - 1)
    each = np.arange(len(effort))
    until = last[np.searchsorted(last, each)]
    return np.asarray(effort[np.minimum(each + lag, until)])


def corners(x: FloatArray, t_s: FloatArray) -> tuple[int, int, int, int]:
    """Start, reach, leave and end of an excursion x (n,) that runs low → high → (low).

    A corner is where the speed of its phase has died away, looked for from where the phase has left or
    reached 15 % of the range: rests that drift, and ends that creep, do not move it.
    """
    peak = int(np.argmax(x))
    top = float(x[peak])
    start, reach = _phase(x[: peak + 1], t_s[: peak + 1], top)
    back_end, back_start = _phase(x[peak:][::-1], -t_s[peak:][::-1], top)
    last = len(x) - 1
    return start, reach, last - back_start, last - back_end


def _phase(x: FloatArray, t_s: FloatArray, top: float) -> tuple[int, int]:
    """Where a rise (n,) that ends at its maximum begins and where it arrives."""
    n = len(x)
    if n < 3:
        return 0, n - 1
    base = float(x.min())
    low = int(np.flatnonzero(x <= base + _NEAR * (top - base))[-1])
    high = low + int(np.flatnonzero(x[low:] >= top - _NEAR * (top - base))[0])
    wide = max(1, min(n - 1, round(_SPEED_OVER_S * (n - 1) / abs(float(t_s[-1] - t_s[0])))))
    speed = (x[wide:] - x[:-wide]) / (t_s[wide:] - t_s[:-wide])
    limit = _CORNER_SPEED * float(speed.max())
    slow_before = np.flatnonzero(speed[:low] < limit)
    slow_after = np.flatnonzero(speed[max(0, high - wide) :] < limit)
    start = min(low, int(slow_before[-1]) + wide // 2) if len(slow_before) else 0
    reach = max(high, max(0, high - wide) + int(slow_after[0]) + wide // 2) if len(slow_after) else n - 1
    return start, min(reach, n - 1)
