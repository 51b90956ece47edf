"""Simulated sets against their truth: angles, repetitions, and the lumbar fault found or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.harness import Progress, Report, at_least, at_most
from fusion.analysis import Analysis, analyze
from fusion.pipeline import PipelineConfig
from fusion.types import ImuBlock, Segment
from simulator.session import SessionPlan, SetPlan, SimulatedSession, render, true_angles

COMMAND = "make accuracy ARGS=sets"
EXERCISES = ("hip_thrust", "glute_bridge", "squat_parallel", "deadlift", "rdl")
SEEDS = range(101, 109)
REPS = 6
FAULT_DEG = 12.0
SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT)
NOTE = f"""Each exercise: {len(SEEDS)} virtual people (seeds {SEEDS[0]} to {SEEDS[-1]}, none used for
tuning), sensors mounted any way round, {REPS} repetitions, without a fault and with {FAULT_DEG:g}° of lumbar
extension in each. Mean and worst set. The truth comes from the simulated motion, not from a person.
"""


@dataclass(frozen=True, slots=True)
class SetResult:
    """One set against its truth."""

    tilt_rmse_deg: float
    hip_rmse_deg: float
    counted: int
    lumbar_reps: int


def run(progress: Progress) -> Report:
    """Every exercise, person and fault."""
    results: dict[str, list[SetResult]] = {}
    found = false = 0
    for exercise in EXERCISES:
        progress(exercise)
        good = [_judge(exercise, 0.0, seed) for seed in SEEDS]
        arched = [_judge(exercise, FAULT_DEG, seed) for seed in SEEDS]
        results[exercise] = good + arched
        found += sum(r.lumbar_reps for r in arched)
        false += sum(r.lumbar_reps for r in good)
    every = [r for group in results.values() for r in group]
    done = REPS * len(every)
    exact = sum(r.counted == REPS for r in every)
    tilt = max(r.tilt_rmse_deg for r in every)
    hip = max(r.hip_rmse_deg for r in every)
    rows = [
        at_most("pelvic tilt RMSE, worst set", tilt, 2.0, "deg", command=COMMAND),
        at_most("hip flexion RMSE, worst set", hip, 3.0, "deg", command=COMMAND),
        at_least("sets counted exactly", exact / len(every), 1.0, "share", command=COMMAND),
        at_least("lumbar fault of 12° found", found / (done / 2), 1.0, "of reps", command=COMMAND),
        at_most("lumbar fault raised at 0°", false, 0.0, "reps", command=COMMAND),
    ]
    return Report("Simulated sets", rows, NOTE + "\n" + _table(results) + f"\n\n`{COMMAND}`\n")


def _table(results: dict[str, list[SetResult]]) -> str:
    header = ("exercise", "tilt RMSE", "worst", "hip RMSE", "worst", "sets exact", "12° found", "0° raised")
    rows = [header, ("---",) * len(header), *(_cells(name, group) for name, group in results.items())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(exercise: str, group: list[SetResult]) -> tuple[str, ...]:
    tilt = [r.tilt_rmse_deg for r in group]
    hip = [r.hip_rmse_deg for r in group]
    good, arched = group[: len(SEEDS)], group[len(SEEDS) :]
    angles = (f"{value:.2f}°" for errors in (tilt, hip) for value in (np.mean(errors), max(errors)))
    return (
        exercise,
        *angles,
        f"{sum(r.counted == REPS for r in group)} of {len(group)}",
        f"{sum(r.lumbar_reps for r in arched)} of {REPS * len(arched)} reps",
        f"{sum(r.lumbar_reps for r in good)}",
    )


def _judge(exercise: str, lumbar_deg: float, seed: int) -> SetResult:
    session = render(SessionPlan([SetPlan(exercise, REPS, lumbar_deg)], seed, segments=SEGMENTS))
    blocks = {
        s.value: ImuBlock(s.value, 0, x.t_s, x.acc_ms2, x.gyr_rads, None, np.zeros(len(x.t_s), np.uint8))
        for s, x in session.sensors.items()
    }
    analysis = analyze(blocks, PipelineConfig({s.value: s for s in SEGMENTS}, exercise))
    reps = [rep for done in analysis.sets for rep in done.reps]
    lumbar = sum(any(f.kind == "lumbar_extension" for f in rep.findings) for rep in reps)
    tilt = _rmse_deg(analysis, session, "pelvis_tilt_deg")
    return SetResult(tilt, _rmse_deg(analysis, session, "hip_flexion_right_deg"), len(reps), lumbar)


def _rmse_deg(analysis: Analysis, session: SimulatedSession, signal: str) -> float:
    assert analysis.signals is not None
    t_s = analysis.signals.t_s
    error = analysis.signals[signal] - true_angles(session.motion, t_s)[signal]
    return float(np.sqrt(np.nanmean(error**2)))
