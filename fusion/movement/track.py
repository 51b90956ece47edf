"""One excursion of a driving angle: what it was read from, its samples and its corners."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import nan

import numpy as np

from fusion.exercises.model import DriverSignal
from fusion.history import JOINED_SD_DEG
from fusion.kernels import reading
from fusion.movement.driver import RAISED, driven_deg
from fusion.movement.way_shape import ALL_STRAIGHT, WayShapes
from fusion.types import BoolArray, FloatArray, Side, SignalBlock

_USUAL_SD_DEG = 6.0
"""Of an orientation that nothing has disturbed, at its worst."""
_WORSE_DEG = 2.0


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
    reversal_share: float = 0.5
    """Of the least range: a reversal by so much is one."""
    outward: tuple[float, float] = RAISED
    """In which direction a leg opens."""
    shapes: WayShapes | None = ALL_STRAIGHT
    """How it and the thigh go to the far end and back; None where people walk meanwhile."""
    in_turn: bool = False
    """Whether the other leg may work in between, which tilts the pelvis."""

    @property
    def by_free_leg(self) -> bool:
        """Whether the sensor is on the leg that does not work."""
        return self.side is not self.read_from

    def angle_deg(self, signals: SignalBlock) -> FloatArray:
        """The angle (n,)."""
        return driven_deg(self.signal, signals, self.read_from, self.outward)

    def effort_deg(self, signals: SignalBlock) -> FloatArray:
        """The angle (n,), turned so that a repetition runs low → high → low."""
        return np.asarray(self.sign * self.angle_deg(signals))


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
    heard: BoolArray | None = None
    """Which samples (n,) all sensors gave; None for all. In the others angles were filled in."""
    shown_share: float = 1.0
    """Share of the time from start to end that at least one sensor has shown."""
    shown_range: float = 1.0
    """Share of the range that at least one sensor has shown."""
    implied_s: float = 0.0
    """Longest time that none has shown."""
    rom_deg: float = field(init=False)
    """Range of the excursion."""

    def __post_init__(self) -> None:
        far = self.effort_deg[self.reach : self.leave + 1]
        rom_deg = float(far.max() - self.effort_deg[self.start]) if len(far) else nan
        object.__setattr__(self, "rom_deg", rom_deg)

    def as_heard(self) -> Track:
        """The same with what was filled in unknown again: what form is judged by."""
        if self.heard is None:
            return self
        signals = self.signals
        values = np.where(signals.sd >= JOINED_SD_DEG, np.nan, signals.values)
        signals = SignalBlock(signals.t_s, signals.rate_hz, signals.names, values, signals.sd)
        columns = columns_of(signals, self.read_from, len(self.t_s))
        return replace(
            self,
            signals=signals,
            pelvis_tilt_deg=columns["pelvis_tilt_deg"],
            thigh_pitch_deg=columns["thigh_pitch_deg"],
            hip_flexion_deg=columns["hip_flexion_deg"],
            pelvis_list_deg=columns["pelvis_list_deg"],
            other_thigh_deg=columns["other_thigh_deg"],
        )

    @property
    def adduction_deg(self) -> FloatArray:
        """Hip adduction (n,) of the leg whose sensor is read."""
        return self.signals.get(f"hip_adduction_{self.read_from.value}_deg")[-len(self.t_s) :]

    def sd_deg(self, at: int) -> float:
        """One sigma of P or T, whichever is known worse, at a sample; infinite where one was filled in."""
        names = self.signals.names
        rows = [names.index("pelvis_tilt_deg"), names.index(f"thigh_pitch_{self.read_from.value}_deg")]
        k = len(self.signals) - len(self.t_s) + at
        sd = max(
            (float(self.signals.sd[row, k]) for row in rows if np.isfinite(self.signals.values[row, k])),
            default=0.0,
        )
        return sd if sd < JOINED_SD_DEG else float("inf")

    @property
    def surer_rom_deg(self) -> float:
        """Range of the excursion; that from its end where the angles of its start are known worse."""
        if self.sd_deg(self.start) <= self.sd_deg(self.end) + _WORSE_DEG:
            return self.rom_deg
        return self.rom_deg + float(self.effort_deg[self.start] - self.effort_deg[self.end])

    @property
    def read_from(self) -> Side:
        """The leg whose sensor shows it."""
        other = Side.LEFT if self.side is Side.RIGHT else Side.RIGHT
        return other if self.by_free_leg else self.side

    @property
    def pitch_doubt_deg(self) -> float:
        """How far T may be off in the excursion, beyond what it always may (two sigma).

        A silence in the midst of a fast movement leaves an orientation that takes seconds to come right.
        """
        name = f"thigh_pitch_{self.read_from.value}_deg"
        if name not in self.signals.names:
            return 0.0
        first = len(self.signals) - len(self.t_s)
        sd = self.signals.sd[self.signals.names.index(name), first + self.start : first + self.end + 1]
        known = sd[sd < JOINED_SD_DEG]
        return 2.0 * max(0.0, float(reading.median_of(known)) - _USUAL_SD_DEG) if len(known) else 0.0


def columns_of(signals: SignalBlock, read_from: Side, count: int) -> dict[str, FloatArray]:
    """The last ``count`` samples of the signals that are columns of a `Track`."""
    side = read_from.value
    other = Side.LEFT if read_from is Side.RIGHT else Side.RIGHT
    names = {
        "pelvis_tilt_deg": "pelvis_tilt_deg",
        "thigh_pitch_deg": f"thigh_pitch_{side}_deg",
        "hip_flexion_deg": f"hip_flexion_{side}_deg",
        "pelvis_list_deg": "pelvis_list_deg",
        "other_thigh_deg": f"thigh_pitch_{other.value}_deg",
    }
    return {column: signals.get(name)[len(signals) - count :] for column, name in names.items()}
