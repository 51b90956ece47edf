"""What types alone cannot hold a profile to; every error names the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from firmware_profiles.errors import ProfileError
from firmware_profiles.primitives import Quantity
from firmware_profiles.schema import Command, How, Profile, Property
from firmware_profiles.setup import RATE
from firmware_profiles.streams import CodecName, LossMethod, Order, SampleOf, Stream
from firmware_profiles.templates import RUNTIME, placeholders

DEMO_UUIDS: Final = frozenset(
    {
        "4fafc201-1fb5-459e-8fcc-c5c9c331914b",  # ESP32 Arduino BLE examples
        "beb5483e-36e1-4688-b7f5-ea07361b26a8",
        "6e400001-b5a3-f393-e0a9-e50e24dcca9e",  # Nordic UART
        "0000ffe0-0000-1000-8000-00805f9b34fb",  # HM-10 serial modules
        "0000ffe5-0000-1000-8000-00805f9a34fb",  # serial modules; WitMotion among them
        "0000180d-0000-1000-8000-00805f9b34fb",  # heart rate
        "0000180f-0000-1000-8000-00805f9b34fb",  # battery
    }
)
"""Services that many unrelated devices advertise."""

_SHARED: Final = frozenset({CodecName.DISPATCH, CodecName.RESYNC_55, CodecName.POLAR_DELTA})
_Span = tuple[int, int, str]


def check(profile: Profile) -> None:
    """Raise `ProfileError` for the first thing that does not fit together."""
    _check_match(profile)
    _check_axes(profile.axes, "axes")
    _check_streams(profile)
    _check_modes(profile)
    _check_commands(profile)
    _check_places(profile)
    _check_battery(profile)
    _check_vectors(profile)


def _check_match(profile: Profile) -> None:
    rule = profile.match
    if rule.names or rule.manufacturer_id is not None:
        return
    if not rule.service_uuids:
        raise ProfileError("match: at least one of names, manufacturer_id and service_uuids is needed")
    demo = set(rule.service_uuids) & DEMO_UUIDS
    if demo:
        raise ProfileError(
            f"match.service_uuids: {min(demo)} is of many unrelated devices;"
            " add names or manufacturer_id so that none of those is taken for this one"
        )


def _check_axes(axes: tuple[str, ...], key: str) -> None:
    if sorted(axis[1] for axis in axes) != ["x", "y", "z"]:
        raise ProfileError(f"{key}: each of x, y and z must be named once")


def _check_streams(profile: Profile) -> None:
    if not profile.streams:
        raise ProfileError("streams: at least one is needed")
    _check_unique((s.name for s in profile.streams), "streams", "name")
    for stream in profile.streams:
        key = f"streams.{stream.name}"
        _check_layout(stream, key)
        _check_time(profile, stream, key)
        for field in stream.fields:
            _check_field(profile, stream, field.quantity, key)
    for a, b in combinations(profile.streams, 2):
        _check_shared(profile, a, b)


def _check_layout(stream: Stream, key: str) -> None:
    if not stream.fields:
        raise ProfileError(f"{key}.fields: at least one is needed")
    _check_unique((f.quantity for f in stream.fields), key, "fields.quantity")
    if stream.codec is CodecName.POLAR_DELTA:
        if not stream.frames:
            raise ProfileError(f"{key}.frames: a polar_delta stream needs at least one")
        return
    header, sample = (
        list(_header(stream)),
        [(f.offset, f.offset + f.size, f.quantity.value) for f in stream.fields],
    )
    flags = [(f.offset, f.offset + f.type.size, f"flag {f.saturated.value}") for f in stream.flags]
    if stream.repeat is None:
        _no_overlap(header + sample, key)
        _within(header + sample + flags, stream.length, f"{key}.length", "its fields end at")
        return
    if stream.length is not None:
        raise ProfileError(f"{key}.length: follows from repeat and must not be given with it")
    _no_overlap(header, key)
    _no_overlap(sample, key)
    _within(header + flags, stream.repeat.offset, f"{key}.repeat.offset", "the header ends at")
    _within(sample, stream.repeat.stride, f"{key}.repeat.stride", "a sample's fields end at")
    if stream.repeat.order is Order.PLANAR:
        _check_planar(stream, key)


def _header(stream: Stream) -> Iterator[_Span]:
    if stream.tag:
        yield 0, len(stream.tag_bytes), "tag"
    if stream.timestamp:
        start = stream.timestamp.offset
        yield start, start + stream.timestamp.type.size, "timestamp"
    if stream.sequence:
        start = stream.sequence.offset
        yield start, start + stream.sequence.type.size, "sequence"
    if stream.repeat and stream.repeat.count_offset is not None:
        yield stream.repeat.count_offset, stream.repeat.count_offset + 1, "repeat.count_offset"


def _no_overlap(spans: list[_Span], key: str) -> None:
    for (a, a_end, a_name), (b, _, b_name) in combinations(sorted(spans), 2):
        if b < a_end:
            raise ProfileError(f"{key}: {a_name} (at {a}) and {b_name} overlap")


def _within(spans: list[_Span], length: int | None, key: str, what: str) -> None:
    last = max((end for _, end, _ in spans), default=0)
    if length is None:
        raise ProfileError(f"{key} is missing; {what} {last}")
    if last > length:
        raise ProfileError(f"{key} {length}, but {what} {last}")


def _check_planar(stream: Stream, key: str) -> None:
    at = 0
    for field in stream.fields:
        if field.offset != at or field.type is not stream.fields[0].type:
            raise ProfileError(f"{key}.fields: planar ones must follow each other without gaps, of one type")
        at += field.size
    if stream.repeat and stream.repeat.stride != at:
        raise ProfileError(f"{key}.repeat.stride {stream.repeat.stride}, but a sample has {at} bytes")


def _check_time(profile: Profile, stream: Stream, key: str) -> None:
    if stream.rate_hz is None and RATE not in profile.parameters:
        raise ProfileError(f"{key}.rate_hz is missing, and there is no parameter {RATE} either")
    if stream.loss is LossMethod.TIMESTAMP and stream.timestamp is None:
        raise ProfileError(f"{key}.loss: timestamp needs [streams.timestamp]; without one it is rate")
    if stream.loss is LossMethod.SEQUENCE and stream.sequence is None:
        raise ProfileError(f"{key}.loss: sequence needs [streams.sequence]")
    for name, number in (("timestamp", stream.timestamp), ("sequence", stream.sequence)):
        if number is not None and number.type.value[0] != "u":
            raise ProfileError(f"{key}.{name}.type: a counter is unsigned, not {number.type.value}")
    single = stream.repeat is None and stream.codec is not CodecName.POLAR_DELTA
    if single and stream.timestamp and stream.timestamp.of is SampleOf.LAST:
        raise ProfileError(f"{key}.timestamp.of: one sample a packet has no last one; leave it out")


def _check_field(profile: Profile, stream: Stream, quantity: Quantity, key: str) -> None:
    field = next(f for f in stream.fields if f.quantity is quantity)
    where = f"{key}.fields.{quantity.value}"
    if quantity not in field.unit.quantities:
        raise ProfileError(f"{where}.unit: {field.unit.value} is no unit of {quantity.value}")
    for name in (field.times, *(frame.times for frame in stream.frames)):
        if name is not None and name not in profile.parameters:
            raise ProfileError(f"{where}.times: there is no parameter {name!r}")
    if field.axes is not None:
        _check_axes(field.axes, f"{where}.axes")
    if quantity in _TURNED and (field.axes or profile.axes != ("+x", "+y", "+z")):
        raise ProfileError(f"{where}: an orientation cannot be had with an axis map")


_TURNED: Final = frozenset({Quantity.QUAT, Quantity.EULER, Quantity.DELTA_QUAT})


def _check_shared(profile: Profile, a: Stream, b: Stream) -> None:
    """Two streams of one mode on one characteristic are told apart by their tags."""
    together = any({a.name, b.name} <= set(mode.streams) for mode in profile.all_modes)
    if a.characteristic != b.characteristic or not together:
        return
    if a.codec is not b.codec or a.codec not in _SHARED:
        raise ProfileError(
            f"streams.{b.name}.codec: shares a characteristic with {a.name}, so both must be dispatch"
        )
    if not a.tag or not b.tag or a.tag_bytes.startswith(b.tag_bytes) or b.tag_bytes.startswith(a.tag_bytes):
        raise ProfileError(f"streams.{b.name}.tag: does not tell it from {a.name}")


def _check_modes(profile: Profile) -> None:
    _check_unique((m.id for m in profile.modes), "modes", "id")
    names = {stream.name for stream in profile.streams}
    for mode in profile.modes:
        if not mode.streams:
            raise ProfileError(f"modes.{mode.id}.streams: at least one is needed")
        for name in set(mode.streams) - names:
            raise ProfileError(f"modes.{mode.id}.streams: there is no stream {name!r}")
    for name, parameter in profile.parameters.items():
        if parameter.offered and parameter.default not in parameter.offered:
            raise ProfileError(f"parameters.{name}.default: {parameter.default:g} is not among the choices")
        _check_follows(profile, name)


def _check_follows(profile: Profile, name: str) -> None:
    parameter = profile.parameters[name]
    if parameter.follows is None:
        return
    leader = profile.parameters.get(parameter.follows)
    if leader is None or leader.follows is not None:
        raise ProfileError(f"parameters.{name}.follows: {parameter.follows!r} is no parameter of its own")
    if set(parameter.offered) != set(leader.offered):
        raise ProfileError(f"parameters.{name}: offers other values than {parameter.follows}")


def _check_commands(profile: Profile) -> None:
    modes = {mode.id for mode in profile.all_modes}
    for key, command in _commands(profile):
        for mode in set(command.modes) - modes:
            raise ProfileError(f"{key}.modes: there is no mode {mode!r}")
        templates = [command.write]
        if command.reply:
            templates += [command.reply.starts_with, command.reply.send]
        for template in templates:
            _check_placeholders(profile, command, template, key)


def _check_placeholders(profile: Profile, command: Command, template: str, key: str) -> None:
    for name in placeholders(template):
        if name in RUNTIME or name in profile.parameters:
            continue
        for mode in profile.all_modes:
            if (not command.modes or mode.id in command.modes) and name not in mode.values:
                raise ProfileError(
                    f"{key}: {{{name}}} is neither a parameter nor a value of mode {mode.id!r}"
                )


def _commands(profile: Profile) -> Iterator[tuple[str, Command]]:
    groups = [("commands", profile.commands, _COMMANDS)]
    found: Iterable[tuple[str, object, tuple[str, ...]]] = groups
    if profile.sync:
        found = [*groups, ("sync", profile.sync, ("start", "result", "status", "stop"))]
    for group, owner, names in found:
        for name in names:
            for index, command in enumerate(getattr(owner, name)):
                yield f"{group}.{name}[{index}]", command


_COMMANDS: Final = (
    "configure",
    "start",
    "stop",
    "identify",
    "heading_reset",
    "heading_revert",
    "battery",
    "power_off",
)


def _check_places(profile: Profile) -> None:
    """Every characteristic that is used is in a service and allows what is done with it."""
    notified = (Property.NOTIFY, Property.INDICATE)
    written = (Property.WRITE, Property.WRITE_WITHOUT_RESPONSE)
    for stream in profile.streams:
        _need(profile, stream.characteristic, notified, f"streams.{stream.name}.characteristic")
    for key, command in _commands(profile):
        needs = written if command.write.strip() else (Property.READ,)
        _need(profile, command.characteristic, needs, f"{key}.characteristic")
        reply = command.reply
        if reply is not None:
            needs = (Property.READ,) if reply.how is How.READ else notified
            _need(profile, reply.characteristic, needs, f"{key}.reply.characteristic")
    for event in profile.events:
        _need(profile, event.characteristic, notified, "events.characteristic")
    if profile.description:
        _need(profile, profile.description.characteristic, (Property.READ,), "description.characteristic")
    if profile.battery:
        _need(profile, profile.battery.characteristic, (Property.READ, *notified), "battery.characteristic")


def _need(profile: Profile, uuid: str, any_of: tuple[Property, ...], key: str) -> None:
    there = profile.characteristics.get(uuid)
    if there is None:
        raise ProfileError(f"{key}: {uuid} is in no service")
    if not set(there) & set(any_of):
        raise ProfileError(f"{key}: {uuid} allows neither {' nor '.join(p.value for p in any_of)}")


def _check_battery(profile: Profile) -> None:
    battery = profile.battery
    if battery is None:
        return
    volts = [v for v, _ in battery.table]
    if volts != sorted(volts, reverse=True):
        raise ProfileError("battery.table: volts must fall from one row to the next")


def _check_vectors(profile: Profile) -> None:
    streams, modes = {s.name for s in profile.streams}, {m.id for m in profile.all_modes}
    for number, vector in enumerate(profile.vectors, start=1):
        key = f"vectors[{number}]"
        if vector.stream is not None and vector.stream not in streams:
            raise ProfileError(f"{key}.stream: there is no stream {vector.stream!r}")
        if vector.mode is not None and vector.mode not in modes:
            raise ProfileError(f"{key}.mode: there is no mode {vector.mode!r}")
        if vector.battery is not None and profile.battery is None:
            raise ProfileError(f"{key}.battery: the profile has no [battery]")
        if vector.stream is None and vector.battery is None:
            raise ProfileError(f"{key}: needs stream or battery")
        for name in set(vector.values) - set(profile.parameters):
            raise ProfileError(f"{key}.values: there is no parameter {name!r}")


def _check_unique(names: Iterable[str], key: str, what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ProfileError(f"{key}: {what} {str(name)!r} is there twice")
        seen.add(name)
