"""Where the phases of an excursion begin and end: by their speed, slow ones by the smooth way that fits."""

from __future__ import annotations

import numpy as np

from fusion.exercises.model import DriverSignal
from fusion.kernels import corners as excursion
from fusion.movement.smooth_way import View, smooth_corners
from fusion.movement.track import Driven
from fusion.movement.way_shape import WayShapes
from fusion.types import FloatArray

_THIGH_SHARE = 0.4
"""A thigh that turns by so much of a hip's range tells its slow ways better: glutes that contract under the
sensor of the pelvis look like one to three degrees of tilt."""
_OWN_SHARE = 0.7
"""A thigh that turns by so much of it does what the hip does."""


def corners_of(
    one: Driven, effort: FloatArray, pitch: FloatArray, t_s: FloatArray, *, returned: bool
) -> tuple[int, int, int, int]:
    """The corners of an excursion of a driven angle, with the thigh's pitch (n,) of the leg that is read.

    Before the person has ``returned``, the ways are not complete, and no smooth one is looked for.
    """
    found = _by_speed(one, effort, pitch, t_s)
    if not returned or one.shapes is None:
        return found
    return smooth_corners(t_s, found, _views(effort, pitch, one, one.shapes))


def corners(x: FloatArray, t_s: FloatArray) -> tuple[int, int, int, int]:
    """Start, reach, leave and end of an excursion x (n,) that runs low → high → (low)."""
    start, reach, leave, end = excursion.corners(np.ascontiguousarray(x), np.ascontiguousarray(t_s))
    return start, reach, leave, end


def _by_speed(
    one: Driven, effort: FloatArray, pitch: FloatArray, t_s: FloatArray
) -> tuple[int, int, int, int]:
    """The corners of an excursion (n,) of one leg.

    What the other leg does in between tilts the pelvis, or moves this thigh against it: where hip and thigh
    do not set out at once, the first to do so was not doing the leg's own repetition.
    """
    start, reach, leave, end = corners(effort, t_s)
    by_hip = one.in_turn and one.signal is DriverSignal.HIP_FLEXION
    if by_hip and float(np.ptp(pitch)) > _OWN_SHARE * float(np.ptp(effort)):
        own_start, _, _, own_end = corners(one.sign * pitch, t_s)
        start, end = min(max(start, own_start), reach), max(min(end, own_end), leave)
    return start, reach, leave, end


def _views(effort: FloatArray, pitch: FloatArray, one: Driven, shapes: WayShapes) -> list[View]:
    """What shows the slow ways of an excursion (n,), the best first."""
    views = [View(effort, *shapes.driver)]
    by_hip = one.signal is DriverSignal.HIP_FLEXION and not one.by_free_leg
    if by_hip and float(np.ptp(pitch)) > _THIGH_SHARE * float(np.ptp(effort)):
        views.insert(0, View(pitch, *shapes.thigh))
    return views
