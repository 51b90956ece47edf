"""Key poses of an exercise, and how far one angle is from another."""

from __future__ import annotations

from typing import overload

import numpy as np

from fusion.exercises.model import KeyPose
from fusion.types import FloatArray

_UPRIGHT_TILT_DEG, _UPRIGHT_PITCH_DEG = 15.0, 5.0
_SIDE_LYING_DEG = 60.0


@overload
def turned_deg(a: float, b: float) -> float: ...


@overload
def turned_deg(a: FloatArray, b: FloatArray | float) -> FloatArray: ...


@overload
def turned_deg(a: FloatArray | float, b: FloatArray) -> FloatArray: ...


def turned_deg(a: FloatArray | float, b: FloatArray | float) -> FloatArray | float:
    """The smallest angle (…) from b to a, deg; whole turns count nothing."""
    if isinstance(a, float) and isinstance(b, float):
        return (a - b + 180.0) % 360.0 - 180.0
    return np.asarray((np.asarray(a) - np.asarray(b) + 180.0) % 360.0 - 180.0)


def upright(pose: KeyPose) -> bool:
    """Whether the person stands in this pose."""
    return abs(pose.pelvis_tilt_deg) < _UPRIGHT_TILT_DEG and abs(pose.thigh_pitch_deg) < _UPRIGHT_PITCH_DEG


def lies_on_side(pose: KeyPose) -> bool:
    """Whether the person lies on a side in this pose, where gravity shows neither P nor T."""
    return abs(pose.pelvis_list_deg) > _SIDE_LYING_DEG


def other_pitch_deg(pose: KeyPose, rest: KeyPose) -> float:
    """T of the leg that does not work, which stays as at rest where the pose does not say."""
    if pose.other_thigh_pitch_deg is not None:
        return pose.other_thigh_pitch_deg
    return rest.thigh_pitch_deg if rest.other_thigh_pitch_deg is None else rest.other_thigh_pitch_deg
