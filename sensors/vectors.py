"""Runs a profile's hand-written vectors against the codec."""

from __future__ import annotations

import numpy as np

from firmware_profiles import Profile, ProfileError
from sensors.codec import Codec

_TOLERANCE = 1e-6


def check_vectors(profile: Profile) -> list[str]:
    """A line for each vector that decodes as its author says; raises `ProfileError` for one that does not."""
    lines = []
    for number, vector in enumerate(profile.vectors, start=1):
        stream = next(s for s in profile.streams if s.name == vector.stream)
        codec = Codec(profile, stream)
        sample = codec.decode(bytes.fromhex(vector.bytes))
        if sample is None:
            raise ProfileError(f"{profile.id}: vector {number}: cannot be decoded")
        expected = [vector.acc_ms2, vector.gyr_rads, vector.mag_ut]
        flat = [x for part in expected if part is not None for x in part]
        if vector.ticks is not None and sample.ticks != vector.ticks:
            raise ProfileError(
                f"{profile.id}: vector {number}: ticks {sample.ticks}, expected {vector.ticks}"
            )
        if not np.allclose(sample.row[: len(flat)], flat, atol=_TOLERANCE):
            raise ProfileError(f"{profile.id}: vector {number}: {sample.row}, expected {tuple(flat)}")
        lines.append(f"vector {number}: ticks {sample.ticks}, {', '.join(f'{v:.4f}' for v in sample.row)}")
    return lines
