"""Numbers that tell how quiet the pelvis is: spill, tremor, jolts."""

from __future__ import annotations

import numpy as np

from fusion.exercises.rules import Signal
from fusion.form.measures import UNKNOWN, Value
from fusion.form.view import RepView
from fusion.kernels import reading
from fusion.quantiles import median
from fusion.types import FloatArray
from fusion.units import STANDARD_GRAVITY_MS2

SPILL_TILT_DEG = 5.0
SPILL_LIST_DEG = 4.0
TREMOR_BAND_HZ = (3.0, 12.0)
TREMOR_REFERENCE_S = 5.0
_TREMOR_SD_SHARE = 0.25
_OFFSET_SPILLS = 0.4
"""Share of the sigma of P_res that runs over all the time, where it is already near the brim."""
_PUSH_OFF_S = 0.5
_ACC_SD_G = 0.05


def spill(view: RepView) -> Value:
    """∫ max(0, |P_res| − 5°) + max(0, |ML − ML at the start| − 4°) dt over the repetition, deg s.

    The pelvis as a cup of water: what runs over either edge, and for how long. P_res counts from its value
    at the start, as the list does.
    """
    if not view.complete:
        return UNKNOWN
    total = np.zeros(view.end - view.start + 1)
    sd = 0.2
    for kind, brim_deg in ((Signal.PELVIS_RESIDUAL, SPILL_TILT_DEG), (Signal.PELVIS_LIST, SPILL_LIST_DEG)):
        series = view.series(kind)
        if series is not None:
            reading.spilt(series.values, brim_deg, view.start, view.end, total)
            sd = max(sd, _OFFSET_SPILLS * median(series.change_sd[view.start : view.end + 1]))
    duration_s = float(view.t_s[view.end] - view.t_s[view.start])
    at = float(view.t_s[view.start + int(np.argmax(total))])
    return Value(float(total.sum()) * view.dt_s, at, sd * duration_s)


def tremor_ratio(view: RepView) -> Value:
    """RMS of the pelvis's rate between 3 and 12 Hz in the last five seconds over that in the first five."""
    series = view.series(Signal.PELVIS_RATE)
    if series is None or not view.complete:
        return UNKNOWN
    x = series.values[view.start : view.end + 1]
    size = round(TREMOR_REFERENCE_S / view.dt_s)
    if len(x) < 2 * size or not np.isfinite(x).all():
        return UNKNOWN
    first, last = (band_rms(part, view.signals.rate_hz) for part in (x[:size], x[-size:]))
    if first <= 0.0:
        return UNKNOWN
    return Value(last / first, float(view.t_s[view.end]), _TREMOR_SD_SHARE * last / first)


def band_rms(rate_dps: FloatArray, rate_hz: float) -> float:
    """RMS of ``rate_dps`` (n,) within 3 to 12 Hz, from the spectrum under a Hann window."""
    n = len(rate_dps)
    k = np.arange(n, dtype=float)
    line = np.polynomial.polynomial.polyfit(k, rate_dps, 1)
    window = np.hanning(n)
    spectrum = np.abs(np.fft.rfft((rate_dps - np.polynomial.polynomial.polyval(k, line)) * window)) ** 2
    frequency_hz = np.fft.rfftfreq(n, 1.0 / rate_hz)
    low, high = TREMOR_BAND_HZ
    inside = (frequency_hz >= low) & (frequency_hz <= min(high, 0.45 * rate_hz))
    return float(np.sqrt(2.0 * spectrum[inside].sum() / (n * (window**2).sum())))


def push_off(view: RepView) -> Value:
    """Greatest upward acceleration of the pelvis in the half second that ends with the lift's start, g."""
    name = "pelvis_acc_up_ms2"
    if name not in view.signals:
        return UNKNOWN
    lift = view.start if view.lifts_first else view.leave
    first = max(0, lift - round(_PUSH_OFF_S / view.dt_s))
    x = view.signals[name][first : lift + 1]
    if not np.isfinite(x).any():
        return UNKNOWN
    k = int(np.nanargmax(x))
    return Value(float(x[k]) / STANDARD_GRAVITY_MS2, float(view.t_s[first + k]), _ACC_SD_G)


def tap(view: RepView) -> Value:
    """Backward jolt of the pelvis within 0.4 s of the far end, g: the wall was touched."""
    name = "pelvis_acc_forward_ms2"
    if name not in view.signals:
        return UNKNOWN
    half = round(0.4 / view.dt_s)
    first, last = max(0, view.reach - half), min(len(view.t_s) - 1, view.leave + half)
    x = view.signals[name][first : last + 1]
    if not np.isfinite(x).any():
        return UNKNOWN
    k = int(np.nanargmax(np.abs(x - np.nanmedian(x))))
    jolt = float(abs(x[k] - np.nanmedian(x))) / STANDARD_GRAVITY_MS2
    return Value(jolt, float(view.t_s[first + k]), _ACC_SD_G)
