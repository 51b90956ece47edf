"""``ilium analyze``: recordings through the pipeline, to ``angles.csv`` and ``summary.json``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SensorFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="CSV or Parquet.")]


class Sync(StrEnum):
    """How the clocks of the files are taken."""

    ZERO = "zero"
    AUTO = "auto"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(analyze)


def analyze(
    pelvis: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV, Parquet, or a qmt .mat.")],
    exercise: Annotated[
        str,
        typer.Option(
            help="Exercise id (ilium exercises list), a file of your own, or auto to have it recognised."
        ),
    ],
    thigh_right: SensorFile = None,
    thigh_left: SensorFile = None,
    thorax: SensorFile = None,
    shank_right: SensorFile = None,
    shank_left: SensorFile = None,
    stand: Annotated[str | None, typer.Option(metavar="A:B", help="When the person stood still, s.")] = None,
    hinge: Annotated[str | None, typer.Option(metavar="A:B", help="When hip hinges were done, s.")] = None,
    knee_raise_right: Annotated[
        str | None, typer.Option(metavar="A:B", help="When the right knee was raised, s.")
    ] = None,
    knee_raise_left: Annotated[
        str | None, typer.Option(metavar="A:B", help="When the left knee was raised, s.")
    ] = None,
    thighs_level: Annotated[
        str | None, typer.Option(metavar="A:B", help="When the person sat with level thighs, s.")
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A summary.json (or its calibration) to use again."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for angles.csv and summary.json.")] = None,
    sync: Annotated[
        Sync, typer.Option(help="Clocks: equal as they are (zero), or their offset found from the motion.")
    ] = Sync.ZERO,
    smooth: Annotated[
        bool, typer.Option("--smooth", help="Use what comes after each moment too, not only what was before.")
    ] = False,
    as_live: Annotated[
        bool,
        typer.Option("--as-live", help="As it was said live, without what the recording taught later."),
    ] = False,
    rate: Annotated[float, typer.Option(help="Samples per second of the result.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Angles, repetitions and findings of a recording."""
    from service.analysis import analyze_files
    from service.spans import parse_span

    files = {
        "pelvis": pelvis,
        "thigh_right": thigh_right,
        "thigh_left": thigh_left,
        "thorax": thorax,
        "shank_right": shank_right,
        "shank_left": shank_left,
    }
    analyze_files(
        {name: path for name, path in files.items() if path is not None},
        exercise,
        stand_s=parse_span(stand),
        functional={
            "hinge": parse_span(hinge, "--hinge"),
            "knee_raise_right": parse_span(knee_raise_right, "--knee-raise-right"),
            "knee_raise_left": parse_span(knee_raise_left, "--knee-raise-left"),
            "thighs_level": parse_span(thighs_level, "--thighs-level"),
        },
        calibration=calibration,
        rate_hz=rate,
        find_offsets=sync is Sync.AUTO,
        smooth=smooth,
        review=not as_live,
        out=out,
        as_json=as_json,
    )
