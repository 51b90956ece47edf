"""The command line: exit codes, one clear line on stderr, and an answer without heavy imports."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import typer

from fusion.errors import IliumError, InputError
from service import cli


@pytest.fixture
def app_raising(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """A command line whose only command, ``go``, raises the given error."""

    def arrange(error: BaseException) -> None:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.callback()
        def root() -> None: ...

        @app.command()
        def go() -> None:
            raise error

        monkeypatch.setattr(cli, "build_app", lambda: app)

    return arrange


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("pelvis.csv: line 7:\n text"), 2, "ilium: pelvis.csv: line 7: text\n"),
        (IliumError("no adapter; plug one in"), 1, "ilium: no adapter; plug one in\n"),
        (OSError(28, "No space left on device", "spool/1"), 1, "ilium: spool/1: No space left on device\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Exit(1), 1, ""),
        (RuntimeError("odd"), 1, "ilium: RuntimeError: odd (a fault of ilium; --debug shows where)\n"),
    ],
)
def test_an_error_is_one_line_and_a_code(
    app_raising: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    line: str,
) -> None:
    app_raising(error)
    assert cli.run(["go"]) == code
    captured = capsys.readouterr()
    assert captured.err == line
    assert captured.out == ""


def test_debug_anywhere_on_the_line_shows_the_trace(
    app_raising: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    app_raising(InputError("bad"))
    assert cli.run(["go", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_wrong_usage_is_one_line_and_names_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["no-such-command"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "no-such-command" in err
    assert "ilium --help" in err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ilium ")


def test_help_needs_no_heavy_import() -> None:
    heavy = {"numba", "numpy", "scipy", "pyarrow", "fastapi", "sqlmodel", "bleak", "bumble", "ahrs", "paho"}
    code = (
        "import sys\nfrom service import cli\ncli.run(['--help'])\n"
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Usage" in done.stdout
