"""``ilium screen``: a guided screen over a recording, or the list of screens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SensorFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="CSV or Parquet.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(screen)


def screen(
    screen_id: Annotated[str, typer.Argument(metavar="ID", help="Screen, or `list` for all there are.")],
    pelvis: SensorFile = None,
    thigh_right: SensorFile = None,
    thigh_left: SensorFile = None,
    thorax: SensorFile = None,
    stand: Annotated[str | None, typer.Option(metavar="A:B", help="When the person stood still, s.")] = None,
    rate: Annotated[float, typer.Option(help="Samples per second of the angles.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Guide through a screen over a recording. Live: POST /api/v1/athletes/{id}/screens."""
    from service.screening import list_screens, screen_files
    from service.spans import parse_span

    if screen_id == "list":
        list_screens(as_json=as_json)
        return
    files = {"pelvis": pelvis, "thigh_right": thigh_right, "thigh_left": thigh_left, "thorax": thorax}
    screen_files(
        screen_id,
        {name: path for name, path in files.items() if path is not None},
        stand_s=parse_span(stand),
        rate_hz=rate,
        as_json=as_json,
    )
