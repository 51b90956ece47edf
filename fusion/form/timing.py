"""Numbers of a repetition that are times: phases, hold, who starts first, how even the speed is."""

from __future__ import annotations

from math import hypot, nan

import numpy as np

from fusion.exercises.rules import Signal, Window
from fusion.form.measures import UNKNOWN, Value
from fusion.form.view import RepView
from fusion.form.windows import Span, deepest, span_of
from fusion.kernels import reading
from fusion.metrics import sparc
from fusion.types import FloatArray

STILL_DPS = 10.0
ONSET_DPS = 10.0
ONSET_S = 0.05
LED_DPS = 0.5 * ONSET_DPS
"""Mean speed of a pelvis that leads, from its start to the thigh's."""
NEAR_END_SHARE = 0.15
_MIDDLE = (0.1, 0.9)
_MIDDLE_TIME_SHARE = 0.507
"""A minimum-jerk movement does eight tenths of its way in this share of its time."""
_TIME_SD_S = 0.03
_CALM_S = 0.1
"""Who is slower than an onset for this long has not begun."""
_LOOK_BACK_S = 1.0
"""How far before a repetition the first movement is looked for."""


def phase_s(view: RepView, window: Window) -> Value:
    """Duration of the lifting or lowering phase."""
    span = span_of(window, view)
    if span is None or not view.timed:
        return UNKNOWN
    whole_s = float(view.t_s[span[1]] - view.t_s[span[0]])
    return Value(min(whole_s, _by_its_middle_s(view, span)), float(view.t_s[span[1]]), _TIME_SD_S)


def _by_its_middle_s(view: RepView, span: Span) -> float:
    """Duration of a smooth movement whose middle eight tenths took as long as these.

    The filter that counts is fit for ordinary movement: it rounds the corners of a quick one, and makes it
    look a third longer than it was.
    """
    low, high = (reading.passed_at(view.effort_deg, *span, share) for share in _MIDDLE)
    return (high - low) * view.dt_s / _MIDDLE_TIME_SHARE


def concentric(view: RepView) -> Value:
    """Duration of the lift."""
    return phase_s(view, Window.CONCENTRIC)


def eccentric(view: RepView) -> Value:
    """Duration of the lowering."""
    return phase_s(view, Window.ECCENTRIC)


def hold(view: RepView) -> Value:
    """Longest run of a nearly still driving angle (< 10°/s) near the end of the lift."""
    if span_of(Window.TOP, view) is None or not view.timed:
        return UNKNOWN
    if view.start == view.reach and view.leave == view.end:
        return Value(float(view.t_s[view.end] - view.t_s[view.start]), float(view.t_s[view.end]), _TIME_SD_S)
    x = view.effort_deg
    if view.lifts_first:
        first, least, sign = view.start, float(x[view.start : view.end + 1].max()), 1.0
        last = view.end
    else:
        first, least, sign = view.leave, -float(x[view.end]), -1.0
        last = len(x) - 1
    near = least - NEAR_END_SHARE * view.rom_deg
    run = reading.still_near(sign * x, view.speed_dps, near, STILL_DPS, first, last)
    return Value(run * view.dt_s, float(view.t_s[view.leave]), _TIME_SD_S)


def pelvis_lead(view: RepView) -> Value:
    """By how much the pelvis starts before the thigh, s: each when it first turns > 10°/s for 50 ms."""
    pelvis, thigh = _rate(view, Signal.PELVIS_RATE), _thigh_rate(view)
    if pelvis is None or thigh is None:
        return UNKNOWN
    first = _rested(view, thigh)
    pelvis_at = _onset(pelvis, first, view.reach, view.dt_s)
    thigh_at = _onset(thigh, first, view.reach, view.dt_s)
    if pelvis_at is None or thigh_at is None:
        return UNKNOWN
    lead_s = (thigh_at - pelvis_at) * view.dt_s
    if lead_s > 0.0 and not _has_turned(view, pelvis_at, thigh_at):
        return Value(0.0, float(view.t_s[thigh_at]), _TIME_SD_S)
    starts = ((pelvis, pelvis_at), (thigh, thigh_at))
    drawn_out = [_start_sd_s(rate, at, (first, view.reach), view.dt_s) for rate, at in starts]
    return Value(lead_s, float(view.t_s[pelvis_at]), hypot(_TIME_SD_S, *drawn_out))


def _start_sd_s(rate_dps: FloatArray, at: int, within: Span, dt_s: float) -> float:
    """One sigma of when a segment starts: how long it takes to get from half to one and a half of an onset.

    A pelvis that hardly moves starts at no time that could be told.
    """
    speed = np.abs(rate_dps[within[0] : within[1] + 1])
    k = at - within[0]
    before = np.flatnonzero(speed[: k + 1] <= 0.5 * ONSET_DPS)
    after = np.flatnonzero(speed[k:] >= 1.5 * ONSET_DPS)
    since = int(before[-1]) if len(before) else 0
    until = k + int(after[0]) if len(after) else len(speed) - 1
    return 0.5 * (until - since) * dt_s


def _rested(view: RepView, thigh_dps: FloatArray) -> int:
    """From where a start is looked for: the thigh no longer comes back from the repetition before."""
    earliest = max(0, view.start - round(_LOOK_BACK_S / view.dt_s))
    pitch = view.series(Signal.THIGH_PITCH)
    way = 0.0 if pitch is None else float(pitch.smooth[view.reach] - pitch.smooth[view.start])
    back = np.flatnonzero(np.sign(way) * thigh_dps[earliest : view.start] < -ONSET_DPS)
    return earliest + int(back[-1]) + 1 if len(back) else earliest


