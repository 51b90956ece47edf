"""Simulated people for the tests of the core: samples, truth, and both through the pipeline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fusion.pipeline import MotionPipeline, PipelineConfig, PipelineOutput
from fusion.types import FloatArray, ImuBlock, RepEvent, RepEventKind, Segment, SetEvent, SetSummary
from simulator.plan import SensorPlan, SetPlan
from simulator.session import SessionPlan, SimulatedSession, render
from simulator.subject import draw_subject
from simulator.truth import true_angles

SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT)


def session_of(
    exercise: str, *, reps: int = 4, lumbar_deg: float = 0.0, walk_s: float = 0.0, seed: int = 11
) -> SimulatedSession:
    """One set of one tidy person, with sensors that sit on the bone: errors are the algorithm's own.

    What people of all kinds and soft tissue cost is the accuracy table's to say.
    """
    plan = SetPlan(exercise, reps, {"lumbar": lumbar_deg}, walk_s)
    tidy = replace(
        draw_subject(np.random.default_rng(seed)),
        sits_leaning=0.0,
        lumbar_jitter_deg=0.2,
        pose_jitter_deg=0.3,
        roughness=0.0003,
    )
    sensor = SensorPlan(rigid=True)
    return render(SessionPlan([plan], seed, segments=SEGMENTS, sensor=sensor, subject=tidy))


def blocks_of(session: SimulatedSession) -> dict[str, ImuBlock]:
    """All samples, a block a sensor, named after its segment."""
    return {
        segment.value: ImuBlock(
            segment.value,
            0,
            s.t_s,
            s.acc_ms2,
            s.gyr_rads,
            None,
            np.zeros(len(s.t_s), np.uint8),
        )
        for segment, s in session.sensors.items()
    }


def cut(block: ImuBlock, start: int, stop: int) -> ImuBlock:
    """Samples [start, stop)."""
    part = slice(start, stop)
    return ImuBlock(
        block.device_id,
        start,
        block.t_s[part],
        block.acc_ms2[part],
        block.gyr_rads[part],
        None,
        block.quality[part],
    )


def config_for(exercise: str) -> PipelineConfig:
    """Pelvis and right thigh, named after their segments."""
    return PipelineConfig({s.value: s for s in SEGMENTS}, exercise)


def run(blocks: dict[str, ImuBlock], config: PipelineConfig, size: int = 6) -> PipelineOutput:
    """All samples through a pipeline, ``size`` at a time."""
    pipeline = MotionPipeline(config)
    total = PipelineOutput()
    longest = max(map(len, blocks.values()))
    for start in range(0, longest, size):
        part = pipeline.update([cut(b, start, start + size) for b in blocks.values()])
        total.updates += part.updates
        total.events += part.events
    last = pipeline.flush()
    total.updates += last.updates
    total.events += last.events
    return total


def closed_sets(output: PipelineOutput) -> list[SetSummary]:
    """Summaries of all sets."""
    return [e.summary for e in output.events if isinstance(e, SetEvent) and e.closed]


def rep_events(output: PipelineOutput, kind: RepEventKind) -> list[RepEvent]:
    """Rep events of one kind."""
    return [e for e in output.events if isinstance(e, RepEvent) and e.kind is kind]


def signal(output: PipelineOutput, name: str) -> tuple[FloatArray, FloatArray]:
    """Times and values of one signal over all updates."""
    t_s = np.concatenate([u.signals.t_s for u in output.updates])
    return t_s, np.concatenate([u.signals[name] for u in output.updates])


def rmse_deg(output: PipelineOutput, session: SimulatedSession, name: str) -> float:
    """Error of a signal against truth, deg."""
    t_s, values = signal(output, name)
    error = values - true_angles(session.motion, t_s)[name]
    return float(np.sqrt(np.nanmean(error**2)))
