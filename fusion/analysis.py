"""A whole recording through the pipeline: the same loop as live, and what it amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fusion import exercises
from fusion.alignment import join_blocks, split_frames
from fusion.errors import InputError
from fusion.input_checks import check_recording
from fusion.pipeline import MotionPipeline, PipelineConfig, PipelineOutput, intake_of
from fusion.rom import seated_s
from fusion.smoothing import SmoothedOrientation
from fusion.summary import Document, alignment_document, number, recognition_document, set_document
from fusion.types import (
    AlignedBlock,
    CalibrationEvent,
    Event,
    ExerciseEvent,
    FloatArray,
    ImuBlock,
    SampleQuality,
    Segment,
    SegmentAlignment,
    SetEvent,
    SetSummary,
    SignalBlock,
    WarningEvent,
)

_BLOCK_S = 0.1
"""How much of a recording comes at once where the time of arrival matters, as live."""
_BLOCKS = 200
"""How many of these come as one where it does not."""
_TOGETHER = 20
_SHORTEST_S = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What a recording gave: all angles on the grid, sets, events, and how the sensors sat."""

    exercise: str
    signals: SignalBlock | None
    sets: tuple[SetSummary, ...]
    events: tuple[Event, ...]
    alignments: Mapping[Segment, SegmentAlignment]
    loss: float
    """Share of samples missing between first and last."""
    gaps: int

    @property
    def warnings(self) -> list[str]:
        """Everything the user should know, in order of time."""
        seen = (e.message for e in self.events if isinstance(e, WarningEvent))
        return list(dict.fromkeys(seen))


