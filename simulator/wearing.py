"""How a sensor is worn: where, which way round, and how it and the skin under it move on the segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment
from fusion.units import RAD_PER_DEG
from simulator.body import RIGID, Build, Placement, SoftTissue, place_rows
from simulator.errors import SimulationError
from simulator.motion import Motion, minimum_jerk
from simulator.rocking import STEADY, Wobble

_OFFSETS_M: Mapping[Segment, tuple[float, float, float]] = {
    Segment.PELVIS: (-0.10, 0.08, 0.0),
    Segment.THIGH_RIGHT: (0.05, -0.22, 0.07),
    Segment.THIGH_LEFT: (0.05, -0.22, -0.07),
    Segment.THORAX: (-0.12, 0.28, 0.0),
    Segment.SHANK_RIGHT: (0.03, -0.16, 0.04),
    Segment.SHANK_LEFT: (0.03, -0.16, -0.04),
}
"""From the segment's proximal joint (the pelvis: the middle of the hips), in B."""

_SOFTNESS: Mapping[Segment, float] = {
    Segment.PELVIS: 0.8,
    Segment.THIGH_RIGHT: 1.0,
    Segment.THIGH_LEFT: 1.0,
    Segment.THORAX: 0.7,
    Segment.SHANK_RIGHT: 0.9,
    Segment.SHANK_LEFT: 0.9,
}
"""How much softer than bone a sensor sits, against the thigh."""

_SETTLE_S = 0.15
"""A sensor that slips does so within this time."""


class Mount(StrEnum):
    """Which way round a sensor is put on."""

    ANY = "any"
    SNUG = "snug"
    UPSIDE_DOWN = "upside_down"
    TURNED_90 = "turned_90"
    INSIDE_OUT = "inside_out"


_TURNS: Mapping[Mount, tuple[float, float, float]] = {
    Mount.SNUG: (0.0, 0.0, 0.0),
    Mount.UPSIDE_DOWN: (np.pi, 0.0, 0.0),
    Mount.TURNED_90: (0.5 * np.pi, 0.0, 0.0),
    Mount.INSIDE_OUT: (0.0, np.pi, 0.0),
}
_DONNING_SD_RAD = 5.0 * RAD_PER_DEG


@dataclass(frozen=True, slots=True)
class Slip:
    """A sensor that turns on its segment: at once by ``step_deg`` at ``at_s``, or slowly all the time."""

    step_deg: float = 0.0
    at_s: float = 0.0
    creep_deg_min: float = 0.0
    axis_b: tuple[float, float, float] = (0.0, 0.0, 1.0)

    def __bool__(self) -> bool:
        return bool(self.step_deg or self.creep_deg_min)

    def rotation(self, t_s: FloatArray) -> FloatArray:
        """Turn (n, 4) within B."""
        share = np.clip((t_s - self.at_s) / _SETTLE_S, 0.0, 1.0)
        angle_deg = self.step_deg * minimum_jerk(share) + self.creep_deg_min * t_s / 60.0
        return quat.from_rotation_vector((angle_deg * RAD_PER_DEG)[:, None] * np.asarray(self.axis_b))


@dataclass(frozen=True, slots=True)
class Mounting:
    """Where a sensor sits (m, in B, from the segment's joint), how it is turned (B to S), how it moves."""

    segment: Segment
    offset_b_m: tuple[float, float, float]
    q_sb: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    tissue: SoftTissue = RIGID
    wobble: Wobble = STEADY
    slip: Slip = Slip()


def draw_mounting(
    segment: Segment, rng: np.random.Generator, mount: Mount = Mount.ANY, *, rigid: bool = False
) -> Mounting:
    """A sensor put on by somebody; ``rigid`` leaves soft tissue and wobble out."""
    if segment not in _OFFSETS_M:
        known = ", ".join(s.value for s in _OFFSETS_M)
        raise SimulationError(f"no virtual {segment.value} sensor; there are {known}")
    if mount is Mount.ANY:
        q = quat.normalize(rng.normal(0.0, 1.0, 4))
    else:
        donning = quat.from_rotation_vector(rng.normal(0.0, _DONNING_SD_RAD, 3))
        q = quat.multiply(quat.from_rotation_vector(_TURNS[mount]), donning)
    offset = np.add(_OFFSETS_M[segment], rng.normal(0.0, 0.01, 3))
    tissue, wobble = _draw_tissue(segment, rng)
    return Mounting(
        segment,
        (float(offset[0]), float(offset[1]), float(offset[2])),
        (float(q[0]), float(q[1]), float(q[2]), float(q[3])),
        RIGID if rigid else tissue,
        STEADY if rigid else wobble,
    )


def _draw_tissue(segment: Segment, rng: np.random.Generator) -> tuple[SoftTissue, Wobble]:
    tissue = SoftTissue(
        thigh_flexion=float(rng.uniform(0.03, 0.08)),
        pelvis_flexion=float(rng.uniform(0.02, 0.05)),
        contraction_deg=float(rng.uniform(1.0, 3.0)),
        rotation_followed=1.0 - float(rng.uniform(0.1, 0.5)),
    )
    soft = _SOFTNESS[segment]
    muscle = rng.spawn(1)[0]
    # A heel strike of some 12 m/s² makes 0.5 to 3 degrees on a thigh.
    wobble = Wobble(
        frequency_hz=float(rng.uniform(6.0, 15.0)),
        damping=float(rng.uniform(0.2, 0.4)),
        deg_per_ms2=soft * float(rng.uniform(0.04, 0.2)),
        lever_m=float(rng.uniform(0.01, 0.03)),
        deg_per_dps=soft * float(muscle.uniform(0.003, 0.008)),
        seed=int(muscle.integers(2**32)),
    )
    return tissue, wobble


def sensor_frame(rows: FloatArray, build: Build, mounting: Mounting, t_s: FloatArray) -> Placement:
    """``q_eb`` (n, 4) of the segment as the sensor feels it, and the sensor's position (n, 3).

    ``rows`` (n, c) are the coordinates of the body at the times ``t_s`` (n,).
    """
    placed = place_rows(rows, build, mounting.segment, mounting.tissue)
    q_eb = placed.q_eb
    if mounting.slip:
        q_eb = quat.multiply(q_eb, mounting.slip.rotation(t_s))
    return Placement(q_eb, placed.joint_m + quat.rotate(q_eb, np.asarray(mounting.offset_b_m)))


def sensor_orientation(motion: Motion, build: Build, mounting: Mounting, t_s: FloatArray) -> FloatArray:
    """``q_es`` (n, 4) of a sensor, the wobble of its soft tissue left out."""
    frame = sensor_frame(motion.at(t_s), build, mounting, t_s)
    return quat.multiply(frame.q_eb, quat.conjugate(mounting.q_sb))


def sensor_position_m(motion: Motion, build: Build, mounting: Mounting, t_s: FloatArray) -> FloatArray:
    """Position (n, 3) of a sensor in E."""
    return sensor_frame(motion.at(t_s), build, mounting, t_s).joint_m
