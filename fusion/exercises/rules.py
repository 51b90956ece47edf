"""The vocabulary of form rules: named signals, how one is read within a repetition, and its limits.

A rule says: *measure* of *signal* in *window*, against *baseline*, in *direction* of ``warn`` or ``fail``.
Evaluating it is `fusion.form`'s business; what a rule may say, and which sensors it needs, is defined here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from fusion.types import Segment, Side, Validity

Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$", max_length=64)]
Limit = Annotated[float, msgspec.Meta(ge=-2000.0, le=2000.0)]
Sentence = Annotated[str, msgspec.Meta(min_length=4, max_length=140)]


class Worn(StrEnum):
    """Where a sensor sits, seen from the working leg."""

    PELVIS = "pelvis"
    THIGH = "thigh"
    OTHER_THIGH = "other_thigh"
    THORAX = "thorax"
    SHANK = "shank"
    OTHER_SHANK = "other_shank"

    def segment(self, side: Side) -> Segment:
        """The segment this is when ``side`` is the working leg."""
        other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
        by_role = {
            Worn.PELVIS: Segment.PELVIS,
            Worn.THIGH: side.thigh,
            Worn.OTHER_THIGH: other.thigh,
            Worn.THORAX: Segment.THORAX,
            Worn.SHANK: side.shank,
            Worn.OTHER_SHANK: other.shank,
        }
        return by_role[self]


class Signal(StrEnum):
    """What a rule reads: angles of ``docs/conventions.md``, those of the working leg where a leg has one."""

    # angles over time
    PELVIS_TILT = "pelvis_tilt_deg"
    PELVIS_LIST = "pelvis_list_deg"
    PELVIS_DROP = "pelvis_drop_deg"
    """List towards the side without support: positive when the side of the free leg sinks."""
    PELVIS_RESIDUAL = "pelvis_residual_deg"
    THIGH_PITCH = "thigh_pitch_deg"
    HIP_FLEXION = "hip_flexion_deg"
    HIP_ADDUCTION = "hip_adduction_deg"
    HIP_ROTATION = "hip_rotation_deg"
    THIGH_ABDUCTION = "thigh_abduction_deg"
    """Inclination of the thigh outwards, from gravity alone: abduction while the thigh is upright."""
    THIGH_OPENING = "thigh_opening_deg"
    """Inclination of the thigh's left–right axis from vertical, side-lying; gravity alone."""
    OTHER_HIP_FLEXION = "other_hip_flexion_deg"
    LUMBAR_EXTENSION = "lumbar_extension_deg"
    THORAX_LIST = "thorax_list_deg"
    SHANK_PITCH = "shank_pitch_deg"
    KNEE_FLEXION = "knee_flexion_deg"
    # rates over time
    HIP_RATE = "hip_flexion_rate_dps"
    PELVIS_RATE = "pelvis_tilt_rate_dps"
    # one number a repetition
    ROM = "rom_deg"
    HOLD = "hold_s"
    CONCENTRIC = "concentric_s"
    ECCENTRIC = "eccentric_s"
    PRETILT = "pretilt_deg"
    """How far P falls before the thigh moves by 5°; only what came ≥ 150 ms earlier counts."""
    BUTT_WINK = "butt_wink_deg"
    """Greatest P on the way down less P at the bottom."""
    PELVIS_SHARE = "pelvis_share"
    """ΔP / |ΔT|, trunk fixed; only where |ΔT| ≥ 10°."""
    HIP_SHARE = "hip_share"
    """|Δφ| / (|Δφ| + |ΔP_res|)."""
    THIGH_SHARE = "thigh_share"
    """ΔT / Δφ: 0.2 in a hinge, 0.8 in a squat."""
    PELVIS_LEAD = "pelvis_lead_s"
    """By how much the pelvis (> 10°/s for 50 ms) starts before the hip."""
    THIGH_LEAD = "thigh_lead_s"
    """By how much the thigh passes half its way up before the pelvis does."""
    PELVIS_PEAK_LAG = "pelvis_peak_lag_s"
    """By how much the pelvis's greatest speed comes after the hip's."""
    SPEED_RATIO = "speed_ratio"
    """Peak over mean speed of the lifting phase: 1.9 is smooth."""
    SMOOTHNESS = "smoothness"
    """SPARC of the lifting phase's speed: closer to zero is smoother."""
    SPILL = "spill_deg_s"
    """∫ max(0, |P_res| − 5) + max(0, |ML| − 4) dt."""
    TREMOR_RATIO = "tremor_ratio"
    """RMS of the pelvis's rate, 3 to 12 Hz, over that of the first 5 s."""
    TAP = "tap_g"
    """Backward acceleration impulse of the pelvis at the far end."""
    PUSH_OFF = "push_off_g"
    """Greatest upward acceleration of the pelvis before the rise."""


