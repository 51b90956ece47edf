"""All segments in one earth frame: each sensor's heading follows its neighbour's, from the joint between.

Alignment says how the headings stood at the calibrated stand; gyroscopes drift from there. The joint's
acceleration corrects that whenever the person moves, an upright rest says that everything faces one way
again, and a joint's range of motion bounds what is left. Verticals are not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.kernels import common_heading as kernels
from fusion.relative_heading import RelativeHeading, RelativeHeadingParams
from fusion.types import AlignedBlock, FloatArray, Segment, SegmentAlignment
from fusion.units import RAD_PER_DEG

_STAND_SD_RAD = 10.0 * RAD_PER_DEG
"""One sigma of how far apart two segments face in a stand, all the feet's ways of standing included."""
_REST_SD_RAD = 12.0 * RAD_PER_DEG
"""The same at a later upright rest, which no one asked for."""
_RANGE_SD_RAD = 30.0 * RAD_PER_DEG
"""No joint here lets its segments face further apart for long."""
_LEVER_SD_M = 0.08
_ON_SKIN = RelativeHeadingParams(fast_s=0.1)
"""Skin moves faster than bones: with 0.03 s the levers of a walking person come out half as long."""
_REST_S = 1.0
_REST_RADS = 4.0 * RAD_PER_DEG
_UPRIGHT_COS = float(np.cos(12.0 * RAD_PER_DEG))
_UP_B = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, slots=True)
class _Joint:
    """Which segment a joint hangs from, and where its centre usually is from both sensors (m, in B)."""

    parent: Segment
    from_parent_m: tuple[float, float, float]
    from_child_m: tuple[float, float, float]


# Sensors on sacrum, outer thigh, breastbone and outer shank of a person of 1.75 m; segment lengths after
# Winter 2009 (ISBN 978-0-470-39818-0).
JOINTS: Final[Mapping[Segment, _Joint]] = {
    Segment.THIGH_RIGHT: _Joint(Segment.PELVIS, (0.08, -0.08, 0.085), (-0.04, 0.20, -0.06)),
    Segment.THIGH_LEFT: _Joint(Segment.PELVIS, (0.08, -0.08, -0.085), (-0.04, 0.20, 0.06)),
    Segment.THORAX: _Joint(Segment.PELVIS, (0.05, 0.10, 0.0), (-0.05, -0.25, 0.0)),
    Segment.SHANK_RIGHT: _Joint(Segment.THIGH_RIGHT, (-0.04, -0.22, -0.06), (0.0, 0.17, -0.05)),
    Segment.SHANK_LEFT: _Joint(Segment.THIGH_LEFT, (-0.04, -0.22, 0.06), (0.0, 0.17, 0.05)),
}


@dataclass(slots=True, eq=False)
class _Link:
    """One joint's estimate and since when both of its segments have been resting upright."""

    estimate: RelativeHeading = field(default_factory=lambda: RelativeHeading(_ON_SKIN))
    moved_s: float = -np.inf


