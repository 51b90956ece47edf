"""How a device's notifications are laid out: framing, samples, time, sequence, loss."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from firmware_profiles.primitives import (
    Axes,
    Hex,
    Id,
    Length,
    NumberType,
    Offset,
    Quantity,
    RateHz,
    Text,
    Unit,
    Uuid,
)


class CodecName(StrEnum):
    """What turns notifications into samples; all but the first two need code."""

    FIXED = "fixed"
    """One notification is one packet of this layout."""
    DISPATCH = "dispatch"
    """As fixed, but several streams share the characteristic; the tag tells which."""
    RESYNC_55 = "resync_55"
    """A stream of bytes that is cut anywhere; frames of fixed length begin with the tag."""
    GSP_REASSEMBLY = "gsp_reassembly"
    """Movesense: a packet longer than a notification goes on in one of type 3."""
    POLAR_DELTA = "polar_delta"
    """Polar PMD frames, raw or as differences of varying width."""
    DESCRIBED = "described"
    """The device describes its packets itself (OpenEarable)."""


class LossMethod(StrEnum):
    """How missing samples are noticed."""

    SEQUENCE = "sequence"
    """By the packet's own number: exact."""
    TIMESTAMP = "timestamp"
    """By the step of the device's time against the period."""
    RATE = "rate"
    """By the received rate against the nominal one: an estimate."""


class SampleOf(StrEnum):
    """Which sample of a packet its timestamp belongs to."""

    FIRST = "first"
    LAST = "last"


class Counted(StrEnum):
    """What a sequence number counts."""

    PACKETS = "packets"
    SAMPLES = "samples"


class Order(StrEnum):
    """How the samples of one packet follow each other."""

    INTERLEAVED = "interleaved"
    """All quantities of the first sample, then of the second …"""
    PLANAR = "planar"
    """All samples of the first quantity, then of the second …"""


class Timestamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device's own counter in a packet; its width is where it wraps."""

    offset: Offset
    type: NumberType
    tick_s: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)]
    of: SampleOf = SampleOf.FIRST
    epoch: Text = "power-on"
    """What zero means; for people."""


class Sequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The packet's number."""

    offset: Offset
    type: NumberType
    counts: Counted = Counted.PACKETS


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several samples in one packet; their number is in the packet or follows from its length."""

    offset: Offset
    """Where the first sample begins; field offsets are within a sample."""
    stride: Length
    max: Annotated[int, msgspec.Meta(ge=1, le=256)]
    min: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    count_offset: Offset | None = None
    """Where a u8 has the number of samples."""
    order: Order = Order.INTERLEAVED


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The components of one quantity; ``value = raw · scale / divisor · parameter`` in ``unit``."""

    quantity: Quantity
    offset: Offset
    type: NumberType
    unit: Unit
    scale: float = 1.0
    divisor: Annotated[float, msgspec.Meta(gt=0.0)] = 1.0
    times: Id | None = None
    """Parameter that the value is multiplied by, such as a measuring range."""
    axes: Axes | None = None
    """Which raw axis is X, Y, Z of the device where it differs from the profile's axes."""
    scalar_last: bool = False
    """Quaternions: sent as x, y, z, w."""
    saturates_at: Annotated[float, msgspec.Meta(gt=0.0)] | None = None
    """In ``unit``: a sample that reaches it is clipped. Integers clip at their largest value anyway."""

    @property
    def size(self) -> int:
        """Bytes of all components."""
        return self.quantity.components * self.type.size


class Flag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Status bits of a sample or packet that say that a quantity was clipped."""

    offset: Offset
    type: NumberType
    mask: Annotated[int, msgspec.Meta(ge=1, le=0xFFFFFFFF)]
    saturated: Quantity


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`CodecName.POLAR_DELTA`: what a frame-type byte means for this stream."""

    code: Annotated[int, msgspec.Meta(ge=0, le=255)]
    """Frame type with bit 7 set where the samples are differences."""
    type: NumberType
    unit: Unit
    scale: float = 1.0
    times: Id | None = None
    channels: Annotated[int, msgspec.Meta(ge=3, le=8)] = 3
    """Numbers a sample; those after the quantity's are left out."""


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Notifications of one layout on one characteristic."""

    name: Id
    characteristic: Uuid
    fields: tuple[Field, ...]
    codec: CodecName = CodecName.FIXED
    tag: Hex | None = None
    """Bytes that such a packet begins with."""
    length: Length | None = None
    """Bytes that carry data in a packet of one sample; with ``repeat`` it follows from the count."""
    padded_length: Annotated[int, msgspec.Meta(ge=0, le=512)] = 0
    """Length of a real notification where it is longer than its content."""
    batch: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    """Samples that a real packet holds; what a virtual device sends."""
    rate_hz: RateHz | None = None
    """Where the parameter ``rate_hz`` does not say it."""
    loss: LossMethod = LossMethod.TIMESTAMP
    timestamp: Timestamp | None = None
    sequence: Sequence | None = None
    repeat: Repeat | None = None
    flags: tuple[Flag, ...] = ()
    frames: tuple[Frame, ...] = ()
    big_endian: bool = False

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What its samples hold, in the order of the fields."""
        return tuple(field.quantity for field in self.fields)

    @property
    def tag_bytes(self) -> bytes:
        """What such a packet begins with."""
        return bytes.fromhex(self.tag or "")
