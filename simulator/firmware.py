"""What the firmware of a virtual sensor does with a write or a read, as its profile says. Knows no radio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import firmware_profiles
from firmware_profiles import Profile, ProfileError, Setup
from firmware_profiles.schema import Checksum, Command, How, Property, Reply
from firmware_profiles.setup import Write
from firmware_profiles.templates import RUNTIME, recognise, with_checksum
from sensors.battery import battery_payload
from sensors.described import write_description

_GROUPS: Final = (
    "configure",
    "start",
    "stop",
    "identify",
    "heading_reset",
    "heading_revert",
    "battery",
    "power_off",
)
_SYNC_PARTS: Final = ("start", "result", "status", "stop")
_ANY_ROOT: Final = {name: bytes(size) for name, size in RUNTIME.items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sensor says back."""

    characteristic: str
    payload: bytes
    how: How


@dataclass(slots=True)
class Habits:
    """How a virtual sensor differs from the perfect one of its profile."""

    battery_percent: int = 87
    charging: bool = False
    refuses: Mapping[str, int] = field(default_factory=dict)
    """Group of commands → the error code that it answers instead of a yes."""


class VirtualSync:
    """A sensor's own radio synchronisation: begun by a message, done once the link is gone."""

    def __init__(self, setup: Setup, habits: Habits) -> None:
        self._setup, self._habits = setup, habits
        self.begun_by: bytes | None = None
        """The message that began it."""
        self.done = False

    def disconnected(self) -> None:
        """The radio is free for the other sensors."""
        self.done = self.begun_by is not None

    def written(self, characteristic: str, payload: bytes) -> list[Answer]:
        """Take a write in; returns the answers."""
        for part, command, write in self._parts():
            if command.characteristic != characteristic:
                continue
            if recognise(self._setup.profile, command, payload) is None:
                continue
            if part in {"start", "stop"}:
                self.begun_by, self.done = payload if part == "start" else None, False
            return [self._answer(part, command.reply, write)] if command.reply else []
        return []

    def read(self, characteristic: str) -> bytes | None:
        """The result, where that is what the characteristic tells."""
        for part, command, write in self._parts():
            if part == "result" and command.reply and command.reply.characteristic == characteristic:
                return self._answer(part, command.reply, write).payload
        return None

    def _parts(self) -> Iterator[tuple[str, Command, Write]]:
        sync = self._setup.profile.sync
        for part in _SYNC_PARTS if sync else ():
            writes = self._setup.writes(f"sync.{part}", _ANY_ROOT)
            for command, write in zip(getattr(sync, part), writes, strict=True):
                yield part, command, write

    def _answer(self, part: str, reply: Reply, write: Write) -> Answer:
        assert write.reply is not None  # noqa: S101 - made of ``reply``
        code = self._habits.refuses.get(f"sync.{part}")
        if code is None and part in {"result", "status"} and not self.done:
            code = max(map(int, reply.errors), default=None)  # a profile's last code says: not begun
        said = write.reply.sends if code is None else _with_status(write.reply.sends, reply, code)
        sync = self._setup.profile.sync
        if sync and sync.start[0].checksum is not Checksum.NONE:
            said = with_checksum(said[:-1], sync.start[0].checksum)
        return Answer(reply.characteristic, said, reply.how)