class Measure(StrEnum):
    """How a signal over time becomes one number within the window."""

    VALUE = "value"
    """The number as it is: signals that are one number a repetition."""
    MAX = "max"
    MIN = "min"
    MEAN = "mean"
    MEAN_ABS = "mean_abs"
    MAX_ABS = "max_abs"
    RISE = "rise"
    """Greatest value less the one at the window's start."""
    FALL = "fall"
    """Value at the window's start less the least."""
    CHANGE = "change"
    """Greatest distance from the value at the window's start."""
    RANGE = "range"
    """Greatest less least."""
    SD = "sd"
    RMS = "rms"
    END = "end"
    """Value at the window's end."""
    DRIFT = "drift"
    """Change of the repetition's mean over the set: last less first."""


class Window(StrEnum):
    """Part of the movement a rule looks at."""

    REP = "rep"
    CONCENTRIC = "concentric"
    ECCENTRIC = "eccentric"
    EARLY_CONCENTRIC = "early_concentric"
    """First 30 % of the lifting range."""
    LATE_EXTENSION = "late_extension"
    """Last 30 % of hip extension and the hold after it."""
    TOP = "top"
    """Lockout: the still time at the end of the lifting phase, at least its last 0.1 s."""
    BOTTOM = "bottom"
    """The same at the end of the lowering phase."""
    HOLD = "hold"
    """A hold as a whole, without its first second."""
    SET = "set"

    def overlaps(self, other: Window) -> bool:
        """Whether both look at a time in common."""
        return self is other or other in _WITHIN.get(self, ()) or self in _WITHIN.get(other, ())


_PARTS = (
    Window.CONCENTRIC,
    Window.ECCENTRIC,
    Window.EARLY_CONCENTRIC,
    Window.LATE_EXTENSION,
    Window.TOP,
    Window.BOTTOM,
)
_WITHIN: dict[Window, tuple[Window, ...]] = {
    Window.REP: _PARTS,
    Window.CONCENTRIC: (Window.EARLY_CONCENTRIC, Window.LATE_EXTENSION),
    Window.LATE_EXTENSION: (Window.TOP,),
    Window.SET: (Window.REP, Window.HOLD, *_PARTS),
}


class Baseline(StrEnum):
    """What the measure is compared with before the limits are."""

    ZERO = "zero"
    """The calibrated stand: the signal as it is."""
    OWN = "own"
    """The person's own usual value of it; the model's until that is known."""
    MODEL = "model"
    """The value in the exercise's key pose of this window."""


class Direction(StrEnum):
    """On which side of a limit the fault lies."""

    ABOVE = "above"
    BELOW = "below"


class Grade(StrEnum):
    """How far the worn sensors can tell."""

    MEASURED = "M"
    ESTIMATED = "E"
    EXTRA = "X"
    """Only with the further sensor named in ``needs``."""


