"""The simulator's commands of ``ilium``: `demo`, `simulate` and `radio`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands import exercises as exercise_commands

if TYPE_CHECKING:
    from fusion.exercises import Exercise


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    exercise_commands.further_checks.append(_play_exercise)
    app.command()(demo)
    app.command()(simulate)
    app.command()(radio)


def _play_exercise(exercise: Exercise) -> tuple[bool, str]:
    """What `ilium exercises check` adds here: the exercise is played and counted again."""
    from simulator.exercise_check import play_check

    return play_check(exercise)


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
    scenario: Annotated[
        str, typer.Option(help="A scenario's name or .toml file, in place of athletes and exercise.")
    ] = "",
) -> None:
    """The whole service without hardware: virtual athletes on a virtual Bluetooth radio."""
    from simulator.demo import main
    from simulator.demo_options import DemoOptions

    quiet = headless or as_json
    main(DemoOptions(athletes, exercise, duration, quiet, as_json, seed, port, data_dir, scenario))


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the recording and its truth.")],
    exercise: Annotated[str, typer.Option(help="Exercise id.")] = "",
    scenario: Annotated[str, typer.Option(help="A scenario's name or .toml file, in place of a set.")] = "",
    reps: Annotated[int | None, typer.Option(min=0, max=500, help="As the case has it by default.")] = None,
    case: Annotated[str, typer.Option(help="What is different about the set.")] = "nominal",
    fault: Annotated[list[str] | None, typer.Option(help="NAME=SIZE, for example lumbar=12.")] = None,
    rate: Annotated[float, typer.Option(help="Samples per second.")] = 60.0,
    segments: Annotated[
        str, typer.Option(help="Segments with a sensor, with commas.")
    ] = "pelvis,thigh_right,thigh_left",
    sensor: Annotated[str, typer.Option(help="Family of the sensors.")] = "generic",
    walk: Annotated[float, typer.Option(min=0.0, help="Seconds of walking before the set.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of everything that is drawn.")] = 1,
) -> None:
    """A recording with truth: pelvis.csv, thigh_right.csv, truth.csv, truth.json."""
    from simulator.simulating import SetOptions, simulate_scenario, simulate_set

    if scenario:
        for line in simulate_scenario(scenario, seed, out):
            typer.echo(line)
        return
    faults, worn = tuple(fault or ()), tuple(segments.split(","))
    typer.echo(simulate_set(SetOptions(exercise, reps, case, faults, rate, worn, sensor, walk, seed), out))


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
