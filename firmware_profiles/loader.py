"""Reads and checks profiles; every error names file and key."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from firmware_profiles.checks import check
from firmware_profiles.errors import ProfileError
from firmware_profiles.schema import Profile

_MAX_BYTES: Final = 1_000_000
"""A profile is a page or two; more is some other file."""


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
    if path.stat().st_size > _MAX_BYTES:
        raise ProfileError(f"{path}: is larger than {_MAX_BYTES} bytes, so it is no firmware profile")
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path}: not a text file ({error})") from error


def library(folder: Path | None = None) -> tuple[Profile, ...]:
    """The profiles of the user's ``folder``, then Ilium's own; one with the id of ours replaces it.

    Raises `ProfileError` for a file that is not valid.
    """
    own = [read(path) for path in sorted(folder.glob("*.toml"))] if folder and folder.is_dir() else []
    _check_twice(own, folder)
    taken = {profile.id for profile in own}
    return (*own, *(load(i) for i in ids() if i not in taken))


def parse(text: str, name: str) -> Profile:
    """A profile from TOML text; ``name`` is what errors call it."""
    try:
        profile = msgspec.convert(tomllib.loads(text), Profile)
        check(profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ProfileError) as error:
        raise ProfileError(f"{name}: {error}") from error
    return profile


def candidates(
    name: str | None,
    manufacturer_ids: Collection[int],
    service_uuids: Collection[str],
    profiles: Iterable[Profile],
) -> tuple[Profile, ...]:
    """All profiles that an advertisement fits; where there are several, `Match.confirm` tells them apart."""
    services = {uuid.lower() for uuid in service_uuids}
    return tuple(p for p in profiles if _fits(p, name, manufacturer_ids, services))


def match(
    name: str | None,
    manufacturer_ids: Collection[int],
    profiles: Iterable[Profile],
    service_uuids: Collection[str] = (),
) -> Profile | None:
    """The first profile that an advertisement fits, if any."""
    return next(iter(candidates(name, manufacturer_ids, service_uuids, profiles)), None)


def _fits(profile: Profile, name: str | None, makers: Collection[int], services: Collection[str]) -> bool:
    rule = profile.match
    return (
        (not rule.names or (name is not None and name.startswith(rule.names)))
        and (rule.manufacturer_id is None or rule.manufacturer_id in makers)
        and (not rule.service_uuids or not set(rule.service_uuids).isdisjoint(services))
    )


def _check_twice(own: Sequence[Profile], folder: Path | None) -> None:
    seen: set[str] = set()
    for profile in own:
        if profile.id in seen:
            raise ProfileError(f"{folder}: id: two files call themselves {profile.id!r}")
        seen.add(profile.id)
