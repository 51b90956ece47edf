"""Compiled loops are made once per version, apart from the gateway, and only loaded from then on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fusion.kernels import compiled
from service import compiling


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was loaded in this process."""
    done: list[str] = []
    monkeypatch.setattr(compiling, "load", lambda: done.append("here"))
    return done


def _leaves(path: Path) -> tuple[str, ...]:
    """A command that leaves a file."""
    return (sys.executable, "-c", f"import pathlib; pathlib.Path({str(path)!r}).touch()")


async def test_the_first_start_compiles_in_another_process_and_says_so(
    tmp_path: Path, loaded: list[str]
) -> None:
    with capture_logs() as logs:
        await compiling.ready_kernels(tmp_path, _leaves(tmp_path / "compiled"))
    assert (tmp_path / "compiled").exists()
    assert loaded == ["here"]
    (line,) = logs
    assert "once" in line["event"]


async def test_later_starts_only_load(tmp_path: Path, loaded: list[str]) -> None:
    compiled.note_complete(tmp_path)
    with capture_logs() as logs:
        await compiling.ready_kernels(tmp_path, _leaves(tmp_path / "compiled"))
    assert not (tmp_path / "compiled").exists()
    assert (loaded, logs) == (["here"], [])


async def test_when_compiling_apart_fails_it_is_done_here(tmp_path: Path, loaded: list[str]) -> None:
    with capture_logs() as logs:
        await compiling.ready_kernels(
            tmp_path, (sys.executable, "-c", "raise MemoryError('no room for the compiler')")
        )
    assert loaded == ["here"]
    assert "no room for the compiler" in logs[-1]["reason"]


async def test_without_a_folder_it_is_done_here_and_one_line_says_how_to_mend_it(loaded: list[str]) -> None:
    with capture_logs() as logs:
        await compiling.ready_kernels(None)
    assert loaded == ["here"]
    (line,) = logs
    assert "NUMBA_CACHE_DIR" in line["event"]
    assert line["folder"] == str(compiled.cache_base())


@pytest.mark.parametrize("name", ["scipy", "no_such_package"])
def test_a_hidden_package_cannot_be_imported_and_is_back_afterwards(name: str) -> None:
    before = sys.modules.get(name)
    with compiling._hidden(name), pytest.raises(ImportError):
        __import__(f"{name}.linalg")
    assert sys.modules.get(name) is before


@pytest.mark.slow
def test_nothing_compiles_in_the_midst_of_a_session(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.service.rehearsed", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == ([], "")
