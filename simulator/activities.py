"""What people do between sets, none of which is a repetition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from simulator.athlete import Athlete, standing_from
from simulator.errors import SimulationError
from simulator.gait import walking
from simulator.motion import Coordinate, Pose
from simulator.poses import LEAN, SIT

_MOST = 3600.0

_SUPINE: Pose = {
    **dict.fromkeys((Coordinate.PELVIS_TILT, Coordinate.THORAX_TILT), -88.0),
    **dict.fromkeys((Coordinate.THIGH_PITCH_RIGHT, Coordinate.THIGH_PITCH_LEFT), 110.0),
    **dict.fromkeys((Coordinate.KNEE_FLEXION_RIGHT, Coordinate.KNEE_FLEXION_LEFT), 60.0),
}


def do(athlete: Athlete, text: str) -> None:
    """Do one activity given as ``NAME AMOUNT``.

    Raises `SimulationError` for a name that is not known or an amount out of range.
    """
    name, _, amount = text.partition(" ")
    if name not in ACTIVITIES:
        raise SimulationError(f"activity {text!r}: must be one of {', '.join(ACTIVITIES)}, with an amount")
    try:
        size = float(amount or 1.0)
    except ValueError as error:
        raise SimulationError(f"activity {text!r}: {amount!r} is not a number") from error
    if not 0.0 < size <= _MOST:
        raise SimulationError(f"activity {text!r}: the amount is allowed from above 0 to {_MOST:g}")
    ACTIVITIES[name](athlete, size)


def _walk(athlete: Athlete, seconds: float) -> None:
    athlete.walk(seconds)
    athlete.stand(1.0)


def _stairs(athlete: Athlete, seconds: float) -> None:
    stride_s = 1.15 * athlete.subject.stride_s
    gait = replace(
        walking(stride_s),
        near={Coordinate.THIGH_PITCH_RIGHT: 55.0},
        far={Coordinate.THIGH_PITCH_RIGHT: 0.0},
        tilt_deg=6.0,
        climb_m=0.17,
        speed_ms=0.5,
    )
    athlete.gait_writer().write(gait, max(1, round(seconds / stride_s)))
    athlete.stand(1.0)


def _sit(athlete: Athlete, seconds: float) -> None:
    script = athlete.script
    script.through([LEAN, SIT], [0.9, 1.0])
    script.move(0.4 * seconds)
    fidget = {Coordinate.PELVIS_TILT: -14.0, Coordinate.THORAX_TILT: -4.0, Coordinate.PELVIS_LIST: 4.0}
    script.move(0.8, fidget)
    script.move(0.4 * seconds)
    script.move(0.6, {Coordinate.PELVIS_LIST: 0.0})
    script.through([LEAN, standing_from(script)], [0.8, 1.0])
    script.move(0.8)


def _lie(athlete: Athlete, seconds: float) -> None:
    script = athlete.script
    script.through([LEAN, SIT, _SUPINE], [1.0, 1.0, 1.5])
    script.move(0.5 * seconds)
    script.move(1.0, {Coordinate.PELVIS_LIST: 20.0, Coordinate.THORAX_LIST: 20.0})
    script.move(0.5 * seconds)
    script.move(0.8, {Coordinate.PELVIS_LIST: 0.0, Coordinate.THORAX_LIST: 0.0})
    script.through([SIT, LEAN, standing_from(script)], [1.3, 1.0, 1.0])
    script.move(0.8)


def _plates(athlete: Athlete, count: float) -> None:
    """Bend for plates, carry each a few steps."""
    script = athlete.script
    for k in range(max(1, round(count))):
        lean = 1.0 if k % 2 else -1.0
        bend = {
            Coordinate.PELVIS_TILT: 58.0,
            Coordinate.THORAX_TILT: 75.0,
            Coordinate.PELVIS_LIST: 5.0 * lean,
            Coordinate.THIGH_PITCH_RIGHT: 30.0 + 8.0 * lean,
            Coordinate.THIGH_PITCH_LEFT: 30.0 - 8.0 * lean,
            Coordinate.KNEE_FLEXION_RIGHT: 40.0,
            Coordinate.KNEE_FLEXION_LEFT: 40.0,
        }
        script.move(1.0, bend)
        script.move(0.5)
        script.move(1.0, dict.fromkeys(bend, 0.0))
        athlete.walk(3.5)
        script.move(0.5)


def _turn(athlete: Athlete, degrees: float) -> None:
    script = athlete.script
    script.face(degrees, script.t_s, script.t_s + 1.5)
    script.move(2.0)


ACTIVITIES: Mapping[str, Callable[[Athlete, float], None]] = {
    "stand": lambda athlete, seconds: athlete.stand(seconds),
    "walk": _walk,
    "stairs": _stairs,
    "sit": _sit,
    "lie": _lie,
    "plates": _plates,
    "turn": _turn,
}
