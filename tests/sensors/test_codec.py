"""Bytes to samples; whatever arrives, no exception and no invented sample."""

import re
import struct
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware_profiles
from firmware_profiles import choose
from sensors.codec import Decoder
from sensors.encode import encode_train

DOT = firmware_profiles.load("movella_dot")
RATE = choose(DOT).main


def read(decoder: Decoder, payload: bytes) -> np.ndarray | None:
    """The values of a packet on the stream's own characteristic."""
    found = decoder.decode(decoder.setup.main.characteristic, payload)
    return found[0].values if found else None


def test_a_dot_packet_reads_as_its_specification_says() -> None:
    # 2 s of 1 MHz ticks, −9.81 m/s² on Z, 57.29578 °/s (1 rad/s) on X; the last 12 bytes are unused.
    packet = struct.pack("<I3f3f", 2_000_000, 0.0, 0.0, -9.81, 57.29578, 0.0, 0.0) + bytes(12)
    (decoded,) = Decoder(DOT).decode(RATE.characteristic, packet)
    assert decoded.ticks == 2_000_000
    assert decoded.values[0] == pytest.approx((0.0, 0.0, -9.81, 1.0, 0.0, 0.0), rel=1e-6)


@given(st.binary(max_size=64))
def test_random_bytes_are_a_sample_that_can_be_true_or_nothing(payload: bytes) -> None:
    decoder = Decoder(DOT)
    values = read(decoder, payload)
    if not 28 <= len(payload) <= 40:
        assert values is None
    if values is None:
        assert decoder.malformed == 1
    else:
        assert np.abs(values[:, :3]).max() <= 64 * 9.80665
        assert np.abs(values[:, 3:]).max() <= np.radians(5000)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e30])
def test_numbers_that_cannot_be_measured_are_dropped(bad: float) -> None:
    decoder = Decoder(DOT)
    assert read(decoder, struct.pack("<I6f", 1, 0.0, 0.0, bad, 0.0, 0.0, 0.0)) is None
    assert decoder.malformed == 1


@pytest.mark.parametrize("mode", ["rate", "rate_mag", "quat"])
def test_a_signalling_nan_is_dropped_without_a_warning(mode: str) -> None:
    decoder = Decoder(choose(DOT, mode))
    packet = struct.pack("<5I", 1, 0x7FA00000, 0, 0, 0).ljust(decoder.setup.main.length or 0, b"\0")
    assert read(decoder, packet) is None
    assert decoder.malformed == 1


def test_a_quaternion_that_is_not_of_length_1_is_dropped() -> None:
    decoder = Decoder(choose(DOT, "quat"))
    assert read(decoder, struct.pack("<I4f", 1, 0.0, 0.0, 0.0, 0.0)) is None
    assert read(decoder, struct.pack("<I4f", 1, 1.0, 0.0, 0.0, 0.0)) is not None


def test_an_answer_on_the_stream_s_characteristic_is_no_malformed_packet() -> None:
    movesense = firmware_profiles.load("movesense")
    decoder = Decoder(movesense)
    assert read(decoder, bytes.fromhex("0163c800")) is None
    assert (decoder.malformed, decoder.passed_over) == (0, 1)


@given(
    device_s=st.floats(0.0, 20_000.0),
    acc=st.tuples(*[st.floats(-150, 150)] * 3),
    gyr=st.tuples(*[st.floats(-30, 30)] * 3),
)
def test_encoding_is_the_other_way_round(
    device_s: float, acc: tuple[float, float, float], gyr: tuple[float, float, float]
) -> None:
    (packet,) = encode_train(choose(DOT), np.array([device_s]), np.array([acc]), np.array([gyr]))
    assert len(packet.payload) == 40
    (decoded,) = Decoder(DOT).decode(packet.characteristic, packet.payload)
    assert decoded.ticks == round(device_s * 1e6) % 2**32
    assert decoded.values[0] == pytest.approx((*acc, *gyr), rel=1e-5, abs=1e-5)


def test_the_axis_map_turns_a_device_into_its_case() -> None:
    text = files("firmware_profiles").joinpath("wit_motion.toml").read_text(encoding="utf-8")
    text = text.replace("version = 1", 'version = 1\naxes = ["-y", "+x", "+z"]')
    text = re.sub(r".*euler.*\n", "", text.split("# --- vectors")[0])
    profile = firmware_profiles.parse(text, "turned.toml")
    packet = bytes.fromhex("5561") + struct.pack("<9h", 2048, 4096, 6144, 0, 0, 0, 0, 0, 0)
    values = read(Decoder(profile), packet)
    assert values is not None
    assert values[0, :3] / 9.80665 == pytest.approx((-2.0, 1.0, 3.0))
    (back,) = encode_train(choose(profile), np.zeros(1), values[:, :3], values[:, 3:6])
    assert back.payload[:8] == packet[:8]
