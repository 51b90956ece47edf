"""Measures of one repetition, one set, one person: smoothness, symmetry, fatigue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from statistics import median

import numpy as np

from fusion.kernels import reading
from fusion.types import FloatArray, RepSummary, Side

_SPARC_CUTOFF_HZ = 10.0
_SPARC_FLOOR = 0.05
_SPARC_PAD = 4


def sparc(speed: FloatArray, rate_hz: float) -> float:
    """Smoothness of a speed profile (n,): spectral arc length, closer to zero is smoother.

    Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet 2015, doi 10.1186/s12984-015-0090-9, with
    their constants (10 Hz, amplitude threshold 0.05, padding level 4). NaN for fewer than four samples or
    no motion.
    """
    if len(speed) < 4 or not np.isfinite(speed).all() or float(np.abs(speed).max()) <= 0.0:
        return nan
    size = 1 << (int(np.ceil(np.log2(len(speed)))) + _SPARC_PAD)
    inside = int(_SPARC_CUTOFF_HZ * size / rate_hz) + 1
    magnitude = np.abs(np.fft.rfft(speed, size)[:inside])
    return -float(reading.arc_length(magnitude, _SPARC_FLOOR))


def symmetry_percent(left: float, right: float) -> float:
    """100·(L−R) over the mean of both; positive where the left is more, 0 where both are zero."""
    mean = 0.5 * (abs(left) + abs(right))
    if not isfinite(mean):
        return nan
    return 100.0 * (left - right) / mean if mean > 0.0 else 0.0


def fatigue(
    speeds_dps: Sequence[float],
    flexion_min_deg: Sequence[float],
    residual_deg: Sequence[float],
    roms_deg: Sequence[float],
) -> dict[str, float]:
    """What a set or a session cost, of three repetitions or more (else nothing).

    ``velocity_loss_percent``: mean lifting speed of the last two against the best one (Sánchez-Medina &
    González-Badillo 2011, doi 10.1249/MSS.0b013e318213f880). ``rom_change_deg``,
    ``hip_flexion_min_change_deg`` and ``pelvis_residual_change_deg``: median of the last third minus median
    of the first third, so that one odd repetition does not speak for the set.
    """
    if len(speeds_dps) < 3:
        return {}
    known = [s for s in speeds_dps if isfinite(s)]
    best = max(known, default=nan)
    last = _median(speeds_dps[-2:])
    return {
        "velocity_loss_percent": 100.0 * (1.0 - last / best) if best > 0.0 else nan,
        "rom_change_deg": creep(roms_deg),
        "hip_flexion_min_change_deg": creep(flexion_min_deg),
        "pelvis_residual_change_deg": creep(residual_deg),
    }


def creep(values: Sequence[float]) -> float:
    """Median of the last third minus median of the first third; NaN where one of them is not known."""
    third = max(1, len(values) // 3)
    return _median(values[-third:]) - _median(values[:third])


def _median(values: Sequence[float]) -> float:
    known = [v for v in values if isfinite(v)]
    return median(known) if known else nan


def set_fatigue(reps: Sequence[RepSummary]) -> dict[str, float]:
    """`fatigue` of a set's full repetitions."""
    full = [r for r in reps if r.full]
    return fatigue(
        [r.metrics.get("concentric_mean_dps", nan) for r in full],
        [r.hip_flexion_min_deg for r in full],
        [r.pelvis_residual_peak_deg for r in full],
        [r.rom_deg for r in full],
    )


def symmetry(reps: Sequence[RepSummary]) -> dict[str, float]:
    """`symmetry_percent` of range, lifting speed, hold and P_res within one set; empty for one side alone."""
    sides = [[r for r in reps if r.side is side and r.full] for side in (Side.LEFT, Side.RIGHT)]
    if not all(sides):
        return {}
    measures: dict[str, Callable[[RepSummary], float]] = {
        "rom_percent": lambda r: r.rom_deg,
        "concentric_speed_percent": lambda r: r.metrics.get("concentric_mean_dps", nan),
        "hold_percent": lambda r: r.hold_s,
    }
    left, right = sides
    found = {
        name: symmetry_percent(_median([of(r) for r in left]), _median([of(r) for r in right]))
        for name, of in measures.items()
    }
    residuals = [_median([r.pelvis_residual_peak_deg for r in side]) for side in sides]
    return found | {"pelvis_residual_difference_deg": residuals[0] - residuals[1]}
