"""A living body is never quite still: slow sway and a fine tremor, all through the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fusion.types import FloatArray
from simulator.motion import Coordinate, Motion, MotionScript
from simulator.subject import Subject

_SWAY_SHARES = {
    Coordinate.PELVIS_TILT: 1.0,
    Coordinate.THORAX_TILT: 1.2,
    Coordinate.PELVIS_LIST: 0.6,
    Coordinate.PELVIS_TURN: 0.7,
    Coordinate.THIGH_PITCH_RIGHT: 0.8,
    Coordinate.THIGH_PITCH_LEFT: 0.8,
    Coordinate.HIP_ADDUCTION_RIGHT: 0.6,
    Coordinate.HIP_ADDUCTION_LEFT: 0.6,
    Coordinate.HIP_ROTATION_RIGHT: 0.8,
    Coordinate.HIP_ROTATION_LEFT: 0.8,
}
_SWAY_STEP_S = (0.7, 2.2)
_TREMOR_STEP_S = 0.5 / 8.5
_TREMOR_SHARES = {
    Coordinate.PELVIS_TILT: 0.5,
    Coordinate.THORAX_TILT: 1.0,
    Coordinate.THIGH_PITCH_RIGHT: 1.0,
    Coordinate.THIGH_PITCH_LEFT: 1.0,
}
_ROUGH_STEP_S = (0.04, 0.1)
_ROUGH: Mapping[Coordinate, float] = {
    Coordinate.PELVIS_TILT: 1.0,
    Coordinate.PELVIS_LIST: 1.0,
    Coordinate.THORAX_TILT: 1.0,
    Coordinate.THIGH_PITCH_RIGHT: 0.6,
    Coordinate.THIGH_PITCH_LEFT: 0.6,
    Coordinate.KNEE_FLEXION_RIGHT: 0.6,
    Coordinate.KNEE_FLEXION_LEFT: 0.6,
}
"""Less at legs that carry: their unevenness shakes the whole body, whose weight is in its way."""
_CORRECTION_STEP_S = (0.08, 0.2)
"""Submovements of 150 to 400 ms overlap (Krebs et al. 1999, doi 10.1073/pnas.96.8.4645): a swing each two."""
_CORRECTIONS: Sequence[Mapping[Coordinate, float]] = (
    {Coordinate.PELVIS_TILT: 1.0},
    {Coordinate.PELVIS_LIST: 0.7, Coordinate.HIP_ADDUCTION_RIGHT: 0.7, Coordinate.HIP_ADDUCTION_LEFT: -0.7},
    {Coordinate.PELVIS_TURN: 0.7},
    {Coordinate.THORAX_TILT: 1.0},
    {Coordinate.THORAX_LIST: 0.7},
    {Coordinate.THIGH_PITCH_RIGHT: 0.3},
    {Coordinate.THIGH_PITCH_LEFT: 0.3},
    {Coordinate.HIP_ROTATION_RIGHT: 1.5},
    {Coordinate.HIP_ROTATION_LEFT: 1.5},
)
"""What turns together: a pelvis that lists turns about the hips and leaves the legs where they are."""
_CORRECTION_SIZE = 7.0
"""Of a correction against the unevenness of the same person."""
_MOST_EFFORT_DPS = 150.0


def add_unrest(script: MotionScript, subject: Subject, rng: np.random.Generator) -> None:
    """Add sway (knots 0.7 to 2.2 s apart), tremor (8.5 Hz) and unevenness of the subject's size."""
    if script.t_s <= 0.0:
        return
    if subject.sway_deg:
        for coordinate, share in _SWAY_SHARES.items():
            steps = rng.uniform(*_SWAY_STEP_S, int(script.t_s / _SWAY_STEP_S[0]) + 2)
            times = np.concatenate(([0.0], np.cumsum(steps)))
            values = rng.normal(0.0, share * subject.sway_deg, len(times))
            script.lay(coordinate, times, values)
    if subject.roughness:
        _roughen(script, subject.roughness, rng)
    if subject.tremor_deg:
        times = np.arange(0.0, script.t_s + 1.0, _TREMOR_STEP_S)
        signs = np.where(np.arange(len(times)) % 2, 1.0, -1.0)
        for coordinate, share in _TREMOR_SHARES.items():
            values = signs * share * subject.tremor_deg * np.abs(rng.normal(0.0, 1.0, len(times)))
            script.lay(coordinate, times, values)


def _roughen(script: MotionScript, roughness: float, rng: np.random.Generator) -> None:
    """The faster a joint moves, the less evenly: noise that grows with its rate (Harris & Wolpert 1998).

    doi 10.1038/29528, where motor noise grows with the command. Slower corrections of the course come on top,
    where they turn a segment without moving the weight of the body.
    """
    motion = script.motion()
    times, rates = _rates(motion, _ROUGH_STEP_S, rng)
    effort = rates[:, list(_ROUGH)].max(axis=1)
    for coordinate, share in _ROUGH.items():
        size = share * roughness * (0.5 * effort + 0.5 * rates[:, coordinate])
        script.lay(coordinate, times, size * rng.normal(0.0, 1.0, len(times)))
    own = rng.spawn(1)[0]
    times, rates = _rates(motion, _CORRECTION_STEP_S, own)
    effort = np.minimum(rates[:, list(_ROUGH)].max(axis=1), _MOST_EFFORT_DPS)
    for together in _CORRECTIONS:
        values = _CORRECTION_SIZE * roughness * effort * own.normal(0.0, 1.0, len(times))
        for coordinate, share in together.items():
            script.lay(coordinate, times, share * values)


def _rates(
    motion: Motion, step_s: tuple[float, float], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Times (k,) at steps drawn from a range, and how fast each coordinate is there (k, c)."""
    steps = rng.uniform(*step_s, int(motion.duration_s / step_s[0]) + 2)
    times = np.concatenate(([0.0], np.cumsum(steps)))
    times = times[times < motion.duration_s]
    half = 0.02
    return times, np.abs(motion.at(times + half) - motion.at(times - half)) / (2.0 * half)
