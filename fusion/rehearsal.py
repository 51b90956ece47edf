"""Short made-up sessions that use every compiled loop as live ones do: nothing compiles in their midst."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from fusion import exercises
from fusion.kernels import reading
from fusion.pipeline import MotionPipeline, PipelineConfig
from fusion.types import FloatArray, ImuBlock, Segment
from fusion.units import RAD_PER_DEG, STANDARD_GRAVITY_MS2

_RATE_HZ: Final = 60.0
_STAND_S: Final = 3.5
_PERIOD_S: Final = 2.0
_TAKE_POSITION_S: Final = 2.5 * _PERIOD_S
_SWINGS_DEG: Final = {Segment.PELVIS: 15.0, Segment.THIGH_RIGHT: 70.0, Segment.THORAX: 20.0}
_FIELD_UT: Final = (20.0, -40.0)
"""Across and along the vertical."""
_USUAL: Final = "squat_parallel"


def rehearse() -> None:
    """One session of the usual kind: what it needs is loaded, or compiled where it never was."""
    _perform(PipelineConfig(_worn(Segment.PELVIS, Segment.THIGH_RIGHT), _USUAL), with_field=False)
    reading.warm_up()


def rehearse_all() -> None:
    """Sessions of every kind: with a magnetometer or more sensors, holds, recognition."""
    rehearse()
    two = _worn(Segment.PELVIS, Segment.THIGH_RIGHT)
    for exercise in ("hip_thrust", "plank", "side_lying_abduction", exercises.AUTO):
        _perform(PipelineConfig(two, exercise), with_field=True)
    _perform(PipelineConfig(_worn(*_SWINGS_DEG), _USUAL), with_field=True)


def _worn(*segments: Segment) -> dict[str, Segment]:
    return {segment.value: segment for segment in segments}


def _perform(config: PipelineConfig, *, with_field: bool) -> None:
    pipeline = MotionPipeline(config)
    for blocks in _blocks(config, with_field=with_field):
        pipeline.update(blocks)
    pipeline.flush()


def _blocks(config: PipelineConfig, *, with_field: bool) -> Iterator[list[ImuBlock]]:
    """A stand and some swings about the left–right axis, a few samples at a time."""
    t_s = np.arange(round((_STAND_S + _TAKE_POSITION_S + 4.0 * _PERIOD_S) * _RATE_HZ)) / _RATE_HZ
    motions = {d: _swing(t_s, _SWINGS_DEG[s] * RAD_PER_DEG) for d, s in config.segments.items()}
    # Rows of one are laid out unlike others, and numba compiles each layout.
    for at, until in pairwise(np.r_[0, 1, np.arange(2, len(t_s), 3), len(t_s)].tolist()):
        part = slice(at, until)
        yield [
            ImuBlock(
                device_id,
                at,
                t_s[part],
                acc[part].copy(),
                gyr[part].copy(),
                mag[part].copy() if with_field else None,
                np.zeros(len(t_s[part]), np.uint8),
            )
            for device_id, (acc, gyr, mag) in motions.items()
        ]


def _swing(t_s: FloatArray, amplitude_rad: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Specific force, rate and field (n, 3) of a sensor that swings about its own Z, its Y up at rest."""
    moving_s = np.maximum(0.0, t_s - _STAND_S)
    waiting = (moving_s > 0.5 * _PERIOD_S) & (moving_s < _TAKE_POSITION_S)
    phase = np.where(waiting, np.pi, moving_s * (2.0 * np.pi / _PERIOD_S))
    angle_rad = amplitude_rad * 0.5 * (1.0 - np.cos(phase))
    sin, cos, zero = np.sin(angle_rad), np.cos(angle_rad), np.zeros(len(t_s))
    acc = STANDARD_GRAVITY_MS2 * np.column_stack([sin, cos, zero])
    gyr = np.column_stack([zero, zero, np.gradient(angle_rad, t_s)])
    across, along = _FIELD_UT
    return acc, gyr, np.column_stack([across * cos + along * sin, along * cos - across * sin, zero])
