"""A motion whose samples tell which they are: to check that every one arrives, once, as it was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmware_profiles import Setup
from firmware_profiles.primitives import Quantity
from fusion.types import FloatArray
from sensors.encode import EncodedPacket, encode_train

_ACC_MS2 = 14.0
_GYR_RADS = 4.0
_WAVE_SAMPLES = 50


@dataclass(frozen=True, slots=True, eq=False)
class NumberedMotion:
    """``count`` samples at ``rate_hz``; forward force and rate rise steadily, the other components wave."""

    count: int
    rate_hz: float

    @property
    def t_s(self) -> FloatArray:
        """Times (n,) in s."""
        return np.arange(self.count) / self.rate_hz

    @property
    def acc_ms2(self) -> FloatArray:
        """Specific force (n, 3)."""
        wave = self._wave()
        return np.stack([self._rise(_ACC_MS2), 2.0 * np.sin(wave), 9.81 * np.cos(wave)], axis=1)

    @property
    def gyr_rads(self) -> FloatArray:
        """Angular rate (n, 3)."""
        wave = self._wave()
        return np.stack([self._rise(_GYR_RADS), 2.0 * np.cos(wave), np.sin(2.0 * wave)], axis=1)

    def of(self, quantity: Quantity) -> FloatArray:
        """Force or rate."""
        return self.acc_ms2 if quantity is Quantity.ACC else self.gyr_rads

    def number(self, quantity: Quantity, forward: FloatArray) -> FloatArray:
        """Which samples have these forward components; a fraction between two samples."""
        top = _ACC_MS2 if quantity is Quantity.ACC else _GYR_RADS
        return (forward / top + 1.0) / 2.0 * (self.count - 1)

    def packets(self, setup: Setup, *, skew: float = 0.0, device_start_s: float = 0.0) -> list[EncodedPacket]:
        """As packets of a device whose clock shows ``device_start_s`` at first and gains ``skew``."""
        device_s = device_start_s + self.t_s * (1.0 + skew)
        return encode_train(setup, self.t_s, self.acc_ms2, self.gyr_rads, device_s=device_s)

    def _rise(self, top: float) -> FloatArray:
        return np.linspace(-top, top, self.count)

    def _wave(self) -> FloatArray:
        return 2.0 * np.pi * np.arange(self.count) / _WAVE_SAMPLES


def just_before_the_wrap(setup: Setup, seconds: float = 1.0) -> float:
    """Device time so long before the first of its counters wraps; 64-bit ones never do."""
    stamps = [s.timestamp for s in setup.streams if s.timestamp is not None]
    wraps = [s.tick_s * 2.0**s.type.bits for s in stamps if s.type.bits <= 32]
    return min(wraps, default=100.0) - seconds
