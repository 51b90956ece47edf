"""Where compiled code is kept: under the hash of its sources, and without it where nothing can be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fusion.kernels import compiled
from fusion.kernels.compiled import cache_folder, installed_as, is_complete, note_complete, source_hash


def test_other_sources_have_another_folder(tmp_path: Path) -> None:
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    for beside in ("types.py", "units.py"):
        (tmp_path / beside).write_text("")
    (kernels / "loop.py").write_text("x = 1")
    before = source_hash(kernels)
    assert source_hash(kernels) == before
    (kernels / "loop.py").write_text("x = 2")
    assert source_hash(kernels) != before


def test_a_new_folder_is_not_complete_until_it_is_said_to_be(tmp_path: Path) -> None:
    folder = cache_folder(tmp_path)
    assert folder is not None
    assert not is_complete(folder)
    note_complete(folder)
    assert is_complete(folder)
    assert cache_folder(tmp_path) == folder


def test_code_of_another_processor_or_python_is_not_complete_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_complete(tmp_path)
    monkeypatch.setattr(compiled, "get_host_cpu_name", lambda: "another")
    assert not is_complete(tmp_path)


def test_another_copy_of_the_same_sources_or_one_put_there_anew_has_nothing_compiled_yet(
    tmp_path: Path,
) -> None:
    names = set()
    for copy in ("one", "other"):
        (tmp_path / copy).mkdir()
        loop = tmp_path / copy / "loop.py"
        loop.write_text("x = 1")
        os.utime(loop, (1000.0, 1000.0))
        names.add(installed_as(tmp_path / copy))
        assert installed_as(tmp_path / copy) in names
    os.utime(loop, (2000.0, 2000.0))
    names.add(installed_as(tmp_path / "other"))
    assert len(names) == 3


def test_versions_used_last_are_kept(tmp_path: Path) -> None:
    made = [tmp_path / "kernels" / f"version{k}" for k in range(12)]
    for k, folder in enumerate(made):
        folder.mkdir(parents=True)
        (folder / "used").touch()
        os.utime(folder / "used", (1000.0 + k, 1000.0 + k))
    os.utime(made[0] / "used")  # the oldest is in use again
    now = cache_folder(tmp_path)
    assert now is not None
    assert made[0].exists()
    assert not made[1].exists()
    assert made[-1].exists()


def test_no_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cache_folder(tmp_path / "file") is None


def test_no_folder_where_nothing_may_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "read-only", str(path))

    assert cache_folder(tmp_path) is not None
    monkeypatch.setattr(Path, "touch", refuse)
    assert cache_folder(tmp_path) is None
