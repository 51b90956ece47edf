"""What the tests of the service share: a data folder of their own, a clock that they turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.settings import Settings, load_settings
from service.storage.engine import open_engine, upgrade
from service.storage.repository import Repository


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a service that shares nothing with another."""
    monkeypatch.chdir(tmp_path)
    return load_settings(data_dir=tmp_path / "data", port=0)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """An empty database."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    upgrade(url)
    made = Repository(open_engine(url))
    yield made
    made.close()
