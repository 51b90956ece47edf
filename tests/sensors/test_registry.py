"""A sensor with a number of its own keeps its id under every address; the others are their address."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import firmware_profiles
from firmware_profiles import Profile
from firmware_profiles.schema import Serial
from sensors.registry import Identities, KnownDevice, serial_of

DOT = firmware_profiles.load("movella_dot")


def with_serial(serial: Serial | None) -> Profile:
    return replace(DOT, match=replace(DOT.match, serial=serial))


NAMED = with_serial(Serial(after_name=True))
MARKED = with_serial(Serial(offset=1, length=3))
PLAIN = with_serial(None)


@pytest.mark.parametrize(
    ("name", "serial"),
    [("Movella DOT 1234", "1234"), ("Movella DOT_12 34", "12 34"), ("Movella DOT", None), (None, None)],
)
def test_the_number_after_the_name(name: str | None, serial: str | None) -> None:
    assert serial_of(NAMED, name, {}) == serial


@pytest.mark.parametrize(
    ("data", "serial"), [(b"\xff\x01\x02\x03", "010203"), (b"\xff\x01", None), (b"", None)]
)
def test_the_number_in_the_manufacturers_data(data: bytes, serial: str | None) -> None:
    assert serial_of(MARKED, "Movella DOT", {0x0886: data}) == serial


def test_the_first_address_stays_the_id() -> None:
    ids = Identities()
    assert ids.resolve(NAMED, "AA", "Movella DOT 1", {}) == "AA"
    assert ids.resolve(NAMED, "BB", "Movella DOT 2", {}) == "BB"
    assert ids.resolve(NAMED, "CC", "Movella DOT 1", {}) == "AA"


def test_without_a_number_the_address_is_the_id() -> None:
    ids = Identities()
    assert [ids.resolve(PLAIN, a, "Movella DOT 1", {}) for a in ("AA", "BB")] == ["AA", "BB"]


def test_sensors_of_earlier_runs_keep_their_ids() -> None:
    ids = Identities()
    known = [KnownDevice("OLD", "movella_dot", "Movella DOT 1"), KnownDevice("X", "gone_profile", "Y 1")]
    ids.know(known, [NAMED])
    assert ids.resolve(NAMED, "NEW", "Movella DOT 1", {}) == "OLD"


def test_the_same_number_of_another_make_is_another_sensor() -> None:
    ids, other = Identities(), replace(NAMED, id="other")
    assert ids.resolve(NAMED, "AA", "Movella DOT 1", {}) == "AA"
    assert ids.resolve(other, "BB", "Movella DOT 1", {}) == "BB"
