"""Profiles are checked when they are loaded; what is wrong is named by file and key."""

from importlib.resources import files

import pytest

import firmware_profiles
from firmware_profiles import ProfileError
from sensors.vectors import check_vectors

DOT = files("firmware_profiles").joinpath("movella_dot.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("profile_id", firmware_profiles.ids())
def test_every_profile_has_vectors_and_they_pass(profile_id: str) -> None:
    profile = firmware_profiles.load(profile_id)
    assert profile.id == profile_id
    assert len(check_vectors(profile)) == len(profile.vectors) > 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("length = 28", "length = 20", r"streams\.rate\.length 20, but its fields end at 28"),
        ("offset = 16", "offset = 8", r"streams\.rate: acc \(at 4\) and gyr overlap"),
        ('quantity = "acc"', 'quantity = "speed"', r"Invalid enum value 'speed'"),
        ("version = 2", 'version = "1"', r"Expected `int`, got `str` - at `\$\.version`"),
        ('stream = "rate"', 'stream = "other"', r"vectors\[1\]\.stream: there is no stream 'other'"),
        ("default = 60", "default = 61", r"parameters\.rate_hz\.default: 61 is not among the choices"),
        ('write = "01 01 {payload_mode}"', 'write = "01 0"', r"commands\.start\[0\]\.write"),
    ],
)
def test_a_faulty_profile_is_named_with_its_key(old: str, new: str, message: str) -> None:
    with pytest.raises(ProfileError, match=message) as caught:
        firmware_profiles.parse(DOT.replace(old, new), "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")


def test_a_vector_that_decodes_otherwise_is_named() -> None:
    profile = firmware_profiles.parse(DOT.replace("ticks = 1000000", "ticks = 7"), "mine.toml")
    with pytest.raises(ProfileError, match="vector 1: ticks 1000000, expected 7"):
        check_vectors(profile)


@pytest.mark.parametrize(
    ("name", "makers", "expected"),
    [
        ("Movella DOT", [0x0886], "movella_dot"),
        ("Xsens DOT 7", [0x0886], "movella_dot"),
        ("Movella DOT", [0x004C], None),
        ("My Movella DOT", [0x0886], None),
        (None, [0x0886], None),
    ],
)
def test_a_device_is_known_by_name_and_maker(
    name: str | None, makers: list[int], expected: str | None
) -> None:
    profiles = [firmware_profiles.load(i) for i in firmware_profiles.ids()]
    found = firmware_profiles.match(name, makers, profiles)
    assert (found.id if found else None) == expected


def test_an_unknown_profile_lists_what_there_is() -> None:
    with pytest.raises(ProfileError, match=r"there are .*movella_dot"):
        firmware_profiles.load("nokia_3310")