def _has_turned(view: RepView, pelvis_at: int, thigh_at: int) -> bool:
    """Whether the pelvis went on from its start: a twitch long before the thigh moves leads nothing."""
    tilt = view.series(Signal.PELVIS_TILT)
    if tilt is None:
        return False
    turned_deg = float(tilt.smooth[thigh_at] - tilt.smooth[pelvis_at])
    return abs(turned_deg) >= LED_DPS * (thigh_at - pelvis_at) * view.dt_s


def _onset(rate_dps: FloatArray, first: int, last: int, dt_s: float) -> int | None:
    """First index from which the rate stays beyond 10°/s for 50 ms after having been below it."""
    moving = np.asarray(np.abs(rate_dps[first : last + 1]) > ONSET_DPS)
    width = max(1, round(ONSET_S / dt_s))
    if len(moving) < width + 1:
        return None
    runs = np.asarray(np.lib.stride_tricks.sliding_window_view(moving, width).all(axis=1))
    calm = np.flatnonzero(~moving)
    if not len(calm):
        return None
    begun = np.flatnonzero(runs[int(calm[0]) :])
    return first + int(calm[0]) + int(begun[0]) if len(begun) else None


def thigh_lead(view: RepView) -> Value:
    """By how much the thigh passes half of its way up before the pelvis does, s."""
    span = span_of(Window.CONCENTRIC, view)
    tilt, pitch = view.series(Signal.PELVIS_TILT), view.series(Signal.THIGH_PITCH)
    if span is None or tilt is None or pitch is None:
        return UNKNOWN
    span = (_lift_off(view) if view.lifts_first else deepest(view)), span[1]
    halves = [_half_way(s.values[span[0] : span[1] + 1]) for s in (tilt, pitch)]
    if None in halves:
        return UNKNOWN
    pelvis_at, thigh_at = (h for h in halves if h is not None)
    return Value((pelvis_at - thigh_at) * view.dt_s, float(view.t_s[span[0] + thigh_at]), _TIME_SD_S)


def _lift_off(view: RepView) -> int:
    """Where pelvis or thigh began to turn: hips that shoot up first leave the hip as bent as it was."""
    rates = [r for r in (_rate(view, Signal.PELVIS_RATE), _thigh_rate(view)) if r is not None]
    if not rates:
        return view.start
    moving = np.abs(np.stack(rates)[:, : view.start + 1]).max(axis=0) > ONSET_DPS
    width = max(1, round(_CALM_S / view.dt_s))
    if len(moving) < width:
        return view.start
    runs = np.lib.stride_tricks.sliding_window_view(~moving, width).all(axis=1)
    calm = np.flatnonzero(runs)
    return int(calm[-1]) + width - 1 if len(calm) else view.start


def _half_way(x: FloatArray) -> int | None:
    share = (x - x[0]) / (x[-1] - x[0]) if len(x) > 2 and abs(x[-1] - x[0]) >= 10.0 else np.full(1, nan)
    passed = np.flatnonzero(share >= 0.5)
    return int(passed[0]) if len(passed) else None


def pelvis_peak_lag(view: RepView) -> Value:
    """By how much the pelvis's greatest speed in the lift comes after the hip's, s."""
    span = span_of(Window.CONCENTRIC, view)
    pelvis, hip = _rate(view, Signal.PELVIS_RATE), _rate(view, Signal.HIP_RATE)
    if span is None or pelvis is None or hip is None:
        return UNKNOWN
    part = slice(span[0], span[1] + 1)
    speeds = [np.abs(r[part]) for r in (pelvis, hip)]
    if not all(np.isfinite(s).any() and np.nanmax(s) > ONSET_DPS for s in speeds):
        return UNKNOWN
    pelvis_at, hip_at = (int(np.nanargmax(s)) for s in speeds)
    return Value((pelvis_at - hip_at) * view.dt_s, float(view.t_s[part][pelvis_at]), _TIME_SD_S)


def speed_ratio(view: RepView) -> Value:
    """Peak over mean speed of the driving angle in the lift: 1.9 for a minimum-jerk movement."""
    speed = lift_speed(view)
    if speed is None or len(speed) < 4 or not view.timed:
        return UNKNOWN
    mean = view.rom_deg / ((len(speed) - 1) * view.dt_s)
    if mean <= 0.0:
        return UNKNOWN
    return Value(float(speed.max()) / mean, float(view.t_s[view.reach]), 0.1)


def smoothness(view: RepView) -> Value:
    """SPARC of the lift's speed: closer to zero is smoother."""
    speed = lift_speed(view)
    if speed is None or not view.timed:
        return UNKNOWN
    return Value(sparc(speed, view.signals.rate_hz), float(view.t_s[view.reach]), 0.1)


def lift_speed(view: RepView) -> FloatArray | None:
    """Speed of the driving angle in the lift (n,), deg/s; None while it is not over."""
    span = span_of(Window.CONCENTRIC, view)
    if span is None:
        return None
    return view.speed_dps[span[0] : span[1] + 1]


def _rate(view: RepView, signal: Signal) -> FloatArray | None:
    series = view.series(signal)
    return None if series is None else series.smooth


def _thigh_rate(view: RepView) -> FloatArray | None:
    series = view.row(f"thigh_pitch_rate_{view.side.value}_dps")
    return None if series is None else series.smooth
