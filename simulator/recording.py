"""Simulated recordings as files, with truth in the same schema as the analysis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fusion.types import FloatArray, Segment
from simulator.errors import SimulationError
from simulator.session import SessionPlan, SetPlan, SimulatedSession, render, true_angles

_SENSOR_HEADER = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads"
_FAULTS = ("lumbar",)
_SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT)


def simulate_recording(
    exercise: str,
    reps: int,
    *,
    faults: Sequence[str],
    rate_hz: float,
    walk_s: float,
    seed: int,
    folder: Path,
) -> SimulatedSession:
    """Play one set and write it. Raises `SimulationError` for a fault that is not known."""
    lumbar_deg = _parse_faults(faults).get("lumbar", 0.0)
    plan = SessionPlan(
        [SetPlan(exercise, reps, lumbar_deg, walk_s)], seed, rate_hz=rate_hz, segments=_SEGMENTS
    )
    session = render(plan)
    write_recording(session, folder)
    return session


def write_recording(session: SimulatedSession, folder: Path) -> None:
    """Write sensor files, ``truth.csv`` and ``truth.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    for segment, samples in session.sensors.items():
        columns = np.column_stack((samples.t_s, samples.acc_ms2, samples.gyr_rads))
        _write_csv(folder / f"{segment.value}.csv", _SENSOR_HEADER, columns)
    t_s = next(iter(session.sensors.values())).t_s
    angles = true_angles(session.motion, t_s)
    _write_csv(folder / "truth.csv", ",".join(["t_s", *angles]), np.column_stack([t_s, *angles.values()]))
    (folder / "truth.json").write_text(json.dumps(truth_document(session), indent=1) + "\n")


def truth_document(session: SimulatedSession) -> dict[str, object]:
    """Sets and repetitions as they were done, and the seed that makes them again."""
    sets = []
    for done in session.sets:
        reps = [
            {
                "t_start_s": round(rep.t_start_s, 4),
                "t_top_s": round(rep.t_top_s, 4),
                "t_end_s": round(rep.t_end_s, 4),
                "full": rep.full,
                "faults": {"lumbar": rep.lumbar_deg} if rep.lumbar_deg else {},
            }
            for rep in done.reps
        ]
        sets.append({"exercise": done.exercise, "reps": reps})
    return {"seed": session.plan.seed, "rate_hz": session.plan.rate_hz, "sets": sets}


def _parse_faults(faults: Sequence[str]) -> Mapping[str, float]:
    parsed: dict[str, float] = {}
    for text in faults:
        name, separator, value = text.partition("=")
        if name not in _FAULTS or not separator:
            raise SimulationError(f"fault {text!r}: must be one of {', '.join(_FAULTS)}, as NAME=DEG")
        try:
            parsed[name] = float(value)
        except ValueError as error:
            raise SimulationError(f"fault {text!r}: {value!r} is not a number of degrees") from error
    return parsed


def _write_csv(path: Path, header: str, columns: FloatArray) -> None:
    np.savetxt(path, columns, fmt="%.6f", delimiter=",", header=header, comments="")
