"""Reads and checks profiles; every error names file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import msgspec

from firmware_profiles.schema import SIZE, Profile, Stream
from fusion.errors import IliumError


class ProfileError(IliumError, ValueError):
    """A firmware profile is not valid; names the file and the key."""


@cache
def ids() -> tuple[str, ...]:
    """Ids of the profiles that come with Ilium, sorted."""
    names = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load(profile_id: str) -> Profile:
    """The profile with this id. Raises `ProfileError` that lists what there is."""
    if profile_id not in ids():
        raise ProfileError(f"no firmware profile {profile_id!r}; there are {', '.join(ids())}")
    text = files(__package__).joinpath(f"{profile_id}.toml").read_text(encoding="utf-8")
    return parse(text, f"{profile_id}.toml")


def read(path: Path) -> Profile:
    """A profile from a user's own file. Raises `ProfileError` naming file and key."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: not a text file ({error})") from error


def parse(text: str, name: str) -> Profile:
    """A profile from TOML text; ``name`` is what errors call it."""
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ProfileError(f"{name}: {error}") from error
    _check(profile, name)
    return profile


def match(name: str | None, manufacturer_ids: Collection[int], profiles: Iterable[Profile]) -> Profile | None:
    """The profile that an advertisement belongs to, if any."""
    for profile in profiles:
        rule = profile.match
        known = name is not None and name.startswith(rule.names)
        if known and (rule.manufacturer_id is None or rule.manufacturer_id in manufacturer_ids):
            return profile
    return None


def _check(profile: Profile, name: str) -> None:
    if not profile.streams:
        raise ProfileError(f"{name}: streams: at least one is needed")
    if sorted(axis[1] for axis in profile.axes) != ["x", "y", "z"]:
        raise ProfileError(f"{name}: axes: each of x, y and z must be named once")
    known = {uuid for characteristics in profile.services.values() for uuid in characteristics}
    for stream in profile.streams:
        if stream.characteristic not in known:
            raise ProfileError(f"{name}: streams.{stream.name}: its characteristic is in no service")
        _check_layout(stream, name)
    for vector in profile.vectors:
        if vector.stream not in {stream.name for stream in profile.streams}:
            raise ProfileError(f"{name}: vectors: there is no stream {vector.stream!r}")


def _check_layout(stream: Stream, name: str) -> None:
    for (a, a_end, a_name), (b, _, b_name) in combinations(sorted(_spans(stream)), 2):
        if b < a_end:
            raise ProfileError(f"{name}: streams.{stream.name}: {a_name} (at {a}) and {b_name} overlap")
    last = max(end for _, end, _ in _spans(stream))
    if last > stream.length:
        raise ProfileError(
            f"{name}: streams.{stream.name}: length {stream.length} but its fields end at {last}"
        )


def _spans(stream: Stream) -> Sequence[tuple[int, int, str]]:
    spans = [(f.offset, f.offset + 3 * SIZE[f.type], f.quantity.value) for f in stream.fields]
    if stream.timestamp:
        start = stream.timestamp.offset
        spans.append((start, start + SIZE[stream.timestamp.type], "timestamp"))
    return spans
