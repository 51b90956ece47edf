"""``ilium profiles``: firmware profiles, Ilium's own and the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Firmware profiles: how sensors are known and read.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="profiles")


@app.command("list")
def list_profiles(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """All profiles."""
    import firmware_profiles

    known = [firmware_profiles.load(i) for i in firmware_profiles.ids()]
    if as_json:
        rows = [
            {
                "id": p.id,
                "name": p.name,
                "rate_hz": p.stream.rate_hz,
                "suitable": p.suitable,
                "source": p.source,
            }
            for p in known
        ]
        typer.echo(json.dumps(rows))
        return
    for p in known:
        typer.echo(f"{p.id:20} {p.name:24} {p.stream.rate_hz:g} Hz")


@app.command("show")
def show_profile(profile_id: str) -> None:
    """One profile as JSON."""
    import msgspec

    import firmware_profiles

    text = msgspec.json.encode(firmware_profiles.load(profile_id))
    typer.echo(msgspec.json.format(text, indent=1).decode())


@app.command("check")
def check_profile(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Validate a profile of your own and run its vectors."""
    import firmware_profiles
    from sensors.vectors import check_vectors

    profile = firmware_profiles.read(file)
    for line in check_vectors(profile):
        typer.echo(line)
    typer.echo(f"{file}: {profile.name} is valid, {len(profile.vectors)} vectors pass")
