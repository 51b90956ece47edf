"""Polar PMD frames: raw samples, or a reference sample and differences of varying width.

Layout from Polar's "online measurement" document and SDK; the differences are little-endian bit strings,
channel by channel, each sample against the one before.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Final

import numpy as np

from firmware_profiles.primitives import NumberType
from firmware_profiles.setup import Setup
from firmware_profiles.streams import Frame, Stream
from fusion.types import FloatArray
from sensors.layout import Decoded

_HEADER: Final = 10
_TYPE_MASK: Final = 0x3F
_MAX_SAMPLES: Final = 512
"""A notification has at most 512 bytes; differences of no width could claim any number of samples."""
_SETTING_SIZES: Final = {0: 2, 1: 2, 2: 2, 3: 2, 4: 1, 5: 4, 6: 16}
"""Rate, resolution, range, range in milliunits, channels, factor, security."""
_FACTOR: Final = 5


class PolarDelta:
    """Reads the frames of one measurement."""

    def __init__(self, setup: Setup, stream: Stream, values: Mapping[str, float]) -> None:
        self.stream = stream
        self._measurement = stream.tag_bytes[0]
        self._frames = {frame.code: frame for frame in stream.frames}
        self._values = values
        self._limit = stream.fields[0].quantity.limit
        axes = [("xyz".index(a[1]), -1.0 if a[0] == "-" else 1.0) for a in setup.profile.axes]
        self._columns = [column for column, _ in axes]
        self._signs = np.array([sign for _, sign in axes])

    def decode(self, payload: bytes) -> Decoded | None:
        """The frame's samples; None when it is not a whole frame of this measurement."""
        if len(payload) <= _HEADER or payload[0] & _TYPE_MASK != self._measurement:
            return None
        frame = self._frames.get(payload[9])
        if frame is None:
            return None
        body = payload[_HEADER:]
        raw = _differences(body, frame) if frame.code & 0x80 else _plain(body, frame)
        if raw is None:
            return None
        values = self._to_si(raw, frame)
        if values is None:
            return None
        return Decoded(self.stream.name, int.from_bytes(payload[1:9], "little"), None, values, 0)

    def _to_si(self, raw: np.ndarray, frame: Frame) -> FloatArray | None:
        with np.errstate(invalid="ignore"):
            if not (np.abs(raw) < 1e30).all():  # also false for what is no number
                return None
        times = 1.0 if frame.times is None else self._values[frame.times]
        values: FloatArray = raw[:, self._columns] * (self._signs * (frame.scale * times * frame.unit.to_si))
        return values if (np.abs(values) <= self._limit).all() else None


def factor(payload: bytes, measurement: int) -> float | None:
    """The factor that an answer to a start names (``F0 02 measurement 00 more settings…``), if any."""
    if len(payload) < 5 or payload[:4] != bytes((0xF0, 0x02, measurement, 0)):
        return None
    at = 5
    while at + 2 <= len(payload):
        kind, count = payload[at], payload[at + 1]
        size = _SETTING_SIZES.get(kind)
        at += 2
        if size is None or at + size * count > len(payload):
            return None
        if kind == _FACTOR and count:
            value = float(struct.unpack_from("<f", payload, at)[0])
            return value if math.isfinite(value) and 0.0 < value < 1e3 else None
        at += size * count
    return None


def _plain(body: bytes, frame: Frame) -> np.ndarray | None:
    size, channels = frame.type.size, frame.channels
    count, rest = divmod(len(body), size * channels)
    if rest or not 1 <= count <= _MAX_SAMPLES:
        return None
    return _numbers(body, frame.type).reshape(count, channels)


def _differences(body: bytes, frame: Frame) -> np.ndarray | None:
    """(n, channels): the reference, then blocks of width, count and differences."""
    channels = frame.channels
    start = frame.type.size * channels
    if len(body) < start:
        return None
    integers = NumberType.U32 if frame.type is NumberType.F32 else frame.type
    rows = [_numbers(body[:start], integers).astype(np.int64).reshape(1, channels)]
    at, total = start, 1
    while at < len(body):
        if at + 2 > len(body):
            return None
        bits, count = body[at], body[at + 1]
        size = -(-bits * count * channels // 8)
        at += 2
        total += count
        if bits > 32 or count == 0 or total > _MAX_SAMPLES or at + size > len(body):
            return None
        rows.append(_bit_strings(body[at : at + size], bits, count * channels).reshape(count, channels))
        at += size
    samples = np.cumsum(np.concatenate(rows), axis=0)
    if frame.type is not NumberType.F32:
        return samples
    return (samples % (1 << 32)).astype(np.uint32).view(np.float32)


def _bit_strings(data: bytes, bits: int, count: int) -> np.ndarray:
    """``count`` signed numbers of ``bits`` bits each, least significant bit first."""
    if bits == 0:
        return np.zeros(count, np.int64)
    stream = np.unpackbits(np.frombuffer(data, np.uint8), count=bits * count, bitorder="little")
    weights = 1 << np.arange(bits, dtype=np.int64)
    weights[-1] *= -1
    return stream.reshape(count, bits) @ weights


def _numbers(data: bytes, kind: NumberType) -> np.ndarray:
    if kind is NumberType.I24:
        part = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
        return ((part[:, 0] | part[:, 1] << 8 | part[:, 2] << 16) ^ 0x800000) - 0x800000
    return np.frombuffer(data, f"<{kind.value[0]}{kind.size}")
