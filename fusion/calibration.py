"""Calibrations as values: alignments from the documents that `fusion.summary.alignment_document` writes.

A calibration holds for as long as the sensors stay where they are. Its headings are left behind: a sensor's
heading begins anew each time it is switched on, and is learnt again from the motion.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, sqrt
from typing import Any

from fusion.alignment.joint_heading import NO_IDEA_RAD
from fusion.errors import CalibrationError
from fusion.types import Segment, SegmentAlignment
from fusion.units import RAD_PER_DEG

_UNIT_TOLERANCE = 0.01
_MOST_WARNINGS = 20
_METHODS = ("stand", "functional", "motion", "given")
_ZEROS = ("stand", "rest", "motion", "given")
_SOURCES = ("population", "personal", "off")


def alignments_from_document(document: object) -> dict[Segment, SegmentAlignment]:
    """Alignments of a ``calibration`` document (segment → alignment), or of a whole ``summary.json``.

    Raises `CalibrationError` that names the segment and key for anything that is not one.
    """
    content = document.get("calibration", document) if isinstance(document, Mapping) else None
    if not isinstance(content, Mapping) or not content:
        raise CalibrationError("the calibration is not an object of segments; take one from summary.json")
    return dict(_entry(name, entry) for name, entry in content.items())


def _entry(name: object, entry: object) -> tuple[Segment, SegmentAlignment]:
    if not isinstance(name, str) or name not in set(Segment):
        raise CalibrationError(f"calibration: {name!r} is no segment; there are {', '.join(Segment)}")
    if not isinstance(entry, Mapping):
        raise CalibrationError(f"calibration of {name}: not an object")
    segment = Segment(name)
    # Another recording's heading says nothing of this one's.
    heading_sd_rad = 0.0 if segment is Segment.PELVIS else NO_IDEA_RAD
    return segment, SegmentAlignment(
        segment=segment,
        q_sb=_quaternion(name, entry.get("q_sb")),
        method=_choice(name, entry, "method", _METHODS, default="given"),
        quality=_number(name, entry, "quality", low=0.0, high=1.0, default=0.5),
        t_s=_number(name, entry, "t_s", low=-1e12, high=1e12, default=0.0),
        warnings=_warnings(name, entry.get("warnings", ())),
        zero=_choice(name, entry, "zero", _ZEROS, default="given"),
        zero_sd_rad=_number(name, entry, "zero_sd_deg", low=0.0, high=180.0, default=2.0) * RAD_PER_DEG,
        axis_sd_rad=_number(name, entry, "axis_sd_deg", low=0.0, high=180.0, default=5.0) * RAD_PER_DEG,
        heading_sd_rad=heading_sd_rad,
        tissue_gain=_number(name, entry, "tissue_gain", low=-0.5, high=0.5, default=0.0),
        tissue_sd=_number(name, entry, "tissue_sd", low=0.0, high=0.5, default=0.0),
        tissue_source=_choice(name, entry, "tissue_source", _SOURCES, default="off"),
    )


def _quaternion(name: str, value: object) -> tuple[float, float, float, float]:
    parts = value if isinstance(value, list | tuple) else []
    numbers = [float(p) for p in parts if isinstance(p, int | float) and not isinstance(p, bool)]
    norm = sqrt(sum(p * p for p in numbers)) if len(numbers) == len(parts) == 4 else 0.0
    if not abs(norm - 1.0) <= _UNIT_TOLERANCE:
        raise CalibrationError(f"calibration of {name}: q_sb must be four numbers of length 1 (w, x, y, z)")
    w, x, y, z = (p / norm for p in numbers)
    return w, x, y, z


def _number(
    name: str, entry: Mapping[Any, Any], key: str, *, low: float, high: float, default: float
) -> float:
    value = entry.get(key, default)
    good = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not good or not low <= value <= high:
        raise CalibrationError(f"calibration of {name}: {key} must be a number from {low:g} to {high:g}")
    return float(value)


def _choice(name: str, entry: Mapping[Any, Any], key: str, allowed: tuple[str, ...], *, default: str) -> str:
    value = entry.get(key, default)
    if value not in allowed:
        raise CalibrationError(f"calibration of {name}: {key} must be one of {', '.join(allowed)}")
    return str(value)


def _warnings(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise CalibrationError(f"calibration of {name}: warnings must be a list of texts")
    return tuple(value[:_MOST_WARNINGS])
