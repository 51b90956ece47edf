"""Samples of a device's streams to acceleration and rate.

Derived where it sends increments or orientation, joined where it sends them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from firmware_profiles.primitives import Quantity
from firmware_profiles.setup import Setup
from firmware_profiles.streams import Stream
from fusion import quaternion as quat
from fusion.types import FloatArray, QualityArray
from fusion.units import STANDARD_GRAVITY_MS2
from sensors.layout import column_slice

_MAX_PENDING_S: Final = 1.0
"""Rates that wait longer than this for accelerations around them are given up."""
_MAX_SPAN_PERIODS: Final = 2.5
"""Accelerations further apart than this are not interpolated between."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Consecutive samples with everything that is known of their times."""

    t_s: FloatArray
    device_s: FloatArray
    arrival_s: FloatArray
    acc_ms2: FloatArray
    gyr_rads: FloatArray
    mag_ut: FloatArray | None
    quality: QualityArray
    seq: np.ndarray
    """(n,) numbers of the samples, lost ones counted."""


class Part(NamedTuple):
    """One packet's samples of one stream; arrays are made of many at once."""

    t_s: list[float]
    device_s: list[float]
    arrival_s: float
    values: FloatArray
    quality: int
    """Of each of them."""
    first_quality: int
    """Of the first, which may follow a gap."""
    first_seq: int


_Convert = Callable[[FloatArray, FloatArray], FloatArray]
"""Host times (n,) and values (n, k) of one stream to (n, 3) of one quantity."""


class StreamReader:
    """Acceleration, rate and field out of one stream's columns."""

    def __init__(self, stream: Stream, period_s: float) -> None:
        self._stream, self._period_s = stream, period_s
        self._columns = {q: column_slice(stream, q) for q in stream.quantities}
        self._before: tuple[float, FloatArray] | None = None
        self.acc = self._way({Quantity.ACC: self._direct, Quantity.DELTA_VELOCITY: self._from_velocity})
        self.gyr = self._way({Quantity.GYR: self._direct, Quantity.DELTA_QUAT: self._from_turn})
        self.mag = self._way({Quantity.MAG: self._direct})
        oriented = bool({Quantity.QUAT, Quantity.EULER} & self._columns.keys())
        if self.acc is None and oriented and Quantity.FREE_ACC in self._columns:
            self.acc = self._from_free_acc
        if self.gyr is None and oriented:
            self.gyr = self._from_orientation

    def restart(self) -> None:
        """After a reconnect an orientation has nothing before it."""
        self._before = None

    def _way(self, ways: dict[Quantity, Callable[[Quantity], _Convert]]) -> _Convert | None:
        return next((make(quantity) for quantity, make in ways.items() if quantity in self._columns), None)

    def _direct(self, quantity: Quantity) -> _Convert:
        part = self._columns[quantity]
        return lambda _, values: np.ascontiguousarray(values[:, part])

    def _from_velocity(self, quantity: Quantity) -> _Convert:
        part, period_s = self._columns[quantity], self._period_s
        return lambda _, values: values[:, part] / period_s

    def _from_turn(self, quantity: Quantity) -> _Convert:
        part, period_s = self._columns[quantity], self._period_s
        return lambda _, values: quat.to_rotation_vector(quat.normalize(values[:, part])) / period_s

    def _from_free_acc(self, _: FloatArray, values: FloatArray) -> FloatArray:
        """Specific force: gravity put back and turned into the sensor's frame."""
        force_e = values[:, self._columns[Quantity.FREE_ACC]] + np.array([0.0, 0.0, STANDARD_GRAVITY_MS2])
        return quat.rotate(quat.conjugate(self._orientation(values)), force_e)

    def _from_orientation(self, t_s: FloatArray, values: FloatArray) -> FloatArray:
        """Mean rate since the sample before, which is what adds up to the same turn; NaN for the first."""
        q = self._orientation(values)
        first = (np.nan, np.full(4, np.nan)) if self._before is None else self._before
        times, turned = np.r_[first[0], t_s], np.vstack([first[1], q])
        self._before = (float(t_s[-1]), q[-1])
        steps = quat.multiply(quat.conjugate(turned[:-1]), turned[1:])
        return quat.to_rotation_vector(steps) / np.diff(times)[:, None]

    def _orientation(self, values: FloatArray) -> FloatArray:
        if Quantity.QUAT in self._columns:
            return quat.normalize(values[:, self._columns[Quantity.QUAT]])
        half = 0.5 * values[:, self._columns[Quantity.EULER]]
        turns = []
        for axis in (2, 1, 0):
            q = np.zeros((len(half), 4))
            q[:, 0], q[:, axis + 1] = np.cos(half[:, axis]), np.sin(half[:, axis])
            turns.append(q)
        return quat.multiply(quat.multiply(turns[0], turns[1]), turns[2])


