"""The ``ilium`` command: finds its commands, runs one, and turns errors into one line and an exit code.

A module in `service.commands` has ``register(app)``; other packages add theirs through the entry-point
group ``ilium.commands``. Registering must be cheap: what a command needs is imported when it runs, so
that ``ilium --help`` answers at once.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points, version
from typing import Annotated

import typer

import service.commands
from fusion.errors import IliumError

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


def build_app() -> typer.Typer:
    """The command line with every command registered."""
    app = typer.Typer(
        name="ilium",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for module in sorted(pkgutil.iter_modules(service.commands.__path__), key=lambda found: found.name):
        importlib.import_module(f"service.commands.{module.name}").register(app)
    for entry in sorted(entry_points(group="ilium.commands"), key=lambda found: found.name):
        entry.load()(app)
    return app


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    raise SystemExit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command; returns 0 done, 1 ran and failed, 2 wrong usage or unusable input."""
    args, debug = _take_debug(argv)
    try:
        return int(build_app()(args, prog_name="ilium", standalone_mode=False) or DONE)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", INTERRUPTED)
    except typer.TyperException as error:
        return _say(_usage_line(error), error.exit_code)
    except (IliumError, OSError) as error:
        if debug:
            traceback.print_exc()
        return _say(_one_line(error), UNUSABLE if isinstance(error, ValueError) else FAILED)
    except Exception as error:
        if debug:
            raise
        return _say(
            f"{type(error).__name__}: {_one_line(error)} (a fault of ilium; --debug shows where)", FAILED
        )


def _print_version(on: bool) -> None:
    if on:
        typer.echo(f"ilium {version('ilium')}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version),
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
) -> None:
    """Live coaching of hip and glute training from two Bluetooth motion sensors."""


def _take_debug(argv: Sequence[str]) -> tuple[list[str], bool]:
    """``--debug`` is welcome anywhere on the line, not only before the command."""
    return [arg for arg in argv if arg != "--debug"], "--debug" in argv


def _usage_line(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (see: {context.command_path} --help)" if context else ""
    return f"{' '.join(error.format_message().split())}{hint}"


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def _say(line: str, code: int) -> int:
    typer.echo(f"ilium: {line}", err=True)
    return code


if __name__ == "__main__":
    main()
