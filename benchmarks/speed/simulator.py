"""How fast people, bodies and sensors are simulated, and where the time of the accuracy table goes.

Processor time, so that other work on the machine does not count.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from vqf import VQF

from benchmarks.harness import Progress, Report, Row, at_most
from benchmarks.judge.cell import Cell, analyze_session, plan_of
from fusion.types import FloatArray
from simulator.plan import SetPlan
from simulator.scenarios import load
from simulator.session import SessionPlan, SimulatedSession, render, session_plan

COMMAND = "make bench ARGS=simulator"
RUNS = 7
PEOPLE = 6
MOVEMENTS = ("hip_thrust", "squat_parallel", "walk", "clamshell", "plank", "lunge_forward")


def run(progress: Progress) -> Report:
    """A minute of two sensors, cells of the table, an hour."""
    progress("a minute of two sensors at 100 Hz")
    plan = SessionPlan([SetPlan("hip_thrust", 11)], seed=1, rate_hz=100.0)
    session = render(plan)
    minute_s = _fastest(lambda: render(plan)) * 60.0 / session.duration_s
    rival_s = _fastest(lambda: _vqf(session)) * 60.0 / session.duration_s
    progress("cells of the accuracy table")
    rendering, judging = _cells()
    progress("an hour")
    hour_s, hour_ratio = _hour()
    cells = 48 * 48 * 5
    return Report(
        "Simulator",
        [
            at_most("one minute of two sensors at 100 Hz", 1e3 * minute_s, 50.0, "ms", command=COMMAND),
            Row(
                "the same, as VQF's batch takes over it", minute_s / rival_s, "×", "vqf", 1.0, command=COMMAND
            ),
            Row("a cell of the table: simulated", 1e3 * rendering, "ms", command=COMMAND),
            Row("a cell of the table: analysed", 1e3 * judging, "ms", command=COMMAND),
            at_most(
                "the whole table on two cores, from these",
                cells * (rendering + judging) / 120.0,
                10.0,
                "min",
                command=COMMAND,
            ),
            at_most("an hour of training, simulated and analysed", hour_s, 60.0, "s", command=COMMAND),
            Row("faster than life", hour_ratio, "×", command=COMMAND),
        ],
    )


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def _vqf(session: SimulatedSession) -> list[FloatArray]:
    rate_hz = session.plan.rate_hz
    return [
        VQF(1.0 / rate_hz).updateBatch(np.ascontiguousarray(s.gyr_rads), np.ascontiguousarray(s.acc_ms2))[
            "quat6D"
        ]
        for s in session.sensors.values()
    ]


def _cells() -> tuple[float, float]:
    """Mean seconds to simulate and to analyse a cell, over some movements and people."""
    plans = [plan_of(Cell(m, "nominal", 1_000 + k)) for k in range(PEOPLE) for m in MOVEMENTS]
    sessions = [render(p) for p in plans]
    for plan, session in zip(plans[: len(MOVEMENTS)], sessions, strict=False):
        analyze_session(session, plan.sets[0].exercise)
    start = time.process_time()
    for plan in plans:
        render(plan).blocks()
    middle = time.process_time()
    for session in sessions:
        analyze_session(session, session.plan.sets[0].exercise)
    stop = time.process_time()
    return (middle - start) / len(plans), (stop - middle) / len(plans)


def _hour() -> tuple[float, float]:
    start = time.process_time()
    session = render(session_plan(load("one_hour").athletes[0], 60.0))
    analyze_session(session, "hip_thrust")
    seconds = time.process_time() - start
    return seconds, session.duration_s / seconds
