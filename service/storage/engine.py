"""The database: SQLite in WAL mode or any other by URL, brought to the newest schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import create_engine

from fusion.errors import IliumError
from service.storage.coaching_tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_EMPTY = "empty"
_VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


class StorageError(IliumError):
    """The database or a folder cannot be used; says which and what to do."""


def open_engine(url: str) -> Engine:
    """An engine for ``url``; the schema is not touched."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def upgrade(url: str) -> None:
    """Bring the schema to the newest revision.

    An empty database gets today's tables at once; an older one is migrated in a process of its own, so
    that alembic stays out of the long-lived one. Raises `StorageError` when it fails.
    """
    present = _present_revision(url)
    if present == newest_revision():
        return
    if present == _EMPTY:
        _create(url)
        return
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "service.storage.migrations", url],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise StorageError(f"the database at {_shown(url)} could not be upgraded: {lines[-1]}")


def newest_revision() -> str:
    """The last revision, by its file name (``0001_first.py``, …)."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _present_revision(url: str) -> str | None:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                return None if tables else _EMPTY
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DatabaseError as error:
        raise StorageError(
            f"the database at {_shown(url)} cannot be opened ({error.orig}); check path and rights"
        ) from error
    finally:
        engine.dispose()


def _create(url: str) -> None:
    """All tables in one transaction, marked with the newest revision as alembic would."""
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(text(_VERSION_TABLE))
            connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": newest_revision()})
    finally:
        engine.dispose()


def _shown(url: str) -> str:
    """The URL without credentials."""
    return url.rsplit("@", maxsplit=1)[-1]


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
