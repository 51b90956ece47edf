"""The words that profiles are written in: bounded numbers, encodings, quantities, units."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final

import msgspec

from fusion.units import RAD_PER_DEG, STANDARD_GRAVITY_MS2

Uuid = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Hex = Annotated[str, msgspec.Meta(pattern="^ *([0-9a-fA-F]{2} *)+$", max_length=4096)]
Id = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_-]*$", max_length=64)]
Template = Annotated[
    str, msgspec.Meta(pattern=r"^ *(?:(?:[0-9a-fA-F]{2}|\{[a-z][a-z0-9_]*\}|'[^']*') *)*$", max_length=1024)
]
"""Hex bytes, ``{parameter}`` and ``'text with {parameter}'``, in any order."""
Offset = Annotated[int, msgspec.Meta(ge=0, le=512)]
Length = Annotated[int, msgspec.Meta(ge=1, le=512)]
RateHz = Annotated[float, msgspec.Meta(gt=0.0, le=10_000.0)]
Axis = Annotated[str, msgspec.Meta(pattern="^[+-][xyz]$")]
Axes = tuple[Axis, Axis, Axis]
Text = Annotated[str, msgspec.Meta(max_length=2000)]


class NumberType(StrEnum):
    """How a number is laid out."""

    U8 = "u8"
    I8 = "i8"
    U16 = "u16"
    I16 = "i16"
    U24 = "u24"
    I24 = "i24"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    F32 = "f32"
    F64 = "f64"

    @cached_property
    def size(self) -> int:
        """Bytes."""
        return int(self.value[1:]) // 8

    @cached_property
    def bits(self) -> int:
        """Bits."""
        return int(self.value[1:])

    @cached_property
    def is_float(self) -> bool:
        """Whether it can be NaN or infinite."""
        return self.value[0] == "f"

    @property
    def largest(self) -> int:
        """Greatest magnitude that both signs reach; integers only."""
        return (1 << (self.bits - (self.value[0] == "i"))) - 1


class Quantity(StrEnum):
    """What a field measures."""

    ACC = "acc"
    """Specific force."""
    GYR = "gyr"
    """Angular rate."""
    MAG = "mag"
    """Magnetic field."""
    QUAT = "quat"
    """Orientation of the sensor in a frame of the device's own choice, scalar first after decoding."""
    FREE_ACC = "free_acc"
    """Acceleration without gravity, in the frame of ``quat`` or ``euler``."""
    EULER = "euler"
    """Roll, pitch, yaw (x, y, z; rotations about z, then y, then x)."""
    DELTA_QUAT = "delta_quat"
    """Turn since the sample before, scalar first after decoding."""
    DELTA_VELOCITY = "delta_velocity"
    """Integral of the specific force since the sample before."""

    @property
    def components(self) -> int:
        """How many numbers."""
        return 4 if self in {Quantity.QUAT, Quantity.DELTA_QUAT} else 3

    @property
    def unit(self) -> str:
        """SI unit after decoding."""
        return _SI_UNIT[self]

    @property
    def limit(self) -> float:
        """Magnitude in SI that no body-worn sensor reports: 64 g, 5000 °/s, 10 mT, and so on."""
        return _LIMIT[self]


_SI_UNIT: Final = {
    Quantity.ACC: "ms2",
    Quantity.GYR: "rads",
    Quantity.MAG: "ut",
    Quantity.QUAT: "1",
    Quantity.FREE_ACC: "ms2",
    Quantity.EULER: "rad",
    Quantity.DELTA_QUAT: "1",
    Quantity.DELTA_VELOCITY: "ms",
}
_LIMIT: Final = {
    Quantity.ACC: 64.0 * STANDARD_GRAVITY_MS2,
    Quantity.GYR: 5000.0 * RAD_PER_DEG,
    Quantity.MAG: 10_000.0,
    Quantity.QUAT: 1.05,
    Quantity.FREE_ACC: 64.0 * STANDARD_GRAVITY_MS2,
    Quantity.EULER: 6.4,
    Quantity.DELTA_QUAT: 1.05,
    Quantity.DELTA_VELOCITY: 64.0 * STANDARD_GRAVITY_MS2,
}


class Unit(StrEnum):
    """Units that vendors use; each is turned to SI."""

    MS2 = "m/s2"
    G = "g"
    MG = "mg"
    RADS = "rad/s"
    DPS = "deg/s"
    UT = "uT"
    GAUSS = "G"
    MGAUSS = "mG"
    AU = "a.u."
    """Earth's field where the device was calibrated is 1; taken as 50 µT."""
    NONE = "1"
    DEG = "deg"
    RAD = "rad"
    MS = "m/s"

    @property
    def to_si(self) -> float:
        """Factor to SI."""
        return _TO_SI[self]

    @property
    def quantities(self) -> frozenset[Quantity]:
        """What may be given in it."""
        return _UNIT_OF[self]


_EARTH_FIELD_UT: Final = 50.0
_TO_SI: Final = {
    Unit.MS2: 1.0,
    Unit.G: STANDARD_GRAVITY_MS2,
    Unit.MG: STANDARD_GRAVITY_MS2 * 1e-3,
    Unit.RADS: 1.0,
    Unit.DPS: RAD_PER_DEG,
    Unit.UT: 1.0,
    Unit.GAUSS: 100.0,
    Unit.MGAUSS: 0.1,
    Unit.AU: _EARTH_FIELD_UT,
    Unit.NONE: 1.0,
    Unit.DEG: RAD_PER_DEG,
    Unit.RAD: 1.0,
    Unit.MS: 1.0,
}
_FORCE: Final = frozenset({Quantity.ACC, Quantity.FREE_ACC})
_RATE: Final = frozenset({Quantity.GYR})
_FIELD: Final = frozenset({Quantity.MAG})
_UNIT_OF: Final = {
    Unit.MS2: _FORCE,
    Unit.G: _FORCE,
    Unit.MG: _FORCE,
    Unit.RADS: _RATE,
    Unit.DPS: _RATE,
    Unit.UT: _FIELD,
    Unit.GAUSS: _FIELD,
    Unit.MGAUSS: _FIELD,
    Unit.AU: _FIELD,
    Unit.NONE: frozenset({Quantity.QUAT, Quantity.DELTA_QUAT}),
    Unit.DEG: frozenset({Quantity.EULER}),
    Unit.RAD: frozenset({Quantity.EULER}),
    Unit.MS: frozenset({Quantity.DELTA_VELOCITY}),
}
