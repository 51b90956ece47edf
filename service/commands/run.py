"""``ilium run``: the gateway with real sensors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    exercise: Annotated[str | None, typer.Option(help="What the athlete of --wear is going to do.")] = None,
    wear: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS=SEGMENT", help="Where a sensor is worn; remembered for next time."),
    ] = None,
    athlete: Annotated[str, typer.Option(help="Pseudonymous id of who wears them.")] = "athlete-1",
    duration: Annotated[float | None, typer.Option(min=1.0, help="Seconds; else until Ctrl-C.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No live view.")] = False,
    port: Annotated[int | None, typer.Option(help="Port of the API; 0 takes a free one.")] = None,
    mqtt_url: Annotated[str | None, typer.Option(help="mqtt://host:port of your own broker.")] = None,
    adapter: Annotated[
        list[str] | None, typer.Option(help="Bluetooth adapter to use, such as hci1; may be given again.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept.")] = None,
) -> None:
    """Stream from the sensors in range: live angles, repetitions and findings."""
    from service.running import main
    from service.settings import load_settings

    settings = load_settings(port=port, mqtt_url=mqtt_url, data_dir=data_dir, adapters=adapter)
    main(settings, wear or [], athlete, exercise, duration_s=duration, headless=headless)
