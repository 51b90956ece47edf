"""Headings of all sensors against the pelvis's, joint by joint and silence by silence.

After a silence a sensor's heading is another one, by as much as its sigma has grown. What was seen before
and after does not belong together: each time in between is an age of its own, and of the ages that one counts
whose headings are nearest to those asked for, and best known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fusion.alignment.history import is_blurred
from fusion.alignment.joint_heading import LEVERS_M, NO_IDEA_RAD, JointHeading, JointHeadingEstimator
from fusion.alignment.stand import last_known
from fusion.types import AlignedBlock, FloatArray, Segment
from fusion.units import RAD_PER_DEG

_SAME_RAD = 12.0 * RAD_PER_DEG
"""Growth of two headings' sigma beyond which another age begins."""
_MOST_AGES = 4


@dataclass(slots=True, eq=False)
class _Age:
    """One pair of sensors between two silences: what its motion showed, variances of both headings, rad²."""

    estimator: JointHeadingEstimator
    first: FloatArray
    last: FloatArray

    def seen_from(self, variances: FloatArray) -> JointHeading:
        """The estimate for headings as they were when they had other variances (2,)."""
        away = np.maximum(0.0, np.maximum(self.first - variances, variances - self.last)).sum()
        one = self.estimator.estimate
        sd_rad = min(float(np.sqrt(one.sd_rad**2 + away)), NO_IDEA_RAD)
        return JointHeading(one.angle_rad, sd_rad, one.coherence)


class HeadingChain:
    """Watches frames; every sensor that shares a joint with another is linked to it."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self._segments = tuple(segments)
        self._pairs: dict[Segment, list[_Age]] = {}

    def update(self, frame: AlignedBlock, up_s: Mapping[Segment, FloatArray]) -> None:
        """Take one frame; ``up_s`` is each segment's Y (3,) in S."""
        for segment in self._segments:
            parent, above_m, below_m = LEVERS_M.get(segment, (segment, 0.0, 0.0))
            if parent == segment or parent not in frame.segments:
                continue
            pair = frame.segments[parent], frame.segments[segment]
            if any(is_blurred(sensor.inclination_sd_rad) for sensor in pair):
                continue
            variances = np.array([last_known(sensor.heading_sd_rad) ** 2 for sensor in pair])
            ages = self._pairs.setdefault(segment, [])
            if not ages or (variances - ages[-1].first).sum() > _SAME_RAD**2:
                estimator = JointHeadingEstimator(frame.rate_hz, above_m, below_m)
                ages.append(_Age(estimator, variances, variances))
            ages[-1].last = np.maximum(ages[-1].last, variances)
            ages[-1].estimator.update(*pair, up_s[parent], up_s[segment])
            if len(ages) > _MOST_AGES:
                ages.remove(max(ages[:-1], key=lambda age: age.estimator.estimate.sd_rad))

    def forget(self) -> None:
        """Begin anew: the verticals were wrong."""
        self._pairs = {}

    def headings(self, sd_rad: Mapping[Segment, float]) -> dict[Segment, JointHeading]:
        """Each sensor's against the pelvis's, as they were when headings had these sigmas."""
        return {s: self._against_pelvis(s, sd_rad) for s in self._segments if s in self._pairs}

    def doubt(self, sd_rad: Mapping[Segment, float]) -> float:
        """How badly the headings are known against each other, as they were then."""
        return sum(one.sd_rad for one in self.headings(sd_rad).values())

    def _against_pelvis(self, segment: Segment, sd_rad: Mapping[Segment, float]) -> JointHeading:
        parent = LEVERS_M[segment][0]
        variances = np.array([sd_rad.get(s, 0.0) ** 2 for s in (parent, segment)])
        one = min((age.seen_from(variances) for age in self._pairs[segment]), key=lambda h: h.sd_rad)
        if parent is Segment.PELVIS or parent not in self._pairs:
            return one
        above = self._against_pelvis(parent, sd_rad)
        combined_rad = float(np.hypot(one.sd_rad, above.sd_rad))
        coherence = min(one.coherence, above.coherence)
        return JointHeading(one.angle_rad + above.angle_rad, combined_rad, coherence)
