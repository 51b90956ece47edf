"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The first example of a test may have to load compiled code; no test measures time.
settings.register_profile("ilium", deadline=None)
settings.load_profile("ilium")


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings: ``ILIUM_DATA``, or ``../shared/data`` beside the checkout."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ILIUM_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder}; set ILIUM_DATA (see benchmarks/README.md)")
    return folder
