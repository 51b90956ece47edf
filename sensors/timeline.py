"""Where the samples of each packet are in time, and how many are missing before them."""

from __future__ import annotations

from math import nan
from typing import Final, NamedTuple

from firmware_profiles.streams import Counted, SampleOf, Stream
from sensors.clock import ArrivalClock, DeviceClock
from sensors.layout import Decoded

_REGULAR: Final = 0.25
"""A packet's step that differs from its samples' by more than this share is no measure of the spacing."""
_SMOOTHING: Final = 1.0 / 32.0
_LATE_PACKETS: Final = 16
"""A number this little before the last is that of a late packet, not of one after a long silence."""
_COARSE: Final = 0.25
"""A tick longer than this share of the period is taken into account when samples are missed."""


class Placed(NamedTuple):
    """A packet's samples in time. Lists: a packet has few samples, often one, and numpy begins slowly."""

    t_s: list[float]
    """Host time, corrected; increasing."""
    device_s: list[float]
    """Device time since its epoch; NaN where the device stamps none."""
    missing: int
    """Samples lost before the first."""


class Timeline:
    """Times of one stream's samples.

    Batches after Polar's rule: where the stamp is of the last sample, the spacing is the step between
    stamps by the number of samples, and nominal for the first packet; where it is of the first sample,
    the step tells the spacing of the packet before.
    """

    def __init__(self, stream: Stream, rate_hz: float, clock: DeviceClock | None) -> None:
        self._stream, self._clock = stream, clock
        self._nominal_s = self._spacing_s = 1.0 / rate_hz
        self._arrivals = None if clock else ArrivalClock(rate_hz)
        self._of_last = stream.timestamp is not None and stream.timestamp.of is SampleOf.LAST
        tick_s = stream.timestamp.tick_s if stream.timestamp else 0.0
        self._coarse_s = tick_s if tick_s > _COARSE * self._nominal_s else 0.0
        self._frame: tuple[int, float, int] | None = None
        """Epoch, time of the stamp and number of samples of the last packet."""
        self._numbered: tuple[int, int] | None = None
        """Number and samples of the last packet."""
        self._last_t_s: float | None = None
        self.duplicate = self.late = 0

    def restart(self) -> None:
        """After a reconnect."""
        if self._arrivals:
            self._arrivals.restart()

    def place(self, packet: Decoded, arrival_s: float) -> Placed | None:
        """Times of the packet's samples; None for one that came twice or too late."""
        count = len(packet.values)
        step = self._sequence_step(packet)
        if step is not None and self._is_old(step):
            return None
        placed: Placed | None
        if self._clock is None or packet.ticks is None:
            placed = self._by_arrival(count, arrival_s)
        else:
            placed = self._by_stamp(packet.ticks, count, arrival_s)
        if placed is None or step is None or packet.sequence is None or self._numbered is None:
            if packet.sequence is not None and placed is not None:
                self._numbered = (packet.sequence, count)
            return placed
        missing = self._by_number(step, placed.missing)
        self._numbered = (packet.sequence, count)
        return Placed(placed.t_s, placed.device_s, missing)

    def _by_arrival(self, count: int, arrival_s: float) -> Placed:
        assert self._arrivals is not None  # noqa: S101 - there is one or the other
        times, missing = self._arrivals.place(count, arrival_s)
        return Placed(self._forward(times), [nan] * count, missing)

    def _by_stamp(self, ticks: int, count: int, arrival_s: float) -> Placed | None:
        clock = self._clock
        assert clock is not None  # noqa: S101 - the caller asked
        frame_s = clock.read(ticks, arrival_s)
        step_s = None
        if self._frame is not None and self._frame[0] == clock.epoch:
            step_s = frame_s - self._frame[1]
            if step_s <= 0.0:
                self.duplicate += step_s == 0.0
                self.late += step_s < 0.0
                return None
        missing = 0 if step_s is None else self._step(step_s, count)
        if step_s is None:
            self._numbered = None  # the device began anew, and its numbers with it
        self._frame = (clock.epoch, frame_s, count)
        device_s = self._spread(frame_s, count)
        offset_s = clock.offset_s(device_s[-1], arrival_s)
        t_s = [at_s + offset_s for at_s in device_s]
        if step_s is None and self._last_t_s is not None:
            missing = max(0, round((t_s[0] - self._last_t_s) / self._spacing_s) - 1)
        return Placed(self._forward(t_s), device_s, missing)

    def _step(self, step_s: float, count: int) -> int:
        """Missing samples in a step between two stamps; learns the spacing from a step without."""
        assert self._frame is not None  # noqa: S101 - a step has two ends
        samples = count if self._of_last else self._frame[2]
        spacing_s = step_s / samples
        if abs(spacing_s - self._nominal_s) <= _REGULAR * self._nominal_s:
            if samples > 1 and self._of_last:
                self._spacing_s = spacing_s
            else:
                self._spacing_s += _SMOOTHING * (spacing_s - self._spacing_s)
            return 0
        if self._of_last:
            self._spacing_s = min(max(self._spacing_s, 0.9 * self._nominal_s), 1.1 * self._nominal_s)
        return max(0, round((step_s - self._coarse_s) / self._spacing_s) - samples)

    def _spread(self, frame_s: float, count: int) -> list[float]:
        first = -(count - 1) if self._of_last else 0
        return [frame_s + self._spacing_s * step for step in range(first, first + count)]

    def _sequence_step(self, packet: Decoded) -> int | None:
        """How far the packet's number is from the last one's, going forwards."""
        number = self._stream.sequence
        if number is None or packet.sequence is None or self._numbered is None:
            return None
        return (packet.sequence - self._numbered[0]) % (1 << number.type.bits)

    def _is_old(self, step: int) -> bool:
        number = self._stream.sequence
        assert number is not None  # noqa: S101 - there is a step
        late = step > (1 << number.type.bits) - _LATE_PACKETS
        self.duplicate += step == 0
        self.late += late
        return step == 0 or late

    def _by_number(self, step: int, by_time: int) -> int:
        """Missing samples by the number; by time where the number went round more than once."""
        number = self._stream.sequence
        assert number is not None  # noqa: S101 - there is a step
        assert self._numbered is not None  # noqa: S101
        before = self._numbered[1]
        each = 1 if number.counts is Counted.SAMPLES else before
        round_trip = each << number.type.bits
        missing = step - before if number.counts is Counted.SAMPLES else (step - 1) * before
        return max(0, missing + max(0, round((by_time - missing) / round_trip)) * round_trip)

    def _forward(self, t_s: list[float]) -> list[float]:
        """Never backwards: after a reset or a new fit, times may have to wait for the clock."""
        if self._last_t_s is not None and t_s[0] <= self._last_t_s:
            step_s = 0.1 * self._nominal_s
            t_s = [max(at_s, self._last_t_s + step_s * k) for k, at_s in enumerate(t_s, 1)]
        self._last_t_s = t_s[-1]
        return t_s
