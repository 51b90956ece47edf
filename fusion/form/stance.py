"""The heading between pelvis and thigh, from the feet that stand at the ends of a repetition.

Feet that stand stay where they are: a thigh that hangs upright faces as it did at the calibrated stand, and
by what its rotation departs from that the relative heading is off. The joint's acceleration tells the heading
too, but not apart from what the knees do in every repetition alike. Turning by an angle about the vertical
adds it to the rotation of a thigh that hangs and to the adduction of one that is level (the axes of Grood &
Suntay 1983, doi 10.1115/1.3138397, to first order).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.types import FloatArray

STANCE_SD_DEG = 4.0
"""How far a foot stands turned otherwise than at the calibrated stand, one sigma (engineering estimate)."""
_STAND_MOST_DEG = 10.0
"""So far a key pose may lean that is a stand."""
_UPRIGHT_DEG = 25.0
"""A thigh and a pelvis that are seen to lean no further hang and stand upright."""


def begins_in_a_stand(exercise: Exercise) -> bool:
    """Whether a repetition begins and ends upright, on feet that stay where they are."""
    rest = exercise.rest_pose
    if exercise.kind not in {Kind.REP, Kind.SCREEN} or rest is None:
        return False
    return max(abs(rest.pelvis_tilt_deg), abs(rest.thigh_pitch_deg)) <= _STAND_MOST_DEG


def heading_off_deg(
    tilt_deg: FloatArray, pitch_deg: FloatArray, rotation_deg: FloatArray, ends: Sequence[int]
) -> FloatArray | None:
    """By how much (n,) the thigh's heading is off, between what it is at the ``ends`` that are upright.

    ``tilt_deg``, ``pitch_deg`` and ``rotation_deg`` (n,) are P, T and the hip's rotation. None where no end
    is upright.
    """
    leans = np.fmax(np.abs(tilt_deg), np.abs(pitch_deg))
    upright = [k for k in ends if leans[k] <= _UPRIGHT_DEG and np.isfinite(rotation_deg[k])]
    if not upright:
        return None
    off = rotation_deg[upright] / np.cos(np.radians(pitch_deg[upright]))
    return np.interp(np.arange(len(tilt_deg)), upright, off)


def share_of_heading(pitch_deg: FloatArray, *, is_adduction: bool) -> FloatArray:
    """Share (n,) of a wrong heading that adduction, or else rotation, shows at T (n,)."""
    turn = np.radians(pitch_deg)
    return np.asarray(np.sin(turn) if is_adduction else np.cos(turn))
