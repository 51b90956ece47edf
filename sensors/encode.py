"""Samples to bytes: what a virtual sensor sends, and how a recording becomes packets again.

Uses the profile's layout from the other side than `codec`; the vectors in each profile, worked out by hand,
hold both to the vendor's page.
"""

from __future__ import annotations

from struct import Struct

import numpy as np

from firmware_profiles.schema import SIZE, STRUCT_CODE, Profile, Quantity, Stream
from fusion.types import FloatArray
from sensors.codec import TO_SI


class Encoder:
    """Writes packets of one stream."""

    def __init__(self, profile: Profile, stream: Stream | None = None) -> None:
        self.stream = stream or profile.stream
        self._size = max(self.stream.padded_length, self.stream.length)
        self._axes = [("xyz".index(a[1]), -1.0 if a[0] == "-" else 1.0) for a in profile.axes]
        self._structs = {f.quantity: Struct("<3" + STRUCT_CODE[f.type]) for f in self.stream.fields}
        self._clock = Struct("<" + STRUCT_CODE[self.stream.timestamp.type]) if self.stream.timestamp else None

    def ticks(self, device_s: float) -> int:
        """The device's counter at its time ``device_s``, wrapped to its width."""
        stamp = self.stream.timestamp
        if stamp is None:
            return 0
        return round(device_s / stamp.tick_s) % (1 << (8 * SIZE[stamp.type]))

    def encode(
        self, device_s: float, acc_ms2: FloatArray, gyr_rads: FloatArray, mag_ut: FloatArray | None = None
    ) -> bytes:
        """The packet of one sample: ``acc_ms2``, ``gyr_rads`` and ``mag_ut`` (3,) in the case's axes."""
        packet = bytearray(self._size)
        stamp = self.stream.timestamp
        if stamp is not None and self._clock is not None:
            self._clock.pack_into(packet, stamp.offset, self.ticks(device_s))
        values = {Quantity.ACC: acc_ms2, Quantity.GYR: gyr_rads, Quantity.MAG: mag_ut}
        for field in self.stream.fields:
            vector = values[field.quantity]
            raw = np.zeros(3)
            if vector is not None:
                for case, (device, sign) in enumerate(self._axes):
                    raw[device] = sign * vector[case] / (field.scale * TO_SI[field.unit])
            whole = STRUCT_CODE[field.type] != "f"
            parts = [round(v) for v in raw.tolist()] if whole else raw.tolist()
            self._structs[field.quantity].pack_into(packet, field.offset, *parts)
        return bytes(packet)
