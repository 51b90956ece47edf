"""Standing still: which frames are still, and what a run of them says about the vertical of each sensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.frames import FRAME_S, join_blocks
from fusion.alignment.history import up_in_sensor
from fusion.kernels import glimpses
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, Segment
from fusion.units import DEG_PER_RAD, RAD_PER_DEG, STANDARD_GRAVITY_MS2

_STILL_GYR_RADS = 2.0 * RAD_PER_DEG
"""Largest mean rate."""
_SWAY_GYR_RADS = 4.0 * RAD_PER_DEG
"""Rate that nine samples in ten must stay below: people sway, and straps tremble."""
_STILL_ACC_MS2 = 0.03 * STANDARD_GRAVITY_MS2
SHORTEST_S = 1.5
"""A stand shorter than this is none."""
_GOOD_S = 3.0
_SHORT_SD_RAD = 2.5 * RAD_PER_DEG
_GOOD_SD_RAD = 1.5 * RAD_PER_DEG
"""One sigma of a stand's own posture: nobody stands twice alike."""
_MOVED_RAD = 5.0 * RAD_PER_DEG
_SURE = 4
"""Still frames from which on the first is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class StillPose:
    """All sensors at rest: world up (3,) in S and mean ``q_es`` (4,) of each, and for how long."""

    start_s: float
    stop_s: float
    up_s: Mapping[Segment, FloatArray]
    q_es: Mapping[Segment, FloatArray]
    heading_sd_rad: Mapping[Segment, float]
    """One sigma of each heading since the stream began: what it has grown by in between tells how far two
    headings belong together."""

    @property
    def duration_s(self) -> float:
        """How long it was held."""
        return self.stop_s - self.start_s

    @property
    def sd_rad(self) -> float:
        """One sigma of the vertical as the person's own upright."""
        return _SHORT_SD_RAD if self.short else _GOOD_SD_RAD

    @property
    def short(self) -> bool:
        """Whether it was held for less than a stand should be."""
        return self.duration_s < _GOOD_S - FRAME_S - 1e-6

    def angle_rad(self, other: StillPose, segment: Segment) -> float:
        """Angle between the verticals of one sensor in two poses."""
        return angle_between(self.up_s[segment], other.up_s[segment])


def angle_between(a: FloatArray, b: FloatArray) -> float:
    """Angle between two vectors (3,), rad."""
    return float(np.arctan2(np.linalg.norm(quat.cross(a, b)), a @ b))


def is_still(block: OrientedBlock) -> bool:
    """Whether one sensor rests throughout a frame: mean rate < 2 °/s, force within 0.03 g, little sway."""
    found = np.empty(4)
    if not glimpses.rest(block.q_es, block.gyr_rads, block.acc_ms2, found):
        return False
    rate_rads, sway_rads, force_ms2, spread_ms2 = found.tolist()
    quiet = sway_rads < _SWAY_GYR_RADS and rate_rads < _STILL_GYR_RADS
    level = abs(force_ms2 - STANDARD_GRAVITY_MS2) < 2.0 * _STILL_ACC_MS2
    return quiet and level and spread_ms2 < _STILL_ACC_MS2


def pose_of(frames: list[AlignedBlock]) -> StillPose:
    """What a run of still frames says."""
    first, last = frames[0], frames[-1]
    q_es, sd_rad = {}, {}
    for segment in first.segments:
        parts = [frame.segments[segment] for frame in frames]
        q_es[segment] = quat.mean(_finite(np.concatenate([part.q_es for part in parts])))
        sd_rad[segment] = last_known(np.concatenate([part.heading_sd_rad for part in parts]))
    up_s = {s: up_in_sensor(q) for s, q in q_es.items()}
    return StillPose(float(first.t_s[0]), float(last.t_s[-1]) + 1.0 / last.rate_hz, up_s, q_es, sd_rad)


def last_known(values: FloatArray) -> float:
    """The last finite one of (n,), 0 where there is none."""
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else 0.0


def _finite(q_es: FloatArray) -> FloatArray:
    known = q_es[np.isfinite(q_es[:, 0])]
    return known if len(known) else np.array([quat.IDENTITY])


def what_moved(frames: list[AlignedBlock], start_s: float, stop_s: float) -> list[tuple[Segment, str]]:
    """Sensors that did not rest in a stand that was told, with what to say of each."""
    block = join_blocks(frames)
    told = []
    for segment, sensor in block.segments.items():
        up = up_in_sensor(_finite(sensor.q_es))
        mean = up.mean(axis=0)
        angle_deg = DEG_PER_RAD * float(np.quantile(np.linalg.norm(np.cross(up, mean), axis=1), 0.95))
        if angle_deg > _MOVED_RAD * DEG_PER_RAD:
            message = (
                f"the {segment.value} sensor turned by {angle_deg:.0f}° during the stand from"
                f" {start_s:.1f} to {stop_s:.1f} s; stand still for 3 s, or say another time with --stand A:B"
            )
            told.append((segment, message))
    return told


class StillWatch:
    """Finds runs of frames in which every sensor rests."""

    def __init__(self, longest_s: float = 10.0) -> None:
        self._frames: list[AlignedBlock] = []
        self._most = round(longest_s / FRAME_S)

    @property
    def resting(self) -> bool:
        """Whether every sensor rested in the last frame."""
        return len(self._frames) > 0

    def update(self, frame: AlignedBlock) -> StillPose | None:
        """The pose held so far, as soon as and as long as it lasts `SHORTEST_S`."""
        if not all(is_still(b) for b in frame.segments.values()):
            self._frames = []
            return None
        self._frames = [*self._frames, frame][-self._most :]
        if len(self._frames) * FRAME_S < SHORTEST_S:
            return None
        # In the first frame the person may just have come to rest.
        return pose_of(self._frames[1:] if len(self._frames) > _SURE else self._frames)
