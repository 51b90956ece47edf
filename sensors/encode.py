"""Samples to notifications: what a virtual sensor sends, and how a recording becomes packets again.

Uses the profile's layout from the other side than the codec; the vectors in each profile, worked out by
hand, hold both to the vendor's page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np

from firmware_profiles.primitives import NumberType, Quantity
from firmware_profiles.schema import Profile
from firmware_profiles.setup import Setup
from firmware_profiles.streams import CodecName, Counted, Field, Frame, Order, SampleOf, Stream
from fusion import quaternion as quat
from fusion.types import FloatArray
from fusion.units import STANDARD_GRAVITY_MS2
from sensors.layout import scale_of

_ATT_HEADER: Final = 3
_BLOCK: Final = 12
"""Samples in one block of differences."""


class EncodedPacket(NamedTuple):
    """One notification of a virtual sensor."""

    ready_s: float
    """When its last sample has been taken, on the clock of ``t_s``."""
    characteristic: str
    payload: bytes
    samples: int
    """Samples that this notification completes."""


def encode_train(
    setup: Setup,
    t_s: FloatArray,
    acc_ms2: FloatArray,
    gyr_rads: FloatArray,
    mag_ut: FloatArray | None = None,
    *,
    device_s: FloatArray | None = None,
    first_sequence: int = 0,
    mtu: int = 247,
) -> list[EncodedPacket]:
    """All notifications of a recording, by ready time.

    ``t_s`` (n,), ``acc_ms2`` and ``gyr_rads`` (n, 3) in the case's axes, ``mag_ut`` (n, 3) or zero.
    ``device_s`` (n,) is the device's own clock where it differs from ``t_s``. The last samples that do not
    fill a packet are left out.
    """
    clock = t_s if device_s is None else device_s
    motion = _Motion(t_s, acc_ms2, gyr_rads, mag_ut)
    packets: list[EncodedPacket] = []
    for stream in setup.streams:
        writer = PacketWriter(setup, stream)
        fields = writer.fields(motion)
        size = stream.batch
        for number, start in enumerate(range(0, len(t_s) - size + 1, size)):
            counts = start if stream.sequence and stream.sequence.counts is Counted.SAMPLES else number
            part = slice(start, start + size)
            payload = writer.packet(
                clock[part], [samples[part] for samples in fields], first_sequence + counts
            )
            ready_s = float(t_s[start + size - 1])
            pieces = _cut(stream, payload, mtu - _ATT_HEADER)
            for k, piece in enumerate(pieces, start=1):
                done = size if k == len(pieces) else 0
                packets.append(EncodedPacket(ready_s, stream.characteristic, piece, done))
    packets.sort(key=lambda packet: packet.ready_s)
    return packets


_Samples = np.ndarray | list[bytes]
"""Of one field, a row each: the bytes as they are sent, or Polar's numbers still to be differenced (n, k)."""


