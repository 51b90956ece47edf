"""``ilium simulate``: recordings with truth, as files of the same form as the analysis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fusion.types import FloatArray, ImuBlock, Segment
from simulator.cases import case_plan
from simulator.errors import SimulationError
from simulator.session import SensorTruth, SessionPlan, SimulatedSession, render
from simulator.truth import range_of_motion, set_document, true_angles

_SENSOR_HEADER = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads"
_MAG_HEADER = ",mag_x_ut,mag_y_ut,mag_z_ut"
SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT)


def simulate_recording(plan: SessionPlan, folder: Path) -> SimulatedSession:
    """Play a session and write it into ``folder``."""
    session = render(plan)
    write_recording(session, folder)
    return session


def set_plan(
    exercise: str,
    reps: int | None,
    *,
    case: str = "nominal",
    faults: Sequence[str] = (),
    rate_hz: float = 60.0,
    seed: int = 1,
    segments: Sequence[Segment] = SEGMENTS,
) -> SessionPlan:
    """One set in one case, with faults as ``NAME=SIZE``."""
    return case_plan(
        case,
        exercise,
        seed,
        reps=reps,
        faults=parse_faults(faults),
        rate_hz=rate_hz,
        segments=tuple(segments),
    )


def write_recording(session: SimulatedSession, folder: Path) -> None:
    """Write sensor files, ``truth.csv`` and ``truth.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks = session.blocks()
    for segment, block in blocks.items():
        _write_sensor(folder / f"{segment.value}.csv", block)
    t_s = next(iter(session.sensors.values())).t_s
    angles = true_angles(session.motion, t_s)
    _write_csv(folder / "truth.csv", ",".join(["t_s", *angles]), np.column_stack([t_s, *angles.values()]))
    document = truth_document(session, blocks, t_s, angles)
    (folder / "truth.json").write_text(json.dumps(document, indent=1) + "\n")


def truth_document(
    session: SimulatedSession,
    blocks: Mapping[Segment, ImuBlock],
    t_s: FloatArray,
    angles: dict[str, FloatArray],
) -> dict[str, Any]:
    """What was done, with the names of ``summary.json``, and the state of every sensor."""
    plan = session.plan
    sent = sum(len(s.t_s) for s in session.sensors.values())
    came = sum(len(b) for b in blocks.values())
    return {
        "seed": plan.seed,
        "rate_hz": plan.rate_hz,
        "exercise": plan.sets[0].exercise if plan.sets else None,
        "sets": [set_document(done, angles, t_s) for done in session.sets],
        "range_of_motion": range_of_motion(angles),
        "sensors": {s.value: sensor_document(w) for s, w in session.worn.items()},
        "quality": {"loss": round(1.0 - came / sent, 5) if sent else 0.0},
    }


def sensor_document(worn: SensorTruth) -> dict[str, Any]:
    """How one sensor sat and what its unit did wrong."""
    slip = worn.mounting.slip
    return {
        "family": worn.plan.family,
        "segment": worn.mounting.segment.value,
        "q_sb": [round(part, 6) for part in worn.mounting.q_sb],
        "offset_b_m": [round(part, 4) for part in worn.mounting.offset_b_m],
        "gyr_bias_dps": [round(float(part), 4) for part in worn.unit.gyr_bias_dps],
        "acc_offset_mg": [round(float(part), 3) for part in worn.unit.acc_offset_mg],
        "slip": {"step_deg": slip.step_deg, "at_s": slip.at_s, "creep_deg_min": slip.creep_deg_min},
    }


def parse_faults(faults: Sequence[str]) -> dict[str, float]:
    """``NAME=SIZE`` texts as a mapping. Raises `SimulationError` for one that is not of this form."""
    parsed: dict[str, float] = {}
    for text in faults:
        name, separator, value = text.partition("=")
        if not separator:
            raise SimulationError(f"fault {text!r}: must be given as NAME=SIZE, for example lumbar=12")
        try:
            parsed[name] = float(value)
        except ValueError as error:
            raise SimulationError(f"fault {text!r}: {value!r} is not a number") from error
    return parsed


def _write_sensor(path: Path, block: ImuBlock) -> None:
    columns, header = [block.t_s, block.acc_ms2, block.gyr_rads], _SENSOR_HEADER
    if block.mag_ut is not None:
        columns.append(block.mag_ut)
        header += _MAG_HEADER
    _write_csv(path, header, np.column_stack(columns))


def _write_csv(path: Path, header: str, columns: FloatArray) -> None:
    np.savetxt(path, columns, fmt="%.6f", delimiter=",", header=header, comments="")
