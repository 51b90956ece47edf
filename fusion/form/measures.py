"""How a signal over a window becomes one number, with its time and its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from fusion.exercises.rules import Measure
from fusion.form.view import RepView, Series, smoothed
from fusion.form.windows import Span
from fusion.types import FloatArray, IntArray

LEVELS = frozenset({Measure.MAX, Measure.MIN, Measure.MEAN, Measure.MEAN_ABS, Measure.MAX_ABS, Measure.END})
"""Measures of the level of a signal: they carry the whole uncertainty, offset included."""


@dataclass(frozen=True, slots=True)
class Value:
    """One number of one repetition: what, when, and one sigma of it; NaN where it cannot be told."""

    value: float
    t_s: float
    sd: float


UNKNOWN = Value(nan, nan, np.inf)


def measured(measure: Measure, series: Series, span: Span, view: RepView) -> Value:
    """``measure`` (one that reads a signal over time) of ``series`` over ``span``."""
    part = slice(span[0], span[1] + 1)
    x = smoothed(series.values, view.dt_s)[part]
    known = np.isfinite(x)
    if not known.any():
        return UNKNOWN
    value, k = _READERS[measure](x, np.flatnonzero(known))
    sds = (series.level_sd if measure in LEVELS else series.change_sd)[part][known]
    finite = sds[np.isfinite(sds)]
    sd = float(np.median(finite)) if len(finite) else np.inf
    return Value(value, float(view.t_s[part][k]), sd)


def _max(x: FloatArray, _known: IntArray) -> tuple[float, int]:
    k = int(np.nanargmax(x))
    return float(x[k]), k


def _min(x: FloatArray, _known: IntArray) -> tuple[float, int]:
    k = int(np.nanargmin(x))
    return float(x[k]), k


def _mean(x: FloatArray, known: IntArray) -> tuple[float, int]:
    return float(np.nanmean(x)), int(known[-1])


def _mean_abs(x: FloatArray, known: IntArray) -> tuple[float, int]:
    return float(np.nanmean(np.abs(x))), int(known[-1])


def _max_abs(x: FloatArray, _known: IntArray) -> tuple[float, int]:
    k = int(np.nanargmax(np.abs(x)))
    return float(abs(x[k])), k


def _rise(x: FloatArray, known: IntArray) -> tuple[float, int]:
    k = int(np.nanargmax(x))
    return float(x[k] - x[known[0]]), k


def _fall(x: FloatArray, known: IntArray) -> tuple[float, int]:
    k = int(np.nanargmin(x))
    return float(x[known[0]] - x[k]), k


def _change(x: FloatArray, known: IntArray) -> tuple[float, int]:
    away = np.abs(x - x[known[0]])
    k = int(np.nanargmax(away))
    return float(away[k]), k


def _range(x: FloatArray, _known: IntArray) -> tuple[float, int]:
    return float(np.nanmax(x) - np.nanmin(x)), int(np.nanargmax(x))


def _sd(x: FloatArray, known: IntArray) -> tuple[float, int]:
    """About a straight line, so that a slow drift is not taken for unsteadiness."""
    if len(known) < 3:
        return nan, int(known[-1])
    y = x[known]
    line = np.polynomial.polynomial.polyfit(known.astype(float), y, 1)
    rest = y - np.polynomial.polynomial.polyval(known.astype(float), line)
    return float(np.sqrt(np.mean(rest**2))), int(known[-1])


def _rms(x: FloatArray, known: IntArray) -> tuple[float, int]:
    y = x[known]
    return float(np.sqrt(np.mean((y - y.mean()) ** 2))), int(known[-1])


def _end(x: FloatArray, known: IntArray) -> tuple[float, int]:
    return float(x[known[-1]]), int(known[-1])


_READERS = {
    Measure.MAX: _max,
    Measure.MIN: _min,
    Measure.MEAN: _mean,
    Measure.MEAN_ABS: _mean_abs,
    Measure.MAX_ABS: _max_abs,
    Measure.RISE: _rise,
    Measure.FALL: _fall,
    Measure.CHANGE: _change,
    Measure.RANGE: _range,
    Measure.SD: _sd,
    Measure.RMS: _rms,
    Measure.END: _end,
}
