"""One sensor's notifications to samples: decode, place in time, notice what is missing, assemble."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import isnan
from typing import Final

import msgspec
import numpy as np

from firmware_profiles import Profile, ProfileError, Setup, choose
from firmware_profiles.primitives import Quantity
from firmware_profiles.streams import LossMethod, Stream
from fusion.types import FloatArray, ImuBlock, QualityArray, SampleQuality
from sensors.assembly import Assembler, Part, Samples
from sensors.clock import DeviceClock
from sensors.codec import Decoder
from sensors.layout import Decoded, saturation
from sensors.source import CHOSEN, RESTARTED
from sensors.timeline import Placed, Timeline

_RATE_SPAN_S: Final = 5.0
_ESTIMATED: Final = int(SampleQuality.ESTIMATED_TIME)
_AFTER_GAP: Final = int(SampleQuality.AFTER_GAP)
_LOW_RATE: Final = 0.95
"""Below this share of the nominal rate something is missing even where nothing else shows it."""


@dataclass(slots=True)
class StreamStats:
    """What became of a sensor's notifications and samples."""

    received: int = 0
    lost: int = 0
    malformed: int = 0
    duplicate: int = 0
    late: int = 0
    resets: int = 0
    unpaired: int = 0
    """Rates without accelerations close to them."""

    @property
    def loss(self) -> float:
        """Share of samples that never came."""
        total = self.received + self.lost
        return self.lost / total if total else 0.0


@dataclass(frozen=True, slots=True)
class StreamHealth:
    """How a sensor is doing now."""

    rate_hz: float
    nominal_hz: float
    loss: float
    """Share of samples lost in the last seconds, by ``method``."""
    method: LossMethod
    reasons: tuple[str, ...]
    """What is wrong, in plain words; empty when nothing is."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedBlock:
    """Samples with all three times of each: corrected (``block.t_s``), the device's, and its arrival."""

    block: ImuBlock
    device_s: FloatArray
    """(n,) since the device's epoch; NaN where the device stamps none."""
    arrival_s: FloatArray
    """(n,) of the notification that completed the sample's packet."""


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    """The payload of a `CHOSEN` packet."""

    mode: str
    values: dict[str, float]


