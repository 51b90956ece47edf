"""Which segments wear a sensor, read from the names of the signals there are."""

from __future__ import annotations

from collections.abc import Collection

from fusion.types import Segment, Side


def worn_segments(names: Collection[str]) -> frozenset[Segment]:
    """Segments that the signals ``names`` come from."""
    worn = {Segment.PELVIS} if "pelvis_tilt_deg" in names else set()
    for side in Side:
        if f"thigh_pitch_{side.value}_deg" in names:
            worn.add(side.thigh)
        if f"knee_flexion_{side.value}_deg" in names:
            worn.add(side.shank)
    if "lumbar_extension_deg" in names:
        worn.add(Segment.THORAX)
    return frozenset(worn)
