"""Accelerations and rates that come apart: rates keep their times, nothing is paired across a hole."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import choose
from sensors.described import DescriptionError, read_description, write_description
from sensors.stream import SensorStream

VERITY = choose(firmware_profiles.load("polar_verity_sense"))
DATA = VERITY.main.characteristic
EARABLE = firmware_profiles.load("open_earable")
PERIOD_S = 1.0 / 52.0


def frame(measurement: int, last_s: float, values: list[int]) -> bytes:
    """x of the samples, y and z zero, as a reference and differences of 16 bits (one block)."""
    head = bytes([measurement]) + struct.pack("<Q", round(last_s * 1e9)) + b"\x80"
    steps = b"".join(struct.pack("<3h", b - a, 0, 0) for a, b in itertools.pairwise(values))
    block = bytes([16, len(values) - 1]) + steps if len(values) > 1 else b""
    return head + struct.pack("<3h", values[0], 0, 0) + block


def send(stream: SensorStream, measurement: int, first_s: float, values: list[int]) -> None:
    last_s = first_s + (len(values) - 1) * PERIOD_S
    stream.on_packet(DATA, frame(measurement, last_s, values), last_s + 0.02)


def test_accelerations_are_interpolated_to_the_times_of_the_rates() -> None:
    """Accelerations 0, 100, 200 … digits at k periods; rates half a period later see 50, 150, 250 …"""
    stream = SensorStream(VERITY, "x")
    for start in range(0, 40, 10):
        send(stream, 2, start * PERIOD_S, [100 * k for k in range(start, start + 10)])
        send(stream, 5, (start + 0.5) * PERIOD_S, [7] * 10)
    block = stream.take()
    assert block is not None
    digits = block.acc_ms2[:, 0] / (2.0**-12 * 9.80665)
    assert digits == pytest.approx(50.0 + 100.0 * np.arange(len(digits)), abs=0.5)
    assert len(block) == 39  # the last rate has no acceleration after it yet


def test_rates_in_a_hole_of_the_accelerations_are_left_out_and_counted() -> None:
    stream = SensorStream(VERITY, "x")
    for start in range(0, 100, 10):
        if start != 50:
            send(stream, 2, start * PERIOD_S, [100 * k for k in range(start, start + 10)])
        send(stream, 5, (start + 0.5) * PERIOD_S, [7] * 10)
    block = stream.take()
    assert block is not None
    assert stream.stats.unpaired == 11
    assert len(block) == 99 - 11
    assert np.isfinite(block.acc_ms2).all()


def test_rates_that_never_get_accelerations_do_not_wait_for_ever() -> None:
    stream = SensorStream(VERITY, "x")
    send(stream, 2, 0.0, [0] * 10)
    for start in range(0, 300, 10):
        send(stream, 5, (start + 0.5) * PERIOD_S, [7] * 10)
        stream.take()
    assert stream.stats.unpaired > 200
    assert stream.stats.received == 300


def test_a_device_that_describes_itself_is_read_as_it_says() -> None:
    """Only acceleration in g as doubles and rates in rad/s: another layout than the profile's."""
    stream = EARABLE.stream("motion")
    texts = [(7, "ACC", axis, "g") for axis in "XYZ"] + [(7, "GYRO", axis, "rad/s") for axis in "XYZ"]
    parts = [bytes([1, 0, 3]) + b"IMU" + bytes([6])]
    for kind, *names in texts:
        parts.append(bytes([kind]) + b"".join(bytes([len(n)]) + n.encode() for n in names))
    assert EARABLE.description is not None
    sensor = SensorStream(EARABLE, "x")
    sensor.on_packet(EARABLE.description.characteristic, b"".join(parts), 0.0)
    for k in range(3):
        payload = struct.pack("<BBI6d", 0, 54, 20 * k, 0.0, 0.0, 1.0, 0.5, 0.0, 0.0)
        sensor.on_packet(stream.characteristic, payload, 0.02 * k)
    block = sensor.take()
    assert block is not None
    assert block.acc_ms2[0].tolist() == [0.0, 0.0, 9.80665]
    assert block.gyr_rads[0].tolist() == [0.5, 0.0, 0.0]
    assert block.mag_ut is None


def test_a_description_reads_back_as_it_was_written() -> None:
    stream = EARABLE.stream("motion")
    again = read_description(write_description(stream), stream)
    assert [(f.quantity, f.offset, f.type, f.unit) for f in again.fields] == [
        (f.quantity, f.offset, f.type, f.unit) for f in stream.fields
    ]
    assert again.length == stream.length


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ("", "it ends too early"),
        ("01 00 09 49", "a name reaches past its end"),
        ("01 05 00 00", "there is no sensor 0 in it"),
        ("01 00 00 01 63 00 00 00", "type 99 is not known"),
        ("01 00 00 01 06 02 4151 0158 00", "neither acceleration nor rate nor field is in it"),
        ("01 00 00 01 06 03 414343 0158 0167", "ACC is not X, Y, Z of one type"),
        (
            "01 00 00 03 06 03 414343 0158 0161 06 03 414343 0159 0161 06 03 414343 015a 0161",
            "ACC is in 'a', which is no known unit of it",
        ),
    ],
)
def test_a_description_that_cannot_be_used_is_said_in_words(payload: str, message: str) -> None:
    with pytest.raises(DescriptionError, match=message):
        read_description(bytes.fromhex(payload), EARABLE.stream("motion"))
    sensor = SensorStream(EARABLE, "x")
    assert EARABLE.description is not None
    sensor.on_packet(EARABLE.description.characteristic, bytes.fromhex(payload), 0.0)
    assert f"the device's description of its packets: {message}" in sensor.health(0.0).reasons