_PER_REP = frozenset(
    {
        Signal.ROM,
        Signal.HOLD,
        Signal.CONCENTRIC,
        Signal.ECCENTRIC,
        Signal.PRETILT,
        Signal.BUTT_WINK,
        Signal.PELVIS_SHARE,
        Signal.HIP_SHARE,
        Signal.THIGH_SHARE,
        Signal.PELVIS_LEAD,
        Signal.THIGH_LEAD,
        Signal.PELVIS_PEAK_LAG,
        Signal.SPEED_RATIO,
        Signal.SMOOTHNESS,
        Signal.SPILL,
        Signal.TREMOR_RATIO,
        Signal.TAP,
        Signal.PUSH_OFF,
    }
)
_PELVIS_ALONE = frozenset(
    {
        Signal.PELVIS_TILT,
        Signal.PELVIS_LIST,
        Signal.PELVIS_DROP,
        Signal.PELVIS_RATE,
        Signal.TREMOR_RATIO,
        Signal.TAP,
        Signal.PUSH_OFF,
    }
)
_FURTHER = {
    Signal.OTHER_HIP_FLEXION: (Worn.PELVIS, Worn.OTHER_THIGH),
    Signal.LUMBAR_EXTENSION: (Worn.PELVIS, Worn.THORAX),
    Signal.THORAX_LIST: (Worn.THORAX,),
    Signal.SHANK_PITCH: (Worn.SHANK,),
    Signal.KNEE_FLEXION: (Worn.THIGH, Worn.SHANK),
    Signal.THIGH_PITCH: (Worn.THIGH,),
    Signal.THIGH_ABDUCTION: (Worn.THIGH,),
    Signal.THIGH_OPENING: (Worn.THIGH,),
}


def needs_of(signal: Signal) -> tuple[Worn, ...]:
    """Sensors without which ``signal`` does not exist."""
    if signal in _PELVIS_ALONE:
        return (Worn.PELVIS,)
    return _FURTHER.get(signal, (Worn.PELVIS, Worn.THIGH))


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fault to look for. At least one of ``info``, ``warn`` and ``fail`` is given, in ``unit``.

    ``needs`` lists the sensors it takes; ``validity`` is the least validity of the signal with which the
    rule is judged at all; ``goals`` are the goal profiles it is for, none meaning all; ``source`` is a key
    of ``docs/sources.md``.
    """

    kind: Name
    signal: Signal
    measure: Measure = Measure.VALUE
    window: Window = Window.REP
    baseline: Baseline = Baseline.ZERO
    direction: Direction = Direction.ABOVE
    info: Limit | None = None
    warn: Limit | None = None
    fail: Limit | None = None
    unit: str
    needs: tuple[Worn, ...]
    validity: Validity = Validity.ESTIMATED
    grade: Grade
    cue: Sentence
    goals: tuple[Name, ...] = ()
    source: Name = "recalled"

    @property
    def limits(self) -> tuple[float, ...]:
        """The limits that are given, mildest first."""
        return tuple(v for v in (self.info, self.warn, self.fail) if v is not None)

    def overlaps(self, other: Rule) -> bool:
        """Whether one movement would be blamed twice: the same measure of the same signal and time."""
        mine, theirs = ((r.signal, r.measure, r.baseline, r.direction) for r in (self, other))
        return mine == theirs and self.window.overlaps(other.window)

    def fault(self) -> str | None:
        """What makes this rule impossible, in one line that begins with its key; None when nothing does."""
        limits = self.limits
        if not limits:
            return "warn: missing; give at least one of info, warn and fail"
        ordered = sorted(limits, reverse=self.direction is Direction.BELOW)
        if list(limits) != ordered or len(set(limits)) != len(limits):
            way = "rise" if self.direction is Direction.ABOVE else "fall"
            return (
                f"fail: limits must {way} from info to warn to fail when direction is {self.direction.value}"
            )
        if (self.measure is Measure.VALUE) != (self.signal in _PER_REP):
            kind = "is one number a repetition" if self.signal in _PER_REP else "runs over time"
            return f"measure: {self.signal.value} {kind}; {self.measure.value!r} does not fit"
        missing = [w.value for w in needs_of(self.signal) if w not in self.needs]
        if missing:
            return f"needs: {self.signal.value} also needs {', '.join(missing)}"
        if unit_of(self.signal) != self.unit:
            return f"unit: {self.signal.value} is in {unit_of(self.signal)!r}, not {self.unit!r}"
        return None


def unit_of(signal: Signal) -> str:
    """Unit of a signal's numbers, from its name; ratios have ``1``."""
    endings = {"_deg_s": "deg s", "_deg": "deg", "_dps": "deg/s", "_s": "s", "_g": "g"}
    return next((unit for end, unit in endings.items() if signal.value.endswith(end)), "1")
