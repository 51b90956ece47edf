"""What a firmware profile says about a device: how to know it, talk to it and read its packets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

Uuid = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Hex = Annotated[str, msgspec.Meta(pattern="^([0-9a-fA-F]{2} ?)+$", max_length=2048)]
Id = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_-]*$", max_length=64)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=512)]
Axis = Annotated[str, msgspec.Meta(pattern="^[+-][xyz]$")]


class Quantity(StrEnum):
    """What a field measures."""

    ACC = "acc"
    GYR = "gyr"
    MAG = "mag"


class NumberType(StrEnum):
    """Little-endian encodings."""

    U8 = "u8"
    I8 = "i8"
    U16 = "u16"
    I16 = "i16"
    U32 = "u32"
    I32 = "i32"
    F32 = "f32"


STRUCT_CODE = {
    NumberType.U8: "B",
    NumberType.I8: "b",
    NumberType.U16: "H",
    NumberType.I16: "h",
    NumberType.U32: "I",
    NumberType.I32: "i",
    NumberType.F32: "f",
}
SIZE = {
    NumberType.U8: 1,
    NumberType.I8: 1,
    NumberType.U16: 2,
    NumberType.I16: 2,
    NumberType.U32: 4,
    NumberType.I32: 4,
    NumberType.F32: 4,
}


class Unit(StrEnum):
    """Units that vendors use; each is turned to SI."""

    MS2 = "m/s2"
    G = "g"
    MG = "mg"
    RADS = "rad/s"
    DPS = "deg/s"
    UT = "uT"
    MGAUSS = "mG"
    AU = "a.u."


class LossMethod(StrEnum):
    """How missing samples are noticed."""

    TIMESTAMP = "timestamp"
    SEQUENCE = "sequence"
    RATE = "rate"


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the device is known in an advertisement; any name prefix, and the manufacturer if given."""

    names: tuple[str, ...]
    manufacturer_id: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)] | None = None


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes written to a characteristic."""

    characteristic: Uuid
    write: Hex
    response: bool = True

    @property
    def payload(self) -> bytes:
        """The bytes to write."""
        return bytes.fromhex(self.write)


class Commands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written to start, stop and blink."""

    start: tuple[Command, ...] = ()
    stop: tuple[Command, ...] = ()
    identify: tuple[Command, ...] = ()


class Timestamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device's own counter in a packet."""

    offset: Offset
    type: NumberType
    tick_s: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Three components of one quantity; ``value = raw · scale`` in ``unit``."""

    quantity: Quantity
    offset: Offset
    type: NumberType
    unit: Unit
    scale: float = 1.0


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Notifications with one sample each, of a fixed layout."""

    name: Id
    characteristic: Uuid
    length: Annotated[int, msgspec.Meta(ge=1, le=512)]
    """Bytes that carry data; a longer packet has an unused tail."""
    rate_hz: Annotated[float, msgspec.Meta(gt=0.0, le=10000.0)]
    fields: tuple[Field, ...]
    timestamp: Timestamp | None = None
    loss: LossMethod = LossMethod.TIMESTAMP
    padded_length: Annotated[int, msgspec.Meta(ge=0, le=512)] = 0
    """Length of a real notification where it is longer than its content."""


class Battery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the battery level is read, in percent."""

    characteristic: Uuid
    offset: Offset = 0


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A packet and what it means, worked out by hand from the vendor's page."""

    stream: Id
    bytes: Hex
    ticks: int | None = None
    acc_ms2: tuple[float, float, float] | None = None
    gyr_rads: tuple[float, float, float] | None = None
    mag_ut: tuple[float, float, float] | None = None
    note: str = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device, as its firmware behaves."""

    id: Id
    version: int
    name: str
    source: str
    match: Match
    services: dict[Uuid, tuple[Uuid, ...]]
    """Service → characteristics that must be there."""
    commands: Commands
    streams: tuple[Stream, ...]
    battery: Battery | None = None
    axes: tuple[Axis, Axis, Axis] = ("+x", "+y", "+z")
    """Which device axis is X, Y and Z of the frame printed on the case."""
    suitable: bool = True
    """False where the rate is too low for movement analysis."""
    notes: str = ""
    vectors: tuple[Vector, ...] = ()

    @property
    def stream(self) -> Stream:
        """The stream that is used."""
        return self.streams[0]
