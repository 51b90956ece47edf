"""What a sensor cannot have measured: said with its name, the time and the mend, never turned into an angle.

A recording is refused (`InputError`); a live stream goes on without what cannot be used
(`fusion.input_gate`). Units are recognised by what gravity shows: its size, and how fast it turns in
the sensor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fusion.errors import InputError
from fusion.kernels import screen
from fusion.types import FloatArray, ImuBlock, SampleQuality
from fusion.units import DEG_PER_RAD, STANDARD_GRAVITY_MS2

_MOST_USUAL_MS2 = 70.0
"""A sprinter's thigh feels 4 g half of the time."""
_TAU_S = 1.0
_LONG_ENOUGH_S = 2.0
"""Less says nothing about units of the rate."""
_MOVES_RADS = 0.03
"""Root mean square above which a sensor was not lying still."""
_TURNS_RADS = 0.3
_TURNING_RATIO = 7.0
"""Rates this many times what gravity shows are in °/s: real recordings lie below 3, in °/s above 17."""


def check_recording(
    block: ImuBlock,
    name: str | None = None,
    where: Callable[[int], str] | None = None,
    *,
    keep_repeats: bool = False,
) -> tuple[ImuBlock, list[str]]:
    """A recording of one sensor as it can be used, and what should be known about it.

    Saturated samples are marked, repeats of a frozen sensor left out unless ``keep_repeats``. ``where``
    says a sample's place in the file. Raises `InputError` for what is no recording: shapes that do not fit,
    no samples, values that are not finite, times that do not increase, a sensor that was off, foreign units.
    """
    name = name or block.device_id
    check_shapes(block, name)
    if not len(block):
        raise InputError(f"{name}: no samples; was the sensor recording?")
    state, verdicts = np.zeros(screen.STATE_SIZE), np.empty(len(block), np.uint8)
    quality = block.quality.copy()
    t_s, acc, gyr = (np.ascontiguousarray(a, float) for a in (block.t_s, block.acc_ms2, block.gyr_rads))
    screen.screen(state, t_s, acc, gyr, quality, verdicts)
    _refuse(block, verdicts, name, where)
    keep = (verdicts == screen.OK) | keep_repeats
    usable = rows_of(replace(block, quality=quality), keep)
    _check_units(usable, name)
    return usable, _warnings(usable, block.t_s[verdicts == screen.HELD], name)


def _refuse(block: ImuBlock, verdicts: np.ndarray, name: str, where: Callable[[int], str] | None) -> None:
    if (verdicts == screen.ALL_ZERO).all():
        raise InputError(f"{name}: the acceleration is zero throughout; was the sensor on?")
    for k in np.flatnonzero((verdicts != screen.OK) & (verdicts != screen.HELD))[:1].tolist():
        place = name if where is None else f"{name}: {where(k)}"
        raise InputError(f"{place}: {_fault(block, int(verdicts[k]), k)}")


def _fault(block: ImuBlock, verdict: int, k: int) -> str:
    now = f"{block.t_s[k]:.4f} s"
    if verdict == screen.NOT_FINITE:
        return f"a value is not finite at {now}; leave such samples out"
    if verdict == screen.NOT_LATER:
        return f"time does not increase at {now}; sort the samples and drop doubles"
    if verdict == screen.ALL_ZERO:
        return f"the acceleration is exactly zero at {now}; leave such samples out"
    fastest = float(np.abs(block.gyr_rads[k]).max())
    return (
        f"the rate at {now} is {fastest:.0f} rad/s, more than any sensor measures, so they are in °/s;"
        f" divide by {DEG_PER_RAD:.4f} to get rad/s"
    )


