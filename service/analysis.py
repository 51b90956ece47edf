"""Recordings from files through the core, to files and the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from fusion import exercises
from fusion.alignment import FunctionalMovement, FunctionalWindow
from fusion.analysis import Analysis, analysis_document, analyze, valid_samples
from fusion.calibration import alignments_from_document
from fusion.errors import CalibrationError, InputError
from fusion.form import Limits
from fusion.pipeline import PipelineConfig
from fusion.summary import Document, number
from fusion.sync import FOUND_AGREE_S, synchronise
from fusion.types import ImuBlock, Segment, SegmentAlignment, SignalBlock
from sensors.imports import read_qmt, read_sensor_file

ANGLES = ("pelvis_tilt_deg", "pelvis_list_deg")
SIDE_ANGLES = ("thigh_pitch", "hip_flexion", "hip_adduction", "hip_rotation")


def analyze_files(
    files: Mapping[str, Path],
    exercise: str,
    *,
    stand_s: tuple[float, float] | None,
    functional: Mapping[str, tuple[float, float] | None],
    calibration: Path | None,
    rate_hz: float,
    find_offsets: bool,
    smooth: bool,
    review: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Analyse, write ``angles.csv`` and ``summary.json`` into ``out``, and print."""
    planned = exercises.read(Path(exercise)) if exercise.endswith(".toml") else exercise
    blocks, offsets = read_sensors(files), None
    if find_offsets:
        blocks, offsets = synchronise(blocks)
    config = PipelineConfig(
        {segment.value: segment for segment in blocks},
        planned,
        rate_hz=rate_hz,
        alignments=read_calibration(calibration, blocks) if calibration is not None else {},
        stand_between_s=stand_s,
        functional=tuple(
            FunctionalWindow(FunctionalMovement(name), *span)
            for name, span in functional.items()
            if span is not None
        ),
        limits=Limits(clock_agreement_s=FOUND_AGREE_S if offsets else 0.0),
    )
    analysis = analyze(
        {segment.value: block for segment, block in blocks.items()}, config, review=review, smooth=smooth
    )
    document = analysis_document(analysis)
    if offsets is not None:
        document["quality"]["clock_offsets"] = {
            s.value: {"offset_s": number(o.offset_s, 4), "confidence": number(o.confidence, 2)}
            for s, o in offsets.items()
        }
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "summary.json").write_text(json.dumps(document, indent=1) + "\n")
        write_angles(analysis, out / "angles.csv")
    if as_json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        _print(document, out)


def read_calibration(path: Path, worn: Iterable[Segment]) -> dict[Segment, SegmentAlignment]:
    """Alignments of the sensors worn, from a file that an earlier analysis wrote.

    Raises `CalibrationError` for a file that is none, or that lacks a sensor.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CalibrationError(f"{path}: not a calibration ({error})") from error
    found = alignments_from_document(document)
    missing = [segment.value for segment in worn if segment not in found]
    if missing:
        raise CalibrationError(f"{path}: has no {', '.join(missing)} sensor; calibrate with it worn")
    return {segment: found[segment] for segment in worn}


def write_angles(analysis: Analysis, path: Path) -> None:
    """All angles of the conventions on the grid, with the validity of each row."""
    signals = analysis.signals
    if signals is None:
        raise InputError("there are no angles to write")
    names = [name for name in _angle_names() if name in signals]
    columns = [signals.t_s, *(signals[name] for name in names), valid_samples(signals)]
    header = ",".join(["t_s", *names, "valid"])
    formats = ["%.6f", *["%.4f"] * len(names), "%d"]
    np.savetxt(path, np.column_stack(columns), fmt=formats, delimiter=",", header=header, comments="")


def read_angles(path: Path) -> SignalBlock:
    """What `write_angles` wrote; uncertainties are not in the file and NaN here."""
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")[1:-1]
    table = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    rate_hz = 1.0 / float(np.median(np.diff(table[:, 0])))
    values = table[:, 1:-1].T
    return SignalBlock(table[:, 0], rate_hz, tuple(names), values, np.full_like(values, np.nan))


def _angle_names() -> list[str]:
    sides = [f"{angle}_{side}_deg" for side in ("right", "left") for angle in SIDE_ANGLES]
    return [*ANGLES, *sides, "lumbar_extension_deg", "knee_flexion_right_deg", "knee_flexion_left_deg"]


def read_sensors(files: Mapping[str, Path]) -> dict[Segment, ImuBlock]:
    """One block a sensor from files by segment name; a qmt recording holds three sensors itself."""
    if files["pelvis"].suffix.lower() == ".mat":
        person = read_qmt(files["pelvis"])
        worn = [Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT]
        return {segment: person[segment] for segment in worn}
    return {Segment(name): replace(read_sensor_file(path), device_id=name) for name, path in files.items()}


def _print(document: Document, out: Path | None) -> None:
    console = Console()
    for done in document["sets"]:
        table = Table(title=f"Set {done['index'] + 1}: {len(done['reps'])} repetitions", title_justify="left")
        for column in ("rep", "at s", "range °", "hip min °", "hold s", "residual °", "full", "findings"):
            table.add_column(column, justify="right" if column != "findings" else "left")
        for rep in done["reps"]:
            findings = ", ".join(f"{f['kind']} ({f['severity']})" for f in rep["findings"])
            numbers = [rep[k] for k in ("t_top_s", "rom_deg", "hip_flexion_min_deg", "hold_s")]
            residual = rep["pelvis_residual_peak_deg"]
            table.add_row(
                str(rep["index"] + 1),
                *(f"{n:.1f}" for n in numbers),
                "–" if residual is None else f"{residual:.1f}",
                "yes" if rep["full"] else "no",
                findings or "none",
            )
        console.print(table)
    if not document["sets"]:
        console.print("No set was found.")
    for warning in document["quality"]["warnings"]:
        console.print(f"[yellow]{warning}[/yellow]")
    if out is not None:
        console.print(f"[dim]{out / 'angles.csv'}, {out / 'summary.json'}[/dim]")
