"""Numbers that tell how pelvis, thigh and lower back share a movement."""

from __future__ import annotations

from math import hypot, isfinite

import numpy as np

from fusion.exercises.rules import Signal, Window
from fusion.form.measures import UNKNOWN, Value
from fusion.form.view import RepView, Series
from fusion.form.windows import span_of

THIGH_TURN_MIN_DEG = 10.0
HARDENED_SD_DEG = 2.0
"""The sensor over the sacrum tips by 1 to 3° as the muscles beneath it harden: a rise
that small at the end of a lift says nothing."""
PRETILT_LEAD_S = 0.15
PRETILT_THIGH_DEG = 5.0
_BEFORE_S = 0.6


def pelvis_share(view: RepView) -> Value:
    """ΔP / |ΔT| over the lift, trunk fixed: how much of it the pelvis did; unknown for |ΔT| < 10°."""
    tilt, pitch = _change(view, Signal.PELVIS_TILT), _change(view, Signal.THIGH_PITCH)
    if tilt is None or pitch is None or abs(pitch[0]) < THIGH_TURN_MIN_DEG:
        return UNKNOWN
    turn = abs(pitch[0])
    sd = hypot(tilt[1], HARDENED_SD_DEG, pitch[1] * tilt[0] / turn) / turn
    return Value(tilt[0] / turn, _lift_end_s(view), sd)


def hip_share(view: RepView) -> Value:
    """|Δφ| / (|Δφ| + |ΔP_res|) over the lift: 1 when nothing came from the lower back."""
    flexion, residual = _change(view, Signal.HIP_FLEXION), _change(view, Signal.PELVIS_RESIDUAL)
    if flexion is None or residual is None or abs(flexion[0]) < THIGH_TURN_MIN_DEG:
        return UNKNOWN
    whole = abs(flexion[0]) + abs(residual[0])
    return Value(abs(flexion[0]) / whole, _lift_end_s(view), residual[1] / whole)


def thigh_share(view: RepView) -> Value:
    """ΔT / Δφ over the lift: about 0.2 in a hinge and 0.8 in a squat."""
    flexion, pitch = _change(view, Signal.HIP_FLEXION), _change(view, Signal.THIGH_PITCH)
    if flexion is None or pitch is None or abs(flexion[0]) < THIGH_TURN_MIN_DEG:
        return UNKNOWN
    return Value(pitch[0] / flexion[0], _lift_end_s(view), pitch[1] / abs(flexion[0]))


def _change(view: RepView, signal: Signal) -> tuple[float, float] | None:
    """Change of a signal over the lift and its sd."""
    span, series = span_of(Window.CONCENTRIC, view), view.series(signal)
    if span is None or series is None:
        return None
    x = series.smooth
    change = float(x[span[1]] - x[span[0]])
    first_sd, last_sd = series.change_sd[span[0]], series.change_sd[span[1]]
    sd = max(float(first_sd), float(last_sd))
    return (change, sd) if isfinite(change) else None


def _lift_end_s(view: RepView) -> float:
    return float(view.t_s[view.reach if view.lifts_first else view.end])


def pretilt(view: RepView) -> Value:
    """How far P has fallen 150 ms before the thigh has moved by 5°, deg; at least 0.

    What P does along its path with the thigh's first degrees is no tilt of its own, so P_res is read where
    there is a path.
    """
    tilt = view.series(Signal.PELVIS_RESIDUAL) or view.series(Signal.PELVIS_TILT)
    pitch = view.series(Signal.THIGH_PITCH)
    if tilt is None or pitch is None:
        return UNKNOWN
    p, t = tilt.smooth, pitch.smooth
    earliest = max(0, view.start - round(_BEFORE_S / view.dt_s))
    turned = np.abs(t[earliest : view.reach + 1] - t[view.start]) >= PRETILT_THIGH_DEG
    rest = view.start - earliest
    moved = np.flatnonzero(turned[rest:])
    if not len(moved):
        return UNKNOWN
    # The thigh that comes down from the repetition before is not at rest yet.
    still_moving = np.flatnonzero(turned[:rest])
    first = earliest + (int(still_moving[-1]) + 1 if len(still_moving) else 0)
    at = view.start + int(moved[0]) - round(PRETILT_LEAD_S / view.dt_s)
    if at <= first or not np.isfinite(p[first : at + 1]).any():
        return Value(0.0, float(view.t_s[first]), _sd(tilt, first))
    fallen = float(np.nanmax(p[first : at + 1]) - p[at])
    return Value(max(0.0, fallen), float(view.t_s[at]), _sd(tilt, at))


def butt_wink(view: RepView) -> Value:
    """Greatest P on the way down less P at the bottom, deg; at least 0."""
    down, bottom = span_of(Window.ECCENTRIC, view), span_of(Window.BOTTOM, view)
    tilt = view.series(Signal.PELVIS_TILT)
    if down is None or bottom is None or tilt is None:
        return UNKNOWN
    p = tilt.smooth
    low = p[bottom[0] : bottom[1] + 1]
    if not (np.isfinite(p[down[0] : down[1] + 1]).any() and np.isfinite(low).any()):
        return UNKNOWN
    k = bottom[0] + int(np.nanargmin(low))
    highest = float(np.nanmax(p[down[0] : k + 1]))
    return Value(highest - float(p[k]), float(view.t_s[k]), _sd(tilt, k))


def _sd(series: Series, k: int) -> float:
    return float(series.change_sd[k])
