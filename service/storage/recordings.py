"""Closed sessions: one Parquet file for each sensor, holding the packets exactly as they came.

Run as a module (``python -m service.storage.recordings SPOOL FOLDER``) so that the gateway's process never
loads pyarrow; prints one JSON line for each file.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections import defaultdict
from pathlib import Path

import msgspec

from sensors.source import RawPacket
from service.storage.engine import StorageError
from service.storage.spool import read_spool

_ROW_GROUP = 60 * 60


class RecordingFile(msgspec.Struct, frozen=True):
    """One written file."""

    device_id: str
    path: str
    sha256: str
    packets: int


async def archive(spool: Path, folder: Path) -> list[RecordingFile]:
    """Write a spool as Parquet files. Raises `StorageError`; the spool is left as it was."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.storage.recordings",
        str(spool),
        str(folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        lines = err.decode(errors="replace").strip().splitlines() or ["no message"]
        raise StorageError(f"{spool}: could not be archived ({lines[-1]}); the packets stay in the spool")
    return [msgspec.json.decode(line, type=RecordingFile) for line in out.splitlines()]


def write_files(spool: Path, folder: Path) -> list[RecordingFile]:
    """Split a spool by sensor into Parquet files; each appears under its name only when complete."""
    by_device: dict[str, list[RawPacket]] = defaultdict(list)
    for packet in read_spool(spool):
        by_device[packet.device_id].append(packet)
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder, device_id, packets) for device_id, packets in sorted(by_device.items())]


def read_recording(path: Path) -> list[RawPacket]:
    """All packets of a recording."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - kept out of the gateway's process

    table = pq.read_table(path)
    device_id = (table.schema.metadata or {}).get(b"device_id", b"").decode()
    columns = (table.column(name).to_pylist() for name in ("characteristic", "arrival_s", "payload"))
    return [RawPacket(device_id, *row) for row in zip(*columns, strict=True)]


def _write(folder: Path, device_id: str, packets: list[RawPacket]) -> RecordingFile:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = pa.schema(
        [("arrival_s", pa.float64()), ("characteristic", pa.string()), ("payload", pa.binary())],
        metadata={"device_id": device_id},
    )
    columns = [
        [p.arrival_s for p in packets],
        [p.characteristic for p in packets],
        [p.payload for p in packets],
    ]
    path = folder / f"{device_id.replace(':', '')}.parquet"
    unfinished = path.with_suffix(".part")
    pq.write_table(
        pa.table(columns, schema=schema),
        unfinished,
        compression="zstd",
        row_group_size=_ROW_GROUP,
        use_dictionary=["characteristic"],
        column_encoding={"arrival_s": "BYTE_STREAM_SPLIT"},
    )
    unfinished.replace(path)
    return RecordingFile(device_id, str(path), hashlib.sha256(path.read_bytes()).hexdigest(), len(packets))


if __name__ == "__main__":
    for file in write_files(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(msgspec.json.encode(file).decode() + "\n")