class SensorStream:
    """Samples of one sensor, taken out in blocks; times are on the host's clock and never run back."""

    def __init__(self, setup: Setup | Profile, device_id: str) -> None:
        self.device_id = device_id
        self._run(setup if isinstance(setup, Setup) else choose(setup))

    def _run(self, setup: Setup) -> None:
        """Begin with a setup."""
        self.setup, self.profile = setup, setup.profile
        self._decoder = Decoder(self.setup)
        self._assembler = Assembler(self.setup)
        self._clocks: dict[tuple[int, float], DeviceClock] = {}
        self._timelines = {s.name: self._timeline(s) for s in self.setup.streams}
        self._numbers = dict.fromkeys(self._timelines, 0)
        self._main = self._assembler.main or self.setup.main.name
        self._limits = self._saturations()
        self._meter = _Meter()
        self._counts = StreamStats()

    @property
    def stats(self) -> StreamStats:
        """Counts so far; received and lost are those of the rates' stream."""
        counts = self._counts
        counts.malformed = self._decoder.malformed
        counts.duplicate = sum(t.duplicate for t in self._timelines.values())
        counts.late = sum(t.late for t in self._timelines.values())
        counts.resets = sum(c.resets for c in self._clocks.values())
        counts.unpaired = self._assembler.unpaired
        return counts

    @property
    def usable(self) -> bool:
        """Whether its packets hold acceleration and rate; without them there are no blocks."""
        return self._assembler.usable

    def restart(self) -> None:
        """After a reconnect: the device's clock is mapped anew."""
        self._decoder.restart()
        self._assembler.restart()
        for clock in self._clocks.values():
            clock.restart()
        for timeline in self._timelines.values():
            timeline.restart()

    def on_packet(self, characteristic: str, payload: bytes, arrival_s: float) -> bool:
        """Take one notification in; True when it brought samples. `RESTARTED` is a reconnect."""
        if characteristic in {RESTARTED, CHOSEN}:
            self._note(characteristic, payload)
            return False
        brought = False
        revision = self._decoder.revision
        for packet in self._decoder.decode(characteristic, payload, arrival_s):
            complete_s = arrival_s if packet.arrival_s is None else packet.arrival_s
            placed = self._timelines[packet.stream].place(packet, complete_s)
            if placed is not None:
                self._add(packet, placed, complete_s)
                brought = True
        if self._decoder.revision != revision:
            self._follow_description()
        return brought

    def take(self) -> ImuBlock | None:
        """The samples since the last call as one block, or None."""
        timed = self.take_timed()
        return timed.block if timed else None

    def take_timed(self) -> TimedBlock | None:
        """The samples since the last call with all their times, or None."""
        samples = self._assembler.take()
        if samples is None:
            return None
        block = ImuBlock(
            self.device_id,
            int(samples.seq[0]),
            samples.t_s,
            samples.acc_ms2,
            samples.gyr_rads,
            samples.mag_ut,
            self._with_saturation(samples),
        )
        return TimedBlock(block, samples.device_s, samples.arrival_s)

    def health(self, now_s: float) -> StreamHealth:
        """Rate and loss of the last seconds with the reasons for a complaint."""
        stream = self.profile.stream(self._main)
        nominal_hz = self.setup.rate_hz(stream)
        rate_hz, lost = self._meter.read(now_s)
        total = rate_hz * _RATE_SPAN_S + lost
        loss = lost / total if total else 0.0
        if stream.loss is LossMethod.RATE and self._meter.full(now_s):
            loss = max(loss, 1.0 - rate_hz / nominal_hz) if rate_hz < _LOW_RATE * nominal_hz else loss
        return StreamHealth(
            rate_hz, nominal_hz, loss, stream.loss, self._reasons(rate_hz, nominal_hz, loss, now_s)
        )

    def choice(self) -> bytes:
        """How the sensor is run, for a `CHOSEN` packet."""
        return msgspec.json.encode({"mode": self.setup.mode.id, "values": self.setup.chosen})

    def _note(self, kind: str, payload: bytes) -> None:
        """What is kept among the packets and is none."""
        if kind == RESTARTED:
            self.restart()
            return
        try:
            choice = msgspec.json.decode(payload, type=_Choice)
            setup = choose(self.profile, choice.mode, choice.values)
        except (msgspec.MsgspecError, ProfileError):
            self._decoder.malformed += 1
            return
        if (setup.mode.id, setup.values) != (self.setup.mode.id, self.setup.values):
            self._run(setup)

    def _follow_description(self) -> None:
        """The device has described its packets: what they hold may be other than the profile's."""
        streams = [self._decoder.stream(s.name) for s in self.setup.streams]
        self._assembler = Assembler(self.setup, streams)
        self._limits = self._saturations()

    def _timeline(self, stream: Stream) -> Timeline:
        stamp = stream.timestamp
        clock = None
        if stamp is not None:
            key = (stamp.type.bits, stamp.tick_s)
            clock = self._clocks.setdefault(key, DeviceClock(*key))
        return Timeline(stream, self.setup.rate_hz(stream), clock)

    def _add(self, packet: Decoded, placed: Placed, arrival_s: float) -> None:
        count, name = len(placed.t_s), packet.stream
        first = self._numbers[name] + placed.missing + 1
        self._numbers[name] = first + count - 1
        quality = packet.saturated | (_ESTIMATED if isnan(placed.device_s[0]) else 0)
        first_quality = quality | (_AFTER_GAP if placed.missing else 0)
        if name == self._main:
            self._counts.received += count
            self._counts.lost += placed.missing
            self._meter.add(arrival_s, count, placed.missing)
        self._assembler.add(
            name, Part(placed.t_s, placed.device_s, arrival_s, packet.values, quality, first_quality, first)
        )

    def _saturations(self) -> list[tuple[str, SampleQuality, float]]:
        """What to compare with which limit; only for what is sent as such."""
        found = []
        for name, quantity, bit in (
            ("acc_ms2", Quantity.ACC, SampleQuality.ACC_SATURATED),
            ("gyr_rads", Quantity.GYR, SampleQuality.GYR_SATURATED),
        ):
            streams = [self._decoder.stream(s.name) for s in self.setup.streams]
            limits = [saturation(s, quantity, self.setup.values) for s in streams]
            if min(limits) < float("inf"):
                found.append((name, bit, min(limits)))
        return found

    def _with_saturation(self, samples: Samples) -> QualityArray:
        quality = samples.quality
        for name, bit, limit in self._limits:
            clipped = np.abs(getattr(samples, name)) >= limit
            if clipped.any():
                quality = quality | np.where(clipped.any(axis=1), np.uint8(bit), np.uint8(0))
        return quality

    def _reasons(self, rate_hz: float, nominal_hz: float, loss: float, now_s: float) -> tuple[str, ...]:
        reasons = []
        if self._decoder.description_error:
            reasons.append(self._decoder.description_error)
        if not self.usable:
            reasons.append(f"{self.profile.name} sends no rates and forces in mode {self.setup.mode.id}")
        if self._meter.full(now_s) and rate_hz < _LOW_RATE * nominal_hz:
            reasons.append(f"{rate_hz:.0f} of {nominal_hz:.0f} samples a second arrive")
        if loss > 1.0 - _LOW_RATE:
            how = {
                LossMethod.SEQUENCE: "packet numbers",
                LossMethod.TIMESTAMP: "device times",
                LossMethod.RATE: "received rate",
            }
            reasons.append(f"{100.0 * loss:.0f} % of samples are lost (by {how[self._method]})")
        if self._decoder.malformed > 0.01 * max(100, self._counts.received):
            reasons.append(f"{self._decoder.malformed} packets could not be read; is this the right profile?")
        return tuple(reasons)

    @property
    def _method(self) -> LossMethod:
        return self.profile.stream(self._main).loss


class _Meter:
    """Samples received and lost in the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int, int]] = deque()
        self._received = self._lost = 0
        self._began_s: float | None = None

    def add(self, arrival_s: float, received: int, lost: int) -> None:
        """Count one packet."""
        if self._began_s is None:
            self._began_s = arrival_s
        self._seen.append((arrival_s, received, lost))
        self._received += received
        self._lost += lost
        self._forget(arrival_s)

    def read(self, now_s: float) -> tuple[float, int]:
        """Samples a second, and samples lost, in the last seconds."""
        self._forget(now_s)
        span_s = _RATE_SPAN_S if self._began_s is None else min(_RATE_SPAN_S, now_s - self._began_s)
        return (self._received / span_s if span_s > 0.0 else 0.0), self._lost

    def full(self, now_s: float) -> bool:
        """Whether a whole span has been seen."""
        return self._began_s is not None and now_s - self._began_s >= _RATE_SPAN_S

    def _forget(self, now_s: float) -> None:
        while self._seen and self._seen[0][0] <= now_s - _RATE_SPAN_S:
            _, received, lost = self._seen.popleft()
            self._received -= received
            self._lost -= lost