class CommonHeading:
    """Aligned blocks in, the same with headings relative to the pelvis out.

    Blocks must not cross frames (`fusion.alignment.split_frames`); equal for any splitting within them.
    """

    def __init__(self, segments: Iterable[Segment], frame_s: float) -> None:
        worn = set(segments)
        self._frame_s = frame_s
        self._links = {s: _Link() for s, j in JOINTS.items() if s in worn and j.parent in worn}
        self._alignments: Mapping[Segment, SegmentAlignment] = {}
        self._y_s: dict[Segment, FloatArray] = {}

    @property
    def state(self) -> FloatArray:
        """What the motion has shown so far; give it to `restore`, after `align`, to go on from here."""
        rows = [np.concatenate(([link.moved_s], link.estimate.state)) for link in self._links.values()]
        return np.concatenate(rows) if rows else np.empty(0)

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier. Raises `InputError` when it is not one of these segments."""
        values = np.array(state, float)
        if values.shape != self.state.shape:
            raise InputError(f"heading state has shape {values.shape}, not {self.state.shape}")
        for link, row in zip(self._links.values(), np.split(values, max(1, len(self._links))), strict=False):
            link.moved_s = float(row[0])
            link.estimate.restore(row[1:])

    def align(self, alignments: Mapping[Segment, SegmentAlignment]) -> None:
        """Use these from the next update on; they say where headings and joints are expected."""
        self._alignments = dict(alignments)
        self._y_s = {s: quat.rotate(np.array(a.q_sb), _UP_B) for s, a in alignments.items()}
        for segment, link in self._links.items():
            between = JOINTS[segment]
            if segment in alignments and between.parent in alignments:
                parent_q, child_q = (np.array(alignments[s].q_sb) for s in (between.parent, segment))
                link.estimate.expect_levers(
                    quat.rotate(parent_q, np.array(between.from_parent_m)),
                    quat.rotate(child_q, np.array(between.from_child_m)),
                    _LEVER_SD_M,
                )
                sd_rad = max(_STAND_SD_RAD, self._unknown_rad(segment))
                link.estimate.expect(self._expected_rad(segment), sd_rad)

    def update(self, block: AlignedBlock) -> AlignedBlock:
        """The block with every segment's frame turned to the pelvis's, as the alignments have it.

        ``heading_sd_rad`` becomes one sigma of a segment's heading relative to the pelvis.
        """
        none = np.zeros(len(block))
        turned: dict[Segment, tuple[FloatArray, FloatArray]] = {Segment.PELVIS: (none, none)}
        segments = {Segment.PELVIS: replace(block.segments[Segment.PELVIS], heading_sd_rad=none)}
        for segment, sensor in block.segments.items():
            link = self._links.get(segment)
            if link is None:
                segments.setdefault(segment, sensor)
                continue
            parent = JOINTS[segment].parent
            heading_rad, sd_rad = link.estimate.update(block.segments[parent], sensor)
            above_rad, above_sd_rad = turned.get(parent, (none, none))
            correction = heading_rad - self._expected_rad(segment) + above_rad
            turned[segment] = correction, np.hypot(sd_rad, above_sd_rad)
            q_es = np.empty_like(sensor.q_es)
            kernels.turn_about_vertical(correction, sensor.q_es, q_es)
            segments[segment] = replace(sensor, q_es=q_es, heading_sd_rad=turned[segment][1])
            self._look_for_rest(segment, link, block)
        return replace(block, segments=segments)

    def _expected_rad(self, segment: Segment) -> float:
        """The angle that the alignments say."""
        child, parent = (self._alignments.get(s) for s in (segment, JOINTS[segment].parent))
        return child.heading_rad - parent.heading_rad if child is not None and parent is not None else 0.0

    def _unknown_rad(self, segment: Segment) -> float:
        """One sigma of the angle that the alignments say: a stored one says nothing of it."""
        pair = (self._alignments.get(s) for s in (segment, JOINTS[segment].parent))
        return max((a.heading_sd_rad for a in pair if a is not None), default=0.0)

    def _look_for_rest(self, segment: Segment, link: _Link, block: AlignedBlock) -> None:
        pair = segment, JOINTS[segment].parent
        if not set(pair) <= self._alignments.keys():
            return
        for s in pair:
            sensor = block.segments[s]
            k = kernels.last_astir(sensor.q_es, sensor.gyr_rads, self._y_s[s], _REST_RADS, _UPRIGHT_COS)
            if k >= 0:
                link.moved_s = max(link.moved_s, float(block.t_s[k]))
        if not self._ends_frame(block) or self._unknown_rad(segment) > _RANGE_SD_RAD:
            return
        if block.t_s[-1] - max(link.moved_s, 0.0) >= _REST_S:
            link.estimate.expect(self._expected_rad(segment), _REST_SD_RAD)
        elif link.estimate.sd_rad > _RANGE_SD_RAD:
            link.estimate.expect(self._expected_rad(segment), _RANGE_SD_RAD)

    def _ends_frame(self, block: AlignedBlock) -> bool:
        per_frame = round(self._frame_s * block.rate_hz)
        return (round(float(block.t_s[-1]) * block.rate_hz) + 1) % per_frame == 0
