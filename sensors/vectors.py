"""Runs a profile's hand-written vectors against the codec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from firmware_profiles import Profile, ProfileError, choose
from firmware_profiles.primitives import Quantity
from firmware_profiles.schema import Vector
from firmware_profiles.streams import Stream
from fusion.types import SampleQuality
from sensors.battery import BatteryReader
from sensors.codec import Decoder
from sensors.layout import Decoded, column_slice

_TOLERANCE: Final = 1e-6
_EXPECTED: Final = {
    Quantity.ACC: "acc_ms2",
    Quantity.GYR: "gyr_rads",
    Quantity.MAG: "mag_ut",
    Quantity.QUAT: "quat",
    Quantity.FREE_ACC: "free_acc_ms2",
    Quantity.EULER: "euler_rad",
    Quantity.DELTA_QUAT: "delta_quat",
    Quantity.DELTA_VELOCITY: "delta_velocity_ms",
}


def check_vectors(profile: Profile) -> list[str]:
    """A line for each vector that decodes as its author says.

    Raises `ProfileError` for one that does not.
    """
    return [_check(profile, number, vector) for number, vector in enumerate(profile.vectors, start=1)]


def _check(profile: Profile, number: int, vector: Vector) -> str:
    where = f"{profile.id}: vector {number}"
    if vector.battery is not None:
        return _check_battery(profile, vector, where)
    stream = profile.stream(vector.stream or "")
    mode = vector.mode or next(m.id for m in profile.all_modes if stream.name in m.streams)
    setup = choose(profile, mode)
    for name, value in vector.values.items():
        setup.values[name] = value  # type: ignore[index]
    decoder = Decoder(setup)
    if vector.description is not None and profile.description is not None:
        decoder.decode(profile.description.characteristic, bytes.fromhex(vector.description))
    characteristic = vector.characteristic or stream.characteristic
    found = [d for p in vector.packets for d in decoder.decode(characteristic, bytes.fromhex(p))]
    if vector.dropped:
        if found:
            raise ProfileError(f"{where}: gives {found[0].values.tolist()}, expected to be dropped")
        return f"vector {number}: dropped, as it should be"
    if not found:
        raise ProfileError(f"{where}: cannot be decoded")
    _compare_numbers(vector, found[-1], where)
    _compare_values(decoder, vector, found, where)
    return f"vector {number}: {stream.name}, {describe(decoder, found)}"


def describe(decoder: Decoder, found: list[Decoded]) -> str:
    """The first sample of a packet in words."""
    decoded = found[0]
    stream = decoder.stream(decoded.stream)
    parts = [] if decoded.ticks is None else [f"ticks {decoded.ticks}"]
    for quantity in stream.quantities:
        part = column_slice(stream, quantity)
        if part is not None:
            numbers = ", ".join(f"{v:.4f}" for v in decoded.values[0, part])
            parts.append(f"{_EXPECTED[quantity]} ({numbers})")
    count = sum(len(d.values) for d in found)
    return f"{count} sample{'s' if count > 1 else ''}: {', '.join(parts)}"


def _compare_numbers(vector: Vector, decoded: Decoded, where: str) -> None:
    for name, got, wanted in (
        ("ticks", decoded.ticks, vector.ticks),
        ("sequence", decoded.sequence, vector.sequence),
    ):
        if wanted is not None and got != wanted:
            raise ProfileError(f"{where}: {name} {got}, expected {wanted}")
    bits = {"acc": SampleQuality.ACC_SATURATED, "gyr": SampleQuality.GYR_SATURATED}
    wanted_bits = sum(bits[name] for name in vector.saturated)
    if decoded.saturated != wanted_bits:
        raise ProfileError(f"{where}: saturation flags {decoded.saturated}, expected {wanted_bits}")


def _compare_values(decoder: Decoder, vector: Vector, found: list[Decoded], where: str) -> None:
    stream = decoder.stream(found[0].stream)
    values = np.concatenate([d.values for d in found])
    told = 0
    for key, wanted, part in _expected(vector, stream):
        if part is None:
            raise ProfileError(f"{where}: {key} is expected, but {stream.name} has none")
        told += 1
        got = values[:, part]
        if got.shape != np.shape(wanted) or not np.allclose(got, wanted, rtol=_TOLERANCE, atol=_TOLERANCE):
            raise ProfileError(f"{where}: {key} {got.tolist()}, expected {[list(row) for row in wanted]}")
    if told < len(stream.fields):
        raise ProfileError(f"{where}: only {told} of {len(stream.fields)} quantities have an expected value")


def _expected(
    vector: Vector, stream: Stream
) -> Iterator[tuple[str, tuple[tuple[float, ...], ...], slice | None]]:
    for quantity, key in _EXPECTED.items():
        wanted = getattr(vector, key)
        if wanted:
            yield key, wanted, column_slice(stream, quantity)


def _check_battery(profile: Profile, vector: Vector, where: str) -> str:
    assert profile.battery is not None  # noqa: S101 - the profile's check guarantees it
    assert vector.battery is not None  # noqa: S101
    payload = bytes.fromhex(vector.packets[0])
    level = BatteryReader(profile).read(vector.characteristic or profile.battery.characteristic, payload)
    if level is None:
        raise ProfileError(f"{where}: the battery cannot be read")
    for key in ("percent", "charging", "voltage_v"):
        wanted, got = getattr(vector.battery, key), getattr(level, key)
        if wanted is not None and (got is None or abs(got - wanted) > _TOLERANCE):
            raise ProfileError(f"{where}: {key} {got}, expected {wanted}")
    return f"{where.removeprefix(f'{profile.id}: ')}: battery {level.percent} %"
