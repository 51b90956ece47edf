"""Screens of control: how deep before the pelvis turns, and whether hip and pelvis move apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, nan

import numpy as np

from fusion.screens.model import Evaluate, Screen, ScreenResult, ScreenValue
from fusion.screens.moves import median_of
from fusion.screens.postures import CHANGE_SD_DEG, known
from fusion.screens.steps import Collected, RepStep, Step
from fusion.types import RepSummary, Segment, Side, Validity

TURNS_UNDER_DEG = 5.0
STILL_THIGH_DEG = 6.0
_TURNED_DEG = 1.0
HINGE_WARN_DEG = 5.0
_FLEXION_SD_DEG = 10.0
"""Soft tissue leans the pelvis sensor on as the hip flexes: its turning back shows that much later."""
_TISSUE_SD_DEG = 2.5
"""Of a change of P through a whole movement, skin and muscle included."""

# --- hip mobility before the pelvis turns


def _mobility(side: Side) -> Evaluate:
    def evaluate(seen: Mapping[str, Collected]) -> ScreenResult:
        squats = seen["squats"]
        angles = [_before_it_turns(squats, rep, side) for rep in squats.reps]
        flexion = [a for a, _ in angles]
        turned = [t for _, t in angles]
        best, reversal = float(np.nanmedian(flexion)), float(np.nanmedian(turned))
        depth = "no norm: depth for your squat"
        remarks: tuple[str, ...] = ()
        if reversal - _TISSUE_SD_DEG > TURNS_UNDER_DEG:
            remarks = (f"beyond {best:.0f}° of hip flexion the pelvis turned under by {reversal:.0f}°",)
        return ScreenResult(
            f"hip_mobility_{side.value}",
            (
                ScreenValue("hip_flexion_before_turn_deg", best, _FLEXION_SD_DEG, "deg", depth),
                ScreenValue("pelvis_turns_under_deg", reversal, _TISSUE_SD_DEG, "deg", "below 10°"),
            ),
            remarks,
            "Hip shape sets much of it; a squat to that depth is a good squat.",
        )

    return evaluate


def _before_it_turns(squats: Collected, rep: RepSummary, side: Side) -> tuple[float, float]:
    """Hip flexion up to which P keeps near its greatest on the way down, and how far it then comes back, deg.

    Where it has come back by a degree it has turned; a threshold on the whole way back would make the answer
    jump to the deepest point.
    """
    t_s = squats.t_s
    tilt, flexion = known(squats["pelvis_tilt_deg"]), known(squats[f"hip_flexion_{side.value}_deg"])
    rows = np.flatnonzero((t_s >= rep.t_start_s) & (t_s <= rep.t_end_s))
    if len(rows) < 3:
        return nan, nan
    bottom = rows[int(np.argmax(flexion[rows]))]
    down = np.arange(rows[0], bottom + 1)
    most = float(tilt[down].max())
    before = down[np.flatnonzero(tilt[down] >= most - _TURNED_DEG)[-1]]
    return float(flexion[before]), most - float(tilt[bottom])


def _mobility_screen(side: Side) -> Screen:
    text = "Feet shoulder-wide, no load: three slow squats, each as deep as it goes."
    return Screen(
        f"hip_mobility_{side.value}",
        f"Hip mobility before the pelvis turns, {side.value}",
        frozenset({Segment.PELVIS, side.thigh}),
        lambda rate_hz: [RepStep("squats", text, "squat_deep", 3, rate_hz=rate_hz, side=side)],
        _mobility(side),
        "squat_deep",
        sources=("ppt2025", "recalled"),
    )


MOBILITY = tuple(_mobility_screen(side) for side in (Side.RIGHT, Side.LEFT))


# --- dissociation


def _dissociation_steps(rate_hz: float, side: Side) -> Sequence[Step]:
    hinge = "Three slow hip hinges: fold at the hips, keep the back as it is."
    tilt = "Stand, knees soft: tilt the pelvis forward and back three times, legs still."
    return [
        RepStep("hinge", hinge, "rdl", 3, rate_hz=rate_hz, side=side),
        RepStep("tilt", tilt, "pelvic_tilt_drill", 3, rate_hz=rate_hz, side=side),
    ]


def _dissociation(side: Side) -> Evaluate:
    def evaluate(seen: Mapping[str, Collected]) -> ScreenResult:
        wander = median_of(seen["hinge"].reps, "form_pelvis_wanders")
        tilts = seen["tilt"]
        ranges = [_ranges(tilts, rep, side) for rep in tilts.reps]
        pelvis, thigh = (float(np.nanmedian([r[k] for r in ranges])) for k in (0, 1))
        remarks = []
        if isfinite(wander) and wander - _TISSUE_SD_DEG > HINGE_WARN_DEG:
            remarks.append(f"in the hinge the pelvis left its path by {wander:.0f}°")
        if thigh - CHANGE_SD_DEG > STILL_THIGH_DEG:
            remarks.append(f"in the tilt the thigh moved along by {thigh:.0f}°")
        return ScreenResult(
            f"dissociation_{side.value}",
            (
                ScreenValue("hinge_residual_deg", wander, _TISSUE_SD_DEG, "deg", "below 5°"),
                ScreenValue("tilt_range_deg", pelvis, _TISSUE_SD_DEG, "deg", "15 to 25°"),
                ScreenValue("thigh_along_deg", thigh, CHANGE_SD_DEG, "deg", "below 6°"),
            ),
            tuple(remarks),
            "It is a skill that is learnt, not a finding about the spine.",
            validity=Validity.ESTIMATED,
        )

    return evaluate


def _ranges(seen: Collected, rep: RepSummary, side: Side) -> tuple[float, float]:
    t_s = seen.t_s
    rows = (t_s >= rep.t_start_s) & (t_s <= rep.t_end_s)
    columns = (known(seen[n])[rows] for n in ("pelvis_tilt_deg", f"thigh_pitch_{side.value}_deg"))
    pelvis, thigh = (float(np.ptp(c)) if len(c) else nan for c in columns)
    return pelvis, thigh


def _dissociation_screen(side: Side) -> Screen:
    return Screen(
        f"dissociation_{side.value}",
        f"Hip without back, {side.value}",
        frozenset({Segment.PELVIS, side.thigh}),
        lambda rate_hz: _dissociation_steps(rate_hz, side),
        _dissociation(side),
        "rdl",
    )


DISSOCIATION = tuple(_dissociation_screen(side) for side in (Side.RIGHT, Side.LEFT))
