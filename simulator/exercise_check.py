"""Does an exercise of one's own hold together? It is played by a virtual athlete and counted again."""

from __future__ import annotations

import numpy as np

from fusion import quaternion as quat
from fusion.exercises import Exercise
from fusion.exercises.model import Kind, Laterality
from fusion.movement.choice import movement_analyzer
from fusion.types import FloatArray, RepSummary, SetEvent, Side, SignalBlock, WarningEvent
from simulator.athlete import Athlete
from simulator.body import Build, place_segment
from simulator.manner import Manner
from simulator.motion import Motion
from simulator.subject import draw_subject
from simulator.truth import true_angles

_RATE_HZ = 60.0
_REPS = 5
_HOLDS = 2
_SD_DEG = 2.0
_UP = np.array([0.0, 0.0, 1.0])


def play_check(exercise: Exercise, seed: int = 1) -> tuple[bool, str]:
    """Whether what is played is what is counted, and one line that says so.

    The angles are the motion's own, for both legs: what is checked is the file, not the sensors.
    Raises `SimulationError` for what cannot be played.
    """
    if exercise.turn_pose is None and exercise.kind is not Kind.HOLD:
        return True, "has no two poses with a phase between them: it is not played, and nothing is counted"
    if exercise.kind in {Kind.OTHER, Kind.DRILL}:
        return True, "is of a kind that is not counted: it is not played"
    rng = np.random.default_rng(seed)
    athlete = Athlete(draw_subject(rng), rng)
    athlete.stand(4.0)
    reps = _HOLDS if exercise.kind is Kind.HOLD else _REPS
    hold_s = 1.2 * exercise.hold.target_s if exercise.kind is Kind.HOLD and exercise.hold else None
    athlete.perform(exercise, reps, manner=Manner(hold_s=hold_s))
    athlete.stand(20.0)
    found, warnings = _counted(exercise, athlete.motion())
    mine = [rep for rep in found if rep.side is Side.RIGHT or exercise.laterality is Laterality.BILATERAL]
    full = sum(rep.full for rep in mine)
    text = f"played {reps} times (seed {seed}), counted {full}"
    if full != reps:
        text += "; look at the poses, driver.signal and count" if not warnings else f"; {warnings[0]}"
    return full == reps, text


def _counted(exercise: Exercise, motion: Motion) -> tuple[list[RepSummary], list[str]]:
    analyzer = movement_analyzer(exercise, Side.RIGHT, _RATE_HZ)
    events = analyzer.update(perfect_signals(motion)) + analyzer.flush()
    found = [rep for e in events if isinstance(e, SetEvent) and e.closed for rep in e.summary.reps]
    return found, [e.message for e in events if isinstance(e, WarningEvent)]


def perfect_signals(motion: Motion, legs: tuple[Side, ...] = (Side.RIGHT, Side.LEFT)) -> SignalBlock:
    """The signals that perfect sensors on pelvis, thighs and shanks would give, (k, n) at 60 Hz."""
    t_s = np.arange(1, int(motion.duration_s * _RATE_HZ)) / _RATE_HZ
    truth = true_angles(motion, t_s)
    rows: dict[str, FloatArray] = {name: truth[name] for name in ("pelvis_tilt_deg", "pelvis_list_deg")}
    rows["pelvis_tilt_rate_dps"] = np.gradient(truth["pelvis_tilt_deg"], t_s)
    rows["pelvis_acc_up_ms2"] = np.zeros_like(t_s)
    for leg in legs:
        side = leg.value
        q_eb = place_segment(motion, Build(), leg.thigh, t_s).q_eb
        lean = quat.rotate(quat.conjugate(q_eb), _UP)[:, 2]
        for name in ("thigh_pitch", "hip_flexion", "hip_adduction", "hip_rotation", "knee_flexion"):
            rows[f"{name}_{side}_deg"] = truth[f"{name}_{side}_deg"]
        rows[f"thigh_opening_{side}_deg"] = np.degrees(np.arcsin(lean.clip(-1.0, 1.0)))
        for name in ("thigh_pitch", "hip_flexion"):
            rows[f"{name}_rate_{side}_dps"] = np.gradient(rows[f"{name}_{side}_deg"], t_s)
    values = np.array(list(rows.values()))
    return SignalBlock(t_s, _RATE_HZ, tuple(rows), values, np.full_like(values, _SD_DEG))
