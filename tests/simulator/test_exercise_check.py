"""An exercise file is played by a virtual athlete and counted again."""

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from fusion import exercises
from service.commands import exercises as commands
from simulator.exercise_check import play_check


@pytest.mark.parametrize("exercise_id", ["rdl", "plank", "kickback_quadruped", "walk"])
def test_what_is_played_is_counted(exercise_id: str) -> None:
    good, text = play_check(exercises.load(exercise_id))
    assert good, text
    assert "counted" in text


def test_a_range_nobody_reaches_is_found_by_playing() -> None:
    rdl = exercises.load("rdl")
    assert rdl.count is not None
    wrong = msgspec.structs.replace(rdl, count=msgspec.structs.replace(rdl.count, rom_min_deg=120.0))
    good, text = play_check(wrong)
    assert not good
    assert "played 5 times (seed 1), counted 0" in text


def test_the_command_fails_with_the_line_of_the_check(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    app = typer.Typer()
    commands.register(app)
    app.command()(lambda: None)
    file = tmp_path / "mine.toml"
    file.write_text(
        'id = "mine"\nname = "Mine"\nkind = "other"\n[programme]\nmovement = "other"\n', encoding="utf-8"
    )
    monkeypatch.setattr(commands, "further_checks", [lambda _: (False, "counted 0")])
    result = CliRunner().invoke(app, ["exercises", "check", str(file)])
    assert result.exit_code == 1
    assert f"{file}: counted 0" in result.output
    monkeypatch.setattr(commands, "further_checks", [])
    assert CliRunner().invoke(app, ["exercises", "check", str(file)]).exit_code == 0
