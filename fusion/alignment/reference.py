"""The pose whose angles are known: a stand, else the exercise's own rest pose, else what the motion shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.stand import StillPose, angle_between
from fusion.motion_hint import MotionHint
from fusion.types import FloatArray, Segment
from fusion.units import RAD_PER_DEG

TRUNK = frozenset({Segment.PELVIS, Segment.THORAX})
"""Segments whose positive pitch leans them forward; the others lift their lower end forward."""
SAME_POSE_RAD = 8.0 * RAD_PER_DEG
"""A stand whose vertical is further off than this is another posture, or the sensor has slipped."""
ALIKE_RAD = 20.0 * RAD_PER_DEG
_STEPS_S = (2.0, 3.0, 5.0)
"""Lengths at which a stand that goes on is used anew."""
_COUNTS_S = 5.0
"""A stand counts no more for being longer than this."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """World up (3,) in S of every sensor in a pose of which ``pitch_rad`` is known, 0 in a stand.

    ``q_es`` (4,) is the orientation when the pose was first held, for its heading; ``sd_rad`` one sigma of
    the pitch. After a silence a heading is another: ``linked_q_es`` is the orientation when the pose was held
    closest to the motion that shows the headings against each other, ``heading_sd_rad`` their sigma there.
    """

    method: str
    up_s: Mapping[Segment, FloatArray]
    q_es: Mapping[Segment, FloatArray]
    sd_rad: float
    pitch_rad: Mapping[Segment, float] = field(default_factory=dict)
    signs: Mapping[Segment, FloatArray] = field(default_factory=dict)
    """Axes (3,) whose sign the motion itself has shown; empty where the pose says nothing of it."""
    linked_q_es: Mapping[Segment, FloatArray] = field(default_factory=dict)
    heading_sd_rad: Mapping[Segment, float] = field(default_factory=dict)
    doubt_rad: Mapping[Segment, float] = field(default_factory=dict)
    """One sigma of what else a segment's pitch may be, beside ``sd_rad``."""

    def zero_sd_rad(self, segment: Segment) -> float:
        """One sigma of the segment's pitch in this pose."""
        return float(np.hypot(self.sd_rad, self.doubt_rad.get(segment, 0.0)))

    def linked(self, segment: Segment) -> FloatArray:
        """The orientation (4,) from which axes are compared over sensors."""
        return self.linked_q_es.get(segment, self.q_es[segment])

    def upright_s(self, segment: Segment, z_s: FloatArray) -> FloatArray:
        """The segment's Y (3,) in S when its Z is ``z_s``."""
        pitch = self.pitch_rad.get(segment, 0.0) * (-1.0 if segment in TRUNK else 1.0)
        if pitch == 0.0:
            return self.up_s[segment]
        return quat.rotate(quat.from_rotation_vector(pitch * z_s), self.up_s[segment])

    def frame_s(self, segment: Segment, z_s: FloatArray) -> FloatArray:
        """The segment's axes (3, 3) in S, columns X, Y, Z, when its Z is ``z_s``."""
        y_s = self.upright_s(segment, z_s)
        return np.stack((quat.cross(y_s, z_s), y_s, z_s), axis=-1)


class StandCollection:
    """All stands of one wearing: their weighted mean is the zero."""

    def __init__(self) -> None:
        self._stands: list[StillPose] = []
        self._reference: Reference | None = None
        """What they give together, once it has been asked for."""

    def __len__(self) -> int:
        return len(self._stands)

    def add(self, pose: StillPose) -> bool:
        """Take a stand; one seen for longer takes its own place. True when that can change the zero."""
        self._reference = None
        last = self._stands[-1] if self._stands else None
        if last is None or pose.start_s > last.stop_s:
            self._stands.append(pose)
            return True
        if pose.start_s > last.start_s:
            # Kept in full already: the same stand goes on.
            self._stands[-1] = replace(last, stop_s=pose.stop_s)
            return False
        self._stands[-1] = pose
        return any(last.duration_s < step_s <= pose.duration_s for step_s in _STEPS_S)

    @property
    def only(self) -> StillPose:
        """The first stand."""
        return self._stands[0]

    @property
    def longest(self) -> StillPose:
        """The one that was held longest."""
        return max(self._stands, key=lambda p: p.duration_s)

    @staticmethod
    def agrees(off_rad: Mapping[Segment, float]) -> bool:
        """Whether a pose so far off is the same stand."""
        return max(off_rad.values()) <= SAME_POSE_RAD

    def outdone_by(self, pose: StillPose) -> bool:
        """Whether every stand so far was short and this one, about the same posture, is not."""
        near = max(self.off_rad(pose).values()) <= ALIKE_RAD
        return near and not pose.short and all(p.short for p in self._stands)

    def turn(self, segment: Segment, rotation: FloatArray) -> None:
        """What was seen before a slip, as the sensor sits after it."""
        self._reference = None
        self._stands = [
            replace(p, up_s={**p.up_s, segment: rotation @ p.up_s[segment]}) for p in self._stands
        ]

    def reference(self) -> Reference:
        """The zero that they give together."""
        if self._reference is None:
            self._reference = self._together()
        return self._reference

    def _together(self) -> Reference:
        first = self._stands[0]
        weights = [min(p.duration_s, _COUNTS_S) for p in self._stands]
        up_s = {}
        for segment in first.up_s:
            mean = sum(w * p.up_s[segment] for w, p in zip(weights, self._stands, strict=True))
            up_s[segment] = np.asarray(mean / np.linalg.norm(mean))
        sd_rad = 1.0 / np.sqrt(sum(1.0 / p.sd_rad**2 for p in self._stands))
        sd_rad = float(max(sd_rad, 1.0 * RAD_PER_DEG))
        return Reference("stand", up_s, first.q_es, sd_rad, heading_sd_rad=first.heading_sd_rad)

    def linked(self, reference: Reference, doubt: Callable[[Mapping[Segment, float]], float]) -> Reference:
        """With the headings of the stand whose headings' sigmas cause the least ``doubt``."""
        best = min(self._stands, key=lambda p: doubt(p.heading_sd_rad))
        return replace(reference, linked_q_es=best.q_es, heading_sd_rad=best.heading_sd_rad)

    def is_near(self, up_s: Mapping[Segment, FloatArray]) -> bool:
        """Whether these verticals are about those of the zero."""
        zero = self.reference()
        return all(angle_between(up, zero.up_s[s]) <= ALIKE_RAD for s, up in up_s.items())

    def off_rad(self, pose: StillPose) -> dict[Segment, float]:
        """How far each sensor's vertical is from the zero."""
        zero = self.reference()
        return {s: angle_between(up, zero.up_s[s]) for s, up in pose.up_s.items()}


def rest_reference(pose: StillPose, hint: MotionHint) -> Reference | None:
    """A still pose taken as the one in which the exercise rests; None where that is not known."""
    rest = hint.rest_pitch_rad()
    if rest is None:
        return None
    trunk, thigh = rest
    pitch = {s: trunk if s in TRUNK else thigh for s in pose.up_s}
    sd_rad = 8.0 * RAD_PER_DEG
    return Reference("rest", pose.up_s, pose.q_es, sd_rad, pitch, heading_sd_rad=pose.heading_sd_rad)
