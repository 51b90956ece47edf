"""What the sensors have shown since they were put on: glimpses, how much was moved, levers to the hip."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fusion.alignment.cold import cold_reference
from fusion.alignment.hip_levers import HipLevers
from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import Reference
from fusion.alignment.slip import Slip
from fusion.alignment.stand import StillPose, angle_between
from fusion.motion_hint import MotionHint
from fusion.quantiles import quantile
from fusion.types import AlignedBlock, FloatArray, Segment, Side
from fusion.units import RAD_PER_DEG

_FULL_TURN_RAD = 8.0 * RAD_PER_DEG
_LEVEL_COS = 0.26
_STANDS_SHARE = 0.4
"""Of the lean of a rest: that line is known to about 40°."""
_UPRIGHT_QUANTILE, _ALONG_COS = 0.95, 0.82
"""Who passes through a stand is upright for so much of the time, as well as that line is known."""


class Evidence:
    """Grows frame by frame; everything in the axes of the sensors as they sit now."""

    def __init__(self, segments: Iterable[Segment]) -> None:
        self.histories = {s: SensorHistory() for s in segments}
        self.levers: dict[Segment, HipLevers] = {}
        self.first_s: float | None = None
        """When the first frame began."""
        self.turned = 0.0
        """How much was moved, in full turns of a glimpse, as a mean over the sensors."""
        self._any_q_es: dict[Segment, FloatArray] = {}

    def take(self, frame: AlignedBlock) -> None:
        """One frame more."""
        if self.first_s is None:
            self.first_s = float(frame.t_s[0])
        for segment, history in self.histories.items():
            before = len(history)
            history.add(frame.segments[segment])
            turns = np.minimum(1.0, history.turn_rad[before:] / _FULL_TURN_RAD)
            self.turned += float(turns.sum()) / len(self.histories)
        if not self._any_q_es and all(np.isfinite(b.q_es[-1]).all() for b in frame.segments.values()):
            self._any_q_es = {s: b.q_es[-1].copy() for s, b in frame.segments.items()}
        for side in Side:
            if side.thigh in self.histories:
                hip = self.levers.setdefault(side.thigh, HipLevers(side.thigh, frame.rate_hz))
                hip.update(frame.segments[Segment.PELVIS], frame.segments[side.thigh])

    def follow_slip(self, slip: Slip) -> None:
        """What was seen before a slip, as the sensor sits after it."""
        self.histories[slip.segment].turn(slip.rotation)
        for thigh, hip in self.levers.items():
            if slip.segment in (thigh, Segment.PELVIS):
                hip.turn(slip.segment, slip.rotation)

    def cold(self, hint: MotionHint) -> Reference | None:
        """The zero that the range of the motion shows; None while it shows none."""
        return cold_reference(self.histories, self._any_q_es, hint, self._lines())

    def seated(self, pose: StillPose) -> bool:
        """Whether the thighs lie level in a still pose and stood at other times, from how they swing."""
        lines = self._lines()
        return bool(lines) and all(
            line @ pose.up_s[s] < _LEVEL_COS and self._was_upright(s, line) for s, line in lines.items()
        )

    def stands_rather(self, pose: StillPose, thigh_lean_rad: float) -> bool:
        """Whether thighs point upwards in a still pose rather than lean by so much, as far as they swung."""
        lean_rad = [angle_between(line, pose.up_s[s]) for s, line in self._lines().items()]
        return bool(lean_rad) and max(lean_rad) < _STANDS_SHARE * thigh_lean_rad

    def _lines(self) -> dict[Segment, FloatArray]:
        """About where each thigh points upwards, where its swinging has shown it."""
        found = {s: e.thigh_up_s for s, e in self.levers.items()}
        return {s: axis for s, axis in found.items() if axis is not None}

    def _was_upright(self, segment: Segment, line_s: FloatArray) -> bool:
        """Whether a segment has stood along its line for a while; one that never has is another line."""
        along = self.histories[segment].up_s @ line_s
        return len(along) > 0 and quantile(along, _UPRIGHT_QUANTILE) > _ALONG_COS
