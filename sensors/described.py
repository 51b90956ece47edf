"""A device's own account of its packets (OpenEarable): read into a stream, and written for virtual devices.

Bytes: number of sensors; of each its id, name, number of components; of each component its type, group,
name and unit. Names have a length before them. A packet is id, size, u32 milliseconds, components.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from msgspec.structs import replace

from firmware_profiles.primitives import NumberType, Quantity, Unit
from firmware_profiles.streams import Field, Stream

_TYPES: Final = (
    NumberType.I8,
    NumberType.U8,
    NumberType.I16,
    NumberType.U16,
    NumberType.I32,
    NumberType.U32,
    NumberType.F32,
    NumberType.F64,
)
_GROUPS: Final = {
    "ACC": Quantity.ACC,
    "ACCELEROMETER": Quantity.ACC,
    "GYR": Quantity.GYR,
    "GYRO": Quantity.GYR,
    "GYROSCOPE": Quantity.GYR,
    "MAG": Quantity.MAG,
    "MAGNETOMETER": Quantity.MAG,
}
_UNITS: Final = {
    "m/s^2": Unit.MS2,
    "m/s2": Unit.MS2,
    "m/s²": Unit.MS2,
    "g": Unit.G,
    "mg": Unit.MG,
    "dps": Unit.DPS,
    "°/s": Unit.DPS,
    "deg/s": Unit.DPS,
    "rad/s": Unit.RADS,
    "ut": Unit.UT,
    "µt": Unit.UT,
    "μt": Unit.UT,
}
_HEADER: Final = 6


class DescriptionError(ValueError):
    """A description that cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class _Component:
    type: NumberType
    group: str
    name: str
    unit: str


class _Reader:
    """Takes numbers and names off the front; never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        if self._at >= len(self._data):
            raise DescriptionError("it ends too early")
        self._at += 1
        return self._data[self._at - 1]

    def text(self) -> str:
        length = self.number()
        end = self._at + length
        if end > len(self._data):
            raise DescriptionError("a name reaches past its end")
        found = self._data[self._at : end].decode("utf-8", errors="replace")
        self._at = end
        return found


def read_description(payload: bytes, stream: Stream) -> Stream:
    """``stream`` with the fields that the device describes for its tag. Raises `DescriptionError`."""
    reader = _Reader(payload)
    for _ in range(reader.number()):
        sensor, _name = reader.number(), reader.text()
        components = [_component(reader) for _ in range(reader.number())]
        if sensor == stream.tag_bytes[0]:
            return _stream(components, stream)
    raise DescriptionError(f"there is no sensor {stream.tag_bytes[0]} in it")


def write_description(stream: Stream) -> bytes:
    """What a virtual device of this stream says of itself."""
    groups = {Quantity.ACC: b"ACC", Quantity.GYR: b"GYRO", Quantity.MAG: b"MAG"}
    units = {unit: text for text, unit in reversed(_UNITS.items())}
    parts = [bytes([1, stream.tag_bytes[0]]), _text(b"IMU"), bytes([3 * len(stream.fields)])]
    for field in stream.fields:
        for axis in (b"X", b"Y", b"Z"):
            names = [_text(groups[field.quantity]), _text(axis), _text(units[field.unit].encode())]
            parts += [bytes([_TYPES.index(field.type)]), *names]
    return b"".join(parts)


def _component(reader: _Reader) -> _Component:
    kind = reader.number()
    if kind >= len(_TYPES):
        raise DescriptionError(f"type {kind} is not known")
    return _Component(_TYPES[kind], reader.text(), reader.text(), reader.text())


def _stream(components: list[_Component], stream: Stream) -> Stream:
    fields: list[Field] = []
    at = _HEADER
    for group, found in groupby(components, key=lambda component: component.group):
        members = list(found)
        quantity = _GROUPS.get(group.upper())
        if quantity is not None:
            fields.append(_field(quantity, members, at))
        at += sum(member.type.size for member in members)
    if not fields:
        raise DescriptionError("neither acceleration nor rate nor field is in it")
    return replace(
        stream, fields=tuple(fields), length=at, padded_length=max(stream.padded_length, at), flags=()
    )


def _field(quantity: Quantity, members: list[_Component], at: int) -> Field:
    first = members[0]
    if [m.name.upper() for m in members] != ["X", "Y", "Z"] or {m.type for m in members} != {first.type}:
        raise DescriptionError(f"{first.group} is not X, Y, Z of one type")
    unit = _UNITS.get(first.unit.strip().lower())
    if unit is None or quantity not in unit.quantities:
        raise DescriptionError(f"{first.group} is in {first.unit!r}, which is no known unit of it")
    return Field(quantity, at, first.type, unit)


def _text(text: bytes) -> bytes:
    return bytes([len(text)]) + text
