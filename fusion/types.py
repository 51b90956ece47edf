"""Boundary types of the fusion core: what goes in, what passes between stages, what comes out.

Every array is float64 unless said otherwise. Frames, signs and names follow ``docs/conventions.md``:
``s`` sensor, ``b`` body segment, ``e`` earth; quaternions are scalar first, ``q_es`` maps S to E.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
QualityArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
EstimatorName = Literal["ilium", "madgwick", "mahony", "ekf"]
"""Which orientation estimator: ours, or a well-known filter for comparison."""


class Segment(StrEnum):
    """A body segment that can carry a sensor."""

    PELVIS = "pelvis"
    THIGH_LEFT = "thigh_left"
    THIGH_RIGHT = "thigh_right"
    THORAX = "thorax"
    SHANK_LEFT = "shank_left"
    SHANK_RIGHT = "shank_right"


class Side(StrEnum):
    """A side of the body; the value is the suffix of per-side signal names."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def thigh(self) -> Segment:
        """The thigh of this side."""
        return Segment.THIGH_LEFT if self is Side.LEFT else Segment.THIGH_RIGHT

    @property
    def shank(self) -> Segment:
        """The shank of this side."""
        return Segment.SHANK_LEFT if self is Side.LEFT else Segment.SHANK_RIGHT


class SampleQuality(IntFlag):
    """What is known against a sample; zero means nothing is."""

    OK = 0
    AFTER_GAP = 1
    """First sample after missing ones."""
    ACC_SATURATED = 2
    GYR_SATURATED = 4
    BRIDGED = 8
    """On a grid: interpolated across a gap."""
    MISSING = 16
    """On a grid: the sensor had nothing to say at this time; values are NaN."""
    ESTIMATED_TIME = 32
    """The device stamps no time: arrival time and nominal rate were used."""


@dataclass(frozen=True, slots=True, eq=False)
class ImuBlock:
    """Consecutive samples of one sensor, in its own frame S.

    ``t_s`` (n,) strictly increasing, irregular, gaps allowed; ``acc_ms2`` (n, 3) specific force;
    ``gyr_rads`` (n, 3); ``mag_ut`` (n, 3) or None; ``quality`` (n,) `SampleQuality` bits.
    ``first_seq`` counts the device's samples, lost ones included.
    """

    device_id: str
    first_seq: int
    t_s: FloatArray
    acc_ms2: FloatArray
    gyr_rads: FloatArray
    mag_ut: FloatArray | None
    quality: QualityArray

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True, eq=False)
class OrientedBlock:
    """One sensor's samples with their estimated orientation, at the sensor's own times.

    ``q_es`` (n, 4) maps S to E; ``gyr_rads`` (n, 3) has the estimated bias removed;
    ``inclination_sd_rad`` and ``heading_sd_rad`` (n,) are one-sigma uncertainties.
    """

    t_s: FloatArray
    q_es: FloatArray
    gyr_rads: FloatArray
    acc_ms2: FloatArray
    inclination_sd_rad: FloatArray
    heading_sd_rad: FloatArray
    quality: QualityArray

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True, eq=False)
class AlignedBlock:
    """All sensors of one person on one regular time grid.

    ``t_s`` (n,) are consecutive multiples of ``1 / rate_hz``; every `OrientedBlock` in ``segments``
    has these times. A sensor that was silent has NaN values and `SampleQuality.MISSING`.
    """

    t_s: FloatArray
    rate_hz: float
    segments: Mapping[Segment, OrientedBlock]

    def __len__(self) -> int:
        return len(self.t_s)


@dataclass(frozen=True, slots=True)
class SegmentAlignment:
    """How a sensor sits on its segment: a value that can be stored, shown and used again.

    ``q_sb`` (w, x, y, z) maps B to S (v_s = q_sb ⊗ v_b ⊗ q_sb*). ``heading_rad`` turns this sensor's
    earth frame about its Z to the common one. ``quality`` runs from 0 (guess) to 1 (functional).
    ``zero`` says where 0° comes from: ``stand``, ``rest`` (the exercise's own rest pose), ``motion`` (its
    range) or ``given``; ``*_sd_rad`` are one sigma of the zero, of the left–right axis about the vertical,
    and of the heading against the pelvis. ``tissue_gain`` is the share of deep flexion that soft tissue adds
    to this sensor's own turning, which is taken off again (`fusion.soft_tissue`); 0 where nothing justifies
    it. ``tissue_source`` is ``population``, ``personal`` or ``off``.
    """

    segment: Segment
    q_sb: tuple[float, float, float, float]
    method: str
    """``stand``, ``functional``, ``motion`` (from the exercise itself) or ``given``."""
    quality: float
    heading_rad: float = 0.0
    t_s: float = 0.0
    warnings: tuple[str, ...] = ()
    zero: str = "given"
    zero_sd_rad: float = 0.02
    axis_sd_rad: float = 0.05
    heading_sd_rad: float = 0.1
    tissue_gain: float = 0.0
    tissue_sd: float = 0.0
    tissue_source: str = "off"


