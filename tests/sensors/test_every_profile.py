"""What holds for every profile in every mode: virtual packets come back as the motion they were made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import firmware_profiles
from firmware_profiles import Setup, choose
from firmware_profiles.primitives import Quantity
from firmware_profiles.streams import LossMethod
from sensors.encode import EncodedPacket, encode_train
from sensors.stream import SensorStream

DELAY_S = 0.012
DURATION_S = 8.0

SETUPS = [
    choose(profile, mode.id)
    for profile in map(firmware_profiles.load, firmware_profiles.ids())
    for mode in profile.all_modes
]


def name_of(setup: Setup) -> str:
    return f"{setup.profile.id}-{setup.mode.id}"


COUNTED = [setup for setup in SETUPS if setup.main.loss is not LossMethod.RATE]
MOVESENSE = [setup for setup in SETUPS if setup.profile.id == "movesense"]


@dataclass(frozen=True)
class Motion:
    """Smooth, within every sensor's range, at its nominal rate."""

    t_s: np.ndarray

    @property
    def acc(self) -> np.ndarray:
        return self.acc_at(self.t_s)

    @property
    def gyr(self) -> np.ndarray:
        return self.gyr_at(self.t_s)

    @staticmethod
    def acc_at(t_s: np.ndarray) -> np.ndarray:
        return np.column_stack([2 * np.sin(2 * t_s), np.cos(3 * t_s), 9.8 + np.sin(t_s)])

    @staticmethod
    def gyr_at(t_s: np.ndarray) -> np.ndarray:
        return np.column_stack([np.sin(t_s), 0.5 * np.cos(2 * t_s), 1.5 * np.sin(1.5 * t_s)])


def motion_of(setup: Setup) -> Motion:
    return Motion(np.arange(0.0, DURATION_S, 1.0 / setup.rate_hz()))


def packets_of(setup: Setup, start_s: float = 0.0, mtu: int = 247) -> list[EncodedPacket]:
    motion = motion_of(setup)
    mag = np.full_like(motion.acc, 20.0)
    device_s = motion.t_s + start_s
    return encode_train(setup, motion.t_s, motion.acc, motion.gyr, mag, device_s=device_s, mtu=mtu)


def deliver(stream: SensorStream, packets: list[EncodedPacket]) -> None:
    for packet in packets:
        stream.on_packet(packet.characteristic, packet.payload, packet.ready_s + DELAY_S)


def is_timed(setup: Setup) -> bool:
    return setup.main.timestamp is not None


@pytest.mark.parametrize("setup", SETUPS, ids=name_of)
def test_the_motion_comes_back(setup: Setup) -> None:
    stream = SensorStream(setup, "x")
    deliver(stream, packets_of(setup))
    assert stream.stats.malformed == 0
    block = stream.take()
    if not stream.usable:
        assert block is None
        assert not setup.mode.suitable
        return
    assert block is not None
    assert stream.stats.lost == stream.stats.duplicate == stream.stats.late == 0
    if is_timed(setup):
        late_s = block.t_s - DELAY_S
        whole = len(block) - setup.main.batch
        assert block.acc_ms2[:whole] == pytest.approx(Motion.acc_at(late_s)[:whole], abs=0.25)
        assert block.gyr_rads[:whole] == pytest.approx(Motion.gyr_at(late_s)[:whole], abs=0.1)
    else:
        late_s = block.t_s - DELAY_S
        error = np.abs(block.gyr_rads - Motion.gyr_at(late_s)).max(axis=1)
        assert np.median(error) < 0.1


@pytest.mark.parametrize("setup", SETUPS, ids=name_of)
def test_most_samples_come_out_and_times_increase(setup: Setup) -> None:
    stream = SensorStream(setup, "x")
    deliver(stream, packets_of(setup))
    block = stream.take()
    if block is not None:
        assert len(block) >= len(motion_of(setup).t_s) - 3 * setup.main.batch - 2
        assert (np.diff(block.t_s) > 0.0).all()
        assert np.isfinite(block.acc_ms2).all()
        assert np.isfinite(block.gyr_rads).all()


