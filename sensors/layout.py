"""A stream of fixed layout, compiled: bytes to values in SI. Pure, and never an exception for bytes."""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Final, NamedTuple

import numpy as np

from firmware_profiles.primitives import NumberType, Quantity
from firmware_profiles.schema import Profile
from firmware_profiles.setup import Setup
from firmware_profiles.streams import Field, Flag, Order, Repeat, Stream
from fusion.types import FloatArray, SampleQuality

STRUCT_CODE: Final = {
    NumberType.U8: "B",
    NumberType.I8: "b",
    NumberType.U16: "H",
    NumberType.I16: "h",
    NumberType.U24: "3s",
    NumberType.I24: "3s",
    NumberType.U32: "I",
    NumberType.I32: "i",
    NumberType.U64: "Q",
    NumberType.F32: "f",
    NumberType.F64: "d",
}
"""Of `struct`; 24-bit numbers come as their three bytes."""

_QUALITY: Final = {Quantity.ACC: SampleQuality.ACC_SATURATED, Quantity.GYR: SampleQuality.GYR_SATURATED}
_NORM_TOLERANCE: Final = 0.05


class Decoded(NamedTuple):
    """What one packet says."""

    stream: str
    ticks: int | None
    """The device's counter as sent; None where it has none."""
    sequence: int | None
    values: FloatArray
    """(n, k) in SI and the axes of the case, columns as the stream's fields."""
    saturated: int
    """`SampleQuality` bits from the packet's flags."""
    arrival_s: float | None = None
    """When the packet was complete, where that was before the notification that showed it."""


class Conversion:
    """Columns of a sample: which raw number, times what; and whether the result can be true."""

    def __init__(
        self, profile: Profile, stream: Stream, values: Mapping[str, float], fields: tuple[Field, ...]
    ) -> None:
        columns: list[int] = []
        scales: list[float] = []
        limits: list[float] = []
        at = 0
        for field in fields:
            picks, signs = _picks(profile, field)
            factor = scale_of(field, values)
            columns += [at + pick for pick in picks]
            scales += [sign * factor for sign in signs]
            limits += [field.quantity.limit] * len(picks)
            at += len(picks)
        del stream
        self.width = at
        self.scales = np.array(scales)
        self.limits = np.array(limits)
        self.columns = None if columns == list(range(at)) else np.array(columns)
        self._unit = [_slice(fields, f) for f in fields if f.quantity.components == 4]
        self._checked = any(_may_exceed(field, values) for field in fields)
        self._safe = float(self.limits.min()) ** 2

    def apply(self, raw: np.ndarray) -> FloatArray | None:
        """(n, k) raw numbers to SI; None when one is no number or beyond what a sensor can measure."""
        if self.columns is not None:
            raw = raw[:, self.columns]
        values: FloatArray = raw * self.scales
        return values if not self._checked or self.plausible(values) else None

    def plausible(self, values: FloatArray) -> bool:
        """Whether all values are finite and within their quantity's limit, and quaternions have length 1."""
        flat = values.ravel()
        if float(flat @ flat) < self._safe and not self._unit:
            return True  # no value can be beyond the least of the limits
        if not (np.abs(values) <= self.limits).all():
            return False
        for part in self._unit:
            norms = np.sqrt((values[:, part] ** 2).sum(axis=1))
            if not (np.abs(norms - 1.0) <= _NORM_TOLERANCE).all():
                return False
        return True


def scale_of(field: Field, values: Mapping[str, float]) -> float:
    """Factor from the raw number to SI under the parameters ``values``."""
    parameter = 1.0 if field.times is None else values[field.times]
    return field.scale / field.divisor * parameter * field.unit.to_si


def saturation(stream: Stream, quantity: Quantity, values: Mapping[str, float]) -> float:
    """Magnitude in SI from which on a sample of ``quantity`` is clipped; infinite where that is not known."""
    for field in stream.fields:
        if field.quantity is quantity:
            if field.saturates_at is not None:
                return field.saturates_at * field.unit.to_si
            if not field.type.is_float and not stream.frames:
                return field.type.largest * abs(scale_of(field, values)) * (1.0 - 1e-9)
    return float("inf")


