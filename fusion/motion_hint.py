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
    known. ``standing`` tells that the person comes upright within the exercise itself.
    """

    poses: tuple[Pose, ...]
    plane: Plane = Plane.SAGITTAL
    side: Side | None = None
    standing: bool = False

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
