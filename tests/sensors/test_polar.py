"""Polar frames: bit strings, what the answer to a start tells, and what cannot be a frame."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import firmware_profiles
from firmware_profiles import choose
from sensors.codec import Decoder
from sensors.encode import encode_train
from sensors.polar import factor

VERITY = firmware_profiles.load("polar_verity_sense")
DATA = choose(VERITY).main.characteristic
CONTROL = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
# Reference 4096, 0, 0 of the acceleration at 1 s, without differences.
FRAME = bytes.fromhex("02 00ca9a3b00000000 80 0010 0000 0000")


def test_the_factor_of_the_answer_applies_from_then_on() -> None:
    """4096 · 2^-12 g is 1 g; with a factor of 2^-11 (0x3A000000) it is 2 g."""
    decoder = Decoder(VERITY)
    (before,) = decoder.decode(DATA, FRAME)
    assert decoder.decode(CONTROL, bytes.fromhex("f00202000005010000003a")) == []
    (after,) = decoder.decode(DATA, FRAME)
    assert before.values[0, 0] == pytest.approx(9.80665)
    assert after.values[0, 0] == pytest.approx(19.6133)
    assert decoder.malformed == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("f002020000 0501 0000803f", 1.0),
        ("f002020000 0001 3400 0501 0000803f", 1.0),  # after the rate
        ("f002020000", None),
        ("f002020800 0501 0000803f", None),  # refused
        ("f002050000 0501 0000803f", None),  # of another measurement
        ("f002020000 0501 000080", None),  # cut off
        ("f002020000 0501 0000c07f", None),  # no number
        ("f002020000 6301 0000803f", None),  # a setting of unknown size
        ("f0", None),
    ],
)
def test_a_factor_is_read_from_a_good_answer_only(answer: str, expected: float | None) -> None:
    assert factor(bytes.fromhex(answer), 2) == expected


@given(
    raw=st.lists(st.tuples(*[st.integers(-32768, 32767)] * 3), min_size=18, max_size=18),
)
def test_any_samples_survive_differences_of_any_width(raw: list[tuple[int, int, int]]) -> None:
    setup = choose(VERITY)
    digit = 2.0**-12 * 9.80665
    acc = np.array(raw) * digit
    packets = encode_train(setup, np.arange(18) / 52.0, acc, np.zeros((18, 3)), mtu=512)
    decoder = Decoder(setup)
    found = [d for p in packets for d in decoder.decode(p.characteristic, p.payload) if d.stream == "acc"]
    assert found[0].values / digit == pytest.approx(np.array(raw), abs=1e-6)


def test_differences_of_no_width_cannot_claim_samples_without_end() -> None:
    decoder = Decoder(VERITY)
    assert decoder.decode(DATA, FRAME + bytes([0, 255]) * 3) == []
    assert decoder.malformed == 1


@pytest.mark.parametrize("tail", ["03", "0302b930", "21010000000000000000000000000000", "0300"])
def test_a_block_that_cannot_be_drops_the_frame(tail: str) -> None:
    """A width alone; too few bytes; 33 bits; no samples."""
    decoder = Decoder(VERITY)
    assert decoder.decode(DATA, FRAME + bytes.fromhex(tail)) == []
    assert decoder.malformed == 1


def test_an_unknown_frame_type_is_dropped() -> None:
    decoder = Decoder(VERITY)
    payload = bytes([5]) + struct.pack("<Q", 1) + bytes([0x83]) + bytes(6)
    assert decoder.decode(DATA, payload) == []
    assert decoder.malformed == 1
