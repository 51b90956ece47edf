"""A train of packets without end: one period of a motion, over and over, with counters that go on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, overload

import numpy as np

from firmware_profiles import Setup
from firmware_profiles.streams import Counted
from fusion.types import FloatArray
from sensors.encode import EncodedPacket, encode_train

PERIOD_SAMPLES: Final = 2520
"""Divisible by 1 to 10, 12, 14, 15, 18, 20, 24, 36: whole batches of every device fill a period."""


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """`PERIOD_SAMPLES` samples of a motion that ends where it began: (n, 3) each."""

    acc_ms2: FloatArray
    gyr_rads: FloatArray


class EndlessTrain(Sequence[EncodedPacket]):
    """Packets by number, encoded a period at a time; the device's clock shows ``device_start_s`` at first."""

    def __init__(self, setup: Setup, period: Period, device_start_s: float = 0.0) -> None:
        self._setup, self._period, self._start_s = setup, period, device_start_s
        self._chunk = lru_cache(maxsize=2)(self._encode)
        self._size = len(self._chunk(0))

    def __len__(self) -> int:
        return sys.maxsize

    @overload
    def __getitem__(self, number: int) -> EncodedPacket: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[EncodedPacket]: ...
    def __getitem__(self, number: int | slice) -> EncodedPacket | Sequence[EncodedPacket]:
        if isinstance(number, slice):
            return [self[k] for k in range(*number.indices(len(self)))]
        chunk, place = divmod(number, self._size)
        return self._chunk(chunk)[place]

    def _encode(self, chunk: int) -> list[EncodedPacket]:
        first = chunk * PERIOD_SAMPLES
        t_s = (first + np.arange(PERIOD_SAMPLES)) / self._setup.rate_hz()
        sequence = self._setup.main.sequence
        by_samples = sequence is not None and sequence.counts is Counted.SAMPLES
        return encode_train(
            self._setup,
            t_s,
            self._period.acc_ms2,
            self._period.gyr_rads,
            device_s=self._start_s + t_s,
            first_sequence=first if by_samples else first // self._setup.main.batch,
        )
