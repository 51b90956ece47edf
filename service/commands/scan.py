"""``ilium scan``: sensors in range."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sensors.ble import BleAdapter, Sighting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(scan)


def scan(
    duration: Annotated[float, typer.Option(min=0.5, max=120.0, help="Seconds to listen.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Also devices without a profile.")] = False,
    battery: Annotated[bool, typer.Option("--battery", help="Connect to each and ask its battery.")] = False,
    adapter: Annotated[
        list[str] | None, typer.Option(help="Bluetooth adapter to use, such as hci1; may be given again.")
    ] = None,
) -> None:
    """Sensors in range: address, name, signal, matching profile, battery."""
    import asyncio

    from service.profiles import known_profiles
    from service.running import adapters_of
    from service.settings import load_settings

    settings = load_settings(adapters=adapter)
    seen = asyncio.run(
        _look(duration, adapters_of(settings), known_profiles(settings), every=every, battery=battery)
    )
    if as_json:
        typer.echo(json.dumps([_document(s) for s in seen]))
        return
    for s in seen:
        typer.echo(_line(s))
    if not seen:
        typer.echo("no sensor in range; wake it by its button or by moving it, and come closer", err=True)
        raise typer.Exit(1)


async def _look(
    duration_s: float, adapters: list[BleAdapter], profiles: Any, *, every: bool, battery: bool
) -> list[Sighting]:
    from sensors.ble import scan as listen
    from sensors.ble import visit

    found = await listen(duration_s, adapters=adapters, profiles=profiles)
    seen = [s for s in found if every or s.profiles]
    return await visit(seen, adapters) if battery else seen


def _document(s: Sighting) -> dict[str, Any]:
    return {
        "id": s.device_id,
        "name": s.name,
        "rssi_dbm": s.rssi_dbm,
        "profile": s.profile.id if s.profile else None,
        "profiles": [p.id for p in s.profiles],
        "suitable": s.profile.suitable if s.profile else None,
        "battery_percent": s.battery.percent if s.battery else None,
        "charging": s.battery.charging if s.battery else None,
        "trouble": s.trouble,
    }


def _line(s: Sighting) -> str:
    profile = " or ".join(p.id for p in s.profiles) or "–"
    if s.profile and not s.profile.suitable:
        profile += " (unsuitable)"
    percent = f"{s.battery.percent} %" if s.battery else "–"
    line = f"{s.device_id}  {s.rssi_dbm:4d} dBm  {percent:>5}  {profile:24} {s.name}"
    return f"{line}  ({s.trouble})" if s.trouble else line