@dataclass(frozen=True, slots=True, eq=False)
class SignalBlock:
    """Named signals on a regular grid: angles, their rates and their validity.

    ``values`` and ``sd`` are (k, n) with one row a name, in the unit the name ends in; a value that is
    not known is NaN and its ``sd`` infinite.
    """

    t_s: FloatArray
    rate_hz: float
    names: tuple[str, ...]
    values: FloatArray
    sd: FloatArray

    def __len__(self) -> int:
        return len(self.t_s)

    def __getitem__(self, name: str) -> FloatArray:
        row: FloatArray = self.values[self.names.index(name)]
        return row

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def get(self, name: str) -> FloatArray:
        """The signal (n,); NaN where there is none of this name."""
        return self[name] if name in self.names else np.full(len(self), np.nan)


class Severity(StrEnum):
    """How loud a finding is."""

    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


class Validity(StrEnum):
    """How far a result can be trusted."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing seen in the movement: what, how much, against which limit, when."""

    kind: str
    severity: Severity
    t_s: float
    value: float
    limit: float
    unit: str
    cue: str = ""
    """One short coaching sentence in plain words."""
    needs: tuple[Segment, ...] = ()
    validity: Validity = Validity.MEASURED


class Verdict(StrEnum):
    """What a repetition counts as."""

    FULL = "full"
    PARTIAL = "partial"
    DOUBTFUL = "doubtful"


DOUBTFUL_BELOW = 0.5
"""Confidence below which a repetition is called doubtful."""


@dataclass(frozen=True, slots=True)
class RepSummary:
    """One repetition. Times are on the session's clock; ``t_top_s`` is the end of the lifting phase."""

    index: int
    t_start_s: float
    t_top_s: float
    t_end_s: float
    full: bool
    confidence: float
    rom_deg: float
    hip_flexion_min_deg: float
    hip_flexion_max_deg: float
    tempo_s: tuple[float, float, float, float]
    """Eccentric, pause at the bottom, concentric, pause at the top."""
    hold_s: float
    pelvis_residual_peak_deg: float
    side: Side | None = None
    quality: bool = False
    """Range, pelvis, hold and tempo were all good."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    path_deg: tuple[tuple[float, float], ...] = ()
    """T and P along the lift, at equal steps of its range: what a reference is learnt from."""

    @property
    def verdict(self) -> Verdict:
        """Full, partial, or doubtful where too much speaks against it."""
        if self.confidence < DOUBTFUL_BELOW:
            return Verdict.DOUBTFUL
        return Verdict.FULL if self.full else Verdict.PARTIAL


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A rule that could not be judged: the sensors that it would take, or another reason."""

    kind: str
    missing: tuple[Segment, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SetSummary:
    """One set of one exercise."""

    index: int
    exercise: str
    t_start_s: float
    t_end_s: float
    reps: tuple[RepSummary, ...]
    quality_reps: int
    rest_before_s: float | None = None
    """Since the set before, where there was one."""
    fatigue: Mapping[str, float] = field(default_factory=dict)
    symmetry: Mapping[str, float] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class MotionUpdate:
    """What a live display needs after one update."""

    t_s: float
    signals: SignalBlock
    phase: str
    reps: int
    """Announced in the open set."""
    calibrated: bool


class RepEventKind(StrEnum):
    """Life of a repetition as it is told to the outside."""

    PROVISIONAL = "rep_provisional"
    COMMITTED = "rep_committed"
    REVISED = "rep_revised"


@dataclass(frozen=True, slots=True)
class RepEvent:
    """A repetition was announced, committed, or taken back (``count`` tells the set's count now)."""

    kind: RepEventKind
    t_s: float
    set_index: int
    count: int
    rep: RepSummary


@dataclass(frozen=True, slots=True)
class SetEvent:
    """A set was opened (``summary.reps`` so far) or closed."""

    closed: bool
    t_s: float
    summary: SetSummary


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """A finding worth a cue now."""

    t_s: float
    finding: Finding


@dataclass(frozen=True, slots=True)
class CalibrationEvent:
    """A segment's alignment is new or better."""

    t_s: float
    alignment: SegmentAlignment


@dataclass(frozen=True, slots=True)
class WarningEvent:
    """Something the user should know or mend; ``code`` is stable, ``message`` is one clear line."""

    t_s: float
    code: str
    message: str
    segment: Segment | None = None


@dataclass(frozen=True, slots=True)
class ExerciseEvent:
    """The movement going on was recognised, or is ``unknown``; then ``nearest`` are what it may be.

    ``alike`` are movements that the worn sensors cannot surely tell from the one that is named.
    """

    t_s: float
    exercise: str
    confidence: float
    nearest: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


Event = RepEvent | SetEvent | FindingEvent | CalibrationEvent | WarningEvent | ExerciseEvent
