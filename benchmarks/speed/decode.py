"""Bytes to samples: one packet through the codec, and 200 sensors through decode, clock and assembly."""

from __future__ import annotations

import struct
import time
import timeit
from collections.abc import Callable

import numpy as np

import firmware_profiles
from benchmarks.harness import Progress, Report, Row, at_most
from firmware_profiles import Setup, choose
from firmware_profiles.schema import Profile
from sensors.codec import Decoder
from sensors.encode import EncodedPacket, encode_train
from sensors.stream import SensorStream

COMMAND = "make bench ARGS=decode"
_SENSORS = 200
_SECONDS = 20
_TAKES_HZ = 25.0


def run(progress: Progress) -> Report:
    """Best of many repeats in one process; the rival reads the same packets in the same run."""
    rows = [*_fixed(progress), *_every(progress), *_many(progress)]
    return Report("Decoding", rows)


def _fixed(progress: Progress) -> list[Row]:
    """16 six-axis samples in 200 bytes, to SI."""
    progress("one packet of 16 samples, fixed layout")
    setup = choose(_with_batch(firmware_profiles.load("ilium_reference"), 16))
    packet = _packets(setup, 1)[0]
    decoder = Decoder(setup)
    ours_us = _best_us(lambda: decoder.decode(packet.characteristic, packet.payload))
    rival_us = _best_us(lambda: _by_hand(packet.payload))
    lists_us = _best_us(lambda: _lists_by_hand(packet.payload))
    expected = decoder.decode(packet.characteristic, packet.payload)[0].values
    assert np.allclose(expected, _by_hand(packet.payload))
    assert np.allclose(expected, _lists_by_hand(packet.payload))
    return [
        at_most(
            "decode to SI, 16 samples of 6 axes",
            ours_us,
            5.0,
            "µs a packet",
            rival="numpy.frombuffer by hand, unchecked",
            rival_value=rival_us,
            command=COMMAND,
        ),
        Row(
            "… ours / struct and lists by hand",
            ours_us / lists_us,
            "ratio",
            rival="struct and lists by hand",
            rival_value=lists_us,
            command=COMMAND,
        ),
    ]


def _every(progress: Progress) -> list[Row]:
    """A whole notification of each profile's default mode, as its virtual device sends it."""
    rows = []
    for profile_id in firmware_profiles.ids():
        progress(profile_id)
        setup = choose(firmware_profiles.load(profile_id))
        packets = _packets(setup, 40)
        decoder = Decoder(setup)

        def all_of_them(decoder: Decoder = decoder, packets: list[EncodedPacket] = packets) -> None:
            for packet in packets:
                decoder.decode(packet.characteristic, packet.payload)

        each_us = _best_us(all_of_them, 10) / len(packets)
        size = setup.main.batch
        rows.append(Row(f"decode, {profile_id}, {size} a packet", each_us, "µs a packet", command=COMMAND))
    return rows


def _many(progress: Progress) -> list[Row]:
    """2,000 packets a second from 200 sensors: share of one core at that rate."""
    progress(f"{_SENSORS} sensors, 2,000 packets a second, {_SECONDS} s")
    setup = choose(_with_batch(firmware_profiles.load("ilium_reference"), 10))
    packets = _packets(setup, 10 * _SECONDS)
    samples = [0]

    def work() -> None:
        streams = [SensorStream(setup, str(k)) for k in range(_SENSORS)]
        due_s = 0.0
        for packet in packets:
            for stream in streams:
                stream.on_packet(packet.characteristic, packet.payload, packet.ready_s + 0.01)
            if packet.ready_s >= due_s:
                due_s += 1.0 / _TAKES_HZ
                samples[0] += sum(len(b) for s in streams if (b := s.take()) is not None)

    busy_s = min(timeit.repeat(work, number=1, repeat=3, timer=time.process_time))
    assert samples[0] == 3 * 10 * len(packets) * _SENSORS
    return [
        at_most(
            "200 sensors, 2,000 packets/s: decode, clock, assembly",
            100.0 * busy_s / _SECONDS,
            40.0,
            "% of a core",
            command=COMMAND,
        ),
        Row("… each packet", 1e6 * busy_s / (len(packets) * _SENSORS), "µs a packet", command=COMMAND),
    ]


def _with_batch(profile: Profile, batch: int) -> Profile:
    from msgspec.structs import replace

    streams = tuple(replace(s, batch=min(batch, s.repeat.max if s.repeat else 1)) for s in profile.streams)
    return replace(profile, streams=streams)


def _packets(setup: Setup, count: int) -> list[EncodedPacket]:
    """At least ``count`` notifications of a moving sensor."""
    t_s = np.arange(count * setup.main.batch) / setup.rate_hz()
    acc = np.column_stack([np.sin(t_s), np.cos(t_s), 9.8 + np.sin(2 * t_s)])
    gyr = np.column_stack([np.sin(t_s), np.cos(2 * t_s), np.sin(3 * t_s)])
    return encode_train(setup, t_s, acc, gyr, np.full_like(acc, 20.0))


_SCALE = np.array([16 / 32768 * 9.80665] * 3 + [2000 / 32768 * np.pi / 180] * 3)


def _by_hand(payload: bytes) -> np.ndarray:
    """What a reader written for this one layout does, without any check."""
    struct.unpack_from("<xBHI", payload)
    return np.frombuffer(payload, "<i2", 96, 8).reshape(16, 6) * _SCALE


def _lists_by_hand(payload: bytes) -> list[list[float]]:
    """The same without numpy."""
    struct.unpack_from("<xBHI", payload)
    values = struct.unpack_from("<96h", payload, 8)
    scale = _SCALE.tolist()
    return [[v * s for v, s in zip(values[k : k + 6], scale, strict=True)] for k in range(0, 96, 6)]


def _best_us(work: Callable[[], object], number: int = 500) -> float:
    """Least of many short runs: what else the machine does shows in the others."""
    return 1e6 * min(timeit.repeat(work, number=number, repeat=50)) / number
