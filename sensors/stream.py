"""One sensor's packets to samples: decode, unwrap, map to host time, notice what is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from firmware_profiles import Profile
from firmware_profiles.schema import SIZE, Quantity
from fusion.types import ImuBlock, SampleQuality
from sensors.clock import ClockFit, Unwrapper
from sensors.codec import Codec, DecodedSample

_RESET_S = 5.0
"""A counter that runs ahead of the host's clock by more than this was reset."""


@dataclass(slots=True)
class StreamStats:
    """What became of a sensor's packets."""

    received: int = 0
    lost: int = 0
    malformed: int = 0
    duplicate: int = 0
    late: int = 0
    resets: int = 0

    @property
    def loss(self) -> float:
        """Share of samples that never came."""
        total = self.received + self.lost
        return self.lost / total if total else 0.0


class SensorStream:
    """Samples of one sensor, taken out in blocks; times are on the host's clock and never run back."""

    def __init__(self, profile: Profile, device_id: str) -> None:
        self.profile = profile
        self.device_id = device_id
        self.stats = StreamStats()
        self._codec = Codec(profile)
        self._period_s = 1.0 / profile.stream.rate_hz
        self._has_mag = Quantity.MAG in self._codec.quantities
        self._seq = 0
        self._last_t_s: float | None = None
        self._rows: list[tuple[float, ...]] = []
        self._times: list[float] = []
        self._quality: list[int] = []
        self._first_seq = 0
        self.restart()

    def restart(self) -> None:
        """After a reconnect: the device's clock is mapped anew."""
        stamp = self.profile.stream.timestamp
        self._unwrap = Unwrapper(8 * SIZE[stamp.type]) if stamp else None
        self._clock = ClockFit()
        self._last_ticks: int | None = None
        self._last_arrival_s: float | None = None

    def on_packet(self, payload: bytes, arrival_s: float) -> bool:
        """Take one notification in; True when it brought a sample."""
        sample = self._codec.decode(payload)
        if sample is None:
            self.stats.malformed += 1
            return False
        t_s = self._time(sample, arrival_s)
        if t_s is None:
            return False
        self._append(t_s, sample.row)
        return True

    def take(self) -> ImuBlock | None:
        """The samples since the last call as one block, or None."""
        if not self._times:
            return None
        rows = np.array(self._rows)
        block = ImuBlock(
            self.device_id,
            self._first_seq,
            np.array(self._times),
            rows[:, :3],
            rows[:, 3:6],
            rows[:, 6:9] if self._has_mag else None,
            np.array(self._quality, np.uint8),
        )
        self._rows, self._times, self._quality = [], [], []
        return block

    def _time(self, sample: DecodedSample, arrival_s: float) -> float | None:
        """Host time of the sample; None when it is a duplicate or came too late."""
        if sample.ticks is None or self._unwrap is None:
            t_s = (
                arrival_s if self._last_t_s is None else max(arrival_s, self._last_t_s + 0.5 * self._period_s)
            )
            self._last_arrival_s = arrival_s
            return t_s
        ticks = self._unwrap(sample.ticks)
        if self._last_ticks is not None and self._last_arrival_s is not None:
            step_s = (ticks - self._last_ticks) * self._tick_s
            if step_s <= 0.0:
                self.stats.duplicate += step_s == 0.0
                self.stats.late += step_s < 0.0
                return None
            if step_s > arrival_s - self._last_arrival_s + _RESET_S:
                self.stats.resets += 1
                self.restart()
                return self._time(sample, arrival_s)
        self._last_ticks, self._last_arrival_s = ticks, arrival_s
        t_s = self._clock.map(ticks * self._tick_s, arrival_s)
        if self._last_t_s is not None and t_s <= self._last_t_s:
            t_s = self._last_t_s + 0.1 * self._period_s
        return t_s

    @property
    def _tick_s(self) -> float:
        stamp = self.profile.stream.timestamp
        return stamp.tick_s if stamp else 0.0

    def _append(self, t_s: float, row: tuple[float, ...]) -> None:
        quality = SampleQuality.OK if self._unwrap else SampleQuality.ESTIMATED_TIME
        missing = 0
        if self._last_t_s is not None:
            missing = max(0, round((t_s - self._last_t_s) / self._period_s) - 1)
        if missing:
            quality |= SampleQuality.AFTER_GAP
            self.stats.lost += missing
        self._seq += missing + 1
        self.stats.received += 1
        self._last_t_s = t_s
        if not self._times:
            self._first_seq = self._seq
        self._times.append(t_s)
        self._rows.append(row)
        self._quality.append(int(quality))