class Assembler:
    """Collects packets and gives them out as samples with acceleration and rate.

    Where one stream has both, they come out as they came in. Where two streams have one each, the rates'
    times are kept (orientation is their sum) and accelerations interpolated to them; a rate without
    accelerations close on both sides is left out and counted.
    """

    def __init__(self, setup: Setup, streams: Sequence[Stream] | None = None) -> None:
        used = setup.streams if streams is None else streams
        self._readers = {s.name: StreamReader(s, 1.0 / setup.rate_hz(s)) for s in used}
        self._periods_s = {s.name: 1.0 / setup.rate_hz(s) for s in used}
        self._parts: dict[str, list[Part]] = {name: [] for name in self._readers}
        self._acc_stream = self._with("acc")
        self._gyr_stream = self._with("gyr")
        self._mag_stream = self._with("mag")
        self._apart: dict[str, tuple[FloatArray, FloatArray]] = {}
        """Accelerations and fields that may still have rates before them."""
        self._waiting: Samples | None = None
        self.unpaired = 0
        """Rates given up because no accelerations were near."""

    @property
    def usable(self) -> bool:
        """Whether there is acceleration and rate."""
        return self._acc_stream is not None and self._gyr_stream is not None

    @property
    def main(self) -> str | None:
        """The stream whose times and losses count."""
        return self._gyr_stream

    def restart(self) -> None:
        """After a reconnect."""
        for reader in self._readers.values():
            reader.restart()

    def add(self, stream: str, part: Part) -> None:
        """Take one packet's samples in."""
        if self.usable:
            self._parts[stream].append(part)

    def take(self) -> Samples | None:
        """What has come and can be given out, or None."""
        if self._gyr_stream is None or self._acc_stream is None:
            return None
        if self._acc_stream == self._gyr_stream:
            return self._together(self._gyr_stream)
        return self._joined(self._gyr_stream, self._acc_stream)

    def _with(self, quantity: str) -> str | None:
        return next((name for name, r in self._readers.items() if getattr(r, quantity) is not None), None)

    def _together(self, stream: str) -> Samples | None:
        parts = self._drain(stream)
        if not parts:
            return None
        reader, t_s, values = self._readers[stream], _times(parts), _values(parts)
        assert reader.acc is not None  # noqa: S101 - the stream was chosen for it
        assert reader.gyr is not None  # noqa: S101
        mag = reader.mag(t_s, values) if reader.mag else None
        found = _samples(parts, t_s, reader.acc(t_s, values), reader.gyr(t_s, values), mag)
        return _finite(found)

    def _joined(self, rates: str, forces: str) -> Samples | None:
        reader = self._readers[rates]
        assert reader.gyr is not None  # noqa: S101 - the stream was chosen for it
        parts = self._drain(rates)
        if parts:
            t_s = _times(parts)
            gyr = reader.gyr(t_s, _values(parts))
            fresh = _samples(parts, t_s, np.full_like(gyr, np.nan), gyr, None)
            self._waiting = fresh if self._waiting is None else _concatenate(self._waiting, fresh)
        self._collect(forces, "acc")
        if self._mag_stream not in {None, rates}:
            self._collect(str(self._mag_stream), "mag")
        waiting = self._waiting
        if waiting is None or "acc" not in self._apart:
            return None
        until = int(np.searchsorted(waiting.t_s, self._apart["acc"][0][-1], side="right"))
        late = int(np.searchsorted(waiting.t_s, waiting.t_s[-1] - _MAX_PENDING_S))
        ready, rest = _split(waiting, max(until, late))
        self._waiting = rest if len(rest.t_s) else None
        return self._paired(ready, self._periods_s[forces]) if len(ready.t_s) else None

    def _paired(self, ready: Samples, period_s: float) -> Samples | None:
        acc, near = _interpolated(ready.t_s, *self._apart["acc"], _MAX_SPAN_PERIODS * period_s)
        mag = None
        if "mag" in self._apart:
            mag, _ = _interpolated(ready.t_s, *self._apart["mag"], _MAX_PENDING_S)
        for name, (t_s, values) in self._apart.items():
            keep = max(0, int(np.searchsorted(t_s, ready.t_s[-1], side="right")) - 1)
            self._apart[name] = (t_s[keep:], values[keep:])
        self.unpaired += int((~near).sum())
        whole = Samples(
            ready.t_s, ready.device_s, ready.arrival_s, acc, ready.gyr_rads, mag, ready.quality, ready.seq
        )
        return _pick(whole, near) if near.any() else None

    def _collect(self, stream: str, quantity: str) -> None:
        parts = self._drain(stream)
        if not parts:
            return
        t_s = _times(parts)
        values = getattr(self._readers[stream], quantity)(t_s, _values(parts))
        if quantity in self._apart:
            before = self._apart[quantity]
            t_s, values = np.r_[before[0], t_s], np.vstack([before[1], values])
        self._apart[quantity] = (t_s, values)

    def _drain(self, stream: str) -> list[Part]:
        parts, self._parts[stream] = self._parts[stream], []
        return parts


