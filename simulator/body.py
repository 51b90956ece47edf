"""From coordinates to where a sensor is and how it is turned: one chain for positions and orientations.

The supporting feet stay where they are, so standing, squatting and bridging come out of one formula.
Lengths after Winter 2009 (Biomechanics and Motor Control of Human Movement, ISBN 978-0-470-39818-0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fusion.types import FloatArray, Segment
from simulator import kernels
from simulator.motion import Motion

_ROW = {
    Segment.PELVIS: kernels.PELVIS,
    Segment.THIGH_RIGHT: kernels.THIGH_RIGHT,
    Segment.THIGH_LEFT: kernels.THIGH_LEFT,
    Segment.THORAX: kernels.THORAX,
    Segment.SHANK_RIGHT: kernels.SHANK_RIGHT,
    Segment.SHANK_LEFT: kernels.SHANK_LEFT,
}
_JOLT_GAIN: Mapping[Segment, float] = {
    Segment.SHANK_RIGHT: 1.6,
    Segment.SHANK_LEFT: 1.6,
    Segment.THIGH_RIGHT: 1.0,
    Segment.THIGH_LEFT: 1.0,
    Segment.PELVIS: 0.7,
    Segment.THORAX: 0.45,
}
"""How much of a foot's impact reaches a segment (shock attenuation up the body; engineering estimate)."""


@dataclass(frozen=True, slots=True)
class Build:
    """Lengths of a person, m."""

    half_hips_m: float = 0.085
    thigh_m: float = 0.429
    shank_m: float = 0.431
    lumbar_m: float = 0.11

    @classmethod
    def of_height(cls, height_m: float, leg_share: float = 1.0) -> Build:
        """Winter's shares of the stature; ``leg_share`` is how long-legged the person is."""
        thigh, shank = 0.245 * height_m * leg_share, 0.246 * height_m * leg_share
        return cls(0.049 * height_m, thigh, shank, 0.063 * height_m)

    def lengths_m(self) -> FloatArray:
        """As the compiled chain takes them."""
        return np.array((self.half_hips_m, self.thigh_m, self.shank_m, self.lumbar_m))


@dataclass(frozen=True, slots=True)
class SoftTissue:
    """How skin moves over bone (shares of the joint's own motion; deg at full contraction)."""

    thigh_flexion: float = 0.0
    pelvis_flexion: float = 0.0
    contraction_deg: float = 0.0
    rotation_followed: float = 1.0

    def factors(self) -> FloatArray:
        """As the compiled chain takes them."""
        return np.array(
            (self.thigh_flexion, self.pelvis_flexion, self.contraction_deg, self.rotation_followed)
        )


RIGID = SoftTissue()


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Orientation ``q_eb`` (n, 4) and proximal joint (n, 3) in E of one segment."""

    q_eb: FloatArray
    joint_m: FloatArray


def place_segment(
    motion: Motion, build: Build, segment: Segment, t_s: FloatArray, tissue: SoftTissue = RIGID
) -> Placement:
    """Where a segment (or the skin over it) is at ascending times."""
    return place_rows(motion.at(t_s), build, segment, tissue)


def place_rows(rows: FloatArray, build: Build, segment: Segment, tissue: SoftTissue = RIGID) -> Placement:
    """Where a segment (or the skin over it) is at coordinates ``rows`` (n, c)."""
    q_eb, joint = np.empty((len(rows), 4)), np.empty((len(rows), 3))
    kernels.place(
        rows,
        _ROW[segment],
        build.lengths_m(),
        tissue.factors(),
        _JOLT_GAIN[segment],
        q_eb,
        joint,
    )
    return Placement(q_eb, joint)
