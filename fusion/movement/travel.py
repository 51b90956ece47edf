"""How far a segment goes in all: who goes on moving while the other sensor is silent is not at rest."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from fusion.history import JOINED_SD_DEG
from fusion.types import FloatArray, SignalBlock

_NOISE_DEG = 1.5
_SLACK_SHARE = 0.3


def travel_deg(angle_deg: FloatArray) -> float:
    """How far an angle (n,) goes in all, there and back, deg; within noise it goes nowhere."""
    known = angle_deg[np.isfinite(angle_deg)].tolist()
    gone, at = 0.0, known[0] if known else 0.0
    for x in known:
        if at < (drawn := x - _NOISE_DEG):
            gone, at = gone + (drawn - at), drawn
        elif at > (drawn := x + _NOISE_DEG):
            gone, at = gone + (at - drawn), drawn
    return gone


def gone_deg(signals: SignalBlock, rows: Sequence[int]) -> tuple[float, float]:
    """How far the angles in ``rows``, of one sensor, have gone in all, and for what share it was heard."""
    if not len(signals):
        return 0.0, 0.0
    values = signals.values[list(rows)]
    heard = np.isfinite(values) & (signals.sd[list(rows)] < JOINED_SD_DEG)
    return sum(map(travel_deg, values)), float(heard.all(axis=0).mean())


def travel_misfit(travelled: float, repetitions: float) -> float:
    """|ln| of how many repetitions a sensor's way amounts to and how many it would be; 0 if not known."""
    if not isfinite(travelled):
        return 0.0
    return abs(float(np.log((travelled + _SLACK_SHARE) / (repetitions + _SLACK_SHARE))))
