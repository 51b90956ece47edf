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

from fusion import quaternion as quat
from fusion.low_pass import low_pass
from fusion.types import FloatArray, OrientedBlock, Segment
from fusion.units import RAD_PER_DEG

ComplexArray = NDArray[np.complex128]

_FAST_S = 0.05
_SLOW_S = 0.7
"""Band in which joints accelerate: faster is noise, slower a wrong vertical."""
_SETTLE_S = 1.5
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
        self._fast = self._dt / (_FAST_S + self._dt)
        self._slow = self._dt / (_SLOW_S + self._dt)
        self._reset()

    def _reset(self) -> None:
        self._filters: list[ComplexArray] | None = None
        self._rate_e: FloatArray | None = None
        self._age_s = 0.0

    def __call__(self, frame: OrientedBlock, up_s: FloatArray) -> ComplexArray | None:
        if not np.isfinite(frame.q_es).all():
            self._reset()
            return None
        rate_e = quat.rotate(frame.q_es, frame.gyr_rads)
        before = rate_e[:1] if self._rate_e is None else self._rate_e
        turning = np.diff(np.concatenate((before, rate_e)), axis=0) / self._dt
        self._rate_e = rate_e[-1:]
        along = quat.rotate(frame.q_es, np.broadcast_to(up_s, rate_e.shape))
        swing = quat.cross(turning, along) + quat.cross(rate_e, quat.cross(rate_e, along))
        joint = quat.rotate(frame.q_es, frame.acc_ms2) + self._lever_m * swing
        banded = self._band(joint[:, 0] + 1j * joint[:, 1])
        self._age_s += len(banded) * self._dt
        return banded if self._age_s > _SETTLE_S else None

    def _band(self, x: ComplexArray) -> ComplexArray:
        if self._filters is None:
            self._filters = [x[:1] * (1.0 - gain) for gain in (self._fast, self._fast, self._slow)]
        smooth = x
        for k in (0, 1):
            smooth, self._filters[k] = low_pass(smooth, self._fast, self._filters[k])
        slow, self._filters[2] = low_pass(smooth, self._slow, self._filters[2])
        return smooth - slow
