"""Bad packets for every profile: cut, too long, of another type, sent again, changed, random.

What may come out is bounded by a count of its own that looks at lengths and first bytes alone. As a
program it runs a million packets a profile: ``python -m tests.sensors.fuzzing [--packets N] [--seed K]``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

import firmware_profiles
from firmware_profiles import Setup, choose
from firmware_profiles.primitives import Quantity
from firmware_profiles.streams import CodecName, Stream
from sensors.encode import encode_train
from sensors.stream import SensorStream

_POOL = 400
_TAKE_EVERY = 200
_KINDS = ("valid", "cut", "long", "type", "again", "changed", "random")


class FuzzError(AssertionError):
    """A packet did something it must not; names profile, seed and packet."""


class Fuzzer:
    """Packets of one device, most of them wrong; the same for the same seed."""

    def __init__(self, setup: Setup, seed: int) -> None:
        self._rng = random.Random(f"{setup.profile.id} {setup.mode.id} {seed}")
        t_s = np.arange(_POOL * max(s.batch for s in setup.streams)) / setup.rate_hz()
        acc = np.column_stack([np.sin(t_s), np.cos(t_s), 9.8 + np.sin(2 * t_s)])
        self._good = encode_train(setup, t_s, acc, acc - 9.0, np.full_like(acc, 20.0))
        self._next = 0
        self._last = self._good[0]
        self._mutate: dict[str, Callable[[bytes], bytes]] = {
            "valid": lambda payload: payload,
            "again": lambda payload: payload,
            "cut": lambda payload: payload[: self._rng.randrange(len(payload))],
            "long": lambda payload: payload + self._rng.randbytes(self._rng.choice((1, 2, 7, 64, 600))),
            "type": self._of_another_type,
            "changed": self._changed,
            "random": lambda _: self._rng.randbytes(self._rng.randrange(260)),
        }

    def packets(self, count: int) -> Iterator[tuple[str, str, bytes]]:
        """Kind, characteristic and payload."""
        for kind in self._rng.choices(_KINDS, k=count):
            if kind != "again":
                self._last = self._good[self._next % len(self._good)]
                self._next += 1
            yield kind, self._last.characteristic, self._mutate[kind](self._last.payload)

    def _of_another_type(self, payload: bytes) -> bytes:
        return self._rng.randbytes(2) + payload[2:]

    def _changed(self, payload: bytes) -> bytes:
        at = self._rng.randrange(len(payload))
        return payload[:at] + self._rng.randbytes(1) + payload[at + 1 :]


def most_samples(stream: Stream, payload: bytes) -> int:
    """Samples that a whole packet of this stream and length can hold; 0 where it cannot be one."""
    if not payload.startswith(stream.tag_bytes) and stream.codec is not CodecName.POLAR_DELTA:
        return 0
    if stream.codec is CodecName.POLAR_DELTA:
        return _most_in_frame(stream, payload)
    if stream.repeat is None:
        least = stream.length or 0
        return int(least <= len(payload) <= max(least, stream.padded_length))
    count, rest = divmod(len(payload) - stream.repeat.offset, stream.repeat.stride)
    return count if rest == 0 and stream.repeat.min <= count <= stream.repeat.max else 0


def _most_in_frame(stream: Stream, payload: bytes) -> int:
    codes = {frame.code: frame for frame in stream.frames}
    if len(payload) < 11 or payload[0] % 64 != stream.tag_bytes[0] or payload[9] not in codes:
        return 0
    frame = codes[payload[9]]
    size = frame.type.size * frame.channels
    if payload[9] < 128:
        return (len(payload) - 10) // size
    at, count = 10 + size, 1
    while at + 1 < len(payload):
        count += payload[at + 1]
        at += 2 + (payload[at] * payload[at + 1] * frame.channels + 7) // 8
    return count if at == len(payload) else 0


def fuzz(setup: Setup, count: int, seed: int) -> Counter[str]:
    """Run ``count`` packets. Raises `FuzzError`; returns how many of each kind, and what became of them."""
    stream = SensorStream(setup, setup.profile.id)
    spans = setup.main.codec in {CodecName.RESYNC_55, CodecName.GSP_REASSEMBLY}
    seen: Counter[str] = Counter()
    bytes_in = 0
    for number, (kind, characteristic, payload) in enumerate(Fuzzer(setup, seed).packets(count)):
        where = f"{setup.profile.id} {setup.mode.id}, seed {seed}, packet {number} ({kind}): {payload.hex()}"
        before = stream.stats.received
        try:
            stream.on_packet(characteristic, payload, number / setup.rate_hz())
        except Exception as error:
            raise FuzzError(f"{where}: {type(error).__name__}: {error}") from error
        seen[kind] += 1
        bytes_in += len(payload)
        got = stream.stats.received - before
        may_be = most_samples(setup.main, payload)
        if not spans and got > may_be:
            raise FuzzError(f"{where}: {got} samples of at most {may_be}")
        if number % _TAKE_EVERY == 0:
            _check_block(stream, where)
    size = 20 if setup.main.repeat is None else setup.main.repeat.stride
    if spans and stream.stats.received * size > bytes_in:
        raise FuzzError(f"{setup.profile.id}: {stream.stats.received} samples out of {bytes_in} bytes")
    stats = stream.stats
    for name in ("received", "malformed", "duplicate", "late", "resets"):
        seen[name] = getattr(stats, name)
    return seen


def _check_block(stream: SensorStream, where: str) -> None:
    block = stream.take()
    if block is None:
        return
    for values, quantity in ((block.acc_ms2, Quantity.ACC), (block.gyr_rads, Quantity.GYR)):
        direct = any(quantity in s.quantities for s in stream.setup.streams)
        if not np.isfinite(values).all() or (direct and np.abs(values).max() > 1.001 * quantity.limit):
            raise FuzzError(f"{where}: {quantity.value} that no sensor measures")
    if not (np.diff(block.t_s) > 0.0).all():
        raise FuzzError(f"{where}: time runs back")


def main() -> int:
    """Every mode of the named profiles, or of all; the packets of a profile are shared among its modes."""
    parser = argparse.ArgumentParser(description="Bad packets for every profile.")
    parser.add_argument("profiles", nargs="*", default=firmware_profiles.ids())
    parser.add_argument("--packets", type=int, default=1_000_000, help="a profile")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("error")
    for profile_id in options.profiles:
        began_s = time.perf_counter()
        profile = firmware_profiles.load(profile_id)
        total: Counter[str] = Counter()
        modes = profile.all_modes
        for mode in modes:
            total += fuzz(choose(profile, mode.id), options.packets // len(modes) + 1, options.seed)
        packets = sum(total[kind] for kind in _KINDS)
        took_s = time.perf_counter() - began_s
        outcome = ", ".join(
            f"{total[k]} {k}" for k in ("received", "malformed", "duplicate", "late", "resets")
        )
        sys.stdout.write(f"{profile_id}: seed {options.seed}, {packets} packets, {took_s:.0f} s: {outcome}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
