"""The truth of a session: every angle at any time, and the document that a judge compares results with."""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray, Segment, Side
from simulator.athlete_types import TrueRep, TrueSet
from simulator.body import Build, place_segment
from simulator.motion import HIP_ADDUCTION, HIP_ROTATION, KNEE_FLEXION, THIGH_PITCH, Coordinate, Motion

_SAGITTAL_MIN = 0.35
"""Of gravity's share in the sagittal plane below which P and T say nothing."""
_UP = np.array([0.0, 0.0, 1.0])


def true_angles(motion: Motion, t_s: FloatArray) -> dict[str, FloatArray]:
    """The conventions' angles (n,) of the motion itself at ascending times, deg.

    Thigh pitch is read from gravity as the conventions say; φ = P + T while gravity shows both, else the
    flexion of the joint.
    """
    c = motion.at(t_s)
    tilt = c[:, Coordinate.PELVIS_TILT] + c[:, Coordinate.LUMBAR]
    lean = c[:, Coordinate.PELVIS_LIST]
    angles = {"pelvis_tilt_deg": tilt, "pelvis_list_deg": _folded(lean)}
    build = Build()
    for side in (Side.RIGHT, Side.LEFT):
        flexion = tilt + c[:, THIGH_PITCH[side]]
        q_eb = place_segment(motion, build, side.thigh, t_s).q_eb
        up_b = quat.rotate(quat.conjugate(q_eb), _UP)
        pitch = np.degrees(np.arctan2(up_b[:, 0], up_b[:, 1]))
        pitch += 360.0 * np.round((flexion - tilt - pitch) / 360.0)
        shown = np.minimum(np.abs(np.cos(np.radians(lean))), np.hypot(up_b[:, 0], up_b[:, 1]))
        angles[f"thigh_pitch_{side.value}_deg"] = pitch
        angles[f"hip_flexion_{side.value}_deg"] = np.where(shown > _SAGITTAL_MIN, tilt + pitch, flexion)
        angles[f"hip_adduction_{side.value}_deg"] = c[:, HIP_ADDUCTION[side]]
        angles[f"hip_rotation_{side.value}_deg"] = c[:, HIP_ROTATION[side]]
        angles[f"knee_flexion_{side.value}_deg"] = c[:, KNEE_FLEXION[side]]
    angles["lumbar_extension_deg"] = tilt - c[:, Coordinate.THORAX_TILT]
    angles["pelvis_residual_deg"] = c[:, Coordinate.LUMBAR]
    return angles


def _folded(lean_deg: FloatArray) -> FloatArray:
    """Inclination of the axis: within ±90°."""
    return np.degrees(np.arcsin(np.sin(np.radians(lean_deg))))


def rep_document(rep: TrueRep, angles: dict[str, FloatArray], t_s: FloatArray) -> dict[str, Any]:
    """One repetition, with the names of ``summary.json``."""
    part = slice(np.searchsorted(t_s, rep.t_start_s), max(1, int(np.searchsorted(t_s, rep.t_end_s))))
    flexion = angles[f"hip_flexion_{rep.side.value}_deg"][part]
    residual = angles["pelvis_residual_deg"][part]
    low, high = (float(flexion.min()), float(flexion.max())) if len(flexion) else (np.nan, np.nan)
    return {
        "t_start_s": round(rep.t_start_s, 4),
        "t_top_s": round(rep.t_top_s, 4),
        "t_end_s": round(rep.t_end_s, 4),
        "full": rep.full,
        "side": rep.side.value,
        "share": round(rep.share, 3),
        "rom_deg": round(high - low, 3),
        "hip_flexion_min_deg": round(low, 3),
        "hip_flexion_max_deg": round(high, 3),
        "hold_s": round(rep.hold_s, 3),
        "pelvis_residual_peak_deg": round(float(residual.max()), 3) if len(residual) else 0.0,
        "faults": {name: size for name, size in rep.faults.items() if size},
        "findings": [],
    }


def set_document(done: TrueSet, angles: dict[str, FloatArray], t_s: FloatArray) -> dict[str, Any]:
    """One set, with the names of ``summary.json``."""
    reps = [rep_document(rep, angles, t_s) for rep in done.reps]
    return {
        "exercise": done.exercise,
        "t_start_s": reps[0]["t_start_s"] if reps else None,
        "t_end_s": reps[-1]["t_end_s"] if reps else None,
        "reps": reps,
    }


def range_of_motion(angles: dict[str, FloatArray]) -> dict[str, Any]:
    """Least, greatest and range of every angle, deg."""
    rows = {}
    for name, values in angles.items():
        low, high = float(values.min()), float(values.max())
        rows[name] = {"min_deg": round(low, 3), "max_deg": round(high, 3), "range_deg": round(high - low, 3)}
    return rows


THIGHS = (Segment.THIGH_RIGHT, Segment.THIGH_LEFT)
