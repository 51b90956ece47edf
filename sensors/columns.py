"""What the columns of a foreign table mean, from their names: quantity, axis and unit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from firmware_profiles.primitives import Quantity, Unit
from fusion.errors import InputError

_WORDS: Final = {
    "acc": "acc",
    "accel": "acc",
    "acceleration": "acc",
    "accelerometer": "acc",
    "a": "acc",
    "gyr": "gyr",
    "gyro": "gyr",
    "gyroscope": "gyr",
    "rate": "gyr",
    "g": "gyr",
    "mag": "mag",
    "magnetometer": "mag",
    "magn": "mag",
    "m": "mag",
    "time": "t",
    "timestamp": "t",
    "elapsed": "t",
    "epoch": "t",
    "t": "t",
}
_WITHOUT_GRAVITY: Final = frozenset({"linear", "user", "free", "gravity", "grav"})
_UNITS: Final = {
    "acc": {
        "ms2": Unit.MS2,
        "m/s2": Unit.MS2,
        "m/s^2": Unit.MS2,
        "m/s²": Unit.MS2,
        "mps2": Unit.MS2,
        "g": Unit.G,
        "mg": Unit.MG,
    },
    "gyr": {
        "rads": Unit.RADS,
        "rad/s": Unit.RADS,
        "rps": Unit.RADS,
        "dps": Unit.DPS,
        "degs": Unit.DPS,
        "deg/s": Unit.DPS,
        "°/s": Unit.DPS,
    },
    "mag": {
        "ut": Unit.UT,
        "µt": Unit.UT,
        "μt": Unit.UT,
        "gauss": Unit.GAUSS,
        "mgauss": Unit.MGAUSS,
        "mg": Unit.MGAUSS,
        "au": Unit.AU,
        "a.u.": Unit.AU,
    },
}
_TIME_S: Final = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
_BRACKETS: Final = re.compile(r"[\(\[]\s*([^\)\]]+?)\s*[\)\]]")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OF: Final = {"acc": Quantity.ACC, "gyr": Quantity.GYR, "mag": Quantity.MAG}
KINDS: Final = ("t", "acc", "gyr", "mag")


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is used: where it is and what turns it to SI."""

    index: int
    name: str
    to_si: float


@dataclass(frozen=True, slots=True)
class Columns:
    """Where time, acceleration, rate and, if there, field are."""

    t: Column
    acc: tuple[Column, ...]
    gyr: tuple[Column, ...]
    mag: tuple[Column, ...]
    """Empty where there is none."""
    units: Mapping[str, str]
    """Kind → unit as read from the names."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: str
    axis: str
    unit: str


def recognise(header: Sequence[str], where: str, units: Mapping[str, str] | None = None) -> Columns:
    """The columns of a table.

    ``units`` says what the names do not (``{"acc": "g"}``). Raises `InputError` naming ``where``, the column
    and how to mend it: a table whose units are not stated is not read.
    """
    given = dict(units or {})
    for kind, unit in given.items():
        _check_given(kind, unit, where)
    found: dict[tuple[str, str], tuple[int, str, str]] = {}
    for index, name in enumerate(header):
        meaning = _meaning(name)
        if meaning is not None:
            found.setdefault((meaning.kind, meaning.axis), (index, name, meaning.unit))
    time = _column(found, "t", "", given, where)
    acc, gyr = (_three(found, kind, given, where) for kind in ("acc", "gyr"))
    has_mag = all(("mag", axis) in found for axis in "xyz")
    mag = _three(found, "mag", given, where) if has_mag else ()
    used = {kind: given.get(kind) or found[kind, axis][2] for kind, axis in found if kind in KINDS}
    return Columns(time, acc, gyr, mag, used)


def names_samples(header: Sequence[str]) -> bool:
    """Whether a line looks like the names of a table of samples."""
    kinds = {meaning.kind for name in header if (meaning := _meaning(name)) is not None}
    return "acc" in kinds and len(kinds) > 1


def _three(
    found: Mapping[tuple[str, str], tuple[int, str, str]], kind: str, given: Mapping[str, str], where: str
) -> tuple[Column, ...]:
    return tuple(_column(found, kind, axis, given, where) for axis in "xyz")


def _column(
    found: Mapping[tuple[str, str], tuple[int, str, str]],
    kind: str,
    axis: str,
    given: Mapping[str, str],
    where: str,
) -> Column:
    if (kind, axis) not in found:
        wanted = "t_s" if kind == "t" else f"{kind}_{axis}_{_OF[kind].unit}"
        raise InputError(
            f"{where}: column {wanted} is missing; needed are t_s, acc_x_ms2 … acc_z_ms2,"
            " gyr_x_rads … gyr_z_rads, or such names with another unit, for example gyr_x_dps"
        )
    index, name, unit = found[kind, axis]
    unit = given.get(kind, unit)
    factor = _TIME_S.get(unit) if kind == "t" else _factor(kind, unit)
    if factor is None:
        known = ", ".join(_TIME_S if kind == "t" else _UNITS[kind])
        said = f"has the unit {unit!r}, which is not known" if unit else "does not say its unit"
        raise InputError(f"{where}: column {name!r} {said}; give it with --unit {kind}=UNIT, one of {known}")
    return Column(index, name, factor)


def _factor(kind: str, unit: str) -> float | None:
    known = _UNITS[kind].get(unit)
    return known.to_si if known else None


def _check_given(kind: str, unit: str, where: str) -> None:
    known = _TIME_S if kind == "t" else _UNITS.get(kind)
    if known is None:
        raise InputError(f"{where}: --unit {kind}={unit}: must be one of {', '.join(KINDS)}")
    if unit not in known:
        raise InputError(f"{where}: --unit {kind}={unit}: must be one of {', '.join(known)}")


def _meaning(name: str) -> _Meaning | None:
    """What a column's name says; None for one that is not used."""
    bracket = _BRACKETS.search(name)
    unit = bracket[1].strip().lower().replace(" ", "") if bracket else ""
    bare = _CAMEL.sub("_", _BRACKETS.sub("", name)).strip().lower()
    words = [word for word in re.split(r"[\s_\-.:/]+", bare) if word]
    if not words or _WITHOUT_GRAVITY & set(words):
        return None
    if len(words[0]) == 2 and words[0][0] in "agm" and words[0][1] in "xyz":
        words[:1] = [words[0][0], words[0][1]]
    kind = _WORDS.get(words[0])
    if kind is None:
        return None
    rest = words[1:]
    if kind == "t":
        return _Meaning("t", "", unit or "/".join(rest))
    axes = [k for k, word in enumerate(rest) if word in {"x", "y", "z"}]
    if not axes:
        return None
    return _Meaning(kind, rest[axes[0]], unit or "/".join(rest[axes[0] + 1 :]))
