"""``ilium exercises``: the exercise library, Ilium's own and the user's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fusion.exercises import Exercise

Check = Callable[["Exercise"], tuple[bool, str]]
further_checks: list[Check] = []
"""What other packages check of an exercise: whether it passed, and one line that says what was seen."""

app = typer.Typer(no_args_is_help=True, help="The exercise library.")


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="exercises")


@app.command("list")
def list_exercises(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """All exercises."""
    from fusion import exercises

    known = [exercises.load(i) for i in exercises.ids()]
    if as_json:
        rows = [
            {
                "id": e.id,
                "name": e.name,
                "kind": e.kind.value,
                "posture": e.posture.value,
                "movement": e.programme.movement.value,
                "sensors": [worn.value for worn in e.sensors.needed],
            }
            for e in known
        ]
        typer.echo(json.dumps(rows))
        return
    for e in known:
        typer.echo(f"{e.id:24} {e.kind.value:8} {e.name}")


@app.command("show")
def show_exercise(exercise_id: str) -> None:
    """One exercise as JSON."""
    import msgspec

    from fusion import exercises

    text = msgspec.json.encode(exercises.load(exercise_id))
    typer.echo(msgspec.json.format(text, indent=1).decode())


@app.command("check")
def check_exercise(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Validate an exercise of your own, play it and count it again."""
    from fusion import exercises

    exercise = exercises.read(file)
    typer.echo(f"{file}: {exercise.name} is valid, {len(exercise.compensations)} rules")
    for check in further_checks:
        good, text = check(exercise)
        typer.echo(f"{file}: {text}", err=not good)
        if not good:
            raise typer.Exit(1)
