"""What a firmware profile says about a device: how to know it, talk to it and read its packets."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec

from firmware_profiles.primitives import (
    Axes,
    Hex,
    Id,
    NumberType,
    Offset,
    RateHz,
    Template,
    Text,
    Uuid,
)
from firmware_profiles.streams import Stream

Triple = tuple[float, float, float]
Quadruple = tuple[float, float, float, float]


class Property(StrEnum):
    """What may be done with a characteristic."""

    READ = "read"
    WRITE = "write"
    WRITE_WITHOUT_RESPONSE = "write_without_response"
    NOTIFY = "notify"
    INDICATE = "indicate"
    OPTIONAL = "optional"
    """Some devices of this kind do not have it."""


class Serial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an advertisement has the device's own number."""

    after_name: bool = False
    """What follows the name's prefix …"""
    offset: Offset = 0
    length: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    """… or these bytes of the manufacturer's data."""


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the device is known in an advertisement: whatever is given here must hold."""

    names: tuple[Annotated[str, msgspec.Meta(min_length=2, max_length=40)], ...] = ()
    """Any of these prefixes of the local name."""
    manufacturer_id: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)] | None = None
    service_uuids: tuple[Uuid, ...] = ()
    """Any of these, as advertised."""
    manufacturer_data: Hex | None = None
    """What follows the id in the advertisement of a virtual device of this kind; not compared."""
    example_name: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """A name as sold; what a virtual device calls itself."""
    serial: Serial | None = None
    """What stays when the device changes its address; without it the address is the identity."""
    confirm: tuple[Confirm, ...] = ()
    """Asked after connecting, where the advertisement fits more than one profile."""


class Confirm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question whose answer tells devices apart that advertise alike."""

    characteristic: Uuid
    """Written to, or read where there is nothing to write."""
    starts_with: Hex
    write: Hex | None = None
    reply_characteristic: Uuid | None = None
    """Where the answer is notified when something is written."""


class Checksum(StrEnum):
    """A byte that is appended to a command."""

    NONE = "none"
    SUM_ZERO = "sum_zero"
    """All bytes together are 0 modulo 256."""
    XOR = "xor"


class How(StrEnum):
    """How a value comes."""

    READ = "read"
    NOTIFY = "notify"
    INDICATE = "indicate"


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the device answers to a command."""

    characteristic: Uuid
    send: Template
    """The whole answer of a device that agrees; what a virtual one sends."""
    starts_with: Template = ""
    """By which the answer to this command is known."""
    how: How = How.NOTIFY
    status_offset: Offset | None = None
    """Where the result is; without it any answer that begins so is a yes."""
    status_type: NumberType = NumberType.U8
    ok: tuple[int, ...] = (0,)
    errors: dict[str, Text] = {}
    """Result in decimal → what it means, in plain words."""
    timeout_s: Annotated[float, msgspec.Meta(gt=0.0, le=60.0)] = 2.0


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes written to a characteristic; where there are none, only the reply is read."""

    characteristic: Uuid
    write: Template
    checksum: Checksum = Checksum.NONE
    response: bool = True
    modes: tuple[Id, ...] = ()
    """Only in these modes; empty: in all."""
    pause_s: Annotated[float, msgspec.Meta(ge=0.0, le=60.0)] = 0.0
    """To wait after it."""
    reply: Reply | None = None


class Subscribe(StrEnum):
    """Notifications are switched on before the start commands or after them."""

    BEFORE_START = "before_start"
    AFTER_START = "after_start"


