"""Postures by gravity alone, one sample at a time; and what is read from what was collected."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import numpy as np

from fusion.form.view import TRACKING_SD_DEG
from fusion.types import FloatArray, Side, SignalBlock

CHANGE_SD_DEG = float(np.hypot(TRACKING_SD_DEG, TRACKING_SD_DEG))
"""One sigma of the difference of two inclinations of one wearing."""
STILL_DPS = 15.0
Posture = Callable[[SignalBlock], bool]


def near(tilt_deg: float, pitch_deg: float | None, tolerance_deg: float, side: Side | None = None) -> Posture:
    """P and T (of one side, or of any worn thigh) within ``tolerance_deg``."""

    def holds(sample: SignalBlock) -> bool:
        if not _within(value(sample, "pelvis_tilt_deg"), tilt_deg, tolerance_deg):
            return False
        if pitch_deg is None:
            return True
        return any(_within(t, pitch_deg, tolerance_deg) for t in pitches(sample, side))

    return holds


def still(sample: SignalBlock) -> bool:
    """Whether the pelvis hardly turns."""
    rate = value(sample, "pelvis_tilt_rate_dps")
    return isfinite(rate) and abs(rate) < STILL_DPS


def both(*postures: Posture) -> Posture:
    """All of them at once."""
    return lambda sample: all(posture(sample) for posture in postures)


def pitches(sample: SignalBlock, side: Side | None = None) -> list[float]:
    """Thigh pitches of the sides that are worn."""
    sides = list(Side) if side is None else [side]
    names = [f"thigh_pitch_{s.value}_deg" for s in sides]
    return [value(sample, name) for name in names if name in sample]


def value(sample: SignalBlock, name: str) -> float:
    """A signal of one sample; NaN without it."""
    return float(sample[name][0]) if name in sample else float("nan")


def _within(angle_deg: float, target_deg: float, tolerance_deg: float) -> bool:
    return isfinite(angle_deg) and abs(angle_deg - target_deg) <= tolerance_deg


def running_mean(values: FloatArray, size: int) -> FloatArray:
    """Means over ``size`` consecutive samples (n − size + 1,); over all of them when there are fewer."""
    size = max(1, min(size, len(values)))
    return np.asarray(np.convolve(values, np.full(size, 1.0 / size), mode="valid"))


def known(values: FloatArray) -> FloatArray:
    """Gaps bridged by straight lines (n,)."""
    good = np.isfinite(values)
    if not good.any():
        return values
    k = np.arange(len(values))
    return np.interp(k, k[good], values[good])
