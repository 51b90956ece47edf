"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings: ``ILIUM_DATA``, or ``../shared/data`` beside the checkout."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ILIUM_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set ILIUM_DATA (see benchmarks/README.md)")
    return folder
