"""Screens in which a posture is kept: plank, one-leg stance, hip-flexor length, the dip's drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fusion.screens.model import Evaluate, Screen, ScreenResult, ScreenValue
from fusion.screens.postures import (
    CHANGE_SD_DEG,
    Posture,
    both,
    known,
    near,
    pitches,
    running_mean,
    still,
    value,
)
from fusion.screens.steps import Collected, PoseStep, Step
from fusion.types import Segment, Side, SignalBlock, Validity

PLANK_S = 120.0
STANCE_S = 30.0
SAG_WARN_DEG, SAG_FAIL_DEG = 6.0, 10.0
SAG_FOR_S = 2.0
DROP_WARN_DEG, DROP_FAIL_DEG = 4.0, 7.0
DRIFT_WARN_DEG = 4.0
FREE_THIGH_DEG = 20.0
_REVERSAL_DEG = 5.0
_PELVIS = frozenset({Segment.PELVIS})


# --- plank


def _plank_steps(_rate_hz: float) -> Sequence[Step]:
    text = "Take the plank: forearms and toes, body in one line. Hold it as long as the line holds."
    return [PoseStep("plank", text, near(80.0, -80.0, 30.0), PLANK_S, until_left=True)]


def _plank(seen: Mapping[str, Collected]) -> ScreenResult:
    plank = seen["plank"]
    tilt = known(plank["pelvis_tilt_deg"])
    size = round(SAG_FOR_S * plank.rate_hz)
    sag = running_mean(tilt - np.median(tilt[:size]), round(0.5 * plank.rate_hz))
    times = {limit: _time_beyond(sag, limit, plank.rate_hz) for limit in (SAG_WARN_DEG, SAG_FAIL_DEG)}
    values = [
        ScreenValue("hold_s", plank.duration_s, 0.2, "s", "no norm: your own earlier results"),
        ScreenValue("sag_deg", float(sag.max()), CHANGE_SD_DEG, "deg", "below 6° from the start"),
    ]
    values += [
        ScreenValue(f"time_to_{limit:.0f}_deg_s", t_s, 0.5, "s")
        for limit, t_s in times.items()
        if t_s is not None
    ]
    at = times[SAG_WARN_DEG]
    remarks = (
        (f"the pelvis sank by more than {SAG_WARN_DEG:.0f}° after {at:.0f} s",) if at is not None else ()
    )
    return ScreenResult(
        "plank",
        tuple(values),
        remarks,
        "It shows that the line was lost, not which muscle gave way.",
    )


def _time_beyond(x: np.ndarray, limit: float, rate_hz: float) -> float | None:
    """When x first stays beyond the limit for two seconds, s."""
    size = round(SAG_FOR_S * rate_hz)
    if len(x) < size:
        return None
    runs = np.lib.stride_tricks.sliding_window_view(x > limit, size).all(axis=1)
    first = np.flatnonzero(runs)
    return float(first[0]) / rate_hz if len(first) else None


PLANK = Screen(
    "plank", "Plank", frozenset({Segment.PELVIS}), _plank_steps, _plank, "plank", either_thigh=True
)


# --- one-leg stance


def _stance_steps(_rate_hz: float) -> Sequence[Step]:
    steps: list[Step] = [
        PoseStep("two_legs", "Stand still on both legs.", both(near(0.0, 0.0, 25.0), still), 3.0)
    ]
    for side in (Side.RIGHT, Side.LEFT):
        free = "left" if side is Side.RIGHT else "right"
        text = f"Stand on the {side.value} leg: lift the {free} knee, and keep it there for {STANCE_S:.0f} s."
        steps.append(PoseStep(side.value, text, _on_one_leg(side), STANCE_S, until_left=True))
    return steps


def _on_one_leg(stance: Side) -> Posture:
    other = Side.LEFT if stance is Side.RIGHT else Side.RIGHT

    def holds(sample: SignalBlock) -> bool:
        upright = abs(value(sample, "pelvis_tilt_deg")) < 30.0
        standing, lifted = pitches(sample, stance), pitches(sample, other)
        free = not lifted or lifted[0] > FREE_THIGH_DEG
        on_it = not standing or abs(standing[0]) < FREE_THIGH_DEG
        return bool(upright and free and on_it)

    return holds


def _stance(seen: Mapping[str, Collected]) -> ScreenResult:
    level = float(np.nanmedian(seen["two_legs"]["pelvis_list_deg"]))
    values, remarks = [], []
    for side in (Side.RIGHT, Side.LEFT):
        held = seen[side.value]
        sign = 1.0 if side is Side.RIGHT else -1.0
        drop = running_mean(sign * (known(held["pelvis_list_deg"]) - level), round(held.rate_hz))
        worst = float(drop.max())
        usual = "below 4° towards the lifted leg"
        values += [
            ScreenValue(f"drop_{side.value}_deg", worst, CHANGE_SD_DEG, "deg", usual),
            ScreenValue(f"hold_{side.value}_s", held.duration_s, 0.2, "s", f"{STANCE_S:.0f} s"),
        ]
        if worst - CHANGE_SD_DEG > DROP_WARN_DEG:
            remarks.append(f"on the {side.value} leg the pelvis sank by {worst:.0f}° to the free side")
    return ScreenResult(
        "one_leg_stance",
        tuple(values),
        tuple(remarks),
        "A drop has many reasons, balance and habit among them; it is no test of one muscle.",
    )


STANCE = Screen(
    "one_leg_stance",
    "One-leg stance",
    frozenset({Segment.PELVIS, Segment.THIGH_LEFT, Segment.THIGH_RIGHT}),
    _stance_steps,
    _stance,
    "single_leg_stance",
)


# --- hip-flexor length

_ARCH_DEG = 4.0
_RISE_SD_DEG = 3.0
"""Of P from half-kneeling upright to the end of the reach, skin and muscle included."""


def _length_steps(side: Side) -> Sequence[Step]:
    start = f"Half-kneel on the {side.value} knee, thigh upright, pelvis as when standing. Stay still."
    reach = "Tuck the pelvis a little and move it forward without arching; stay at the end for five seconds."
    own = side
    return [
        PoseStep("start", start, both(near(0.0, 0.0, 20.0, own), still), 2.0),
        PoseStep("stretch", reach, both(near(-5.0, -20.0, 28.0, own), _extended(own), still), 5.0),
    ]


def _extended(side: Side) -> Posture:
    """The thigh has gone back by 5° or more."""
    return lambda sample: bool(pitches(sample, side)) and pitches(sample, side)[0] < -5.0


def _length(side: Side) -> Evaluate:
    def evaluate(seen: Mapping[str, Collected]) -> ScreenResult:
        start, stretch = seen["start"], seen["stretch"]
        neutral = float(np.nanmedian(start["pelvis_tilt_deg"]))
        tilt = known(stretch["pelvis_tilt_deg"]) - neutral
        flexion = known(stretch[f"hip_flexion_{side.value}_deg"])
        size = round(stretch.rate_hz)
        held = running_mean(flexion, size)
        rise = running_mean(tilt, size)
        honest = held[rise <= _ARCH_DEG]
        usual = "−5 to −20° (negative: behind the body)"
        remarks = []
        if rise.max() - _RISE_SD_DEG > _ARCH_DEG:
            remarks.append(f"part of the reach came from arching: the pelvis tipped by {rise.max():.0f}°")
        reached = float(honest.min()) if len(honest) else float("nan")
        values = (
            ScreenValue(f"hip_flexion_min_{side.value}_deg", reached, 3.0, "deg", usual),
            ScreenValue("pelvis_rise_deg", float(rise.max()), _RISE_SD_DEG, "deg", "below 4°"),
        )
        return ScreenResult(
            f"hip_flexor_length_{side.value}",
            values,
            tuple(remarks),
            "A short reach may be the muscle, the joint, or caution; compare sides and weeks of one person.",
        )

    return evaluate


def _length_screen(side: Side) -> Screen:
    return Screen(
        f"hip_flexor_length_{side.value}",
        f"Hip-flexor length, {side.value}",
        frozenset({Segment.PELVIS, side.thigh}),
        lambda _rate_hz: _length_steps(side),
        _length(side),
        "hip_flexor_stretch",
        sources=("jkoa2006", "recalled"),
    )


LENGTHS = tuple(_length_screen(side) for side in (Side.RIGHT, Side.LEFT))


# --- dip


def _dip_steps(_rate_hz: float) -> Sequence[Step]:
    text = "Hands on the bench behind you, knees bent: do dips until you have had enough, then stand up."
    return [PoseStep("dips", text, near(-8.0, 82.0, 32.0), 90.0, until_left=True)]


def _dip(seen: Mapping[str, Collected]) -> ScreenResult:
    dips = seen["dips"]
    tilt = known(dips["pelvis_tilt_deg"])
    side = next((s for s in Side if np.isfinite(dips[f"thigh_pitch_{s.value}_deg"]).any()), Side.RIGHT)
    turns = _turning_points(known(dips[f"thigh_pitch_{side.value}_deg"]))
    means = np.array([tilt[a:b].mean() for a, b in zip(turns, turns[2:], strict=False)][::2])
    spread = float(means.std()) if len(means) > 1 else float("nan")
    drift = float(means[-1] - means[0]) if len(means) > 1 else float("nan")
    remarks = (
        (f"the pelvis wandered by {spread:.0f}° between repetitions",) if spread > DRIFT_WARN_DEG else ()
    )
    return ScreenResult(
        "dip_drift",
        (
            ScreenValue("reps", float(len(means)), 1.0, "count"),
            ScreenValue("pelvis_spread_deg", spread, 0.5, "deg", "below 4° over the set"),
            ScreenValue("pelvis_drift_deg", drift, CHANGE_SD_DEG, "deg"),
        ),
        remarks,
        "The elbow is not seen; what is told is how steady the pelvis stays.",
        ("Did the back or the thighs ache after a few repetitions?",),
        Validity.ESTIMATED,
    )


def _turning_points(x: np.ndarray) -> list[int]:
    """Indices of extremes that are followed by a reversal of 5°."""
    points, low, high, rising = [0], 0, 0, None
    for k, v in enumerate(x):
        low, high = (k if v < x[low] else low), (k if v > x[high] else high)
        if rising is not False and x[high] - v >= _REVERSAL_DEG:
            points.append(high)
            rising, low, high = False, k, k
        elif rising is not True and v - x[low] >= _REVERSAL_DEG:
            points.append(low)
            rising, low, high = True, k, k
    return points


DIP = Screen(
    "dip_drift",
    "Dip: drift of the pelvis",
    frozenset({Segment.PELVIS}),
    _dip_steps,
    _dip,
    "tricep_dip_test",
    either_thigh=True,
)
