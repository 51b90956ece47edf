"""Bytes to samples and back; whatever arrives, no exception and no invented sample."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware_profiles
from sensors.codec import Codec
from sensors.encode import Encoder

DOT = firmware_profiles.load("movella_dot")


def test_a_dot_packet_reads_as_its_specification_says() -> None:
    # 2 s of 1 MHz ticks, −9.81 m/s² on Z, 57.29578 °/s (1 rad/s) on X; the last 12 bytes are unused.
    packet = struct.pack("<I3f3f", 2_000_000, 0.0, 0.0, -9.81, 57.29578, 0.0, 0.0) + bytes(12)
    sample = Codec(DOT).decode(packet)
    assert sample is not None
    assert sample.ticks == 2_000_000
    assert sample.row == pytest.approx((0.0, 0.0, -9.81, 1.0, 0.0, 0.0), rel=1e-6)


@given(st.binary(max_size=64))
def test_random_bytes_are_a_finite_sample_or_nothing(payload: bytes) -> None:
    sample = Codec(DOT).decode(payload)
    if len(payload) < DOT.stream.length:
        assert sample is None
    elif sample is not None:
        assert np.isfinite(sample.row).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_dropped(bad: float) -> None:
    assert Codec(DOT).decode(struct.pack("<I6f", 1, 0.0, 0.0, bad, 0.0, 0.0, 0.0)) is None


@given(
    device_s=st.floats(0.0, 20_000.0),
    acc=st.tuples(*[st.floats(-150, 150)] * 3),
    gyr=st.tuples(*[st.floats(-30, 30)] * 3),
)
def test_encoding_is_the_other_way_round(
    device_s: float, acc: tuple[float, float, float], gyr: tuple[float, float, float]
) -> None:
    packet = Encoder(DOT).encode(device_s, np.array(acc), np.array(gyr))
    assert len(packet) == 40
    sample = Codec(DOT).decode(packet)
    assert sample is not None
    assert sample.ticks == round(device_s * 1e6) % 2**32
    assert sample.row == pytest.approx((*acc, *gyr), rel=1e-5, abs=1e-5)


def test_the_axis_map_turns_a_device_into_its_case() -> None:
    toml = _with_axes('["-y", "+x", "+z"]')
    profile = firmware_profiles.parse(toml, "turned.toml")
    packet = struct.pack("<I6f", 1, 1.0, 2.0, 3.0, 0.0, 0.0, 0.0)
    sample = Codec(profile).decode(packet)
    assert sample is not None
    assert sample.row[:3] == (-2.0, 1.0, 3.0)
    back = Encoder(profile).encode(1e-6, np.array([-2.0, 1.0, 3.0]), np.zeros(3))
    assert Codec(profile).decode(back) == sample


def _with_axes(axes: str) -> str:
    from importlib.resources import files

    text = files("firmware_profiles").joinpath("movella_dot.toml").read_text(encoding="utf-8")
    return text.replace("version = 1", f"version = 1\naxes = {axes}")
