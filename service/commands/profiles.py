"""``ilium profiles``: firmware profiles, Ilium's own and the user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from firmware_profiles import Profile

app = typer.Typer(no_args_is_help=True, help="Firmware profiles: how sensors are known and read.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="profiles")


@app.command("list")
def list_profiles(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """All profiles, those of your own folder (setting profiles_dir) included."""
    known = _library()
    if as_json:
        typer.echo(json.dumps([_row(profile) for profile in known]))
        return
    for profile in known:
        row = _row(profile)
        mark = "" if profile.suitable else "  (not suitable: see show)"
        typer.echo(f"{profile.id:20} {profile.name:34} {row['rate_hz']:>5g} Hz  {row['loss']:9}{mark}")


@app.command("show")
def show_profile(profile_id: str) -> None:
    """One profile as JSON."""
    import msgspec

    from firmware_profiles import ProfileError

    known = {profile.id: profile for profile in _library()}
    if profile_id not in known:
        raise ProfileError(f"no firmware profile {profile_id!r}; there are {', '.join(known)}")
    typer.echo(msgspec.json.format(msgspec.json.encode(known[profile_id]), indent=1).decode())


@app.command("check")
def check_profile(
    file: Annotated[str, typer.Argument(help="A file of your own, or the id of a profile that is there.")],
) -> None:
    """Validate a profile, run its vectors and show a decoded packet."""
    import firmware_profiles
    from firmware_profiles import ProfileError
    from sensors.vectors import check_vectors

    known = {profile.id: profile for profile in _library()}
    path = Path(file)
    if not path.is_file() and file not in known:
        raise ProfileError(f"{file}: no such file, nor a profile of that id; there are {', '.join(known)}")
    profile = firmware_profiles.read(path) if path.is_file() else known[file]
    for line in check_vectors(profile):
        typer.echo(line)
    if not profile.vectors:
        typer.echo(
            f"{file}: no vectors; add packets and their meaning from the vendor's page, so that the layout"
            " is tested",
            err=True,
        )
        raise typer.Exit(1)
    modes = ", ".join(mode.id for mode in profile.all_modes)
    typer.echo(f"{file}: {profile.name} is valid, {len(profile.vectors)} vectors pass; modes: {modes}")


def _library() -> tuple[Profile, ...]:
    from service.profiles import known_profiles
    from service.settings import load_settings

    return known_profiles(load_settings())


def _row(profile: Profile) -> dict[str, object]:
    from firmware_profiles import choose

    setup = choose(profile)
    parameter = profile.parameters.get("rate_hz")
    return {
        "id": profile.id,
        "name": profile.name,
        "rate_hz": setup.rate_hz(),
        "rates_hz": list(parameter.offered) if parameter else [setup.rate_hz()],
        "modes": [mode.id for mode in profile.all_modes],
        "loss": setup.main.loss.value,
        "suitable": profile.suitable,
        "version": profile.version,
        "source": profile.source,
        "notes": profile.notes,
    }