def _check_units(block: ImuBlock, name: str) -> None:
    wrong = foreign_force(float(np.median(np.linalg.norm(block.acc_ms2, axis=1))))
    if wrong is not None:
        raise InputError(f"{name}: {wrong}")
    if float(block.t_s[-1] - block.t_s[0]) < _LONG_ENOUGH_S:
        return
    duration_s = float(block.t_s[-1] - block.t_s[0])
    t_s, acc, gyr = (np.ascontiguousarray(a, float) for a in (block.t_s, block.acc_ms2, block.gyr_rads))
    _, told, shown = screen.turning(t_s, acc, gyr, _TAU_S)
    told_rads, shown_rads = np.sqrt(told / duration_s), np.sqrt(shown / duration_s)
    if not gyr.any() and shown_rads > _MOVES_RADS:
        raise InputError(f"{name}: the rate is zero throughout although gravity turns; was the gyroscope on?")
    if told_rads > _MOVES_RADS and not np.ptp(acc, axis=0).any():
        raise InputError(
            f"{name}: the acceleration never changes although the sensor turns; was the accelerometer on?"
        )
    if told_rads < _TURNS_RADS or told_rads < _TURNING_RATIO * shown_rads:
        return
    times = told_rads / max(shown_rads, 1e-3)
    raise InputError(
        f"{name}: the rates are {times:.0f} times what gravity shows, so they are in °/s (or the gyroscope is"
        f" faulty); divide by {DEG_PER_RAD:.4f} to get rad/s"
    )


def foreign_force(size: float) -> str | None:
    """What is wrong with a usual size of the specific force, in plain words; None when nothing is."""
    if 0.3 < size < 3.0:
        factor = f"multiply by {STANDARD_GRAVITY_MS2} to get m/s²"
        return f"the acceleration is about {size:.2f} at rest, so it is in g; {factor}"
    if 300.0 < size < 3000.0:
        factor = f"multiply by {STANDARD_GRAVITY_MS2 / 1000.0:.5f} to get m/s²"
        return f"the acceleration is about {size:.0f} at rest, so it is in mg; {factor}"
    if not 4.0 < size < _MOST_USUAL_MS2:
        return f"the acceleration is about {size:.3g} where 9.8 m/s² is expected; are unit and scale right?"
    return None


def _warnings(block: ImuBlock, held_s: FloatArray, name: str) -> list[str]:
    ends = (
        (SampleQuality.ACC_SATURATED, "accelerometer", block.acc_ms2, 1.0, "m/s²"),
        (SampleQuality.GYR_SATURATED, "gyroscope", block.gyr_rads, DEG_PER_RAD, "°/s"),
    )
    found = []
    for flag, part, values, factor, unit in ends:
        at = np.flatnonzero(block.quality & flag)
        if len(at):
            most = float(np.abs(values).max()) * factor
            found.append(
                f"{name}: the {part} is at the end of its range ({most:.0f} {unit}) in {len(at)} samples,"
                f" first at {block.t_s[at[0]]:.2f} s; choose a larger range"
            )
    if len(held_s):
        found.append(
            f"{name}: {len(held_s)} samples repeat the one before while it turns, first at {held_s[0]:.2f} s;"
            " they count as lost"
        )
    return found


def check_shapes(block: ImuBlock, name: str | None = None) -> None:
    """Raise `InputError` when the arrays of a block do not belong together."""
    name = name or block.device_id
    n = len(block)
    if block.t_s.ndim != 1:
        raise InputError(f"{name}: times have shape {block.t_s.shape}, expected ({n},)")
    values = (("acceleration", block.acc_ms2), ("rate", block.gyr_rads), ("magnetic field", block.mag_ut))
    for kind, array in values:
        if array is not None and array.shape != (n, 3):
            raise InputError(
                f"{name}: {kind} has shape {array.shape}, expected ({n}, 3) to go with the times"
            )


def rows_of(block: ImuBlock, keep: np.ndarray) -> ImuBlock:
    """Some of a block's samples."""
    return replace(
        block,
        t_s=block.t_s[keep],
        acc_ms2=block.acc_ms2[keep],
        gyr_rads=block.gyr_rads[keep],
        mag_ut=None if block.mag_ut is None else block.mag_ut[keep],
        quality=block.quality[keep],
    )
