"""Raw packets exactly as they came, safe within a second: one SQLite file for each open session.

A file that was cut off by a crash loses only what was not committed; the rest reads as if nothing happened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from sensors.source import RawPacket
from service.storage.engine import StorageError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS packet (
  id INTEGER PRIMARY KEY,
  device_id TEXT NOT NULL,
  characteristic TEXT NOT NULL,
  arrival_s REAL NOT NULL,
  payload BLOB NOT NULL
)"""
_INSERT = "INSERT INTO packet (device_id, characteristic, arrival_s, payload) VALUES (?, ?, ?, ?)"


class Spool:
    """Appends packets and commits them every ``commit_s`` of ``clock``."""

    def __init__(self, path: Path, clock: Callable[[], float], commit_s: float) -> None:
        self.path = path
        self._clock = clock
        self._commit_s = commit_s
        self._rows: list[tuple[str, str, float, bytes]] = []
        self._due_s = clock() + commit_s
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(
                f"{path}: raw packets cannot be kept ({error}); free space or check rights"
            ) from error

    def append(self, packet: RawPacket) -> None:
        """Keep one packet. Raises `StorageError` when the disk refuses; what is committed stays."""
        self._rows.append((packet.device_id, packet.characteristic, packet.arrival_s, packet.payload))
        if self._clock() >= self._due_s:
            self.commit()

    def commit(self) -> None:
        """Write what was appended. Raises `StorageError` when the disk refuses."""
        self._due_s = self._clock() + self._commit_s
        if not self._rows:
            return
        try:
            with self._db:
                self._db.executemany(_INSERT, self._rows)
        except sqlite3.Error as error:
            raise StorageError(
                f"{self.path}: raw packets cannot be written ({error}); free space on the disk"
            ) from error
        self._rows.clear()

    def close(self) -> None:
        """Commit and let go of the file."""
        try:
            self.commit()
        finally:
            self._db.close()


def read_spool(path: Path) -> Iterator[RawPacket]:
    """All packets of a spool in the order in which they came."""
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        rows = db.execute("SELECT device_id, characteristic, arrival_s, payload FROM packet ORDER BY id")
        for row in rows:
            yield RawPacket(*row)
    finally:
        db.close()


def last_arrival_s(path: Path) -> float | None:
    """Arrival of the last packet; None for an empty or unreadable spool."""
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return None
    try:
        value = db.execute("SELECT arrival_s FROM packet ORDER BY id DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None
    finally:
        db.close()
    return float(value[0]) if value else None


def remove_spool(path: Path) -> None:
    """Delete a spool and SQLite's files beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
