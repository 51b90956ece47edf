"""``ilium replay``: a recording as live sensors through the whole service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, help="pelvis.csv thigh_right.csv … or a .mat"),
    ],
    exercise: Annotated[str, typer.Option(help="Exercise id.")],
    speed: Annotated[float, typer.Option(min=0.0, help="1 is real time, 0 flat out.")] = 1.0,
    stand: Annotated[str | None, typer.Option(metavar="A:B", help="When the person stood still, s.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No live view.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document at the end.")] = False,
    port: Annotated[int, typer.Option(help="Port of the API; 0 takes a free one.")] = 0,
    data_dir: Annotated[Path | None, typer.Option(help="Keep the data here.")] = None,
) -> None:
    """Stream a recording as if its sensors were there: decode, fuse, publish, store."""
    from service.replaying import ReplayOptions, main
    from service.spans import parse_span

    options = ReplayOptions(exercise, speed, parse_span(stand), headless or as_json, as_json, port, data_dir)
    main(files, options)