class Layout:
    """Reads packets of one stream whose layout is fixed; batches may vary in their number of samples."""

    def __init__(self, setup: Setup, stream: Stream, values: Mapping[str, float] | None = None) -> None:
        self.stream = stream
        fields = tuple(sorted(stream.fields, key=lambda f: f.offset))
        order = "big" if stream.big_endian else "little"
        self._byte_order = order
        self._convert = Conversion(setup.profile, stream, values or setup.values, fields)
        self._restore = _restore_columns(stream.fields, fields)
        self._repeat = stream.repeat
        self._tag = stream.tag_bytes
        self._floats = any(field.type.is_float for field in fields)
        self._samples = _SampleReader(stream, fields)
        self._header, self._clock, self._sequence, self._count = _header(stream)
        self._flags = [(flag, flag.offset, flag.offset + flag.type.size) for flag in stream.flags]
        self._lengths = (stream.length or 0, max(stream.length or 0, stream.padded_length))

    def decode(self, payload: bytes) -> Decoded | None:
        """What ``payload`` says; None when its length, tag or numbers cannot be of this stream."""
        if self._tag and not payload.startswith(self._tag):
            return None
        repeat = self._repeat
        count = 1
        if repeat is None:
            if not self._lengths[0] <= len(payload) <= self._lengths[1]:
                return None
        else:
            count = self._counted(payload, repeat)
            if count == 0:
                return None
        head = self._header.unpack_from(payload)
        if self._floats:
            with np.errstate(invalid="ignore", over="ignore"):  # what is no number is found and dropped
                values = self._convert.apply(self._samples.read(payload, count))
        else:
            values = self._convert.apply(self._samples.read(payload, count))
        if values is None:
            return None
        if self._restore is not None:
            values = values[:, self._restore]
        ticks = None if self._clock is None else self._number(head[self._clock])
        sequence = None if self._sequence is None else self._number(head[self._sequence])
        return Decoded(self.stream.name, ticks, sequence, values, self._saturated(payload))

    def _counted(self, payload: bytes, repeat: Repeat) -> int:
        """Samples in ``payload``; 0 when its length is impossible."""
        count, rest = divmod(len(payload) - repeat.offset, repeat.stride)
        if not repeat.min <= count <= repeat.max:
            return 0
        if self._count is not None and repeat.count_offset is not None:
            said = payload[repeat.count_offset]
            padded = len(payload) <= self._lengths[1] and said < count
            return said if (said == count and rest == 0) or (padded and said >= repeat.min) else 0
        return count if rest == 0 else 0

    def _number(self, raw: int | bytes) -> int:
        return raw if isinstance(raw, int) else int.from_bytes(raw, self._byte_order)  # type: ignore[arg-type]

    def _saturated(self, payload: bytes) -> int:
        bits = 0
        for flag, start, end in self._flags:
            if int.from_bytes(payload[start:end], self._byte_order) & flag.mask:  # type: ignore[arg-type]
                bits |= _QUALITY.get(flag.saturated, 0)
        return bits


class _SampleReader:
    """The numbers of ``count`` samples as they stand in a packet, (n, k), in the order of their offsets."""

    def __init__(self, stream: Stream, fields: tuple[Field, ...]) -> None:
        repeat = stream.repeat
        self._fields = fields
        self._width = sum(f.quantity.components for f in fields)
        first = fields[0].offset if repeat is None else 0
        self._at = (0 if repeat is None else repeat.offset) + first
        size = sum(f.size for f in fields)
        self._stride = fields[-1].offset + fields[-1].size - first if repeat is None else repeat.stride
        uniform = len({f.type for f in fields}) == 1 and size == self._stride
        self._planar = repeat is not None and repeat.order is Order.PLANAR
        self._plain = uniform and not _three_bytes(fields[0].type)
        self._dtype = _plain_dtype(stream, fields[0].type) if self._plain else self._record(stream, first)

    def read(self, payload: bytes, count: int) -> np.ndarray:
        if self._plain:
            numbers = np.frombuffer(payload, self._dtype, count * self._width, self._at)
            if self._planar:
                blocks = numbers.reshape(len(self._fields), count, -1)
                return np.concatenate(blocks, axis=1)
            return numbers.reshape(count, self._width)
        records = np.frombuffer(payload, self._dtype, count, self._at)
        out = np.empty((count, self._width))
        at = 0
        for k, field in enumerate(self._fields):
            width = field.quantity.components
            part = records[f"f{k}"]
            out[:, at : at + width] = _join_three(part, field.type) if _three_bytes(field.type) else part
            at += width
        return out

    def _record(self, stream: Stream, first: int) -> np.dtype:
        formats = []
        for field in self._fields:
            n = field.quantity.components
            if _three_bytes(field.type):
                formats.append(np.dtype((np.uint8, (n, 3))))
            else:
                formats.append(np.dtype((_plain_dtype(stream, field.type), (n,))))
        return np.dtype(
            {
                "names": [f"f{k}" for k in range(len(self._fields))],
                "formats": formats,
                "offsets": [f.offset - first for f in self._fields],
                "itemsize": self._stride,
            }
        )