class PacketWriter:
    """Writes packets of one stream."""

    def __init__(self, setup: Setup, stream: Stream) -> None:
        self.stream, self._setup = stream, setup
        self._order: str = "big" if stream.big_endian else "little"

    def fields(self, motion: _Motion) -> list[_Samples]:
        """For each field all samples as they are sent."""
        raw = [(f.type, self._raw(f, motion.quantity(f.quantity))) for f in self.stream.fields]
        if self.stream.codec is CodecName.POLAR_DELTA:
            return [numbers for _, numbers in raw]
        return [_bytes(numbers, kind, self._order) for kind, numbers in raw]

    def packet(self, device_s: FloatArray, fields: list[_Samples], sequence: int) -> bytes:
        """One packet with all samples of ``fields``."""
        if isinstance(fields[0], np.ndarray):
            return self._polar(device_s, fields[0])
        count = len(device_s)
        packet = bytearray(self._size(count))
        packet[: len(self.stream.tag_bytes)] = self.stream.tag_bytes
        self._put_header(packet, device_s, sequence, count)
        for field, samples in zip(self.stream.fields, fields, strict=True):
            size = field.size
            for at, sent in zip(self._places(field, count), samples, strict=True):
                packet[at : at + size] = sent
        return bytes(packet)

    def ticks(self, device_s: float) -> int:
        """The device's counter at its time ``device_s``, wrapped to its width."""
        stamp = self.stream.timestamp
        if stamp is None:
            return 0
        return round(device_s / stamp.tick_s) % (1 << stamp.type.bits)

    def _size(self, count: int) -> int:
        repeat = self.stream.repeat
        length = self.stream.length or 0 if repeat is None else repeat.offset + count * repeat.stride
        return max(length, self.stream.padded_length)

    def _put_header(self, packet: bytearray, device_s: FloatArray, sequence: int, count: int) -> None:
        stamp, number, repeat = self.stream.timestamp, self.stream.sequence, self.stream.repeat
        if stamp is not None:
            value = self.ticks(float(device_s[0 if stamp.of is SampleOf.FIRST else -1]))
            _put(packet, stamp.offset, value, stamp.type, self._order)
        if number is not None:
            _put(packet, number.offset, sequence % (1 << number.type.bits), number.type, self._order)
        if repeat is not None and repeat.count_offset is not None:
            packet[repeat.count_offset] = count

    def _places(self, field: Field, count: int) -> list[int]:
        """Where the field of each sample stands."""
        repeat = self.stream.repeat
        if repeat is None:
            return [field.offset]
        if repeat.order is Order.PLANAR:
            return [repeat.offset + field.offset * count + k * field.size for k in range(count)]
        return [repeat.offset + k * repeat.stride + field.offset for k in range(count)]

    def _raw(self, field: Field, si: FloatArray) -> np.ndarray:
        frame = self.stream.frames[0] if self.stream.frames else None
        values, kind = self._setup.values, frame.type if frame else field.type
        factor = _frame_scale(frame, values) if frame else scale_of(field, values)
        numbers = _device_axes(self._setup.profile, field, si) / factor
        if kind.is_float:
            return numbers
        low = -kind.largest - 1 if kind.value[0] == "i" else 0
        clipped: np.ndarray = np.clip(np.round(numbers), low, kind.largest).astype(np.int64)
        return clipped

    def _polar(self, device_s: FloatArray, raw: np.ndarray) -> bytes:
        frame = self.stream.frames[0]
        rows = raw
        if frame.channels > rows.shape[1]:
            rows = np.hstack([rows, np.zeros((len(rows), frame.channels - rows.shape[1]), rows.dtype)])
        head = self.stream.tag_bytes + self.ticks(float(device_s[-1])).to_bytes(8, "little")
        body = _differences(rows, frame) if frame.code & 0x80 else _all_bytes(rows, frame.type)
        return head + bytes([frame.code]) + body


class _Motion:
    """A recording with everything that a stream may ask for."""

    def __init__(
        self, t_s: FloatArray, acc_ms2: FloatArray, gyr_rads: FloatArray, mag_ut: FloatArray | None
    ) -> None:
        self._t_s, self._acc, self._gyr = t_s, acc_ms2, gyr_rads
        self._mag = np.zeros_like(acc_ms2) if mag_ut is None else mag_ut
        self._q: FloatArray | None = None

    def quantity(self, quantity: Quantity) -> FloatArray:
        """(n, components) in SI."""
        return _QUANTITIES[quantity](self)

    def acc(self) -> FloatArray:
        return self._acc

    def gyr(self) -> FloatArray:
        return self._gyr

    def mag(self) -> FloatArray:
        return self._mag

    def orientation(self) -> FloatArray:
        """(n, 4) the rates added up from the first sample's tilt."""
        if self._q is None:
            turns = self.turns()
            q = np.empty_like(turns)
            q[0] = _tilt(self._acc[0])
            for k in range(1, len(q)):
                q[k] = quat.multiply(q[k - 1], turns[k])
            self._q = q
        return self._q

    def turns(self) -> FloatArray:
        """(n, 4) turn since the sample before."""
        turned: FloatArray = quat.from_rotation_vector(self._gyr * self._steps())
        return turned

    def velocity(self) -> FloatArray:
        return self._acc * self._steps()

    def free_acc(self) -> FloatArray:
        free: FloatArray = quat.rotate(self.orientation(), self._acc)
        free[:, 2] -= STANDARD_GRAVITY_MS2
        return free

    def euler(self) -> FloatArray:
        """(n, 3) roll, pitch, yaw."""
        w, x, y, z = self.orientation().T
        roll = np.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
        pitch = np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0))
        yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        return np.column_stack([roll, pitch, yaw])

    def _steps(self) -> FloatArray:
        if len(self._t_s) < 2:
            return np.full((len(self._t_s), 1), 0.01)
        steps = np.diff(self._t_s)
        return np.r_[steps[0], steps][:, None]


