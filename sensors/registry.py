"""Which sensor is which: an id that stays when the radio address changes. Pure.

A sensor's id is the address under which it was first known. Many devices take a new random address at each
start; where the profile says that the advertisement has the device's own number (`schema.Serial`), the same
number means the same sensor, and it keeps its id and with it its place on the body.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firmware_profiles import Profile


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A sensor that was seen in an earlier run."""

    device_id: str
    profile_id: str
    name: str
    """As advertised."""


def serial_of(profile: Profile, name: str | None, manufacturer_data: Mapping[int, bytes]) -> str | None:
    """The device's own number in an advertisement; None where it has none."""
    rule = profile.match.serial
    if rule is None:
        return None
    if rule.after_name:
        return _after_name(profile.match.names, name or "")
    maker = profile.match.manufacturer_id
    data = (
        manufacturer_data.get(maker, b"")
        if maker is not None
        else next(iter(manufacturer_data.values()), b"")
    )
    part = data[rule.offset : rule.offset + rule.length]
    return part.hex() if part and len(part) == rule.length else None


def _after_name(prefixes: Sequence[str], name: str) -> str | None:
    """What follows the prefix; without prefixes, the last word."""
    if not prefixes:
        return name.rpartition(" ")[2] or None
    for prefix in prefixes:
        if name.startswith(prefix):
            return name.removeprefix(prefix).strip(" -_#") or None
    return None


class Identities:
    """Ids of all sensors that carry a number of their own."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], str] = {}

    def know(self, devices: Iterable[KnownDevice], profiles: Iterable[Profile]) -> None:
        """Sensors of earlier runs keep the ids that they had."""
        by_id = {profile.id: profile for profile in profiles}
        for device in devices:
            profile = by_id.get(device.profile_id)
            serial = serial_of(profile, device.name, {}) if profile else None
            if serial is not None:
                self._ids.setdefault((device.profile_id, serial), device.device_id)

    def resolve(
        self, profile: Profile, address: str, name: str | None, manufacturer_data: Mapping[int, bytes]
    ) -> str:
        """The id of the sensor that advertises from ``address``."""
        serial = serial_of(profile, name, manufacturer_data)
        if serial is None:
            return address
        return self._ids.setdefault((profile.id, serial), address)
