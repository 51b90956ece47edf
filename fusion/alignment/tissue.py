"""Soft-tissue gains of the thighs, from the population or from a pose with level thighs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.functional import FunctionalMovement, FunctionalWindow
from fusion.alignment.history import SensorHistory
from fusion.soft_tissue import POPULATION, KnownPose, TissueGain, personal_gain
from fusion.types import FloatArray, Segment, SegmentAlignment, Side
from fusion.units import RAD_PER_DEG

_LEVEL_RAD = 90.0 * RAD_PER_DEG
_LEVEL_SD_RAD = 2.5 * RAD_PER_DEG
"""One sigma of how level a thigh is that was said to be."""


def with_tissue(
    alignments: Mapping[Segment, SegmentAlignment],
    histories: Mapping[Segment, SensorHistory],
    windows: Sequence[FunctionalWindow],
    prior: TissueGain = POPULATION,
) -> dict[Segment, SegmentAlignment]:
    """The alignments with the gain of each thigh; other segments have none."""
    thighs = {side.thigh for side in Side}
    level = [w for w in windows if w.movement is FunctionalMovement.THIGHS_LEVEL]
    found = dict(alignments)
    for segment in thighs & found.keys():
        poses = [p for w in level if (p := _level_pose(segment, w, alignments, histories)) is not None]
        gain = personal_gain(prior, poses)
        found[segment] = replace(
            found[segment], tissue_gain=gain.gain, tissue_sd=gain.sd, tissue_source=gain.source
        )
    return found


def _level_pose(
    segment: Segment,
    window: FunctionalWindow,
    alignments: Mapping[Segment, SegmentAlignment],
    histories: Mapping[Segment, SensorHistory],
) -> KnownPose | None:
    thigh = _mean_pitch_rad(segment, window, alignments, histories)
    pelvis = _mean_pitch_rad(Segment.PELVIS, window, alignments, histories)
    if thigh is None or pelvis is None:
        return None
    sd_rad = float(np.hypot(_LEVEL_SD_RAD, alignments[segment].zero_sd_rad))
    return KnownPose(thigh - pelvis, _LEVEL_RAD - pelvis, sd_rad)


def _mean_pitch_rad(
    segment: Segment,
    window: FunctionalWindow,
    alignments: Mapping[Segment, SegmentAlignment],
    histories: Mapping[Segment, SensorHistory],
) -> float | None:
    """Turn about Z in the window: T of a thigh, −P of the pelvis."""
    history = histories[segment]
    within = (history.t_s > window.start_s) & (history.t_s <= window.stop_s)
    if not within.any():
        return None
    up_s: FloatArray = history.up_s[within].mean(axis=0)
    x, y, _ = quat.rotate(quat.conjugate(np.array(alignments[segment].q_sb)), up_s)
    return float(np.arctan2(x, y))
