"""Headings of all sensors against the pelvis's, joint by joint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from fusion.alignment.joint_heading import LEVERS_M, JointHeading, JointHeadingEstimator
from fusion.types import AlignedBlock, FloatArray, Segment


class HeadingChain:
    """One estimator for each joint whose two segments wear a sensor."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._segments = tuple(segments)
        self._pairs: dict[Segment, JointHeadingEstimator] = {}

    def update(self, frame: AlignedBlock, up_s: Mapping[Segment, FloatArray]) -> None:
        """Take one frame; ``up_s`` is each segment's Y (3,) in S."""
        for segment in self._segments:
            parent, above_m, below_m = LEVERS_M.get(segment, (segment, 0.0, 0.0))
            if parent == segment or parent not in frame.segments:
                continue
            if segment not in self._pairs:
                self._pairs[segment] = JointHeadingEstimator(frame.rate_hz, above_m, below_m)
            self._pairs[segment].update(
                frame.segments[parent], frame.segments[segment], up_s[parent], up_s[segment]
            )

    def forget(self) -> None:
        """Begin anew: the verticals were wrong."""
        self._pairs = {}

    def headings(self) -> dict[Segment, JointHeading]:
        """Each sensor's against the pelvis's, as far as joints show them."""
        return {s: self._against_pelvis(s) for s in self._segments if s in self._pairs}

    def _against_pelvis(self, segment: Segment) -> JointHeading:
        one = self._pairs[segment].estimate
        parent = LEVERS_M[segment][0]
        if parent is Segment.PELVIS or parent not in self._pairs:
            return one
        above = self._against_pelvis(parent)
        sd_rad = float(np.hypot(one.sd_rad, above.sd_rad))
        return JointHeading(one.angle_rad + above.angle_rad, sd_rad, min(one.coherence, above.coherence))
