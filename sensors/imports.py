"""Recordings from files: generic CSV and Parquet, and the qmt example recording (MATLAB)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fusion.errors import InputError
from fusion.input_checks import check_recording
from fusion.types import FloatArray, ImuBlock, Segment

COLUMNS = ("t_s", "acc_x_ms2", "acc_y_ms2", "acc_z_ms2", "gyr_x_rads", "gyr_y_rads", "gyr_z_rads")
MAG_COLUMNS = ("mag_x_ut", "mag_y_ut", "mag_z_ut")
_QMT_RATE_HZ = 100.0
_QMT_SEGMENTS = {
    Segment.PELVIS: "hip",
    Segment.THIGH_RIGHT: "upper_leg_right",
    Segment.THIGH_LEFT: "upper_leg_left",
    Segment.SHANK_RIGHT: "lower_leg_right",
    Segment.SHANK_LEFT: "lower_leg_left",
    Segment.THORAX: "upper_back",
}


def read_sensor_file(path: Path) -> ImuBlock:
    """Samples of one sensor from a ``.csv`` or ``.parquet`` file.

    Raises `InputError` naming file, line and column.
    """
    if path.suffix.lower() == ".parquet":
        return _block(path, *_read_parquet(path))
    return _block(path, *_read_csv(path))


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


def _read_csv(path: Path) -> tuple[list[str], FloatArray]:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = [name.strip() for name in file.readline().split(",")]
    _require(path, header)
    try:
        values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    except ValueError as error:
        raise InputError(_where(path, header) or f"{path}: {error}") from error
    if values.size and values.shape[1] != len(header):
        raise InputError(f"{path}: {values.shape[1]} values a line, but {len(header)} names in the header")
    return header, values.reshape(-1, len(header))


def _where(path: Path, header: list[str]) -> str | None:
    """The first line that cannot be read, in plain words."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if number == 1 or not line.strip():
                continue
            cells = line.rstrip("\n").split(",")
            if len(cells) != len(header):
                return f"{path}: line {number}: {len(cells)} values, expected {len(header)}"
            for name, cell in zip(header, cells, strict=True):
                try:
                    float(cell)
                except ValueError:
                    return f"{path}: line {number}, column {name}: {cell.strip()[:40]!r} is not a number"
    return None


def _read_parquet(path: Path) -> tuple[list[str], FloatArray]:
    import pyarrow as pa  # noqa: PLC0415 - only for this format
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a Parquet file ({error})") from error
    _require(path, table.column_names)
    return table.column_names, np.column_stack([table.column(n).to_numpy() for n in table.column_names])


def _require(path: Path, header: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; needed are {', '.join(COLUMNS)}")


def _block(path: Path, header: list[str], values: FloatArray) -> ImuBlock:
    columns = {name: values[:, k].astype(float) for k, name in enumerate(header)}
    block = ImuBlock(
        path.name,
        0,
        columns["t_s"],
        np.column_stack([columns[n] for n in COLUMNS[1:4]]),
        np.column_stack([columns[n] for n in COLUMNS[4:]]),
        np.column_stack([columns[n] for n in MAG_COLUMNS]) if set(MAG_COLUMNS) <= set(header) else None,
        np.zeros(len(values), np.uint8),
    )
    check_recording(block, str(path), lambda k: f"line {k + 2}")
    return block
