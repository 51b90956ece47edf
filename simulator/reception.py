"""From what a sensor sampled to what a recording holds: loss, gaps, clocks, and the way through bytes."""

from __future__ import annotations

import numpy as np

import firmware_profiles
from fusion.types import FloatArray, ImuBlock, SampleQuality
from sensors.encode import EncodedPacket, encode_train
from sensors.stream import SensorStream
from simulator.errors import SimulationError
from simulator.imu import ImuSamples
from simulator.plan import Trouble

_PROFILE = "movella_dot"
_LATENCY_S = 0.03
_INTERVAL_S = 0.015
_WRAP_S = 2.0**32 * 1e-6


def received(name: str, samples: ImuSamples, trouble: Trouble, rng: np.random.Generator) -> ImuBlock:
    """The samples that arrived, with the times that the recording gives them."""
    keep = _arrives(samples.t_s, trouble, rng)
    if trouble.wire:
        return _through_bytes(name, samples, keep, trouble, rng)
    t_s = samples.t_s * (1.0 + 1e-6 * trouble.clock_ppm) + trouble.offset_s
    quality = np.zeros(len(t_s), np.uint8)
    after = np.flatnonzero(keep[1:] & ~keep[:-1]) + 1
    quality[after] = SampleQuality.AFTER_GAP
    return ImuBlock(
        name,
        0,
        t_s[keep],
        samples.acc_ms2[keep],
        samples.gyr_rads[keep],
        None if samples.mag_ut is None else samples.mag_ut[keep],
        quality[keep],
    )


def _arrives(t_s: FloatArray, trouble: Trouble, rng: np.random.Generator) -> np.ndarray:
    if not 0.0 <= trouble.loss < 0.9 or trouble.burst < 1:
        raise SimulationError(
            f"loss {trouble.loss:g} in bursts of {trouble.burst}: allowed are 0 to 0.9, from 1"
        )
    keep = np.ones(len(t_s), bool)
    if trouble.loss:
        for start in rng.integers(0, len(t_s), round(len(t_s) * trouble.loss / trouble.burst)):
            keep[start : start + trouble.burst] = False
    for gap_s, share in zip(trouble.gaps_s, np.linspace(0.25, 0.85, len(trouble.gaps_s)), strict=True):
        start = t_s[0] + (share + rng.uniform(-0.08, 0.08)) * (t_s[-1] - t_s[0])
        keep &= (t_s < start) | (t_s >= start + gap_s)
    return keep


def _through_bytes(
    name: str, samples: ImuSamples, keep: np.ndarray, trouble: Trouble, rng: np.random.Generator
) -> ImuBlock:
    """As the gateway's decoder makes them from the notifications of a real profile."""
    setup = firmware_profiles.choose(firmware_profiles.load(_PROFILE))
    packets = encode_train(
        setup, samples.t_s, samples.acc_ms2, samples.gyr_rads, device_s=_device_clock(samples.t_s, trouble)
    )
    if len(packets) != len(samples.t_s):
        raise SimulationError(f"{_PROFILE}: one notification a sample was expected")
    stream = SensorStream(setup, name)
    for arrival_s, packet in _deliveries(packets, keep, trouble, rng):
        stream.on_packet(packet.characteristic, packet.payload, arrival_s)
    block = stream.take()
    if block is None:
        raise SimulationError(f"{name}: nothing of it arrived")
    return block


def _device_clock(t_s: FloatArray, trouble: Trouble) -> FloatArray:
    device_s = 100.0 + t_s * (1.0 + 1e-6 * trouble.clock_ppm)
    if trouble.wrap:
        device_s = device_s - device_s[len(t_s) // 2] + _WRAP_S
    if trouble.reset_at:
        at = int(trouble.reset_at * len(t_s))
        device_s = np.where(np.arange(len(t_s)) < at, device_s, t_s - t_s[at] + 0.5)
    return np.mod(device_s, _WRAP_S)


def _deliveries(
    packets: list[EncodedPacket], keep: np.ndarray, trouble: Trouble, rng: np.random.Generator
) -> list[tuple[float, EncodedPacket]]:
    """(arrival, packet) in the order of arrival: at connection events, some twice, some late."""
    events = np.ceil(np.array([p.ready_s for p in packets]) / _INTERVAL_S) * _INTERVAL_S + _LATENCY_S
    late = rng.random(len(packets)) < trouble.reorder
    events = events + np.where(late, rng.uniform(0.02, 0.12, len(packets)), 0.0)
    twice = rng.random(len(packets)) < trouble.duplicates
    out = [(float(t), p) for t, p, there in zip(events, packets, keep, strict=True) if there]
    out += [
        (float(t) + 2.0 * _INTERVAL_S, p)
        for t, p, there in zip(events, packets, keep & twice, strict=True)
        if there
    ]
    return sorted(out, key=lambda delivery: delivery[0])
