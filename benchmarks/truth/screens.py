"""Guided screens on simulated people: what each says against what it says of the true angles."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from benchmarks.harness import Progress, Report, Row
from benchmarks.judge.subjects import REPORTED
from fusion import screens
from fusion.analysis import analyze
from fusion.errors import IliumError
from fusion.pipeline import PipelineConfig
from fusion.screens import ScreenResult, ScreenRunner
from fusion.types import Segment, SignalBlock
from simulator.manner import Manner
from simulator.plan import SetPlan
from simulator.session import SessionPlan, SimulatedSession, render
from simulator.truth import true_angles

COMMAND = "make accuracy ARGS=screens"
PEOPLE = int(os.environ.get("ILIUM_SCREEN_PEOPLE", "5"))
RATE_HZ = 60.0
WORN = (Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT)
DONE: Mapping[str, tuple[SetPlan, ...]] = {
    "plank": (SetPlan("plank", 1, manner=Manner(hold_s=20.0)),),
    "dip_drift": (SetPlan("tricep_dip_test", 10),),
    "hip_flexor_length_right": (SetPlan("hip_flexor_stretch", 1, manner=Manner(hold_s=10.0)),),
    "one_leg_stance": (SetPlan("single_leg_stance", 2, manner=Manner(hold_s=31.0, alternate=True)),),
    "prone_extension_right": (SetPlan("prone_hip_extension", 6),),
    "hip_mobility_right": (SetPlan("squat_deep", 4),),
    "dissociation_right": (SetPlan("rdl", 4), SetPlan("pelvic_tilt_drill", 4)),
}
"""What the person does; each starts from a stand of 5 s."""
NOTE = """What a screen says at the end of a simulated session ({people} people, seeds {first} to {last},
pelvis and both thighs, a stand of 5 s, the whole pipeline), less what the same screen says when the angles
are the true ones. *Says*: one sigma that the screen itself gives, set on people of seeds 1001 to 1004. The
person does the movements of the screen in order. `single_leg_symmetry` and `neutral_vs_arched_walk` need a
person who waits for each instruction, which a recording does not: they are tested on played signals alone.
"""


def run(progress: Progress) -> Report:
    """Errors of every value of every screen."""
    people = REPORTED[:PEOPLE]
    errors: dict[tuple[str, str], list[float]] = {}
    says: dict[tuple[str, str], float] = {}
    done = 0
    for screen_id, sets in DONE.items():
        progress(screen_id)
        for seed in people:
            pair = seen_and_true(screen_id, render(SessionPlan(sets, seed, segments=WORN)))
            if pair is None:
                continue
            done += 1
            for seen, true in zip(pair[0].values, pair[1].values, strict=False):
                if seen.name == true.name and isfinite(seen.value) and isfinite(true.value):
                    errors.setdefault((screen_id, f"{seen.name}"), []).append(seen.value - true.value)
                    says[screen_id, seen.name] = seen.sd
    rows = [
        Row("screens that came to a result", done / (len(DONE) * len(people)), "share", command=COMMAND),
        *(
            Row(f"{screen_id} {name}", float(np.sqrt(np.mean(np.square(e)))), "RMS error", command=COMMAND)
            for (screen_id, name), e in errors.items()
        ),
    ]
    return Report("Screens", rows, _markdown(errors, says, done, people))


def seen_and_true(screen_id: str, session: SimulatedSession) -> tuple[ScreenResult, ScreenResult] | None:
    """What the screen says of the pipeline's angles, and of the true ones; None without a result."""
    screen = screens.load(screen_id)
    blocks = {segment.value: block for segment, block in session.blocks().items()}
    try:
        config = PipelineConfig({s.value: s for s in session.sensors}, screen.exercise, rate_hz=RATE_HZ)
        signals = analyze(blocks, config).signals
    except IliumError:
        return None
    if signals is None:
        return None
    results = [ScreenRunner(screen, RATE_HZ).update(s)[-1].result for s in (signals, _true(signals, session))]
    return (results[0], results[1]) if results[0] is not None and results[1] is not None else None


def _true(signals: SignalBlock, session: SimulatedSession) -> SignalBlock:
    """The same signals with the true angles in place of the estimated ones."""
    truth = true_angles(session.motion, signals.t_s)
    values = signals.values.copy()
    for row, name in enumerate(signals.names):
        if name in truth:
            values[row] = truth[name]
    return SignalBlock(signals.t_s, signals.rate_hz, signals.names, values, signals.sd)


def _markdown(
    errors: Mapping[tuple[str, str], list[float]],
    says: Mapping[tuple[str, str], float],
    done: int,
    people: Sequence[int],
) -> str:
    note = NOTE.format(people=len(people), first=people[0], last=people[-1])
    lines = [note, f"{done} of {len(DONE) * len(people)} came to a result.\n"]
    lines += ["| screen | value | mean error | RMS | worst | says |", f"|{'---|' * 6}"]
    for (screen_id, name), each in errors.items():
        worst = max(map(abs, each))
        rms = float(np.sqrt(np.mean(np.square(each))))
        figures = f"{np.mean(each):+.2f} | {rms:.2f} | {worst:.2f} | {says[screen_id, name]:.2f}"
        lines.append(f"| {screen_id} | {name} | {figures} |")
    return "\n".join([*lines, f"\n`{COMMAND}`\n"])
