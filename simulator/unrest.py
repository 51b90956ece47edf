"""A living body is never quite still: slow sway and a fine tremor, all through the session."""

from __future__ import annotations

import numpy as np

from simulator.motion import Coordinate, MotionScript
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
_ROUGH_STEP_S = (0.04, 0.1)
_ROUGH = (
    Coordinate.PELVIS_TILT,
    Coordinate.PELVIS_LIST,
    Coordinate.THORAX_TILT,
    Coordinate.THIGH_PITCH_RIGHT,
    Coordinate.THIGH_PITCH_LEFT,
    Coordinate.KNEE_FLEXION_RIGHT,
    Coordinate.KNEE_FLEXION_LEFT,
)


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
        for coordinate in (Coordinate.PELVIS_TILT, Coordinate.THIGH_PITCH_RIGHT, Coordinate.THIGH_PITCH_LEFT):
            values = signs * subject.tremor_deg * np.abs(rng.normal(0.0, 1.0, len(times)))
            script.lay(coordinate, times, values)


def _roughen(script: MotionScript, roughness: float, rng: np.random.Generator) -> None:
    """The faster a joint moves, the less evenly: noise that grows with its rate (Harris & Wolpert 1998).

    doi 10.1038/29528, where motor noise grows with the command.
    """
    steps = rng.uniform(*_ROUGH_STEP_S, int(script.t_s / _ROUGH_STEP_S[0]) + 2)
    times = np.concatenate(([0.0], np.cumsum(steps)))
    times = times[times < script.t_s]
    half = 0.02
    motion = script.motion()
    rates = (motion.at(times + half) - motion.at(times - half)) / (2.0 * half)
    effort = np.abs(rates[:, list(_ROUGH)]).max(axis=1)
    for coordinate in _ROUGH:
        size = roughness * (0.5 * effort + 0.5 * np.abs(rates[:, coordinate]))
        values = size * rng.normal(0.0, 1.0, len(times))
        script.lay(coordinate, times, values)
