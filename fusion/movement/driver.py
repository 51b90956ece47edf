"""The angle that drives a count, out of the named signals."""

from __future__ import annotations

import numpy as np

from fusion.exercises.model import DriverSignal
from fusion.types import FloatArray, Side, SignalBlock


def driven_deg(signal: DriverSignal, signals: SignalBlock, side: Side) -> FloatArray:
    """The counted angle (n,) of the leg of ``side``, deg; NaN where the worn sensors do not show it."""
    thigh_list = f"thigh_opening_{side.value}_deg"
    if signal is DriverSignal.PELVIS_ROLL:
        return np.asarray(np.abs(signals.get("pelvis_list_deg")))
    if signal is DriverSignal.THIGH_ABDUCTION:
        outwards = 1.0 if side is Side.RIGHT else -1.0
        return np.asarray(outwards * signals.get(thigh_list))
    if signal is DriverSignal.THIGH_OPENING:
        return np.asarray(90.0 - np.abs(signals.get(thigh_list)))
    if signal is DriverSignal.HIP_EXTERNAL_ROTATION:
        return np.asarray(-signals.get(f"hip_rotation_{side.value}_deg"))
    if signal in {DriverSignal.PELVIS_TILT, DriverSignal.PELVIS_LIST}:
        return signals.get(f"{signal.value}_deg")
    return signals.get(f"{signal.value}_{side.value}_deg")
