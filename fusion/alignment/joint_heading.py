"""Heading of one sensor's earth frame against another's, from the joint that both segments share.

The joint's centre accelerates once, whichever sensor tells of it (joint acceleration constraint, Weygers &
Kok 2020, doi 10.1109/JSEN.2020.2982459). Levers run along the segment and are taken as usual for a body:
fitting them trades them against the heading. The horizontal parts, as complex numbers, differ by the turn
between the two frames, whose quality their coherence tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion.alignment.band import JointBand
from fusion.kernels import joint_motion
from fusion.types import FloatArray, OrientedBlock, Segment
from fusion.units import RAD_PER_DEG

ComplexArray = NDArray[np.complex128]

_LEAST_ENERGY = 0.3
"""∫ a² dt, (m/s²)²·s, below which nothing is claimed."""
_SD_SCALE_RAD = 17.0 * RAD_PER_DEG
_ARTEFACT_MS2_2 = 0.04
"""Power, (m/s²)², that a turning pelvis shows beside its hip: a joint that hardly moves tells no more."""
_USUAL_S = 20.0
"""Motion for this long halves the variance that incoherent acceleration leaves."""
_SD_FLOOR_RAD = 2.5 * RAD_PER_DEG
NO_IDEA_RAD = float(np.pi / np.sqrt(3.0))
"""One sigma of an angle of which nothing is known."""

LEVERS_M: Final[Mapping[Segment, tuple[Segment, float, float]]] = {
    Segment.THIGH_RIGHT: (Segment.PELVIS, -0.08, 0.20),
    Segment.THIGH_LEFT: (Segment.PELVIS, -0.08, 0.20),
    Segment.THORAX: (Segment.PELVIS, 0.05, -0.25),
    Segment.SHANK_RIGHT: (Segment.THIGH_RIGHT, -0.20, 0.15),
    Segment.SHANK_LEFT: (Segment.THIGH_LEFT, -0.20, 0.15),
}
"""Segment → its parent, and how far below the common joint the parent's and its own sensor usually sit, m."""


@dataclass(frozen=True, slots=True)
class JointHeading:
    """``angle_rad`` turns the child's earth frame about its Z into the parent's; one sigma ``sd_rad``."""

    angle_rad: float
    sd_rad: float
    coherence: float


class JointHeadingEstimator:
    """One pair of sensors, frame by frame; long-lived sums, so that a better vertical helps from then on."""

    def __init__(self, rate_hz: float, parent_lever_m: float, child_lever_m: float) -> None:
        self._parent = _JointAcceleration(rate_hz, parent_lever_m)
        self._child = _JointAcceleration(rate_hz, child_lever_m)
        self._dt = 1.0 / rate_hz
        self._cross = 0.0 + 0.0j
        self._energies = np.zeros(2)
        self._duration_s = 0.0

    def update(
        self, parent: OrientedBlock, child: OrientedBlock, parent_up_s: FloatArray, child_up_s: FloatArray
    ) -> None:
        """Take one frame of both; ``*_up_s`` (3,) is the segments' Y in S."""
        one, other = self._parent(parent, parent_up_s), self._child(child, child_up_s)
        if one is None or other is None:
            return
        self._duration_s += len(one) * self._dt
        self._cross += complex(np.vdot(other, one)) * self._dt
        self._energies += np.array([np.vdot(one, one).real, np.vdot(other, other).real]) * self._dt

    @property
    def estimate(self) -> JointHeading:
        """What is known so far."""
        if self._energies.min() < _LEAST_ENERGY:
            return JointHeading(0.0, NO_IDEA_RAD, 0.0)
        coherence = float(abs(self._cross) / np.sqrt(self._energies.prod()))
        noise = 1.0 / max(coherence, 1e-3) ** 2 - 1.0
        few = float(np.sqrt(_USUAL_S / (_USUAL_S + self._duration_s)))
        weak = _ARTEFACT_MS2_2 * self._duration_s / float(self._energies.min())
        sd_rad = float(np.sqrt(_SD_FLOOR_RAD**2 + (_SD_SCALE_RAD * few * noise**0.75) ** 2 + weak**2))
        return JointHeading(float(np.angle(self._cross)), min(sd_rad, NO_IDEA_RAD), coherence)


class _JointAcceleration:
    """Horizontal acceleration of the joint's centre as one sensor tells it, band-passed."""

    def __init__(self, rate_hz: float, lever_m: float) -> None:
        self._dt = 1.0 / rate_hz
        self._lever_m = lever_m
        self._band = JointBand(self._dt)
        self._last_rads = np.full(3, np.nan)

    def __call__(self, frame: OrientedBlock, up_s: FloatArray) -> ComplexArray | None:
        if not np.isfinite(frame.q_es).all():
            self._band.reset()
            self._last_rads[:] = np.nan
            return None
        joint = np.empty((len(frame), 2))
        sensor = frame.q_es, frame.gyr_rads, frame.acc_ms2
        joint_motion.at_lever(*sensor, self._lever_m * up_s, self._dt, self._last_rads, joint)
        banded = self._band(joint)
        return None if banded is None else banded[:, 0] + 1j * banded[:, 1]
