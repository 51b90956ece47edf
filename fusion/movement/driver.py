"""The angle that drives a count, out of the named signals."""

from __future__ import annotations

from functools import cache
from math import hypot

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal
from fusion.types import FloatArray, Side, SignalBlock

_WORKED_OUT = frozenset(
    {
        DriverSignal.PELVIS_ROLL,
        DriverSignal.THIGH_ABDUCTION,
        DriverSignal.THIGH_OPENING,
        DriverSignal.HIP_EXTERNAL_ROTATION,
    }
)
RAISED = (1.0, 0.0)
"""A leg that opens by being raised alone."""


def driven_deg(
    signal: DriverSignal, signals: SignalBlock, side: Side, outward: tuple[float, float] = RAISED
) -> FloatArray:
    """The counted angle (n,) of the leg of ``side``, deg; NaN where the worn sensors do not show it.

    ``outward`` is the direction in which a leg opens (see `outward_of`); only an opening angle needs it.
    """
    name = _plain(signal, side)
    if name is not None:
        return signals.get(name)
    if signal is DriverSignal.PELVIS_ROLL:
        return np.asarray(np.abs(signals.get("pelvis_list_deg")))
    if signal is DriverSignal.THIGH_ABDUCTION:
        # Feet do not cross in a side step: a thigh that leans inwards wears the other leg's sensor.
        return np.asarray(np.abs(signals.get(f"thigh_opening_{side.value}_deg")))
    if signal is DriverSignal.THIGH_OPENING:
        return _opening_deg(signals, side, outward)
    return np.asarray(-signals.get(f"hip_rotation_{side.value}_deg"))


@cache
def _plain(signal: DriverSignal, side: Side) -> str | None:
    """Name of the signal that is the angle itself; None of an angle that has to be worked out."""
    if signal in _WORKED_OUT:
        return None
    whole = signal in {DriverSignal.PELVIS_TILT, DriverSignal.PELVIS_LIST}
    return f"{signal.value}_deg" if whole else f"{signal.value}_{side.value}_deg"


def outward_of(exercise: Exercise) -> tuple[float, float]:
    """In which direction the exercise opens a leg: shares (2,) of raising it and of turning it out."""
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return RAISED
    raised = rest.hip_adduction_deg - turn.hip_adduction_deg
    turned = rest.hip_rotation_deg - turn.hip_rotation_deg
    length = hypot(raised, turned)
    return (raised / length, turned / length) if length > 0.0 else RAISED


def _opening_deg(signals: SignalBlock, side: Side, outward: tuple[float, float]) -> FloatArray:
    """How far the thigh of somebody who lies on the other side is opened, deg.

    Gravity shows how far the thigh is raised and how far it is turned about its own length. What is known
    least well is the latter's zero, where the sensor's left–right axis points: it only shifts this sum, while
    it would shorten the angle between that axis and the vertical.
    """
    pitch = np.radians(signals.get(f"thigh_pitch_{side.value}_deg"))
    side_up = np.sin(np.radians(signals.get(f"thigh_opening_{side.value}_deg")))
    level = np.sqrt(1.0 - side_up**2)
    ahead = level * _none_for_unknown(np.sin(pitch))
    along = level * _none_for_unknown(np.cos(pitch))
    raised = np.abs(np.arcsin(along))
    turned = np.arctan2(ahead, np.abs(side_up))
    return np.asarray(np.degrees(outward[0] * raised + outward[1] * turned))


def _none_for_unknown(values: FloatArray) -> FloatArray:
    """``values`` with 0 in place of NaN."""
    return np.where(np.isnan(values), 0.0, values)
