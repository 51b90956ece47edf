"""Profiles are checked when they are loaded; what is wrong is named by file and key."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

import firmware_profiles
from firmware_profiles import ProfileError, candidates
from sensors.vectors import check_vectors


def text_of(profile_id: str) -> str:
    return files("firmware_profiles").joinpath(f"{profile_id}.toml").read_text(encoding="utf-8")


DOT = text_of("movella_dot")
REFERENCE = text_of("ilium_reference")
METAMOTION = text_of("metamotion_bmi270")
MEDIUM = '"15172003-4947-11e9-8646-d663bd873d93" = '
ALL = [firmware_profiles.load(i) for i in firmware_profiles.ids()]


def test_every_device_is_there() -> None:
    assert set(firmware_profiles.ids()) == {
        "arduino_nicla",
        "ilium_reference",
        "metamotion_bmi160",
        "metamotion_bmi270",
        "movella_dot",
        "movesense",
        "nordic_thingy52",
        "open_earable",
        "polar_h10",
        "polar_verity_sense",
        "st_bluest",
        "ti_sensortag",
        "wit_motion",
    }
    assert {p.id for p in ALL if not p.suitable} == {"polar_h10", "ti_sensortag"}


@pytest.mark.parametrize("profile", ALL, ids=lambda p: p.id)
def test_every_profile_has_vectors_of_every_stream_and_they_pass(profile: firmware_profiles.Profile) -> None:
    assert len(check_vectors(profile)) == len(profile.vectors)
    told = {v.stream for v in profile.vectors if not v.dropped and v.stream}
    assert told == {stream.name for stream in profile.streams}
    assert any(vector.dropped for vector in profile.vectors) or profile.id == "metamotion_bmi270"
    assert profile.battery is None or any(vector.battery for vector in profile.vectors)


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (DOT, "length = 28", "length = 20", r"streams\.rate\.length 20, but its fields end at 28"),
        (DOT, "offset = 16", "offset = 8", r"streams\.rate: acc \(at 4\) and gyr overlap"),
        (DOT, 'quantity = "acc"', 'quantity = "speed"', r"Invalid enum value 'speed'"),
        (DOT, "version = 2", 'version = "1"', r"Expected `int`, got `str` - at `\$\.version`"),
        (DOT, 'stream = "rate"', 'stream = "other"', r"vectors\[1\]\.stream: there is no stream 'other'"),
        (DOT, "default = 60", "default = 61", r"parameters\.rate_hz\.default: 61 is not among the choices"),
        (DOT, 'write = "01 01 {payload_mode}"', 'write = "01 0"', r"commands\.start\[0\]\.write"),
        (
            DOT,
            "{payload_mode}",
            "{mode}",
            r"commands\.start\[0\]: \{mode\} is neither a parameter nor a value",
        ),
        (DOT, 'streams = ["rate"]', 'streams = ["rat"]', r"modes\.rate\.streams: there is no stream 'rat'"),
        (
            DOT,
            'unit = "m/s2"',
            'unit = "deg/s"',
            r"streams\.rate\.fields\.acc\.unit: deg/s is no unit of acc",
        ),
        (DOT, 'characteristic = "15172003', 'characteristic = "15179003', r"15179003-.* is in no service"),
        (DOT, MEDIUM + '["notify"]', MEDIUM + '["read"]', r"15172003-.* allows neither notify nor indicate"),
        (
            DOT,
            'type = "u32", tick_s',
            'type = "i32", tick_s',
            r"streams\.rate\.timestamp\.type: a counter is unsigned",
        ),
        (DOT, "tick_s = 1e-6", "tick_s = 0.0", r"tick_s"),
        (DOT, 'unit = "Hz"', 'colour = "Hz"', r"contains unknown field `colour`"),
        (DOT, 'id = "movella_dot"', 'id = "Movella DOT"', r"at `\$\.id`"),
        (
            DOT,
            "version = 2",
            'version = 2\naxes = ["+x", "+x", "+z"]',
            r"axes: each of x, y and z must be named once",
        ),
        (
            DOT,
            "version = 2",
            'version = 2\naxes = ["+y", "-x", "+z"]',
            r"fields\.delta_quat: an orientation cannot be had",
        ),
        (
            REFERENCE,
            "stride = 12",
            "stride = 10",
            r"streams\.imu6\.repeat\.stride 10, but a sample's fields end at 12",
        ),
        (
            REFERENCE,
            "offset = 8, stride",
            "offset = 6, stride",
            r"streams\.imu6\.repeat\.offset 6, but the header ends at 8",
        ),
        (
            REFERENCE,
            'offset = 2, type = "u16"',
            'offset = 1, type = "u16"',
            r"(sequence|repeat\.count_offset) \(at 1\) and .* overlap",
        ),
        (
            REFERENCE,
            'times = "acc_range_g"',
            'times = "range"',
            r"fields\.acc\.times: there is no parameter 'range'",
        ),
        (REFERENCE, "batch = 4\n", "batch = 4\nlength = 56\n", r"streams\.imu6\.length: follows from repeat"),
        (
            METAMOTION,
            'tag = "13 04"',
            'tag = "03 04"',
            r"streams\.gyr.*\.tag|streams\.acc\.tag: does not tell it from",
        ),
        (METAMOTION, 'codec = "dispatch"\ntag = "13 04"', 'tag = "13 04"', r"shares a characteristic with"),
        (
            METAMOTION,
            'follows = "rate_hz"',
            'follows = "speed"',
            r"parameters\.acc_rate_hz\.follows: 'speed' is no parameter",
        ),
        (DOT, "id = ", "id = = ", r"Invalid value"),
    ],
)
def test_a_faulty_profile_is_named_with_its_key(text: str, old: str, new: str, message: str) -> None:
    assert old in text
    with pytest.raises(ProfileError, match=message) as caught:
        firmware_profiles.parse(text.replace(old, new), "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("names = []", "at least one of names, manufacturer_id and service_uuids is needed"),
        (
            'service_uuids = ["4fafc201-1fb5-459e-8fcc-c5c9c331914b"]',
            "4fafc201-1fb5-459e-8fcc-c5c9c331914b is of many unrelated devices",
        ),
    ],
)
def test_a_device_is_never_known_by_a_demo_uuid_alone(rule: str, message: str) -> None:
    text = REFERENCE.replace('service_uuids = ["9c1d0000-6e5b-4b47-9f0a-5d1b4c0f1e21"]', rule)
    with pytest.raises(ProfileError, match=message):
        firmware_profiles.parse(text, "mine.toml")
    firmware_profiles.parse(text.replace(rule, f"{rule}\nmanufacturer_id = 0x0886"), "mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ticks = 1000000\nacc", "ticks = 7\nacc", "vector 1: ticks 1000000, expected 7"),
        ("[[0.0, 1.0, 9.8125]]", "[[0.0, 1.0, 9.8]]", "vector 1: acc_ms2 .*9.8125.*, expected .*9.8"),
        ("acc_ms2 = [[0.0, 1.0, 9.8125]]\n", "", "vector 1: only 1 of 2 quantities have an expected value"),
        ('saturated = ["acc"]', "saturated = []", "vector 8: saturation flags 2, expected 0"),
        ("percent = 87", "percent = 88", "vector 13: percent 87, expected 88"),
    ],
)
def test_a_vector_that_decodes_otherwise_is_named(old: str, new: str, message: str) -> None:
    assert old in DOT
    profile = firmware_profiles.parse(DOT.replace(old, new, 1), "mine.toml")
    with pytest.raises(ProfileError, match=message):
        check_vectors(profile)


@pytest.mark.parametrize(
    ("name", "makers", "services", "expected"),
    [
        ("Movella DOT", [0x0886], [], ["movella_dot"]),
        ("Xsens DOT 7", [0x0886], [], ["movella_dot"]),
        ("Movella DOT", [0x004C], [], []),
        ("My Movella DOT", [0x0886], [], []),
        (None, [0x0886], [], []),
        ("Polar Sense B36E2C23", [], [], ["polar_verity_sense"]),
        ("Polar H10 A1B2C3D4", [0x6B], [], ["polar_h10"]),
        ("NICLA-4A1F", [], ["34c2e3bb-34aa-11eb-adc1-0242ac120002"], ["arduino_nicla"]),
        ("OpenEarable-4A1F", [], ["34C2E3BB-34AA-11EB-ADC1-0242AC120002"], ["open_earable"]),
        (
            "Anything",
            [],
            ["326A9000-85CB-9195-D9DD-464CFBBAE75A"],
            ["metamotion_bmi160", "metamotion_bmi270"],
        ),
        ("ESP32", [], ["4fafc201-1fb5-459e-8fcc-c5c9c331914b"], []),
        ("HMSoft", [], ["0000ffe5-0000-1000-8000-00805f9a34fb"], []),
    ],
)
def test_a_device_is_known_by_all_that_its_rule_asks_for(
    name: str | None, makers: list[int], services: list[str], expected: list[str]
) -> None:
    assert [p.id for p in candidates(name, makers, services, ALL)] == expected


def test_profiles_that_advertise_alike_can_be_told_apart_after_connecting() -> None:
    """The accelerometer module's implementation is 1 for a BMI160 and 4 for a BMI270."""
    answers = {p.id: p.match.confirm[0].starts_with for p in ALL if p.id.startswith("metamotion")}
    assert answers == {"metamotion_bmi160": "03 80 01", "metamotion_bmi270": "03 80 04"}


def test_an_unknown_profile_lists_what_there_is() -> None:
    with pytest.raises(ProfileError, match=r"there are .*movella_dot"):
        firmware_profiles.load("nokia_3310")


def test_a_folder_of_ones_own_adds_and_replaces(tmp_path: Path) -> None:
    mine = REFERENCE.replace('id = "ilium_reference"', 'id = "mine"')
    (tmp_path / "mine.toml").write_text(mine, encoding="utf-8")
    (tmp_path / "dot.toml").write_text(DOT.replace("version = 2", "version = 9"), encoding="utf-8")
    known = {p.id: p for p in firmware_profiles.library(tmp_path)}
    assert len(known) == len(ALL) + 1
    assert known["mine"].name == "Ilium reference firmware"
    assert known["movella_dot"].version == 9
    assert [p.id for p in firmware_profiles.library(tmp_path / "nothing")] == [p.id for p in ALL]


def test_two_of_ones_own_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(REFERENCE, encoding="utf-8")
    with pytest.raises(ProfileError, match="two files call themselves 'ilium_reference'"):
        firmware_profiles.library(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe\x00", "not a text file"), (b"#" * 1_000_001, "is larger")]
)
def test_another_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=message):
        firmware_profiles.read(path)
