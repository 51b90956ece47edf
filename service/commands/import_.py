"""``ilium import``: vendors' and foreign files into Ilium's own columns."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FileFormat(StrEnum):
    """What is written."""

    CSV = "csv"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_files)


def import_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True, dir_okay=False, help="Movella DOT CSV, Xsens MT text, other CSV, Parquet."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for what is read.")] = Path(),
    segment: Annotated[
        list[str] | None,
        typer.Option(help="Where each file's sensor was worn, in their order; names what is written."),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=UNIT", help="What the columns' names do not say: acc=g, gyr=dps, t=ms."),
    ] = None,
    file_format: Annotated[FileFormat, typer.Option("--format", help="What is written.")] = FileFormat.CSV,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Turn recordings of other programs into files for analyze and replay."""
    from service.importing import main

    main(files, out, segment or [], unit or [], file_format.value, as_json=as_json)
