"""Screens in which something is done: walks, repetitions of the library's exercises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan

import numpy as np

from fusion.metrics import symmetry
from fusion.screens.model import Evaluate, Screen, ScreenResult, ScreenValue
from fusion.screens.postures import CHANGE_SD_DEG, Posture, known, value
from fusion.screens.steps import Collected, PoseStep, RepStep, Step
from fusion.types import RepSummary, Segment, Side, SignalBlock, Validity

_SHARE_SD = 0.08
"""The working glute lifts the pelvis sensor by 1 to 3° in some 20° of extension."""

_LEAD_SD_S = 0.03
"""Of a start that is sharp; where the pelvis hardly moves its start is chance, and the repetitions differ."""
WALK_S = 12.0
CONTRAST_LOW_DEG, CONTRAST_CLEAR_DEG = 3.0, 6.0
SHARE_WARN = 0.25
LEAD_WARN_S = 0.1
FLAG_PERCENT = 15.0
_STRIDING_DPS = 25.0
_STRIDE_MEMORY_S = 1.2


# --- walk


def _walking() -> Posture:
    """Upright with a thigh that swung within the last 1.2 s."""
    swung_s = [-np.inf]

    def holds(sample: SignalBlock) -> bool:
        rates = (value(sample, f"thigh_pitch_rate_{s.value}_dps") for s in Side)
        if any(isfinite(r) and abs(r) > _STRIDING_DPS for r in rates):
            swung_s[0] = float(sample.t_s[0])
        upright = abs(value(sample, "pelvis_tilt_deg")) < 45.0
        return bool(upright and sample.t_s[0] - swung_s[0] < _STRIDE_MEMORY_S)

    return holds


def _walk_steps(_rate_hz: float) -> Sequence[Step]:
    return [
        PoseStep("neutral", "Walk as you usually do.", _walking(), WALK_S, settle_s=2.0),
        PoseStep(
            "arched", "Go on walking, now with the lower back arched.", _walking(), WALK_S, settle_s=3.0
        ),
    ]


def _walk(seen: Mapping[str, Collected]) -> ScreenResult:
    neutral, arched = (known(seen[k]["pelvis_tilt_deg"]) for k in ("neutral", "arched"))
    contrast = float(arched.mean() - neutral.mean())
    remarks = []
    if contrast < CONTRAST_LOW_DEG:
        remarks.append("the two walks were hardly different: the pelvis did not follow")
    elif contrast < CONTRAST_CLEAR_DEG:
        remarks.append("the difference was small")
    return ScreenResult(
        "neutral_vs_arched_walk",
        (
            ScreenValue("contrast_deg", contrast, CHANGE_SD_DEG, "deg", "6 to 12° when it is felt and done"),
            ScreenValue("neutral_range_deg", float(np.ptp(neutral)), 1.0, "deg"),
        ),
        tuple(remarks),
        "It is about feeling the difference; neither walk is right or wrong.",
    )


WALK = Screen(
    "neutral_vs_arched_walk",
    "Neutral against arched walk",
    frozenset({Segment.PELVIS}),
    _walk_steps,
    _walk,
    "walk",
    either_thigh=True,
)


# --- single-leg symmetry

_BOTH = frozenset({Segment.PELVIS, Segment.THIGH_LEFT, Segment.THIGH_RIGHT})


def _symmetry_steps(rate_hz: float) -> Sequence[Step]:
    text = "Lie on your back, one foot on the floor: five single-leg bridges on the {} leg."
    return [
        RepStep(side.value, text.format(side.value), "sl_glute_bridge", 5, rate_hz=rate_hz, side=side)
        for side in (Side.RIGHT, Side.LEFT)
    ]


def _symmetry(seen: Mapping[str, Collected]) -> ScreenResult:
    found = symmetry([rep for side in Side for rep in seen[side.value].reps])
    sd = {name: 8.0 if name.endswith("percent") else CHANGE_SD_DEG for name in found}
    values = tuple(
        ScreenValue(n, v, sd[n], "percent" if n.endswith("percent") else "deg", "within ±15 %")
        for n, v in found.items()
    )
    shares = [v for v in values if v.unit == "percent" and isfinite(v.value)]
    remarks = tuple(_more(v) for v in shares if abs(v.value) > FLAG_PERCENT)
    return ScreenResult(
        "single_leg_symmetry",
        values,
        remarks,
        "Nobody is symmetric; repeat it on another day before changing a plan.",
    )


def _more(value: ScreenValue) -> str:
    what = value.name.removesuffix("_percent").replace("_", " ")
    side = Side.LEFT if value.value > 0.0 else Side.RIGHT
    return f"{what}: the {side.value} side has {abs(value.value):.0f} % more"


SYMMETRY = Screen(
    "single_leg_symmetry", "Single-leg symmetry", _BOTH, _symmetry_steps, _symmetry, "sl_glute_bridge"
)


# --- prone hip extension


def _prone(side: Side) -> Evaluate:
    def evaluate(seen: Mapping[str, Collected]) -> ScreenResult:
        reps = seen["lifts"].reps
        share = median_of(reps, "form_pelvis_share")
        lead_s = median_of(reps, "form_pelvis_before_hip")
        lead_sd_s = max(_LEAD_SD_S, spread_of(reps, "form_pelvis_before_hip"))
        remarks = []
        if isfinite(share) and share - _SHARE_SD > SHARE_WARN:
            remarks.append(f"the pelvis did {100 * share:.0f} % of what the thigh did")
        if isfinite(lead_s) and lead_s - lead_sd_s > LEAD_WARN_S:
            remarks.append(f"the pelvis moved {1000 * lead_s:.0f} ms before the leg")
        return ScreenResult(
            f"prone_extension_{side.value}",
            (
                ScreenValue("pelvis_share", share, _SHARE_SD, "1", "below 0.25"),
                ScreenValue("pelvis_lead_s", lead_s, lead_sd_s, "s", "below 0.1 s (clocks within 20 ms)"),
            ),
            tuple(remarks),
            "It tells which segment moved first, not which muscle.",
            validity=Validity.MEASURED if isfinite(share) else Validity.DOUBTFUL,
        )

    return evaluate


def _prone_screen(side: Side) -> Screen:
    text = f"Lie face down, legs straight: lift the {side.value} leg three times, a second at the top."
    return Screen(
        f"prone_extension_{side.value}",
        f"Prone hip extension, {side.value}",
        frozenset({Segment.PELVIS, side.thigh}),
        lambda rate_hz: [RepStep("lifts", text, "prone_hip_extension", 3, rate_hz=rate_hz, side=side)],
        _prone(side),
        "prone_hip_extension",
        sources=("oh2007", "recalled"),
    )


PRONE = tuple(_prone_screen(side) for side in (Side.RIGHT, Side.LEFT))


def median_of(reps: Sequence[RepSummary], metric: str) -> float:
    """Median of a metric over repetitions; NaN where none has it."""
    values = [v for r in reps if isfinite(v := r.metrics.get(metric, nan))]
    return float(np.median(values)) if values else nan


def spread_of(reps: Sequence[RepSummary], metric: str) -> float:
    """One sigma of a metric from repetition to repetition; 0 where fewer than two have it."""
    values = [v for r in reps if isfinite(v := r.metrics.get(metric, nan))]
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
