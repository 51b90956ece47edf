"""The simulator's commands of ``ilium``: `demo`, `simulate` and `radio`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(demo)
    app.command()(simulate)
    app.command()(radio)


def demo(
    athletes: Annotated[int, typer.Option(min=1, max=8, help="How many virtual athletes.")] = 2,
    exercise: Annotated[str, typer.Option(help="Exercise id.")] = "hip_thrust",
    duration: Annotated[
        float | None, typer.Option(min=20.0, help="Seconds; without it, until Ctrl-C.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No live view.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document at the end.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of athletes and sensors.")] = 1,
    port: Annotated[int, typer.Option(help="Port of the API; 0 takes a free one.")] = 0,
    data_dir: Annotated[Path | None, typer.Option(help="Keep the data here.")] = None,
) -> None:
    """The whole service without hardware: virtual athletes on a virtual Bluetooth radio."""
    from simulator.demo import DemoOptions, main

    main(DemoOptions(athletes, exercise, duration, headless or as_json, as_json, seed, port, data_dir))


def simulate(
    exercise: Annotated[str, typer.Option(help="Exercise id.")],
    out: Annotated[Path, typer.Option(help="Folder for the recording and its truth.")],
    reps: Annotated[int, typer.Option(min=0, max=500)] = 8,
    fault: Annotated[list[str] | None, typer.Option(help="NAME=DEG, for example lumbar=12.")] = None,
    rate: Annotated[float, typer.Option(help="Samples per second.")] = 60.0,
    walk: Annotated[float, typer.Option(min=0.0, help="Seconds of walking before the set.")] = 0.0,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """A recording with truth: pelvis.csv, thigh_right.csv, truth.csv, truth.json."""
    from simulator.recording import simulate_recording

    simulate_recording(exercise, reps, faults=fault or [], rate_hz=rate, walk_s=walk, seed=seed, folder=out)
    typer.echo(f"seed {seed}: {reps} repetitions of {exercise} in {out}")


def radio(
    profile: Annotated[
        list[str] | None, typer.Option(help="Firmware profile of a sensor; may be given again. Default: all.")
    ] = None,
    adapters: Annotated[int, typer.Option(min=1, max=4, help="Bluetooth adapters that hear them.")] = 1,
    loss: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share of packets lost.")] = 0.0,
    burst: Annotated[float, typer.Option(min=1.0, max=100.0, help="Packets lost in a row.")] = 3.0,
    drop_every: Annotated[float, typer.Option(min=0.0, help="Seconds of streaming between drops.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of motions, clocks and losses.")] = 1,
    duration: Annotated[float | None, typer.Option(min=1.0, help="Seconds; else until Ctrl-C.")] = None,
) -> None:
    """Virtual sensors in range of a virtual adapter, for `ilium scan`, `ilium run` or any BlueZ program."""
    from firmware_profiles import ids
    from simulator.link import LinkModel
    from simulator.radio_command import main
    from simulator.virtual_range import RangePlan

    model = LinkModel(loss=loss, burst=burst, drop_every_s=drop_every)
    main(RangePlan(profile or ids(), adapters, model, seed), duration)
