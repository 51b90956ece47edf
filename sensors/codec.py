"""Bytes to samples, as a profile's stream says. Pure: no clock, no state, never an exception for bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from operator import itemgetter, mul
from struct import Struct
from typing import Final

from firmware_profiles.schema import (
    SIZE,
    STRUCT_CODE,
    Profile,
    Quantity,
    Stream,
    Unit,
)
from fusion.units import RAD_PER_DEG, STANDARD_GRAVITY_MS2

TO_SI: Final = {
    Unit.MS2: 1.0,
    Unit.G: STANDARD_GRAVITY_MS2,
    Unit.MG: STANDARD_GRAVITY_MS2 * 1e-3,
    Unit.RADS: 1.0,
    Unit.DPS: RAD_PER_DEG,
    Unit.UT: 1.0,
    Unit.MGAUSS: 0.1,
    Unit.AU: 1.0,
}
_ORDER: Final = (Quantity.ACC, Quantity.GYR, Quantity.MAG)

Row = tuple[float, ...]
"""Acceleration (3), rate (3) and, where sent, field (3), in SI and the case's axes."""


@dataclass(frozen=True, slots=True)
class DecodedSample:
    """One sample: the device's counter as sent (None where it has none) and its values."""

    ticks: int | None
    row: Row


class Codec:
    """Reads the packets of one stream."""

    def __init__(self, profile: Profile, stream: Stream | None = None) -> None:
        self.stream = stream or profile.stream
        fields = {field.quantity: field for field in self.stream.fields}
        self.quantities = tuple(q for q in _ORDER if q in fields)
        self._struct, places, self._clock = _layout(self.stream)
        self._scales: list[float] = []
        columns: list[int] = []
        for quantity in self.quantities:
            field = fields[quantity]
            for axis in profile.axes:
                columns.append(places[quantity] + "xyz".index(axis[1]))
                self._scales.append(field.scale * TO_SI[field.unit] * (-1.0 if axis[0] == "-" else 1.0))
        self._pick: Callable[[tuple[float, ...]], tuple[float, ...]] = itemgetter(*columns)

    def decode(self, payload: bytes) -> DecodedSample | None:
        """The sample in ``payload``; None when it is too short or holds no finite numbers."""
        if len(payload) < self.stream.length:
            return None
        values = self._struct.unpack_from(payload)
        row = tuple(map(mul, self._pick(values), self._scales))
        if not isfinite(sum(row)):
            return None
        return DecodedSample(None if self._clock is None else int(values[self._clock]), row)


def _layout(stream: Stream) -> tuple[Struct, dict[Quantity, int], int | None]:
    """The packed format, each quantity's first index among its values, and the counter's."""
    parts: list[tuple[int, str, int, Quantity | None]] = []
    if stream.timestamp:
        t = stream.timestamp
        parts.append((t.offset, STRUCT_CODE[t.type], SIZE[t.type], None))
    parts.extend((f.offset, 3 * STRUCT_CODE[f.type], 3 * SIZE[f.type], f.quantity) for f in stream.fields)
    parts.sort(key=lambda part: part[0])
    code, at, index = "<", 0, 0
    places: dict[Quantity, int] = {}
    clock: int | None = None
    for offset, part, size, quantity in parts:
        code += f"{offset - at}x{part}" if offset > at else part
        at = offset + size
        if quantity is not None:
            places[quantity] = index
            index += 3
        else:
            clock = index
            index += 1
    return Struct(code), places, clock
