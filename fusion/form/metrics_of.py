"""Measures of every repetition, whatever its rules: residual, tempo, speed, bands, the path it took."""

from __future__ import annotations

from math import nan

import numpy as np

from fusion.exercises.rules import Measure, Signal, Window
from fusion.form import timing
from fusion.form.measures import UNKNOWN, Value, measured
from fusion.form.view import RepView
from fusion.form.windows import Span, span_of
from fusion.kernels import reading
from fusion.reference_path import PATH_POINTS

HIP_TURN_MIN_DEG = 10.0
TOP_BAND_DEG = 30.0
"""Hip flexion below which the last part of an extension lies."""


def residual_rise(view: RepView) -> Value:
    """Largest rise of P_res, deg, in the last 30 % of hip extension and the hold, and when."""
    span, series = span_of(Window.LATE_EXTENSION, view), view.residual_as_done
    if span is None or series is None or span[1] - span[0] < 2:
        return UNKNOWN
    return measured(Measure.RISE, series, span, view)


def tempo_of(view: RepView, pause_before_s: float) -> tuple[float, float, float, float]:
    """Eccentric, pause at the bottom, concentric, pause at the top, s."""
    t_s = view.t_s
    out = float(t_s[view.reach] - t_s[view.start])
    pause = float(t_s[view.leave] - t_s[view.reach])
    back = float(t_s[view.end] - t_s[view.leave])
    if view.lifts_first:
        return back, pause_before_s, out, pause
    return out, pause, back, pause_before_s


def metrics_of(view: RepView) -> dict[str, float]:
    """Named measures; NaN where a gap or a missing sensor voids one."""
    part = slice(view.start, view.end + 1)
    lift = span_of(Window.CONCENTRIC, view)
    return _knee_to_hip(view, lift) | {
        "concentric_mean_dps": _mean_speed(view, lift),
        "concentric_peak_dps": float(view.speed_dps[lift[0] : lift[1] + 1].max())
        if lift and view.timed
        else nan,
        "time_under_tension_s": float(view.t_s[view.end] - view.t_s[view.start]),
        "pelvis_list_peak_deg": _greatest(view, "pelvis_list_deg", reading.MAX_ABS),
        "thigh_pitch_max_deg": _greatest(view, f"thigh_pitch_{view.side.value}_deg", reading.MAX),
        "speed_ratio": timing.speed_ratio(view).value,
        "smoothness": timing.smoothness(view).value,
        "top_band_s": _time_below_s(view, part),
    }


def _knee_to_hip(view: RepView, lift: Span | None) -> dict[str, float]:
    """Degrees the knee opens for one of the hip, over the lift; nothing without a sensor on the shank.

    An isolated hip extension has about 0, a squat 0.9; it tells how a lift is shared by joints, not by
    muscles.
    """
    knee, hip = view.series(Signal.KNEE_FLEXION), view.series(Signal.HIP_FLEXION)
    if lift is None or knee is None or hip is None:
        return {}
    turns = [abs(float(one.smooth[lift[1]] - one.smooth[lift[0]])) for one in (knee, hip)]
    return {"knee_to_hip_ratio": turns[0] / turns[1] if turns[1] >= HIP_TURN_MIN_DEG else nan}


def _mean_speed(view: RepView, lift: Span | None) -> float:
    if lift is None or not view.timed:
        return nan
    duration_s = float(view.t_s[lift[1]] - view.t_s[lift[0]])
    return view.rom_deg / duration_s if duration_s > 0.0 else nan


def _peak_speed(view: RepView, lift: Span | None) -> float:
    if lift is None or not view.timed:
        return nan
    return float(view.speed_dps[lift[0] : lift[1] + 1].max())


def _time_below_s(view: RepView, part: slice) -> float:
    """Time with the hip flexed by less than 30°: the range in which an extension ends."""
    flexion = view.signals.get(f"hip_flexion_{view.side.value}_deg")[part]
    if not np.isfinite(flexion).any():
        return nan
    return float(np.count_nonzero(flexion < TOP_BAND_DEG)) * view.dt_s


def path_of(view: RepView) -> tuple[tuple[float, float], ...]:
    """T and P at equal steps of the lift's range, from rest to lockout; empty where one is not known."""
    lift = span_of(Window.CONCENTRIC, view)
    tilt, pitch = view.series(Signal.PELVIS_TILT), view.series(Signal.THIGH_PITCH)
    if lift is None or tilt is None or pitch is None or not view.timed or lift[1] - lift[0] < 2:
        return ()
    columns = [
        reading.by_way(view.effort_deg, one.smooth, lift[0], lift[1], PATH_POINTS) for one in (pitch, tilt)
    ]
    path = np.round(columns, 2)
    return tuple(zip(*path.tolist(), strict=True)) if np.isfinite(path).all() else ()


def _greatest(view: RepView, name: str, measure: int) -> float:
    x = np.ascontiguousarray(view.signals.get(name))
    return float(reading.read(measure, x, x, view.start, view.end)[0])