@pytest.mark.parametrize("setup", SETUPS, ids=name_of)
def test_the_same_packets_give_the_same_bits_in_blocks_of_any_size(setup: Setup) -> None:
    packets = packets_of(setup)
    whole = SensorStream(setup, "x")
    deliver(whole, packets)
    once = whole.take()
    parts = SensorStream(setup, "x")
    blocks = []
    for start in range(0, len(packets), 7):
        deliver(parts, packets[start : start + 7])
        if (block := parts.take()) is not None:
            blocks.append(block)
    if once is None:
        assert not blocks
        return
    for name in ("t_s", "acc_ms2", "gyr_rads", "quality"):
        assert np.array_equal(np.concatenate([getattr(b, name) for b in blocks]), getattr(once, name))
    assert blocks[0].first_seq == once.first_seq


@pytest.mark.parametrize("setup", COUNTED, ids=name_of)
@pytest.mark.parametrize("start_s", [0.0, 2.0**16 * 0.008 - 3.0, 2.0**32 * 1e-6 - 3.0, 2.0**32 * 1e-3 - 3.0])
def test_lost_packets_are_counted_to_the_sample_also_across_wraps(setup: Setup, start_s: float) -> None:
    stream = SensorStream(setup, "x")
    packets = packets_of(setup, start_s, mtu=512)
    mine = [k for k, p in enumerate(packets) if p.payload.startswith(setup.main.tag_bytes)]
    learning = 4 * setup.main.batch
    gone = set(mine[3 + learning : 5 + learning]) | {mine[len(mine) // 2]}
    deliver(stream, [p for k, p in enumerate(packets) if k not in gone])
    assert stream.stats.lost == sum(packets[k].samples for k in gone)
    assert stream.stats.resets == 0


@pytest.mark.parametrize("setup", SETUPS, ids=name_of)
def test_a_cut_packet_gives_nothing(setup: Setup) -> None:
    """Cut at any byte; a batch may lose whole samples, but none is made up."""
    packets = packets_of(setup)[:1]
    for length in range(len(packets[0].payload)):
        stream = SensorStream(setup, "x")
        stream.on_packet(packets[0].characteristic, packets[0].payload[:length], 0.0)
        assert (
            stream.stats.received == 0
            or setup.main.repeat is not None
            or setup.main.frames
            or length >= (setup.main.length or 0)
        )


@pytest.mark.parametrize("setup", MOVESENSE, ids=name_of)
@pytest.mark.parametrize("mtu", [23, 61, 158, 247])
def test_packets_that_span_notifications_are_put_together(setup: Setup, mtu: int) -> None:
    stream = SensorStream(setup, "x")
    deliver(stream, packets_of(setup, mtu=mtu))
    block = stream.take()
    assert block is not None
    assert stream.stats.malformed == stream.stats.lost == 0
    assert block.acc_ms2 == pytest.approx(Motion.acc_at(block.t_s - DELAY_S), abs=0.05)


@pytest.mark.parametrize("setup", SETUPS, ids=name_of)
def test_clipping_is_marked_where_integers_end(setup: Setup) -> None:
    stream = SensorStream(setup, "x")
    if not stream.usable or Quantity.ACC not in {q for s in setup.streams for q in s.quantities}:
        return
    motion = motion_of(setup)
    acc = motion.acc
    acc[40:, 2] = 700.0
    packets = encode_train(setup, motion.t_s, acc, motion.gyr)
    deliver(stream, [p for p in packets if p.ready_s < motion.t_s[-1]])
    block = stream.take()
    assert block is not None
    if any(f.type.is_float for s in setup.streams for f in s.fields if f.quantity is Quantity.ACC):
        assert stream.stats.malformed > 0  # 700 m/s² is beyond what a sensor of this kind measures
    else:
        assert block.quality[-1] & 2