class Commands(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written, in this order: configure, subscribe (see ``subscribe``), start; later stop."""

    configure: tuple[Command, ...] = ()
    start: tuple[Command, ...] = ()
    stop: tuple[Command, ...] = ()
    identify: tuple[Command, ...] = ()
    heading_reset: tuple[Command, ...] = ()
    heading_revert: tuple[Command, ...] = ()
    battery: tuple[Command, ...] = ()
    """Asks for the battery where it is neither read nor notified by itself."""
    power_off: tuple[Command, ...] = ()
    subscribe: Subscribe = Subscribe.BEFORE_START


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is chosen (rate, range) or learned from the device (a factor)."""

    default: float
    unit: Annotated[str, msgspec.Meta(max_length=16)] = ""
    choices: tuple[float, ...] = ()
    """What is offered; with ``codes`` its keys are."""
    type: NumberType | None = None
    """How it is written into a command …"""
    codes: dict[str, Hex] = {}
    """… or value → bytes."""
    learned: bool = False
    """The device tells it."""
    follows: Id | None = None
    """Always as this one, only written otherwise (a rate has another code for each chip)."""

    @property
    def offered(self) -> tuple[float, ...]:
        """All values that can be chosen."""
        return self.choices or tuple(float(value) for value in self.codes)


class Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing the device can be told to send; the first of a profile is its default."""

    id: Id
    streams: tuple[Id, ...]
    values: dict[Id, Hex] = {}
    """Bytes of placeholders that only the mode decides."""
    rates_hz: tuple[RateHz, ...] = ()
    """Offered in this mode where fewer than the parameter's."""
    suitable: bool = True
    """Rates and forces of movement can be had from it."""
    notes: Text = ""


class Battery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the battery's state is."""

    characteristic: Uuid
    how: tuple[How, ...] = (How.READ,)
    """How it comes; with `Commands.battery` as the answer to that."""
    tag: Hex | None = None
    """What such a packet begins with, where the characteristic carries others too."""
    offset: Offset = 0
    type: NumberType = NumberType.U8
    scale: float = 1.0
    table: tuple[tuple[float, float], ...] = ()
    """Volts → percent, falling; without it the number is percent."""
    voltage_offset: Offset | None = None
    """u16 in mV, beside the percent."""
    charging_offset: Offset | None = None
    charging_mask: Annotated[int, msgspec.Meta(ge=1, le=255)] = 0xFF


class Sync(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device's own radio synchronisation."""

    start: tuple[Command, ...]
    result: tuple[Command, ...] = ()
    """Whether it worked, asked once the sensors are connected again."""
    status: tuple[Command, ...] = ()
    stop: tuple[Command, ...] = ()
    disconnect: bool = False
    """All sensors must be disconnected after the start …"""
    wait_s: Annotated[float, msgspec.Meta(ge=0.0, le=120.0)] = 0.0
    """… for this long; then they are connected again and asked for the result."""
    notes: Text = ""


class EventKind(StrEnum):
    """Something a device says by itself."""

    BUTTON = "button"
    POWER_OFF = "power_off"
    POWER_SAVE = "power_save"
    STOPPED = "stopped"


class DeviceEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notification that begins with ``tag``."""

    kind: EventKind
    characteristic: Uuid
    tag: Hex
    offset: Offset = 0


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A characteristic that is read after connecting: the device's own account of its packets."""

    characteristic: Uuid


class BatteryVector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a battery packet means."""

    percent: int
    charging: bool | None = None
    voltage_v: float | None = None


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Packets and what they mean, worked out by hand from the vendor's page."""

    packets: tuple[Hex, ...]
    """Notifications in the order in which they come."""
    stream: Id | None = None
    characteristic: Uuid | None = None
    """Where the stream does not say it (battery)."""
    description: Hex | None = None
    """What the device says of itself first, where it does."""
    values: dict[str, float] = {}
    """Parameters that differ from the default."""
    mode: Id | None = None
    ticks: int | None = None
    """Device's counter of the last decoded packet."""
    sequence: int | None = None
    acc_ms2: tuple[Triple, ...] = ()
    gyr_rads: tuple[Triple, ...] = ()
    mag_ut: tuple[Triple, ...] = ()
    quat: tuple[Quadruple, ...] = ()
    free_acc_ms2: tuple[Triple, ...] = ()
    euler_rad: tuple[Triple, ...] = ()
    delta_quat: tuple[Quadruple, ...] = ()
    delta_velocity_ms: tuple[Triple, ...] = ()
    saturated: tuple[Id, ...] = ()
    """Quantities that the packet's flags call clipped."""
    battery: BatteryVector | None = None
    dropped: bool = False
    """No sample may come out."""
    note: Text = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device, as its firmware behaves."""

    id: Id
    version: int
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    source: Text
    match: Match
    services: dict[Uuid, dict[Uuid, tuple[Property, ...]]]
    """Service → characteristic → properties; all must be there but those that are optional."""
    streams: tuple[Stream, ...]
    commands: Commands = Commands()
    parameters: dict[Id, Parameter] = {}
    modes: tuple[Mode, ...] = ()
    battery: Battery | None = None
    sync: Sync | None = None
    events: tuple[DeviceEvent, ...] = ()
    description: Description | None = None
    axes: Axes = ("+x", "+y", "+z")
    """Which device axis is X, Y and Z of the frame printed on the case."""
    suitable: bool = True
    """False where it cannot serve movement analysis; ``notes`` say why."""
    notes: Text = ""
    vectors: tuple[Vector, ...] = ()

    @property
    def all_modes(self) -> tuple[Mode, ...]:
        """The modes, or the one that is there without any: all streams."""
        return self.modes or (Mode("default", tuple(s.name for s in self.streams)),)

    @property
    def characteristics(self) -> Mapping[str, tuple[Property, ...]]:
        """Every characteristic with its properties."""
        return {uuid: props for service in self.services.values() for uuid, props in service.items()}

    @property
    def required(self) -> Mapping[str, tuple[str, ...]]:
        """Service → characteristics without which the device is not one of these."""
        return {
            service: tuple(u for u, props in found.items() if Property.OPTIONAL not in props)
            for service, found in self.services.items()
        }

    def stream(self, name: str) -> Stream:
        """The stream of this name."""
        return next(stream for stream in self.streams if stream.name == name)
