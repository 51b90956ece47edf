"""``ilium scan``: sensors in range."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(scan)


def scan(
    duration: Annotated[float, typer.Option(min=0.5, max=120.0, help="Seconds to listen.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also devices without a profile.")] = False,
) -> None:
    """Sensors in range: address, name, signal, matching profile."""
    import asyncio

    from firmware_profiles import library
    from sensors.ble import scan as listen
    from service.settings import load_settings

    known = library(load_settings().profiles_dir)
    seen = [s for s in asyncio.run(listen(duration, profiles=known)) if every or s.profile is not None]
    if as_json:
        rows = [
            {
                "id": s.device_id,
                "name": s.name,
                "rssi_dbm": s.rssi_dbm,
                "profile": s.profile.id if s.profile else None,
            }
            for s in seen
        ]
        typer.echo(json.dumps(rows))
        return
    for s in seen:
        typer.echo(f"{s.device_id}  {s.rssi_dbm:4d} dBm  {s.profile.id if s.profile else '–':14} {s.name}")
    if not seen:
        typer.echo("no sensor in range; wake it by its button or by moving it, and come closer", err=True)
        raise typer.Exit(1)
