"""How a device is run: modes, parameters, the bytes of commands, and what their answers mean."""

from __future__ import annotations

import pytest

import firmware_profiles
from firmware_profiles import ProfileError, choose
from firmware_profiles.schema import Checksum
from firmware_profiles.templates import recognise, with_checksum

DOT = firmware_profiles.load("movella_dot")
MOVESENSE = firmware_profiles.load("movesense")
VERITY = firmware_profiles.load("polar_verity_sense")
METAMOTION_S = firmware_profiles.load("metamotion_bmi270")
REFERENCE = firmware_profiles.load("ilium_reference")
ALL = [firmware_profiles.load(i) for i in firmware_profiles.ids()]


def written(setup: firmware_profiles.Setup, command: str) -> list[str]:
    return [w.payload.hex(" ") for w in setup.writes(command)]


def test_a_dot_is_told_rate_and_payload_mode() -> None:
    setup = choose(DOT, "extended_quat", {"rate_hz": 30})
    (configure,) = setup.writes("configure")
    assert configure.payload[0] == 0x10
    assert configure.payload[24:26] == bytes([30, 0])
    assert len(configure.payload) == 32
    assert written(setup, "start") == ["01 01 02"]
    assert written(setup, "stop") == ["01 00 02"]
    assert setup.rate_hz() == 30.0


# Examples of the vendor's document, 5.3.1: root D4:CA:6E:F1:69:3D, the status and the stop message.
def test_a_dot_s_synchronisation_has_the_documented_checksums() -> None:
    setup = choose(DOT)
    root = bytes.fromhex("D4CA6EF1693D")[::-1]
    (start,) = setup.writes("sync.start", {"root_address": root})
    assert start.payload.hex() == "0207013d69f16ecad453"
    assert written(setup, "sync.status") == ["02 01 08 f5"]
    assert written(setup, "sync.stop") == ["02 01 02 fb"]
    (result,) = setup.writes("sync.result")
    assert result.payload == b""
    assert result.reply is not None
    assert result.reply.failure(bytes.fromhex("02020300f9")) is None
    assert (
        result.reply.failure(bytes.fromhex("02030307f1")) == "the clocks differ too much; try again (code 7)"
    )


def test_text_in_a_command_has_the_parameters_in_decimal() -> None:
    (start,) = choose(MOVESENSE, "imu9", {"rate_hz": 52}).writes("start")
    assert start.payload == b"\x01\x63/Meas/IMU9/52"


def test_polar_s_start_is_as_its_document_shows() -> None:
    """Type, rate 52, resolution 16, range 8 g, 3 channels, each as setting, count, value."""
    starts = written(choose(VERITY), "start")
    assert starts[0] == "02 02 00 01 34 00 01 01 10 00 02 01 08 00 04 01 03"
    assert starts[1] == "02 05 00 01 34 00 01 01 10 00 02 01 d0 07 04 01 03"
    assert len(starts) == 2
    assert len(written(choose(VERITY, "motion_mag"), "start")) == 3
    assert written(choose(VERITY, "sdk"), "configure") == ["02 09"]


def test_a_chip_may_have_other_codes_for_the_same_rate() -> None:
    setup = choose(METAMOTION_S, "packed", {"rate_hz": 200})
    assert written(setup, "configure") == ["03 03 a9 03", "13 03 29 00"]
    assert written(setup, "start")[:2] == ["03 05 01", "13 05 01"]


@pytest.mark.parametrize(
    ("payload", "failure"),
    [
        ("f002020000", None),
        ("f00202060005010000803900", None),
        ("f00202080000", "this rate is not offered (code 8)"),
        ("f002020d00", "the device is in its charger; take it out (code 13)"),
        ("f002026300", "not documented (code 99)"),
        ("f00202", "the answer is too short (f0 02 02)"),
    ],
)
def test_an_answer_is_a_yes_or_a_reason_in_plain_words(payload: str, failure: str | None) -> None:
    (start, _) = choose(VERITY).writes("start")
    assert start.reply is not None
    assert start.reply.is_answer(bytes.fromhex(payload))
    assert start.reply.failure(bytes.fromhex(payload)) == failure


def test_the_answer_to_another_command_is_none_to_this() -> None:
    (start, _) = choose(VERITY).writes("start")
    assert start.reply is not None
    assert not start.reply.is_answer(bytes.fromhex("f00205"))


def test_subscriptions_hold_streams_answers_events_and_battery_once() -> None:
    wanted = choose(VERITY).subscriptions
    assert len(set(wanted)) == len(wanted)
    assert {u[4:8] for u in wanted} == {"5c82", "5c81", "2a19"}


@pytest.mark.parametrize(
    ("mode", "values", "message"),
    [
        ("warp", {}, "movella_dot: no mode 'warp'; there are rate, rate_mag"),
        (None, {"rate_hz": 61}, "movella_dot: rate_hz 61 is not offered; choose among 1, 4, 10"),
        (None, {"colour": 1}, "movella_dot: no parameter 'colour'; there are: rate_hz"),
    ],
)
def test_what_is_not_offered_is_refused_with_what_is(
    mode: str | None, values: dict[str, float], message: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        choose(DOT, mode, values)
    assert message in str(caught.value)


def test_a_mode_s_rates_go_before_the_parameter_s() -> None:
    with pytest.raises(ProfileError, match="rate_hz 104 is not offered; choose among 52"):
        choose(VERITY, "motion", {"rate_hz": 104})
    assert choose(VERITY, "sdk", {"rate_hz": 104}).rate_hz() == 104.0


@pytest.mark.parametrize("profile", ALL, ids=lambda p: p.id)
def test_a_virtual_device_knows_every_command_it_is_sent(profile: firmware_profiles.Profile) -> None:
    """In every mode and with every choice: what is written is recognised, with the values it was made of."""
    for mode in profile.all_modes:
        for rate in profile.parameters["rate_hz"].offered if "rate_hz" in profile.parameters else (None,):
            if rate is not None and mode.rates_hz and rate not in mode.rates_hz:
                continue
            setup = choose(profile, mode.id, {} if rate is None else {"rate_hz": rate})
            for name in ("configure", "start", "stop", "identify"):
                commands = [c for c in getattr(profile.commands, name) if not c.modes or mode.id in c.modes]
                for command, write in zip(commands, setup.writes(name), strict=True):
                    said = recognise(profile, command, write.payload)
                    assert said is not None
                    assert said.get("mode", mode.id) == mode.id
                    assert float(said.get("rate_hz", setup.values.get("rate_hz", 0.0))) == setup.values.get(
                        "rate_hz", 0.0
                    )


def test_another_write_is_not_taken_for_a_command() -> None:
    command = DOT.commands.start[0]
    assert recognise(DOT, command, bytes([1, 1, 0x15])) == {"mode": "rate"}
    assert recognise(DOT, command, bytes([1, 1, 0x63])) is None
    assert recognise(DOT, command, bytes([1, 1])) is None
    assert DOT.sync is not None
    wrong_sum = bytes.fromhex("0207013d69f16ecad454")
    assert recognise(DOT, DOT.sync.start[0], wrong_sum) is None


def test_check_bytes() -> None:
    assert with_checksum(bytes([1, 2, 3]), Checksum.SUM_ZERO) == bytes([1, 2, 3, 250])
    assert with_checksum(bytes([1, 2, 4]), Checksum.XOR) == bytes([1, 2, 4, 7])
    assert with_checksum(b"\x01", Checksum.NONE) == b"\x01"
