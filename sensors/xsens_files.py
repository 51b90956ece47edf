"""Exports of Movella DOT (CSV) and of Xsens MT Manager (text with tabs).

Both name columns alike (``PacketCounter``, ``SampleTimeFine``, ``Acc_X`` …) but differ in time and rate:
DOT counts microseconds and gives °/s, MT counts packets at the rate in its head and gives rad/s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from firmware_profiles import choose, load
from firmware_profiles.primitives import Quantity
from firmware_profiles.streams import Stream
from fusion.errors import InputError
from fusion.types import FloatArray, QualityArray, SampleQuality
from fusion.units import RAD_PER_DEG
from sensors.assembly import StreamReader
from sensors.layout import column_slice
from sensors.tables import Table

_NAMES: Final[Mapping[Quantity, tuple[tuple[str, ...], ...]]] = {
    Quantity.ACC: (("acc_x", "acc_y", "acc_z"),),
    Quantity.GYR: (("gyr_x", "gyr_y", "gyr_z"),),
    Quantity.MAG: (("mag_x", "mag_y", "mag_z"),),
    Quantity.DELTA_QUAT: (
        ("dq_w", "dq_x", "dq_y", "dq_z"),
        ("oriinc_q0", "oriinc_q1", "oriinc_q2", "oriinc_q3"),
    ),
    Quantity.DELTA_VELOCITY: (("dv[1]", "dv[2]", "dv[3]"), ("velinc_x", "velinc_y", "velinc_z")),
    Quantity.QUAT: (("quat_w", "quat_x", "quat_y", "quat_z"), ("quat_q0", "quat_q1", "quat_q2", "quat_q3")),
    Quantity.FREE_ACC: (("freeacc_x", "freeacc_y", "freeacc_z"), ("freeacc_e", "freeacc_n", "freeacc_u")),
}
_WAYS: Final = (
    ("rate", (Quantity.ACC, Quantity.GYR)),
    ("delta", (Quantity.DELTA_QUAT, Quantity.DELTA_VELOCITY)),
    ("complete_quat", (Quantity.QUAT, Quantity.FREE_ACC)),
)
"""Streams of a DOT that hold acceleration and rate, the most direct first."""
_RATE: Final = re.compile(r"(?:update|output)\s*rate:?[,\s]*([\d.]+)\s*Hz", re.IGNORECASE)
_EARTH_FIELD_UT: Final = 50.0
_CLIPPED: Final = ((0x0007, SampleQuality.ACC_SATURATED), (0x0038, SampleQuality.GYR_SATURATED))
_COUNTER_TICKS: Final = 1 << 16
_FINE_TICKS: Final = 1 << 32


class Export(NamedTuple):
    """What an export holds."""

    format: str
    t_s: FloatArray
    acc_ms2: FloatArray
    gyr_rads: FloatArray
    mag_ut: FloatArray | None
    quality: QualityArray


def is_header(cells: Sequence[str]) -> bool:
    """Whether a line names an export's columns."""
    return bool(cells) and cells[0].lower() == "packetcounter"


def read_export(table: Table) -> Export:
    """The samples of an export. Raises `InputError` naming what is missing."""
    where = {name.lower(): k for k, name in enumerate(table.header)}
    is_mt = table.separator == "\t" or any(line.startswith("//") for line in table.preamble)
    places = {q: p for q, names in _NAMES.items() if (p := _place(names, where)) is not None}
    way = next((way for way in _WAYS if set(way[1]) <= places.keys()), None)
    if way is None:
        raise InputError(
            f"{table.path}: neither acceleration and rate (Acc_X, Gyr_X …) nor increments (dq_W, dv[1] …) nor"
            " Quat_W with FreeAcc_X are in it; export again with one of these"
        )
    t_s, period_s = _times(table, where, is_mt)
    stream = choose(load("movella_dot"), way[0]).main
    values = _values(table, stream, places, way[1])
    if is_mt and Quantity.GYR in way[1]:
        part = column_slice(stream, Quantity.GYR)
        values[:, part] /= RAD_PER_DEG  # below it is turned from °/s, as a DOT has it
    reader = StreamReader(stream, period_s)
    assert reader.acc is not None  # noqa: S101 - the way was chosen for it
    assert reader.gyr is not None  # noqa: S101
    scaled = values * _scales(stream)
    acc, gyr = reader.acc(t_s, scaled), reader.gyr(t_s, scaled)
    mag = table.columns(places[Quantity.MAG]) * _EARTH_FIELD_UT if Quantity.MAG in places else None
    keep = np.isfinite(gyr[:, 0])
    quality = _quality(table, where)[keep]
    field = None if mag is None or not np.isfinite(mag).all() else mag[keep]
    name = "Xsens MT text export" if is_mt else "Movella DOT CSV export"
    return Export(f"{name} ({way[0]})", t_s[keep], acc[keep], gyr[keep], field, quality)


def _place(names: tuple[tuple[str, ...], ...], where: Mapping[str, int]) -> list[int] | None:
    for spelling in names:
        if all(name in where for name in spelling):
            return [where[name] for name in spelling]
    return None


def _values(
    table: Table, stream: Stream, places: Mapping[Quantity, list[int]], quantities: tuple[Quantity, ...]
) -> FloatArray:
    ordered = [q for q in stream.quantities if q in quantities]
    return table.columns([index for quantity in ordered for index in places[quantity]])


def _scales(stream: Stream) -> FloatArray:
    """(k,) factors to SI of the stream's columns."""
    return np.concatenate([np.full(f.quantity.components, f.unit.to_si) for f in stream.fields])


def _times(table: Table, where: Mapping[str, int], is_mt: bool) -> tuple[FloatArray, float]:
    """Seconds from the first sample, and the period."""
    if not is_mt and "sampletimefine" in where:
        t_s = _unwrapped(table.columns([where["sampletimefine"]])[:, 0], _FINE_TICKS) * 1e-6
        period_s = float(np.median(np.diff(t_s))) if len(t_s) > 1 else 1.0 / 60.0
        return t_s, period_s
    rate = next((float(m[1]) for line in table.preamble if (m := _RATE.search(line))), 0.0)
    if rate <= 0.0:
        raise InputError(f"{table.path}: no update rate in its first lines; export again with the header")
    counts = _unwrapped(table.columns([where["packetcounter"]])[:, 0], _COUNTER_TICKS)
    return counts / rate, 1.0 / rate


def _unwrapped(ticks: FloatArray, modulus: int) -> FloatArray:
    """Counts from the first on, of a counter that goes round at ``modulus``."""
    return np.concatenate([[0.0], np.cumsum(np.mod(np.diff(ticks), modulus))]) if len(ticks) else ticks


def _quality(table: Table, where: Mapping[str, int]) -> QualityArray:
    """(n,) flags from the Status column, where there is one that can be read."""
    rows = len(table.columns([where["packetcounter"]]))
    quality = np.zeros(rows, np.uint8)
    if "status" not in where:
        return quality
    status = table.columns([where["status"]])[:, 0].astype(np.int64)
    for mask, bit in _CLIPPED:
        quality |= np.where(status & mask, np.uint8(bit), np.uint8(0))
    return quality
