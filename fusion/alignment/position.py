"""Whether people are where the exercise is done, and whether it begins from where they first rested."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import TRUNK, Reference
from fusion.alignment.stand import StillPose
from fusion.motion_hint import MotionHint
from fusion.quantiles import quantile
from fusion.types import FloatArray, Segment
from fusion.units import RAD_PER_DEG

_POSITION_SHARE = 0.9
"""Of the least lean of the exercise's poses, before the direction of the pelvis is believed."""
_ENOUGH_SHARE = 0.6
_UNMISTAKABLE_DEG = 12.0
_BACK_SHARE = 0.35

Histories = Mapping[Segment, SensorHistory]


def in_position(hint: MotionHint, reference: Reference, histories: Histories) -> bool:
    """Whether the pelvis has been as far from the stand as the exercise is done.

    Who lies down leans forward first; which way the pelvis turns shows only then.
    """
    tilt_deg = hint.pelvis_tilt_deg()
    history = histories[Segment.PELVIS]
    if hint.standing or len(tilt_deg) == 0 or len(history) == 0:
        return True
    lean = np.arccos(np.clip(history.up_s @ reference.up_s[Segment.PELVIS], -1.0, 1.0))
    return bool(lean.max() >= _POSITION_SHARE * np.abs(tilt_deg).min() * RAD_PER_DEG)


def stays_near(pose: StillPose, hint: MotionHint, histories: Histories) -> bool:
    """Whether repetitions start and end at a pose, as near it as the exercise stays to its rest pose."""
    expected = (hint.pelvis_tilt_deg(), hint.thigh_pitch_deg())
    came_back = False
    for trunk, poses_deg in zip((True, False), expected, strict=True):
        upright, resting = np.abs(poses_deg).max(), np.abs(poses_deg - poses_deg[0]).max()
        those = [s for s in histories if (s in TRUNK) == trunk]
        away = max((_away_deg(histories[s], pose.up_s[s]) for s in those), key=np.max)
        most = quantile(away, 0.98)
        if not _ENOUGH_SHARE * resting <= most < 0.5 * (upright + resting):
            return False
        back = away[int(np.argmax(away)) :]
        came_back |= most > _UNMISTAKABLE_DEG and float(back.min()) < _BACK_SHARE * most
    return came_back


def _away_deg(history: SensorHistory, up_s: FloatArray) -> FloatArray:
    return np.asarray(np.degrees(np.arccos(np.clip(history.up_s @ up_s, -1.0, 1.0))))
