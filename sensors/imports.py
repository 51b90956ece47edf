"""Recordings from files: own, foreign and vendors' CSV, text and Parquet, and the qmt example (MATLAB)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from fusion.errors import InputError
from fusion.input_checks import check_recording
from fusion.types import FloatArray, ImuBlock, Segment
from sensors import xsens_files
from sensors.columns import Columns, names_samples, recognise
from sensors.tables import open_table

COLUMNS: Final = ("t_s", "acc_x_ms2", "acc_y_ms2", "acc_z_ms2", "gyr_x_rads", "gyr_y_rads", "gyr_z_rads")
MAG_COLUMNS: Final = ("mag_x_ut", "mag_y_ut", "mag_z_ut")
_QMT_RATE_HZ: Final = 100.0
_QMT_SEGMENTS: Final = {
    Segment.PELVIS: "hip",
    Segment.THIGH_RIGHT: "upper_leg_right",
    Segment.THIGH_LEFT: "upper_leg_left",
    Segment.SHANK_RIGHT: "lower_leg_right",
    Segment.SHANK_LEFT: "lower_leg_left",
    Segment.THORAX: "upper_back",
}


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A file's samples and what it was taken for."""

    block: ImuBlock
    format: str
    units: Mapping[str, str]
    """Kind of quantity → unit in the file, where its names say them."""

    @property
    def rate_hz(self) -> float:
        """Samples a second while there are any."""
        return 1.0 / float(np.median(np.diff(self.block.t_s))) if len(self.block) > 1 else 0.0

    @property
    def missing(self) -> int:
        """Samples that the gaps between the times leave out."""
        if len(self.block) < 2:
            return 0
        steps = np.diff(self.block.t_s) * self.rate_hz
        return int(np.maximum(np.round(steps) - 1, 0).sum())


def read_sensor_file(path: Path, units: Mapping[str, str] | None = None) -> ImuBlock:
    """Samples of one sensor from a ``.csv``, ``.txt`` or ``.parquet`` file. Raises `InputError`."""
    return import_file(path, units).block


def import_file(path: Path, units: Mapping[str, str] | None = None) -> Imported:
    """One sensor's file, its format recognised from its first lines.

    ``units`` says what the columns' names do not, for example ``{"acc": "g", "t": "ms"}``. Raises
    `InputError` naming file, line and column.
    """
    if path.suffix.lower() == ".parquet":
        return _from_parquet(path, units)
    table = open_table(path, lambda cells: xsens_files.is_header(cells) or names_samples(cells))
    if xsens_files.is_header(table.header):
        export = xsens_files.read_export(table)
        block = ImuBlock(path.name, 0, *export[1:])
        check_recording(block, str(path), lambda row: f"line {table.line_of(row)}")
        return Imported(block, export.format, {})
    columns = recognise(table.header, str(path), units)
    values = table.columns(_indices(columns))
    block = _block(path, columns, values)
    check_recording(block, str(path), lambda row: f"line {table.line_of(row)}")
    return Imported(block, "CSV", columns.units)


def write_sensor_file(block: ImuBlock, path: Path) -> None:
    """Write samples in Ilium's own columns, as Parquet or CSV after the file's name."""
    columns = [block.t_s[:, None], block.acc_ms2, block.gyr_rads]
    names = list(COLUMNS)
    if block.mag_ut is not None:
        columns.append(block.mag_ut)
        names += MAG_COLUMNS
    values = np.hstack(columns)
    if path.suffix.lower() == ".parquet":
        import pyarrow as pa  # noqa: PLC0415 - only for this format
        import pyarrow.parquet as pq  # noqa: PLC0415

        pq.write_table(pa.table(list(values.T), names=names), path, compression="zstd")
        return
    formats = ["%.6f", *["%.7g"] * (len(names) - 1)]
    np.savetxt(path, values, fmt=formats, delimiter=",", header=",".join(names), comments="")


def read_recording_files(paths: list[Path]) -> dict[Segment, ImuBlock]:
    """Several sensors: ``.mat`` files with a whole person, or one file a segment, named after it."""
    found: dict[Segment, ImuBlock] = {}
    for path in paths:
        if path.suffix.lower() == ".mat":
            found |= read_qmt(path)
            continue
        try:
            segment = Segment(path.stem)
        except ValueError as error:
            known = ", ".join(s.value for s in Segment)
            raise InputError(f"{path}: name the file after its segment ({known})") from error
        found[segment] = read_sensor_file(path)
    return found


def read_qmt(path: Path) -> dict[Segment, ImuBlock]:
    """The example recording of github.com/dlaidig/qmt: pelvis, both thighs, and more, at 100 Hz."""
    from scipy.io import loadmat  # noqa: PLC0415 - only for this format

    try:
        content = loadmat(path, squeeze_me=True)
        blocks = {}
        for segment, name in _QMT_SEGMENTS.items():
            acc, gyr = content[name]["acc"].item(), content[name]["gyr"].item()
            t_s = np.arange(len(acc)) / _QMT_RATE_HZ
            quality = np.zeros(len(acc), np.uint8)
            blocks[segment] = ImuBlock(segment.value, 0, t_s, acc, gyr, None, quality)
    except (KeyError, ValueError, TypeError, NotImplementedError) as error:
        raise InputError(f"{path}: not a qmt recording ({error})") from error
    return blocks


def _from_parquet(path: Path, units: Mapping[str, str] | None) -> Imported:
    import pyarrow as pa  # noqa: PLC0415 - only for this format
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, ValueError) as error:
        raise InputError(f"{path}: not a Parquet file that can be read ({error})") from error
    columns = recognise(table.column_names, str(path), units)
    parts = []
    for index in _indices(columns):
        try:
            parts.append(table.column(index).to_numpy().astype(float))
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}: column {table.column_names[index]}: not numbers ({error})") from error
    block = _block(path, columns, np.column_stack(parts))
    check_recording(block, str(path), lambda row: f"row {row + 1}")
    return Imported(block, "Parquet", columns.units)


def _indices(columns: Columns) -> list[int]:
    return [c.index for c in (columns.t, *columns.acc, *columns.gyr, *columns.mag)]


def _block(path: Path, columns: Columns, values: FloatArray) -> ImuBlock:
    used = (columns.t, *columns.acc, *columns.gyr, *columns.mag)
    t_s, si = _seconds(values[:, 0], columns.t.to_si), values * [c.to_si for c in used]
    mag = si[:, 7:10] if columns.mag else None
    return ImuBlock(path.name, 0, t_s, si[:, 1:4], si[:, 4:7], mag, np.zeros(len(values), np.uint8))


def _seconds(times: FloatArray, to_s: float) -> FloatArray:
    """Times in s; counts of small units start at zero, so that a date in ns keeps its precision."""
    return (times - times[0]) * to_s if to_s != 1.0 and len(times) else times
