"""Foreign recordings into Ilium's own columns."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from fusion.errors import InputError
from fusion.summary import Document
from fusion.types import Segment
from sensors.imports import Imported, import_file, write_sensor_file


def main(
    files: Sequence[Path],
    out: Path,
    segments: Sequence[str],
    units: Sequence[str],
    file_format: str,
    *,
    as_json: bool,
) -> None:
    """Read every file, then write them all; nothing is written if one cannot be read."""
    places = destinations(files, out, segments, file_format)
    given = parse_units(units)
    console = Console(stderr=as_json)
    read = []
    for path in files:
        with console.status(f"{path} …"):
            read.append(import_file(path, given))
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for path, place, found in zip(files, places, read, strict=True):
        write_sensor_file(found.block, place)
        rows.append(_row(path, place, found))
        console.print(_line(rows[-1]), highlight=False)
    if as_json:
        sys.stdout.write(json.dumps(rows) + "\n")


def destinations(files: Sequence[Path], out: Path, segments: Sequence[str], file_format: str) -> list[Path]:
    """Where each file goes. Raises `InputError` when two would go to one place or over their source."""
    if segments and len(segments) != len(files):
        raise InputError(f"{len(files)} files but {len(segments)} times --segment; give one for each file")
    known = {segment.value for segment in Segment}
    for name in segments:
        if name not in known:
            raise InputError(f"--segment {name}: must be one of {', '.join(sorted(known))}")
    names = list(segments) or [path.stem for path in files]
    places = [out / f"{name}.{file_format}" for name in names]
    twice = [place for place, count in Counter(places).items() if count > 1]
    if twice:
        raise InputError(f"{twice[0]} would be written twice; tell the files apart with --segment")
    sources = {path.resolve() for path in files}
    for place in places:
        if place.resolve() in sources:
            raise InputError(f"{place} is one of the files to read; name another folder with --out")
    return places


def parse_units(units: Sequence[str]) -> Mapping[str, str]:
    """``KIND=UNIT`` of each option. Raises `InputError` for what is not of that form."""
    given: dict[str, str] = {}
    for text in units:
        kind, separator, unit = text.partition("=")
        if not separator or not unit:
            raise InputError(f"--unit {text}: must be KIND=UNIT, for example acc=g")
        given[kind.strip().lower()] = unit.strip().lower()
    return given


def _row(path: Path, place: Path, found: Imported) -> Document:
    block = found.block
    return {
        "id": place.stem,
        "source": str(path),
        "file": str(place),
        "format": found.format,
        "units": dict(found.units),
        "samples": len(block),
        "rate_hz": round(found.rate_hz, 3),
        "missing": found.missing,
        "duration_s": round(float(block.t_s[-1] - block.t_s[0]), 3) if len(block) else 0.0,
        "magnetometer": block.mag_ut is not None,
    }


def _line(row: Document) -> str:
    units = "".join(f", {kind} in {unit}" for kind, unit in row["units"].items())
    return (
        f"{row['source']} → {row['file']}: {row['format']}{units}; {row['samples']} samples"
        f" in {row['duration_s']:.1f} s at {row['rate_hz']:.1f} Hz, {row['missing']} missing"
    )
