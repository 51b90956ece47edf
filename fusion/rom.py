"""Range of motion and time spent where: of whole recordings, from the named signals."""

from __future__ import annotations

import numpy as np

from fusion.types import FloatArray, Side, SignalBlock

SEATED_THIGH_DEG = (60.0, 110.0)
SEATED_TILT_DEG = (-45.0, 30.0)
SEATED_LEAST_S = 10.0
_KNOWN_SD_DEG = 10.0


def extremes_deg(values: FloatArray, sd: FloatArray) -> tuple[float, float] | None:
    """Least and greatest of a signal (n,) where it is known to 10°; None where it never is."""
    known = values[np.isfinite(values) & (sd < _KNOWN_SD_DEG)]
    return (float(known.min()), float(known.max())) if len(known) else None


def seated_s(signals: SignalBlock, side: Side) -> float:
    """Time seated: thigh near level, pelvis upright, for ten seconds or more at a stretch.

    An estimate of sitting while the sensors are worn; it says nothing about what sitting does.
    """
    pitch = signals.get(f"thigh_pitch_{side.value}_deg")
    tilt = signals.get("pelvis_tilt_deg")
    with np.errstate(invalid="ignore"):
        seated = _within(pitch, SEATED_THIGH_DEG) & _within(tilt, SEATED_TILT_DEG)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], seated.astype(np.int8), [0]))))
    runs_s = (edges[1::2] - edges[::2]) / signals.rate_hz
    return float(runs_s[runs_s >= SEATED_LEAST_S].sum())


def _within(values: FloatArray, span: tuple[float, float]) -> np.ndarray:
    return np.asarray((values >= span[0]) & (values <= span[1]))
