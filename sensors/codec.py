"""Notifications to samples, as a profile's streams say: no exception for bytes, no invented sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from firmware_profiles.schema import Profile
from firmware_profiles.setup import Setup, choose
from firmware_profiles.streams import CodecName, Stream
from sensors.described import DescriptionError, read_description
from sensors.layout import Decoded, Layout
from sensors.polar import PolarDelta, factor
from sensors.reassembly import GspReassembly, Resync55

_Reader = Callable[[bytes, float], list[Decoded] | None]
"""Samples; None for a notification that is malformed."""
MAX_NOTIFICATION = 512
"""Bytes that an attribute can hold (Core specification, volume 3, part F, 3.2.9)."""


class Decoder:
    """Reads the notifications of one device; has memory only where packets span notifications."""

    def __init__(self, setup: Setup | Profile) -> None:
        self.setup = setup if isinstance(setup, Setup) else choose(setup)
        self.values = dict(self.setup.values)
        """Parameters, the learned ones among them."""
        self.malformed = 0
        """Notifications, or frames within, that were dropped."""
        self.passed_over = 0
        """Answers, battery and events: not for us, and no fault."""
        self._described: dict[str, Stream] = {}
        self.description_error = ""
        """Why the device's own description of its packets cannot be used; empty when it can."""
        self.revision = 0
        """Changes when the device described its packets anew."""
        self._build()

    def stream(self, name: str) -> Stream:
        """A stream as it is read now."""
        return self._described.get(name) or self.setup.profile.stream(name)

    def decode(self, characteristic: str, payload: bytes, arrival_s: float = 0.0) -> list[Decoded]:
        """Packets that are complete with this notification; empty when there are none."""
        reader = self._readers.get(characteristic)
        if reader is None:
            self._learn(characteristic, payload)
            self.passed_over += 1
            return []
        if len(payload) > MAX_NOTIFICATION:
            self.malformed += 1
            return []
        found = reader(payload, arrival_s)
        if found is None:
            if self._is_other(characteristic, payload):
                self.passed_over += 1
            else:
                self.malformed += 1
            return []
        return found

    def restart(self) -> None:
        """After a reconnect: what was cut off stays cut off."""
        for part in self._memory:
            part.reset()

    def _build(self) -> None:
        self._memory: list[Resync55 | GspReassembly] = []
        by_characteristic: dict[str, list[Stream]] = {}
        for stream in map(self.stream, self.setup.mode.streams):
            by_characteristic.setdefault(stream.characteristic, []).append(stream)
        self._readers = {uuid: self._reader(tuple(found)) for uuid, found in by_characteristic.items()}
        self._others = _other_packets(self.setup)

    def _reader(self, streams: tuple[Stream, ...]) -> _Reader:
        codec = streams[0].codec
        if codec is CodecName.POLAR_DELTA:
            return _first_of([PolarDelta(self.setup, s, self.values).decode for s in streams])
        layouts = [Layout(self.setup, s, self.values).decode for s in streams]
        if codec is CodecName.RESYNC_55:
            return self._resynchronised(streams, layouts)
        if codec is CodecName.GSP_REASSEMBLY:
            return self._reassembled(streams, layouts)
        return _only(layouts[0]) if len(layouts) == 1 else _first_of(layouts)

    def _resynchronised(
        self, streams: tuple[Stream, ...], layouts: Sequence[Callable[[bytes], Decoded | None]]
    ) -> _Reader:
        frames = Resync55(streams)
        self._memory.append(frames)
        read = _first_of(layouts)

        def reader(payload: bytes, _: float) -> list[Decoded] | None:
            before = frames.skipped
            found = [d for frame in frames.feed(payload) for d in read(frame, 0.0) or ()]
            return None if not found and frames.skipped - before >= len(payload) else found

        return reader

    def _reassembled(
        self, streams: tuple[Stream, ...], layouts: Sequence[Callable[[bytes], Decoded | None]]
    ) -> _Reader:
        parts = GspReassembly(streams[0].tag_bytes[1])
        self._memory.append(parts)
        read = _first_of(layouts)

        def reader(payload: bytes, arrival_s: float) -> list[Decoded] | None:
            before = parts.dropped
            found: list[Decoded] = []
            for packet, complete_s in parts.feed(payload, arrival_s):
                decoded = read(packet, complete_s)
                if decoded is None:
                    self.malformed += 1
                else:
                    found += [d._replace(arrival_s=complete_s) for d in decoded]
            return None if not found and parts.dropped > before else found

        return reader

    def _learn(self, characteristic: str, payload: bytes) -> None:
        """A device may name a factor in an answer, or describe its packets; from then on it applies."""
        description = self.setup.profile.description
        if description is not None and description.characteristic == characteristic:
            self._describe(payload)
            return
        for stream in self.setup.streams:
            if stream.codec is not CodecName.POLAR_DELTA or stream.characteristic == characteristic:
                continue
            value = factor(payload, stream.tag_bytes[0])
            if value is not None:
                self.values.update({f.times: value for f in stream.frames if f.times})

    def _describe(self, payload: bytes) -> None:
        for stream in self.setup.streams:
            if stream.codec is CodecName.DESCRIBED:
                try:
                    self._described[stream.name] = read_description(payload, stream)
                    self.description_error = ""
                except DescriptionError as error:
                    self.description_error = f"the device's description of its packets: {error}"
        self.revision += 1
        self._build()

    def _is_other(self, characteristic: str, payload: bytes) -> bool:
        return any(uuid == characteristic and payload.startswith(tag) for uuid, tag in self._others)


def _only(read: Callable[[bytes], Decoded | None]) -> _Reader:
    def reader(payload: bytes, _: float) -> list[Decoded] | None:
        decoded = read(payload)
        return None if decoded is None else [decoded]

    return reader


def _first_of(layouts: Sequence[Callable[[bytes], Decoded | None]]) -> _Reader:
    """The first stream that knows the packet has it; their tags exclude each other."""

    def reader(payload: bytes, _: float) -> list[Decoded] | None:
        for read in layouts:
            decoded = read(payload)
            if decoded is not None:
                return [decoded]
        return None

    return reader


def _other_packets(setup: Setup) -> list[tuple[str, bytes]]:
    """Characteristic and first bytes of what is no sample: answers, battery, events."""
    found = [
        (write.reply.characteristic, write.reply.prefix)
        for name in ("configure", "start", "stop", "identify", "battery")
        for write in setup.writes(name)
        if write.reply and write.reply.prefix
    ]
    found += [
        (question.reply_characteristic, bytes.fromhex(question.write or question.starts_with))
        for question in setup.profile.match.confirm
        if question.reply_characteristic
    ]
    battery = setup.profile.battery
    if battery and battery.tag:
        found.append((battery.characteristic, bytes.fromhex(battery.tag)))
    return found + [(e.characteristic, bytes.fromhex(e.tag)) for e in setup.profile.events]