def analyze(
    blocks: Mapping[str, ImuBlock], config: PipelineConfig, *, review: bool = True, smooth: bool = False
) -> Analysis:
    """Run whole recordings, one block per device, through `MotionPipeline`.

    With ``review`` the alignments that the whole recording has taught hold from its beginning; without, it
    is what was said live. With ``smooth`` each orientation is known from what comes before and after it.
    Raises `InputError` for recordings that do not overlap or are too short,
    `CalibrationError` when nothing can be calibrated.
    """
    unknown = {b.device_id for b in blocks.values()} - config.segments.keys()
    if unknown:
        raise InputError(f"{', '.join(sorted(unknown))}: worn on no segment; assign one")
    output = PipelineOutput()
    blocks = {name: _checked(block, config, output) for name, block in blocks.items()}
    start, stop = _common_span(blocks)
    if config.stand_between_s is not None:
        _check_stand(config.stand_between_s, start, stop)
    recording = _aligned(blocks, start, stop, config, smooth=smooth)
    if review and (learnt := _learnt(recording, config)):
        events, pipeline = learnt
        output.events += events
        config = _with_plan(config, pipeline.plan)
    pipeline, played = _play(recording, config)
    if review and (usual := pipeline.learnt_late):
        pipeline, played = _play(recording, replace(config, usual=usual))
    pipeline.require_calibration()
    output.updates, output.events = played.updates, output.events + played.events
    loss, gaps = _losses(blocks)
    return Analysis(
        exercise=config.planned.id if config.planned else exercises.AUTO,
        signals=joined_signals([u.signals for u in output.updates]),
        sets=tuple(e.summary for e in output.events if isinstance(e, SetEvent) and e.closed),
        events=tuple(output.events),
        alignments=pipeline.alignments,
        loss=loss,
        gaps=gaps,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """Part of a recording on the grid, and what there was to complain of while it was taken in."""

    events: Sequence[Event]
    frames: Sequence[AlignedBlock]
    """Cut once at the ladder's frames, at which every pass over the recording would cut."""

    @classmethod
    def of(cls, events: Sequence[Event], parts: list[AlignedBlock]) -> _Stretch:
        return cls(events, tuple(split_frames(join_blocks(parts))))


def _aligned(
    blocks: Mapping[str, ImuBlock], start: float, stop: float, config: PipelineConfig, *, smooth: bool
) -> list[_Stretch]:
    """The common part of the recordings, taken in once for all passes over it."""
    smoothed = {b.device_id: SmoothedOrientation(b) for b in blocks.values()} if smooth else None
    intake = intake_of(config, smoothed)
    stretches: list[_Stretch] = []
    events: list[Event] = []
    parts: list[AlignedBlock] = []
    for pieces in _in_time(blocks, start, stop, config.max_wait_s):
        part = intake.update(pieces, events)
        parts += [] if part is None else [part]
        if len(parts) == _TOGETHER:
            stretches.append(_Stretch.of(events, parts))
            events, parts = [], []
    last = intake.flush(events)
    parts += [] if last is None else [last]
    return [*stretches, _Stretch.of(events, parts)] if parts else stretches


def _learnt(
    recording: Sequence[_Stretch], config: PipelineConfig
) -> tuple[list[CalibrationEvent | WarningEvent], MotionPipeline] | None:
    """What the whole recording teaches of the alignments; None where nothing is left to learn."""
    pipeline = MotionPipeline(config)
    if not pipeline.learns:
        return None
    rows = [frame for stretch in recording for frame in stretch.frames]
    events = pipeline.learn(rows)
    pipeline.require_calibration()
    if pipeline.zeroed_late or any(a.zero != "stand" for a in pipeline.alignments.values()):
        # Levers and stands could only be judged once it was roughly known how the sensors sit.
        pipeline = MotionPipeline(replace(config, seed=pipeline.alignments))
        events = pipeline.learn(rows)
    return _still_true(events, pipeline.alignments), pipeline


def _play(recording: Sequence[_Stretch], config: PipelineConfig) -> tuple[MotionPipeline, PipelineOutput]:
    """One pass over the recording, as if it were live."""
    pipeline, output = MotionPipeline(config), PipelineOutput()
    for stretch in recording:
        output.events.extend(stretch.events)
        for frame in stretch.frames:
            pipeline.interpret(frame, output)
    pipeline.conclude(output)
    return pipeline, output


def _with_plan(
    config: PipelineConfig, plan: list[tuple[float, Mapping[Segment, SegmentAlignment]]]
) -> PipelineConfig:
    return replace(config, alignments=plan[0][1], slips=tuple(plan[1:]))


def _still_true(
    learnt: list[Event], alignments: Mapping[Segment, SegmentAlignment]
) -> list[CalibrationEvent | WarningEvent]:
    """What was said while calibrating, without doubts that the rest of the recording has settled."""
    told = [e for e in learnt if isinstance(e, CalibrationEvent | WarningEvent)]
    settled: set[tuple[str, Segment | None]] = {
        ("axis_uncertain", s) for s, a in alignments.items() if not a.warnings
    }
    if all(a.zero == "stand" for a in alignments.values()):
        settled.add(("no_stand", None))
    if not any(a.warnings for a in alignments.values()):
        settled.add(("axis_unknown", None))
    return [e for e in told if isinstance(e, CalibrationEvent) or (e.code, e.segment) not in settled]


def _checked(block: ImuBlock, config: PipelineConfig, output: PipelineOutput) -> ImuBlock:
    usable, warnings = check_recording(block)
    for message in warnings:
        segment = config.segments[block.device_id]
        output.events.append(WarningEvent(float(block.t_s[0]), "recording", message, segment))
    return usable


def joined_signals(parts: Sequence[SignalBlock]) -> SignalBlock | None:
    """Consecutive signal blocks as one."""
    if not parts:
        return None
    return SignalBlock(
        np.concatenate([p.t_s for p in parts]),
        parts[0].rate_hz,
        parts[0].names,
        np.concatenate([p.values for p in parts], axis=1),
        np.concatenate([p.sd for p in parts], axis=1),
    )


def analysis_document(analysis: Analysis) -> Document:
    """The content of ``summary.json``."""
    return {
        "exercise": analysis.exercise,
        "recognised": [recognition_document(e) for e in analysis.events if isinstance(e, ExerciseEvent)],
        "calibration": {s.value: alignment_document(a) for s, a in analysis.alignments.items()},
        "sets": [set_document(done) for done in analysis.sets],
        "range_of_motion": range_of_motion(analysis.signals),
        "seated_s": number(seated_s(analysis.signals)) if analysis.signals else None,
        "quality": {
            "loss": number(analysis.loss, 5),
            "gaps": analysis.gaps,
            "warnings": analysis.warnings,
        },
    }


def range_of_motion(signals: SignalBlock | None) -> Document:
    """Least, greatest and range of every angle of the conventions, deg."""
    if signals is None:
        return {}
    result: Document = {}
    for name in signals.names:
        values = signals[name]
        if name.endswith("_deg") and np.isfinite(values).any():
            low, high = float(np.nanmin(values)), float(np.nanmax(values))
            result[name] = {"min_deg": number(low), "max_deg": number(high), "range_deg": number(high - low)}
    return result


def valid_samples(signals: SignalBlock) -> FloatArray:
    """1 where tilt and every hip flexion are known to 10°, else 0 (n,)."""
    rows = [
        k
        for k, name in enumerate(signals.names)
        if name == "pelvis_tilt_deg" or (name.startswith("hip_flexion_") and name.endswith("_deg"))
    ]
    return np.asarray((signals.sd[rows] < 10.0).all(axis=0), float)


def _common_span(blocks: Mapping[str, ImuBlock]) -> tuple[float, float]:
    for name, block in blocks.items():
        if len(block) < 2:
            raise InputError(f"{name}: {len(block)} samples; a recording needs at least {_SHORTEST_S:g} s")
    start = max(float(b.t_s[0]) for b in blocks.values())
    stop = min(float(b.t_s[-1]) for b in blocks.values())
    if stop - start < _SHORTEST_S:
        raise InputError(
            f"the recordings have {max(0.0, stop - start):.1f} s in common; {_SHORTEST_S:g} s are needed to"
            " calibrate and judge a movement (are their clocks the same?)"
        )
    return start, stop


def _check_stand(stand_s: tuple[float, float], start: float, stop: float) -> None:
    first, last = stand_s
    if not start <= first < last <= stop:
        raise InputError(
            f"stand {first:g}:{last:g} s does not lie within the recording ({start:.1f} to {stop:.1f} s)"
        )


def _in_time(
    blocks: Mapping[str, ImuBlock], start: float, stop: float, max_wait_s: float
) -> Iterator[list[ImuBlock]]:
    """What all sensors have in common, in steps of time that give what short steps give live.

    Only where a sensor pauses for longer than the grid waits does it matter when the others came.
    """
    edges = np.append(np.arange(start, stop, _BLOCK_S), np.nextafter(stop, np.inf))
    needed = np.zeros(len(edges), bool)
    needed[::_BLOCKS] = needed[-1] = True
    for block in blocks.values():
        pauses = np.flatnonzero(np.diff(block.t_s) >= max_wait_s)
        first, last = np.searchsorted(edges, (block.t_s[pauses], block.t_s[pauses + 1]), "right")
        for k, m in zip(first.tolist(), last.tolist(), strict=True):
            needed[k:m] = True
    edges = edges[needed]
    cuts = [np.searchsorted(block.t_s, edges).tolist() for block in blocks.values()]
    for k in range(len(edges) - 1):
        pieces = zip(blocks.values(), cuts, strict=True)
        yield [slice_imu(block, at[k], at[k + 1]) for block, at in pieces if at[k + 1] > at[k]]


def slice_imu(block: ImuBlock, start: int, stop: int) -> ImuBlock:
    """Samples [start, stop) of a block."""
    return ImuBlock(
        block.device_id,
        block.first_seq + start,
        block.t_s[start:stop],
        block.acc_ms2[start:stop],
        block.gyr_rads[start:stop],
        None if block.mag_ut is None else block.mag_ut[start:stop],
        block.quality[start:stop],
    )


def _losses(blocks: Mapping[str, ImuBlock]) -> tuple[float, int]:
    missing = expected = gaps = 0
    for block in blocks.values():
        steps = np.diff(block.t_s)
        period = float(np.median(steps))
        lost = np.maximum(np.round(steps / period) - 1.0, 0.0)
        missing += int(lost.sum())
        expected += len(block) + int(lost.sum())
        gaps += int((lost > 0).sum()) + int(((block.quality & SampleQuality.AFTER_GAP) != 0).sum())
    return missing / expected, gaps