class VirtualFirmware:
    """The state of one virtual sensor."""

    def __init__(self, profile: Profile, habits: Habits | None = None) -> None:
        self.profile = profile
        self.habits = habits or Habits()
        self.setup: Setup = firmware_profiles.choose(profile)
        self.blinks = 0
        """How often it was told to show itself."""
        self.sync = VirtualSync(self.setup, self.habits)
        self._heard: set[bytes] = set()
        self._readable: dict[str, bytes] = {}

    @property
    def started(self) -> bool:
        """Whether it has heard all that it takes to stream."""
        return {w.payload for w in self.setup.writes("start")} <= self._heard

    def disconnected(self) -> None:
        """The link is gone, and with it what was started."""
        self._heard.clear()
        self._readable.clear()
        self.sync.disconnected()

    def written(self, characteristic: str, payload: bytes) -> list[Answer]:
        """Take a write in; returns the answers, in order."""
        for command in self._commands():
            if command.characteristic == characteristic:
                self._learn(recognise(self.profile, command, payload))
        answers = []
        for group, command, write in self._writes():
            if write.characteristic == characteristic and write.payload == payload:
                refused = command.reply is not None and group in self.habits.refuses
                if not refused:
                    self._obey(group, payload)
                if command.reply is not None and write.reply is not None:
                    said = self._said(group, command.reply, write.reply.sends)
                    answers.append(Answer(write.reply.characteristic, said, write.reply.how))
                break
        answers += self.sync.written(characteristic, payload)
        answers += self._confirmations(characteristic, payload)
        self._readable.update({a.characteristic: a.payload for a in answers if a.how is How.READ})
        return [a for a in answers if a.how is not How.READ]

    def read(self, characteristic: str) -> bytes | None:
        """The value of a characteristic; None where it cannot be read."""
        if Property.READ not in self.profile.characteristics.get(characteristic, ()):
            return None
        answer = self._readable.get(characteristic, self.sync.read(characteristic))
        if answer is not None:
            return answer
        battery, description = self.profile.battery, self.profile.description
        if battery is not None and characteristic == battery.characteristic:
            return self.battery()
        if description is not None and characteristic == description.characteristic:
            return write_description(self.setup.main)
        for question in self.profile.match.confirm:
            if question.write is None and question.characteristic == characteristic:
                return bytes.fromhex(question.starts_with)
        return b""

    def battery(self) -> bytes:
        """The packet that tells the battery's state."""
        return battery_payload(self.profile, self.habits.battery_percent, self.habits.charging)

    def _commands(self) -> Iterator[Command]:
        for group in _GROUPS:
            yield from getattr(self.profile.commands, group)

    def _writes(self) -> Iterator[tuple[str, Command, Write]]:
        """Commands of the present mode as they are written now."""
        for group in _GROUPS:
            commands: tuple[Command, ...] = getattr(self.profile.commands, group)
            valid = [c for c in commands if not c.modes or self.setup.mode.id in c.modes]
            for command, write in zip(valid, self.setup.writes(group), strict=True):
                yield group, command, write

    def _learn(self, said: Mapping[str, str] | None) -> None:
        """A command chose a mode, a rate or a range."""
        if not said:
            return
        values = dict(self.setup.values) | {n: float(v) for n, v in said.items() if n != "mode"}
        offered = {n: v for n, v in values.items() if not self.profile.parameters[n].learned}
        try:
            self.setup = firmware_profiles.choose(
                self.profile, said.get("mode", self.setup.mode.id if self.profile.modes else None), offered
            )
        except ProfileError:
            return  # a real sensor would ignore it, too

    def _obey(self, group: str, payload: bytes) -> None:
        if group == "start":
            self._heard.add(payload)
        elif group in {"stop", "power_off"}:
            self._heard.clear()
        elif group == "identify":
            self.blinks += 1

    def _said(self, group: str, reply: Reply, sends: bytes) -> bytes:
        battery = self.profile.battery
        if group == "battery" and battery is not None and reply.characteristic == battery.characteristic:
            return self.battery() + sends[len(self.battery()) :]
        code = self.habits.refuses.get(group)
        return sends if code is None else _with_status(sends, reply, code)

    def _confirmations(self, characteristic: str, payload: bytes) -> Iterator[Answer]:
        for question in self.profile.match.confirm:
            asked = question.write is not None and bytes.fromhex(question.write) == payload
            if asked and question.characteristic == characteristic and question.reply_characteristic:
                said = bytes.fromhex(question.starts_with)
                yield Answer(question.reply_characteristic, said, How.NOTIFY)


def _with_status(sends: bytes, reply: Reply, code: int) -> bytes:
    """The answer with ``code`` as its result, where it has one."""
    if reply.status_offset is None:
        return sends
    at, size = reply.status_offset, reply.status_type.size
    return sends[:at] + code.to_bytes(size, "little") + sends[at + size :]