def column_slice(stream: Stream, quantity: Quantity) -> slice | None:
    """Where a quantity stands among the columns of `Decoded.values`."""
    for field in stream.fields:
        if field.quantity is quantity:
            return _slice(stream.fields, field)
    return None


def _slice(fields: tuple[Field, ...], field: Field) -> slice:
    start = sum(f.quantity.components for f in fields[: fields.index(field)])
    return slice(start, start + field.quantity.components)


def _picks(profile: Profile, field: Field) -> tuple[list[int], list[float]]:
    """For each component of the result: which raw one, and with which sign."""
    if field.quantity.components == 4:
        return ([3, 0, 1, 2] if field.scalar_last else [0, 1, 2, 3]), [1.0] * 4
    if field.quantity in {Quantity.EULER, Quantity.FREE_ACC}:
        return [0, 1, 2], [1.0] * 3
    own = field.axes or ("+x", "+y", "+z")
    picks, signs = [], []
    for axis in profile.axes:
        raw = own["xyz".index(axis[1])]
        picks.append("xyz".index(raw[1]))
        signs.append(-1.0 if (axis[0] == "-") != (raw[0] == "-") else 1.0)
    return picks, signs


def _may_exceed(field: Field, values: Mapping[str, float]) -> bool:
    if field.type.is_float or field.quantity.components == 4:
        return True
    return (field.type.largest + 1) * abs(scale_of(field, values)) > field.quantity.limit


def _restore_columns(wanted: tuple[Field, ...], given: tuple[Field, ...]) -> np.ndarray | None:
    """Columns of ``given`` in the order of ``wanted``; None when they are the same."""
    if wanted == given:
        return None
    return np.concatenate([np.r_[_slice(given, field)] for field in wanted])


def _header(stream: Stream) -> tuple[Struct, int | None, int | None, int | None]:
    """One `Struct` for all numbers of the header, and where counter, sequence and count are among them."""
    parts: list[tuple[int, NumberType, str]] = []
    if stream.timestamp:
        parts.append((stream.timestamp.offset, stream.timestamp.type, "clock"))
    if stream.sequence:
        parts.append((stream.sequence.offset, stream.sequence.type, "sequence"))
    if stream.repeat and stream.repeat.count_offset is not None:
        parts.append((stream.repeat.count_offset, NumberType.U8, "count"))
    parts.sort(key=lambda part: part[0])
    code, at = ">" if stream.big_endian else "<", 0
    for offset, kind, _ in parts:
        code += f"{offset - at}x{STRUCT_CODE[kind]}" if offset > at else STRUCT_CODE[kind]
        at = offset + kind.size
    names = [name for *_, name in parts]
    where = {name: names.index(name) if name in names else None for name in ("clock", "sequence", "count")}
    return Struct(code), where["clock"], where["sequence"], where["count"]


def _three_bytes(kind: NumberType) -> bool:
    return kind in {NumberType.U24, NumberType.I24}


def _join_three(part: np.ndarray, kind: NumberType) -> np.ndarray:
    """(n, m, 3) bytes, least first, to (n, m) numbers."""
    number = part[..., 0].astype(np.int32) | (part[..., 1].astype(np.int32) << 8)
    top = part[..., 2].astype(np.int8 if kind is NumberType.I24 else np.uint8).astype(np.int32)
    return number | (top << 16)


def _plain_dtype(stream: Stream, kind: NumberType) -> np.dtype:
    return np.dtype((">" if stream.big_endian else "<") + STRUCT_CODE[kind])


__all__ = ["STRUCT_CODE", "Conversion", "Decoded", "Flag", "Layout", "column_slice", "saturation", "scale_of"]
