"""A profile with what was chosen: mode, rate, ranges. Gives the bytes to write and the streams to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from firmware_profiles.errors import ProfileError
from firmware_profiles.schema import Command, How, Mode, Profile, Reply
from firmware_profiles.streams import Stream
from firmware_profiles.templates import code, fill, mode_texts, placeholders, with_checksum

RATE = "rate_hz"


@dataclass(frozen=True, slots=True)
class Expected:
    """The answer to a write."""

    characteristic: str
    how: How
    prefix: bytes
    sends: bytes
    """What a device that agrees sends."""
    timeout_s: float
    _reply: Reply

    def is_answer(self, payload: bytes) -> bool:
        """Whether ``payload`` answers this command."""
        return payload.startswith(self.prefix)

    def failure(self, payload: bytes) -> str | None:
        """Why the device refuses, in plain words; None when it agrees."""
        reply = self._reply
        if reply.status_offset is None:
            return None
        end = reply.status_offset + reply.status_type.size
        if len(payload) < end:
            return f"the answer is too short ({payload.hex(' ') or 'empty'})"
        status = int.from_bytes(payload[reply.status_offset : end], "little")
        if status in reply.ok:
            return None
        return f"{reply.errors.get(str(status), 'not documented')} (code {status})"


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a command."""

    characteristic: str
    payload: bytes
    response: bool
    pause_s: float
    reply: Expected | None


@dataclass(frozen=True, eq=False)
class Setup:
    """One way to run a device; made by `choose`."""

    profile: Profile
    mode: Mode
    values: Mapping[str, float] = field(default_factory=dict)
    """Every parameter of the profile."""

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """What it sends."""
        return tuple(self.profile.stream(name) for name in self.mode.streams)

    @property
    def chosen(self) -> Mapping[str, float]:
        """The parameters that are somebody's choice: neither learned from the device nor bound to another."""
        parameters = self.profile.parameters
        return {n: v for n, v in self.values.items() if parameters[n].offered and not parameters[n].follows}

    @property
    def main(self) -> Stream:
        """The first of the streams."""
        return self.streams[0]

    def rate_hz(self, stream: Stream | None = None) -> float:
        """Samples a second of a stream, or of the first."""
        of = stream or self.main
        return of.rate_hz if of.rate_hz is not None else self.values[RATE]

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Characteristics to subscribe to, answers and events included, each once."""
        profile = self.profile
        wanted = [stream.characteristic for stream in self.streams]
        wanted += [e.characteristic for e in profile.events]
        wanted += [w.reply.characteristic for w in self._all_writes() if w.reply and w.reply.how != How.READ]
        if profile.battery and set(profile.battery.how) & {How.NOTIFY, How.INDICATE}:
            wanted.append(profile.battery.characteristic)
        return tuple(dict.fromkeys(wanted))

    def writes(self, command: str, runtime: Mapping[str, bytes] | None = None) -> tuple[Write, ...]:
        """What to write for ``command`` (``start``, ``stop``, …, ``sync.start``), in order.

        ``runtime`` has the bytes of placeholders that only the gateway knows (`templates.RUNTIME`).
        """
        return tuple(
            self._write(c, runtime or {})
            for c in self._commands(command)
            if not c.modes or self.mode.id in c.modes
        )

    def can(self, command: str) -> bool:
        """Whether the device has this command."""
        return bool(self._commands(command))

    def _commands(self, name: str) -> tuple[Command, ...]:
        group, _, part = name.rpartition(".")
        if group == "sync":
            return getattr(self.profile.sync, part) if self.profile.sync else ()
        return getattr(self.profile.commands, name)

    def _all_writes(self) -> list[Write]:
        names = ["configure", "start", "stop", "heading_reset", "heading_revert", "battery", "identify"]
        return [w for n in names for w in self.writes(n)]

    def _write(self, command: Command, runtime: Mapping[str, bytes]) -> Write:
        payload = with_checksum(self._fill(command.write, runtime), command.checksum)
        reply = command.reply
        expected = None
        if reply is not None:
            prefix, sends = self._fill(reply.starts_with, runtime), self._fill(reply.send, runtime)
            expected = Expected(reply.characteristic, reply.how, prefix, sends, reply.timeout_s, reply)
        return Write(command.characteristic, payload, command.response, command.pause_s, expected)

    def _fill(self, template: str, runtime: Mapping[str, bytes]) -> bytes:
        codes = {name: bytes.fromhex(value) for name, value in self.mode.values.items()} | dict(runtime)
        texts = dict(mode_texts(self.mode))
        for name in placeholders(template) & self.values.keys():
            codes[name] = code(self.profile.parameters[name], self.values[name])
            texts[name] = f"{self.values[name]:g}"
        return fill(template, codes, texts)


def choose(profile: Profile, mode: str | None = None, values: Mapping[str, float] | None = None) -> Setup:
    """The profile in ``mode`` (by default its first) with ``values`` instead of the defaults.

    Raises `ProfileError` that says what is offered.
    """
    chosen = profile.all_modes[0]
    if mode is not None:
        known = {m.id: m for m in profile.all_modes}
        if mode not in known:
            raise ProfileError(f"{profile.id}: no mode {mode!r}; there are {', '.join(known)}")
        chosen = known[mode]
    result = {name: p.default for name, p in profile.parameters.items()}
    if RATE in result and chosen.rates_hz and result[RATE] not in chosen.rates_hz:
        result[RATE] = chosen.rates_hz[0]
    for name, value in (values or {}).items():
        _check_offered(profile, chosen, name, value)
        result[name] = float(value)
    for name, parameter in profile.parameters.items():
        if parameter.follows is not None:
            result[name] = result[parameter.follows]
    return Setup(profile, chosen, result)


def configured(
    profile: Profile, mode: str | None = None, values: Mapping[str, float] | None = None
) -> Profile:
    """The profile with ``mode`` and ``values`` as what it does unless told otherwise.

    Raises `ProfileError` that says what is offered.
    """
    setup = choose(profile, mode, values)
    others = tuple(m for m in profile.modes if m.id != setup.mode.id)
    parameters = {name: replace(p, default=setup.values[name]) for name, p in profile.parameters.items()}
    modes = (setup.mode, *others) if profile.modes else ()
    return replace(profile, modes=modes, parameters=parameters)


def _check_offered(profile: Profile, mode: Mode, name: str, value: float) -> None:
    parameter = profile.parameters.get(name)
    if parameter is None or parameter.follows is not None:
        known = ", ".join(profile.parameters) or "none"
        raise ProfileError(f"{profile.id}: no parameter {name!r}; there are: {known}")
    offered = mode.rates_hz if name == RATE and mode.rates_hz else parameter.offered
    if not parameter.learned and value not in offered:
        among = ", ".join(f"{v:g}" for v in offered) or f"{parameter.default:g}"
        raise ProfileError(f"{profile.id}: {name} {value:g} is not offered; choose among {among}")
