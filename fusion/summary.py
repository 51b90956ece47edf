"""Results as plain documents: what ``summary.json`` and the API show of repetitions and sets."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from fusion.types import ExerciseEvent, Finding, RepSummary, SegmentAlignment, SetSummary
from fusion.units import DEG_PER_RAD

Document = dict[str, Any]


def number(value: float, digits: int = 3) -> float | None:
    """A float for JSON: rounded, None where it is not known."""
    return round(value, digits) if isfinite(value) else None


def numbers(values: Mapping[str, float]) -> Document:
    """A mapping of floats for JSON."""
    return {name: number(value) for name, value in values.items()}


def finding_document(finding: Finding) -> Document:
    """One finding."""
    return {
        "kind": finding.kind,
        "severity": finding.severity.value,
        "t_s": number(finding.t_s),
        "value": number(finding.value),
        "limit": number(finding.limit),
        "unit": finding.unit,
        "cue": finding.cue,
        "needs": [segment.value for segment in finding.needs],
        "validity": finding.validity.value,
    }


def rep_document(rep: RepSummary) -> Document:
    """One repetition with its findings."""
    return {
        "index": rep.index,
        "t_start_s": number(rep.t_start_s),
        "t_top_s": number(rep.t_top_s),
        "t_end_s": number(rep.t_end_s),
        "full": rep.full,
        "verdict": rep.verdict.value,
        "confidence": number(rep.confidence),
        "rom_deg": number(rep.rom_deg),
        "hip_flexion_min_deg": number(rep.hip_flexion_min_deg),
        "hip_flexion_max_deg": number(rep.hip_flexion_max_deg),
        "tempo_s": [number(part) for part in rep.tempo_s],
        "hold_s": number(rep.hold_s),
        "pelvis_residual_peak_deg": number(rep.pelvis_residual_peak_deg),
        "side": rep.side.value if rep.side else None,
        "quality": rep.quality,
        "metrics": numbers(rep.metrics),
        "findings": [finding_document(finding) for finding in rep.findings],
        "path_deg": [list(point) for point in rep.path_deg],
    }


def set_document(done: SetSummary) -> Document:
    """One set with its repetitions."""
    return {
        "index": done.index,
        "exercise": done.exercise,
        "t_start_s": number(done.t_start_s),
        "t_end_s": number(done.t_end_s),
        "reps": [rep_document(rep) for rep in done.reps],
        "quality_reps": done.quality_reps,
        "rest_before_s": None if done.rest_before_s is None else number(done.rest_before_s),
        "fatigue": numbers(done.fatigue),
        "symmetry": numbers(done.symmetry),
        "findings": [finding_document(finding) for finding in done.findings],
        "not_judged": [
            {"kind": n.kind, "missing": [s.value for s in n.missing], "reason": n.reason}
            for n in done.not_judged
        ],
    }


def recognition_document(event: ExerciseEvent) -> Document:
    """Which exercise was recognised, when, and how surely.

    ``nearest`` are told where it stays unknown, ``alike`` what looks the same to the worn sensors.
    """
    return {
        "t_s": number(event.t_s),
        "exercise": event.exercise,
        "confidence": number(event.confidence),
        "nearest": list(event.nearest),
        "alike": list(event.alike),
    }


def alignment_document(alignment: SegmentAlignment) -> Document:
    """How one sensor sits."""
    return {
        "segment": alignment.segment.value,
        "q_sb": [number(part, 6) for part in alignment.q_sb],
        "method": alignment.method,
        "quality": number(alignment.quality),
        "heading_rad": number(alignment.heading_rad, 6),
        "t_s": number(alignment.t_s),
        "warnings": list(alignment.warnings),
        "zero": alignment.zero,
        "zero_sd_deg": number(alignment.zero_sd_rad * DEG_PER_RAD),
        "axis_sd_deg": number(alignment.axis_sd_rad * DEG_PER_RAD),
        "heading_sd_deg": number(alignment.heading_sd_rad * DEG_PER_RAD),
        "tissue_gain": number(alignment.tissue_gain),
        "tissue_sd": number(alignment.tissue_sd),
        "tissue_source": alignment.tissue_source,
    }
