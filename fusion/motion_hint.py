"""What the planned exercise says beforehand about how the body will move.

Where nobody did a functional calibration, the alignment takes the left–right axis from the exercise
itself, and its sign, and where needed the posture, from a `MotionHint`. It is a rough picture: model key
poses are enough, nothing is fitted to them closely.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fusion.types import FloatArray, Side
from fusion.units import RAD_PER_DEG

_LYING_LIST_DEG = 60.0
_UPRIGHT_DEG = 30.0
_LITTLE_DEG = 5.0


class Plane(StrEnum):
    """Plane, fixed to the body, in which the thigh moves against the pelvis."""

    SAGITTAL = "sagittal"
    """Flexion and extension: squats, hinges, bridges, kicks."""
    FRONTAL = "frontal"
    """Abduction and adduction: side-lying raises, side steps."""
    TRANSVERSE = "transverse"
    """Rotation about the thigh: clams."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One key pose, in degrees, with the signs of ``docs/conventions.md``; None where nothing is known.

    ``pelvis_tilt_deg`` P, ``thigh_pitch_deg`` T of the working leg, ``pelvis_list_deg`` ML
    (lying on the left side: +90, on the right side: −90; P is then not defined and should be None).
    """

    pelvis_tilt_deg: float | None
    thigh_pitch_deg: float | None
    pelvis_list_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class MotionHint:
    """Expected motion: ``poses`` of one repetition in order, the first is where it starts and rests.

    ``plane`` is where the thigh moves; ``side`` the working leg, None when both work alike or it is not
    known. ``standing`` tells that the person comes upright within the exercise itself, ``alternating``
    that the legs work in turn, ``held`` that it consists in keeping still.
    """

    poses: tuple[Pose, ...]
    plane: Plane = Plane.SAGITTAL
    side: Side | None = None
    standing: bool = False
    alternating: bool = False
    held: bool = False

    @property
    def side_lying_deg(self) -> float:
        """Greatest ML of the poses when the person lies on a side, else 0."""
        most = max((p.pelvis_list_deg for p in self.poses), key=abs, default=0.0)
        return most if abs(most) >= _LYING_LIST_DEG else 0.0

    @property
    def rests_upright(self) -> bool:
        """Whether the movement passes through about a stand, or its rest pose is not known."""
        known = [p for p in self.poses if p.pelvis_tilt_deg is not None and p.thigh_pitch_deg is not None]
        angles = [max(abs(p.pelvis_tilt_deg or 0.0), abs(p.thigh_pitch_deg or 0.0)) for p in known]
        return self.rest_pitch_rad() is None or min(angles) < _UPRIGHT_DEG

    def rest_pitch_rad(self) -> tuple[float, float] | None:
        """P and T of the first pose; None where they are not known."""
        if not self.poses or self.side_lying_deg:
            return None
        tilt, pitch = self.poses[0].pelvis_tilt_deg, self.poses[0].thigh_pitch_deg
        return None if tilt is None or pitch is None else (tilt * RAD_PER_DEG, pitch * RAD_PER_DEG)

    def dwells_deg(self) -> tuple[float, float] | None:
        """P and T where people pause: the pose nearest to a stand if one is near, else the first."""
        known = [
            (p.pelvis_tilt_deg, p.thigh_pitch_deg)
            for p in self.poses
            if p.pelvis_tilt_deg is not None and p.thigh_pitch_deg is not None
        ]
        if not known or self.side_lying_deg:
            return None
        return min(known, key=lambda p: max(abs(p[0]), abs(p[1]))) if self.rests_upright else known[0]

    def tilt_per_pitch(self) -> float:
        """Sign and about the size of ΔP/ΔT between the poses; 0 where it is not known."""
        known = [p for p in self.poses if p.pelvis_tilt_deg is not None and p.thigh_pitch_deg is not None]
        tilt = np.array([p.pelvis_tilt_deg for p in known], float)
        pitch = np.array([p.thigh_pitch_deg for p in known], float)
        if len(known) < 2 or np.ptp(pitch) < _LITTLE_DEG or np.ptp(tilt) < _LITTLE_DEG:
            return 0.0
        return float(np.polyfit(pitch, tilt, 1)[0])

    def pelvis_tilt_deg(self) -> FloatArray:
        """Known P of the poses, in order."""
        return _known(p.pelvis_tilt_deg for p in self.poses)

    def thigh_pitch_deg(self) -> FloatArray:
        """Known T of the poses, in order."""
        return _known(p.thigh_pitch_deg for p in self.poses)

    def pelvis_list_deg(self) -> FloatArray:
        """ML of the poses, in order."""
        return _known(p.pelvis_list_deg for p in self.poses)


def _known(values: Iterable[float | None]) -> FloatArray:
    return np.array([v for v in values if v is not None], float)
