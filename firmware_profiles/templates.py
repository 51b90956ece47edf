"""Command templates to bytes, and bytes back to the values that were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import xor
from typing import Final

from firmware_profiles.primitives import NumberType
from firmware_profiles.schema import Checksum, Command, Mode, Parameter, Profile

RUNTIME: Final = {"root_address": 6, "utc_us": 8}
"""Placeholders that only the running gateway knows, and their bytes."""

_TOKEN: Final = re.compile(r"\s*(?:(?P<hex>[0-9a-fA-F]{2})|\{(?P<name>\w+)\}|'(?P<text>[^']*)')")
_IN_TEXT: Final = re.compile(r"\{(\w+)\}")


def placeholders(template: str) -> set[str]:
    """Names that the template asks for."""
    return set(_IN_TEXT.findall(template))


def fill(template: str, codes: Mapping[str, bytes], texts: Mapping[str, str]) -> bytes:
    """The bytes of ``template``; ``codes`` go outside of quotes and ``texts`` inside."""
    parts = []
    for kind, token in _tokens(template):
        if kind == "hex":
            parts.append(bytes.fromhex(token))
        elif kind == "name":
            parts.append(codes[token])
        else:
            parts.append(_IN_TEXT.sub(lambda found: texts[found[1]], token).encode())
    return b"".join(parts)


def with_checksum(payload: bytes, rule: Checksum) -> bytes:
    """``payload`` with its check byte, if the rule has one."""
    if rule is Checksum.SUM_ZERO:
        return payload + bytes([-sum(payload) % 256])
    if rule is Checksum.XOR:
        return payload + bytes([reduce(xor, payload, 0)])
    return payload


def code(parameter: Parameter, value: float) -> bytes:
    """How a value is written."""
    if parameter.codes:
        return next(bytes.fromhex(c) for text, c in parameter.codes.items() if float(text) == value)
    kind = parameter.type or NumberType.U8
    return int(value).to_bytes(kind.size, "little", signed=kind.value[0] == "i")


def recognise(profile: Profile, command: Command, payload: bytes) -> Mapping[str, str] | None:
    """What ``payload`` says if it is this command; None if it is another.

    The values are parameters in decimal and ids of modes (``mode``), for a virtual device of the profile.
    """
    body = payload if command.checksum is Checksum.NONE else payload[:-1]
    if with_checksum(body, command.checksum) != payload:
        return None
    found = _pattern(profile, command.write).fullmatch(body)
    if found is None:
        return None
    said: dict[str, str] = {}
    for name, raw in found.groupdict().items():
        if name in profile.parameters:
            said[name] = _value(profile.parameters[name], raw)
        elif name not in RUNTIME:
            said["mode"] = next(m.id for m in profile.all_modes if bytes.fromhex(m.values[name]) == raw)
    return said


def _value(parameter: Parameter, raw: bytes) -> str:
    for value in parameter.offered:
        if raw in {code(parameter, value), f"{value:g}".encode()}:
            return f"{value:g}"
    return f"{int.from_bytes(raw, 'little')}"


def _pattern(profile: Profile, template: str) -> re.Pattern[bytes]:
    parts = []
    for kind, token in _tokens(template):
        if kind == "hex":
            parts.append(re.escape(bytes.fromhex(token)))
        elif kind == "name":
            parts.append(_group(token, _spellings(profile, token)))
        else:
            pieces = _IN_TEXT.split(token)
            for k, piece in enumerate(pieces):
                parts.append(_group(piece, _texts(profile, piece)) if k % 2 else re.escape(piece.encode()))
    return re.compile(b"".join(parts), re.DOTALL)


def _group(name: str, spellings: list[bytes]) -> bytes:
    longest_first = sorted(set(spellings), key=len, reverse=True)
    return b"(?P<" + name.encode() + b">" + b"|".join(longest_first) + b")"


def _spellings(profile: Profile, name: str) -> list[bytes]:
    if name in RUNTIME:
        return [b".{%d}" % RUNTIME[name]]
    parameter = profile.parameters.get(name)
    if parameter is not None:
        return [re.escape(code(parameter, value)) for value in parameter.offered or (parameter.default,)]
    return [re.escape(bytes.fromhex(mode.values[name])) for mode in profile.all_modes if name in mode.values]


def _texts(profile: Profile, name: str) -> list[bytes]:
    parameter = profile.parameters.get(name)
    if parameter is not None:
        return [f"{value:g}".encode() for value in parameter.offered or (parameter.default,)]
    return [re.escape(bytes.fromhex(mode.values[name])) for mode in profile.all_modes if name in mode.values]


def mode_texts(mode: Mode) -> Mapping[str, str]:
    """A mode's values as they stand within quotes."""
    return {name: bytes.fromhex(value).decode("latin-1") for name, value in mode.values.items()}


def _tokens(template: str) -> Iterator[tuple[str, str]]:
    for token in _TOKEN.finditer(template):
        kind = token.lastgroup
        assert kind is not None  # noqa: S101 - the pattern is nothing but named groups
        yield kind, token[kind]
