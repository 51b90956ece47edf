"""How each stepping exercise goes, from its key poses and what is known of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from math import radians, sin

from simulator.errors import SimulationError
from simulator.gait import Gait
from simulator.manner import Manner
from simulator.motion import Coordinate, Pose
from simulator.poses import Figure
from simulator.subject import Subject

_FLIGHT: Mapping[str, float] = {"run": 0.3, "sprint": 0.5, "bounds": 0.55}
"""Share of a step in the air (engineering estimates)."""
_CLIMB_M: Mapping[str, float] = {"stairs": 0.17}
_SIDEWAYS = frozenset({"sumo_walk"})
_IMPACT_M: Mapping[str, float] = {"run": 2.8e-3, "sprint": 4.2e-3, "bounds": 5.0e-3, "sled": 1.7e-3}
_RIGHT = (Coordinate.THIGH_PITCH_RIGHT, Coordinate.HIP_ADDUCTION_RIGHT, Coordinate.HIP_ROTATION_RIGHT)
_LEAST_PERIOD_S = 0.3


def gait_of(fig: Figure, subject: Subject, scale: float, manner: Manner, sizes: Mapping[str, float]) -> Gait:
    """The gait of an exercise's figure; ``scale`` stretches its times."""
    exercise = fig.exercise
    tempo = exercise.tempo
    if tempo is None or tempo.concentric_s is None or tempo.eccentric_s is None:
        raise SimulationError(f"{exercise.id}: steps need tempo.concentric_s and tempo.eccentric_s")
    # Legs never stop on the way: a stride takes the whole period, whatever of it is spent at the ends.
    stretched = scale * tempo.period_s[1] / (tempo.concentric_s[1] + tempo.eccentric_s[1])
    out_s, back_s = tempo.concentric_s[1] * stretched, tempo.eccentric_s[1] * stretched
    if manner.phase_s is not None:
        out_s = back_s = manner.phase_s
    if out_s + back_s < _LEAST_PERIOD_S:
        raise SimulationError(
            f"{exercise.id}: a stride of {out_s + back_s:.2f} s; at least {_LEAST_PERIOD_S}"
        )
    share = subject.range_scale * manner.share(0) * (1.0 - sizes.get("range", 0.0) / max(1.0, fig.range_deg))
    near, far = _ends(fig.rest, fig.turn, share)
    tilt = 0.5 * (fig.rest[Coordinate.PELVIS_TILT] + fig.turn[Coordinate.PELVIS_TILT])
    leg = subject.build.thigh_m + subject.build.shank_m
    low, high = far[Coordinate.THIGH_PITCH_RIGHT], near[Coordinate.THIGH_PITCH_RIGHT]
    stride = 2.0 * leg * abs(sin(radians(high)) - sin(radians(low)))
    crouch = min(low, high)
    sway = 0.5 * sizes.get("sway", 0.0)
    sideways = exercise.id in _SIDEWAYS
    return Gait(
        near,
        far,
        out_s,
        back_s,
        tilt_deg=tilt + subject.tilt_offset_deg,
        list_deg=3.0 + sway,
        turn_deg=0.0 if sideways else 5.0,
        speed_ms=0.35 if sideways else min(9.0, stride / (out_s + back_s)),
        sideways=sideways,
        climb_m=_CLIMB_M.get(exercise.id, 0.0),
        flight=_FLIGHT.get(exercise.id, 0.0),
        impact_m=_IMPACT_M.get(exercise.id, 1.2e-3),
        drop_m=leg * (1.0 - _cos_deg(crouch)) if crouch > 10.0 else 0.0,
        swing_knee_deg=20.0 if sideways else 60.0,
    )


def _ends(near: Pose, far: Pose, share: float) -> tuple[dict[Coordinate, float], dict[Coordinate, float]]:
    """Both ends of the right leg's swing, its range scaled round the middle."""
    first, last = {}, {}
    for coordinate in _RIGHT:
        middle = 0.5 * (near[coordinate] + far[coordinate])
        first[coordinate] = middle + share * (near[coordinate] - middle)
        last[coordinate] = middle + share * (far[coordinate] - middle)
    return first, last


def _cos_deg(angle_deg: float) -> float:
    return sin(radians(90.0 - angle_deg))