def _times(parts: list[Part]) -> FloatArray:
    return np.array(list(chain.from_iterable(part.t_s for part in parts)))


def _values(parts: list[Part]) -> FloatArray:
    return np.concatenate([part.values for part in parts])


def _samples(
    parts: list[Part], t_s: FloatArray, acc: FloatArray, gyr: FloatArray, mag: FloatArray | None
) -> Samples:
    arrivals = ([part.arrival_s] * len(part.t_s) for part in parts)
    qualities = ([part.first_quality, *[part.quality] * (len(part.t_s) - 1)] for part in parts)
    numbers = (range(part.first_seq, part.first_seq + len(part.t_s)) for part in parts)
    return Samples(
        t_s,
        np.array(list(chain.from_iterable(part.device_s for part in parts))),
        np.array(list(chain.from_iterable(arrivals))),
        acc,
        gyr,
        mag,
        np.array(list(chain.from_iterable(qualities)), np.uint8),
        np.array(list(chain.from_iterable(numbers))),
    )


def _interpolated(
    at_s: FloatArray, t_s: FloatArray, values: FloatArray, span_s: float
) -> tuple[FloatArray, np.ndarray]:
    """``values`` (m, 3) at the times ``at_s``, and where both neighbours are within ``span_s``."""
    right = np.searchsorted(t_s, at_s, side="left")
    inside = (right < len(t_s)) & ((right > 0) | (np.take(t_s, np.minimum(right, len(t_s) - 1)) == at_s))
    right = np.minimum(right, len(t_s) - 1)
    left = np.maximum(right - 1, 0)
    exact = t_s[right] == at_s
    near = inside & (exact | (t_s[right] - t_s[left] <= span_s))
    out = np.column_stack([np.interp(at_s, t_s, column) for column in values.T])
    return out, near


def _finite(samples: Samples) -> Samples | None:
    """Without those that have no rate yet (the first of an orientation)."""
    good = np.isfinite(samples.gyr_rads[:, 0])
    if good.all():
        return samples
    return _pick(samples, good) if good.any() else None


_NAMES: Final = ("t_s", "device_s", "arrival_s", "acc_ms2", "gyr_rads", "mag_ut", "quality", "seq")


def _map(work: Callable[[np.ndarray], np.ndarray], samples: Samples) -> Samples:
    parts = (getattr(samples, name) for name in _NAMES)
    return Samples(*(None if part is None else work(part) for part in parts))  # type: ignore[arg-type]


def _pick(samples: Samples, which: np.ndarray) -> Samples:
    return _map(lambda part: part[which], samples)


def _split(samples: Samples, at: int) -> tuple[Samples, Samples]:
    return _map(lambda part: part[:at], samples), _map(lambda part: part[at:], samples)


def _concatenate(a: Samples, b: Samples) -> Samples:
    pairs = ((getattr(a, name), getattr(b, name)) for name in _NAMES)
    joined = (None if x is None or y is None else np.concatenate([x, y]) for x, y in pairs)
    return Samples(*joined)  # type: ignore[arg-type]
