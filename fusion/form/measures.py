"""How a signal over a window becomes one number, with its time and its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np

from fusion.exercises.rules import Measure
from fusion.form.view import RepView, Series
from fusion.form.windows import Span
from fusion.kernels import reading

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
    sd = series.level_sd if measure in LEVELS else series.change_sd
    value, at, spread = reading.read(_CODES[measure], series.smooth, sd, span[0], span[1])
    return Value(value, float(view.t_s[at]), spread)


_CODES = {
    Measure.MAX: reading.MAX,
    Measure.MIN: reading.MIN,
    Measure.MEAN: reading.MEAN,
    Measure.MEAN_ABS: reading.MEAN_ABS,
    Measure.MAX_ABS: reading.MAX_ABS,
    Measure.RISE: reading.RISE,
    Measure.FALL: reading.FALL,
    Measure.CHANGE: reading.CHANGE,
    Measure.RANGE: reading.RANGE,
    Measure.SD: reading.SD,
    Measure.RMS: reading.RMS,
    Measure.END: reading.END,
}
