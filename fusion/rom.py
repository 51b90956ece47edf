"""Time spent in a posture, from the named signals of a whole recording."""

from __future__ import annotations

import numpy as np

from fusion.types import FloatArray, Side, SignalBlock

SEATED_THIGH_DEG = (60.0, 110.0)
SEATED_TILT_DEG = (-45.0, 30.0)
SEATED_LEAST_S = 10.0


def seated_s(signals: SignalBlock) -> float:
    """Time seated: a worn thigh near level, pelvis upright, for ten seconds or more at a stretch.

    An estimate of sitting while the sensors are worn; it says nothing about what sitting does.
    """
    tilt = signals.get("pelvis_tilt_deg")
    thighs = [signals.get(f"thigh_pitch_{side.value}_deg") for side in Side]
    with np.errstate(invalid="ignore"):
        level = np.any([_within(pitch, SEATED_THIGH_DEG) for pitch in thighs], axis=0)
        seated = level & _within(tilt, SEATED_TILT_DEG)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], seated.astype(np.int8), [0]))))
    runs_s = (edges[1::2] - edges[::2]) / signals.rate_hz
    return float(runs_s[runs_s >= SEATED_LEAST_S].sum())


def _within(values: FloatArray, span: tuple[float, float]) -> np.ndarray:
    return np.asarray((values >= span[0]) & (values <= span[1]))