_QUANTITIES: Final[Mapping[Quantity, Callable[[_Motion], FloatArray]]] = {
    Quantity.ACC: _Motion.acc,
    Quantity.GYR: _Motion.gyr,
    Quantity.MAG: _Motion.mag,
    Quantity.QUAT: _Motion.orientation,
    Quantity.FREE_ACC: _Motion.free_acc,
    Quantity.EULER: _Motion.euler,
    Quantity.DELTA_QUAT: _Motion.turns,
    Quantity.DELTA_VELOCITY: _Motion.velocity,
}


def _tilt(acc: FloatArray) -> FloatArray:
    """(4,) the least turn that brings ``acc`` (3,) upright."""
    up = acc / max(float(np.linalg.norm(acc)), 1e-9)
    q = np.array([1.0 + up[2], up[1], -up[0], 0.0])
    norm = float(np.linalg.norm(q))
    return q / norm if norm > 1e-6 else np.array([0.0, 1.0, 0.0, 0.0])


def _device_axes(profile: Profile, field: Field, si: FloatArray) -> FloatArray:
    """Undo the axis maps: columns as the device sends them."""
    if field.quantity.components == 4:
        return si[:, [1, 2, 3, 0]] if field.scalar_last else si
    if field.quantity in {Quantity.EULER, Quantity.FREE_ACC}:
        return si
    own = field.axes or ("+x", "+y", "+z")
    out = np.empty_like(si)
    for case, axis in enumerate(profile.axes):
        raw = own["xyz".index(axis[1])]
        sign = -1.0 if (axis[0] == "-") != (raw[0] == "-") else 1.0
        out[:, "xyz".index(raw[1])] = sign * si[:, case]
    return out


def _frame_scale(frame: Frame, values: Mapping[str, float]) -> float:
    return frame.scale * (1.0 if frame.times is None else values[frame.times]) * frame.unit.to_si


def _put(packet: bytearray, at: int, value: int, kind: NumberType, order: str) -> None:
    packet[at : at + kind.size] = value.to_bytes(kind.size, order)  # type: ignore[arg-type]


def _bytes(rows: np.ndarray, kind: NumberType, order: str) -> list[bytes]:
    """Each row of numbers (n, k) as it is sent."""
    sign = ">" if order == "big" else "<"
    if kind.is_float:
        sent = rows.astype(f"{sign}f{kind.size}").tobytes()
    else:
        words = np.ascontiguousarray(rows, f"{sign}i8").view(np.uint8).reshape(*rows.shape, 8)
        sent = (words[..., -kind.size :] if order == "big" else words[..., : kind.size]).tobytes()
    size = rows.shape[1] * kind.size
    return [sent[at : at + size] for at in range(0, len(sent), size)]


def _all_bytes(rows: np.ndarray, kind: NumberType) -> bytes:
    return b"".join(_bytes(rows, kind, "little"))


def _differences(rows: np.ndarray, frame: Frame) -> bytes:
    """Reference sample, then blocks of width, count and differences."""
    if frame.type is NumberType.F32:
        rows = rows.astype("<f4").view("<u4").astype(np.int64)
        reference = _all_bytes(rows[:1], NumberType.U32)
    else:
        reference = _all_bytes(rows[:1], frame.type)
    steps = np.diff(rows, axis=0)
    blocks = (_block(steps[at : at + _BLOCK]) for at in range(0, len(steps), _BLOCK))
    return reference + b"".join(blocks)


def _block(steps: np.ndarray) -> bytes:
    widest = max((int(v) if v >= 0 else -int(v) - 1).bit_length() for v in steps.ravel()) + 1
    number = 0
    for k, value in enumerate(steps.ravel().tolist()):
        number |= (value % (1 << widest)) << (k * widest)
    size = -(-widest * steps.size // 8)
    return bytes([widest, len(steps)]) + number.to_bytes(size, "little")


def _cut(stream: Stream, payload: bytes, room: int) -> list[bytes]:
    """The notifications of one packet."""
    if stream.codec is not CodecName.GSP_REASSEMBLY or len(payload) <= room:
        return [payload]
    return list(_parts(payload, room))


def _parts(payload: bytes, room: int) -> Iterator[bytes]:
    yield payload[:room]
    for at in range(room, len(payload), room - 2):
        yield bytes([3, payload[1]]) + payload[at : at + room - 2]
