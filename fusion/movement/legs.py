"""Which angles are counted, given what the exercise drives and what is worn; and what that cannot show."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from fusion.exercises import Exercise
from fusion.exercises.model import Count, DriverSignal, Kind, Laterality
from fusion.exercises.rules import Worn
from fusion.movement.driver import outward_of
from fusion.movement.track import Driven
from fusion.movement.way_shape import way_shapes
from fusion.types import Side

_REVERSAL_SHARE, _UNSTEADY_SHARE = 0.5, 0.7
"""Of the least range, what reverses a movement; one in which people walk meanwhile goes up and down more."""
_PELVIC = frozenset({DriverSignal.PELVIS_TILT, DriverSignal.PELVIS_LIST, DriverSignal.PELVIS_ROLL})


def worn_legs(names: Collection[str]) -> tuple[Side, ...]:
    """Sides whose thigh wears a sensor, by the signals there are."""
    return tuple(side for side in (Side.RIGHT, Side.LEFT) if f"thigh_pitch_{side.value}_deg" in names)


def driven_angles(exercise: Exercise, side: Side, names: Collection[str]) -> tuple[Driven, ...]:
    """The angles to segment: one, or one a leg where legs work in turn; none where nothing is counted."""
    count, driver = exercise.count, exercise.driver
    legs = worn_legs(names)
    if count is None or driver.signal is DriverSignal.NONE or exercise.kind is Kind.HOLD:
        return ()
    if driver.signal in _PELVIC:
        return (_driven(exercise, count, side),)
    if not legs:
        return ()
    if exercise.laterality in {Laterality.BILATERAL, Laterality.EITHER}:
        return (_driven(exercise, count, side if side in legs else legs[0]),)
    in_turn = len(legs) == 2 and exercise.laterality is Laterality.UNILATERAL
    both = [replace(_driven(exercise, count, leg), in_turn=in_turn) for leg in legs]
    if len(legs) == 1 and driver.free_leg is not None:
        both.append(_by_free_leg(exercise, count, legs[0]))
    return tuple(both)


def _sign(exercise: Exercise, concentric_sign: int) -> float:
    return float(concentric_sign if exercise.lifts_first else -concentric_sign)


def _driven(exercise: Exercise, count: Count, side: Side) -> Driven:
    driver = exercise.driver
    return Driven(
        driver.signal,
        _sign(exercise, driver.concentric_sign),
        side,
        side,
        count.rom_min_deg,
        count.rom_full_deg,
        driver.cutoff_hz,
        _UNSTEADY_SHARE if exercise.kind is Kind.DRILL else _REVERSAL_SHARE,
        outward_of(exercise),
        None if exercise.kind is Kind.DRILL else way_shapes(exercise, driver.signal),
    )


def _by_free_leg(exercise: Exercise, count: Count, wears: Side) -> Driven:
    driver = exercise.driver
    free = driver.free_leg
    assert free is not None  # noqa: S101 - asked before
    works = Side.LEFT if wears is Side.RIGHT else Side.RIGHT
    full = free.rom_typical_deg * count.rom_full_deg / count.rom_typical_deg
    sign = _sign(exercise, free.concentric_sign)
    return Driven(free.signal, sign, works, wears, free.rom_min_deg, full, driver.cutoff_hz)


def not_seen(exercise: Exercise, names: Collection[str]) -> str | None:
    """One line that says why the worn sensors do not show the movement; None when they do."""
    worn = {Worn.PELVIS} if "pelvis_tilt_deg" in names else set()
    legs = worn_legs(names)
    worn |= {Worn.THIGH} if legs else set()
    worn |= {Worn.OTHER_THIGH} if len(legs) == 2 else set()
    worn |= {Worn.THORAX} if "lumbar_extension_deg" in names else set()
    worn |= {Worn.SHANK} if any(name.startswith("knee_flexion_") for name in names) else set()
    missing = [need.value.replace("_", " ") for need in exercise.sensors.needed if need not in worn]
    if missing:
        return (
            f"{exercise.name}: not seen without a sensor on the {' and the '.join(missing)};"
            " angles go on, nothing is counted"
        )
    if exercise.kind is Kind.OTHER:
        return f"{exercise.name}: nothing is counted in it; angles go on"
    return None


def leg_not_seen(exercise: Exercise, names: Collection[str]) -> str | None:
    """One line that says which leg's repetitions no worn sensor shows; None when all are seen."""
    legs, driver = worn_legs(names), exercise.driver
    one_leg_works = exercise.laterality is Laterality.UNILATERAL and exercise.kind is Kind.REP
    if len(legs) != 1 or not one_leg_works or driver.free_leg is not None or driver.signal in _PELVIC:
        return None
    other = Side.LEFT if legs[0] is Side.RIGHT else Side.RIGHT
    return (
        f"{exercise.name}: repetitions of the {other.value} leg are not seen by a sensor on the"
        f" {legs[0].value} thigh; wear one on the {other.value} thigh too"
    )
