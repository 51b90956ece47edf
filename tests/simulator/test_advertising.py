"""Advertisements of 31 bytes that fit their profile, each sensor with its own number."""

from __future__ import annotations

import pytest
from bumble.core import AdvertisingData

import firmware_profiles
from firmware_profiles import Profile
from sensors.registry import serial_of
from simulator.advertising import advertised_name, advertisement
from simulator.host import long_uuid

PROFILES = [firmware_profiles.load(i) for i in firmware_profiles.ids()]


def read(raw: bytes) -> tuple[str | None, dict[int, bytes], list[str]]:
    data = AdvertisingData.from_bytes(raw)
    makers = {
        int.from_bytes(part[:2], "little"): bytes(part[2:])
        for kind, part in data.ad_structures
        if kind == AdvertisingData.MANUFACTURER_SPECIFIC_DATA
    }
    name = data.get(AdvertisingData.COMPLETE_LOCAL_NAME)
    lists = [
        data.get(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS),
        data.get(AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS),
    ]
    return name, makers, [long_uuid(uuid) for part in lists if part for uuid in part]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.id)
@pytest.mark.parametrize("number", ["D422CD000001", "0A0B0C0D0E0F"])
def test_both_parts_together_fit_the_profile_and_the_radio(profile: Profile, number: str) -> None:
    name = advertised_name(profile, number)
    first, rest = advertisement(profile, name, bytes.fromhex(number))
    assert max(len(first), len(rest)) <= 31
    seen, makers, services = read(first + rest)
    assert profile in firmware_profiles.candidates(seen, makers, services, PROFILES)


@pytest.mark.parametrize("profile", [p for p in PROFILES if p.match.serial], ids=lambda p: p.id)
def test_two_sensors_of_a_kind_have_different_numbers(profile: Profile) -> None:
    numbers = set()
    for number in ("D422CD000001", "D422CD000002"):
        name = advertised_name(profile, number)
        seen, makers, _ = read(b"".join(advertisement(profile, name, bytes.fromhex(number))))
        numbers.add(serial_of(profile, seen, makers))
    assert len(numbers) == 2
    assert None not in numbers
