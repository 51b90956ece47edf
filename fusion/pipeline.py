"""The whole core for one person: samples of their sensors in, angles and events out.

`MotionPipeline.update` is the same loop live and over a recording, and gives the same for any splitting of
the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from fusion import exercises
from fusion.alignment import FRAME_S, CalibrationLadder, FunctionalWindow, split_frames
from fusion.alignment.joint_heading import NO_IDEA_RAD
from fusion.common_heading import CommonHeading
from fusion.errors import CalibrationError, InputError
from fusion.estimators import estimator_named
from fusion.exercises import Exercise
from fusion.form import Limits, PersonReference
from fusion.intake import Intake, OrientationSource
from fusion.kinematics import Kinematics
from fusion.motion_hint import MotionHint
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.choice import movement_analyzer
from fusion.movement.holds import HoldAnalyzer
from fusion.movement.reps import Phase
from fusion.movement.usual_repetition import UsualRepetition
from fusion.orientation import OrientationParams
from fusion.recognition.auto import AutoAnalyzer
from fusion.recount import count_anew
from fusion.soft_tissue import POPULATION, TissueGain
from fusion.types import (
    AlignedBlock,
    CalibrationEvent,
    EstimatorName,
    Event,
    ImuBlock,
    MotionUpdate,
    OrientedBlock,
    SampleQuality,
    Segment,
    SegmentAlignment,
    Side,
    WarningEvent,
)


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """Who wears what, and what they are about to do."""

    segments: Mapping[str, Segment]
    """device_id → segment."""
    exercise: str | Exercise
    """Id in the library, `exercises.AUTO` to have it recognised, or one of the user's own."""
    rate_hz: float = 60.0
    side: Side | None = None
    """The leg that is judged; by default the one that wears a sensor, right before left."""
    alignments: Mapping[Segment, SegmentAlignment] = field(default_factory=dict)
    """Known alignments; with one for every segment no calibration is waited for. What is not known of their
    headings, and of other segments, is learnt."""
    slips: tuple[tuple[float, Mapping[Segment, SegmentAlignment]], ...] = ()
    """Alignments that hold from later times on, in order: where a recording is known to have slips."""
    seed: Mapping[Segment, SegmentAlignment] = field(default_factory=dict)
    """About how the sensors sit, from an earlier look: learnt anew, starting from there."""
    functional: tuple[FunctionalWindow, ...] = ()
    """Announced hip hinges, knee raises, and sitting with level thighs."""
    tissue: TissueGain = POPULATION
    """What soft tissue adds to deep flexion, before anything is known of the person."""
    stand_s: float = 3.0
    stand_between_s: tuple[float, float] | None = None
    """When the person stood still, where that is known; otherwise a stand is looked for."""
    max_wait_s: float = 0.06
    estimator: EstimatorName = "ilium"
    """Ours, or one of the well-known filters for comparison."""
    orientation: OrientationParams = field(default_factory=OrientationParams)
    references: tuple[PersonReference, ...] = ()
    """What is known of the person's own good form; those of other exercises are left alone."""
    limits: Limits = field(default_factory=Limits)
    usual: UsualRepetition | None = None
    """How the person does the planned exercise, from an earlier look at the same recording."""

    def __post_init__(self) -> None:
        if not 10.0 <= self.rate_hz <= 240.0:
            raise InputError(f"rate {self.rate_hz:g} Hz: allowed are 10 to 240 Hz")
        worn = set(self.segments.values())
        if len(worn) != len(self.segments):
            raise InputError("two sensors on one segment; give each its own")
        if Segment.PELVIS not in worn:
            raise InputError("no sensor on the pelvis; assign one")
        if not worn & {Segment.THIGH_LEFT, Segment.THIGH_RIGHT}:
            raise InputError("no sensor on a thigh; assign one")
        if self.side is not None and self.side.thigh not in worn:
            raise InputError(f"no sensor on the {self.side.value} thigh; assign one or choose the other side")

    @property
    def planned(self) -> Exercise | None:
        """The exercise itself; None when it has to be recognised."""
        return self.exercise if isinstance(self.exercise, Exercise) else exercises.plan(self.exercise)

    @property
    def judged_side(self) -> Side:
        """The leg whose angles drive the count."""
        if self.side is not None:
            return self.side
        return Side.RIGHT if Segment.THIGH_RIGHT in self.segments.values() else Side.LEFT


_ESTIMATED_TIME = int(SampleQuality.ESTIMATED_TIME)
ESTIMATED_TIMES_AGREE_S = 0.05
"""How well times agree that are those of arrival: a connection interval and a retransmission apart."""


@dataclass(slots=True)
class PipelineOutput:
    """What one update gave, in order of time."""

    updates: list[MotionUpdate] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


class MotionPipeline:
    """Orientation → grid → alignment → common heading → angles → repetitions, for one person."""

    def __init__(
        self, config: PipelineConfig, orientations: Mapping[str, OrientationSource] | None = None
    ) -> None:
        self.config = config
        planned = config.planned
        hint = planned.motion_hint if planned else MotionHint(())
        self._intake = intake_of(config, orientations)
        self._ladder = CalibrationLadder(
            config.segments.values(),
            hint,
            functional=config.functional,
            seed=config.seed,
            tissue=config.tissue,
            fixed=config.alignments,
        )
        if config.stand_between_s is not None:
            self._ladder.stand_between(*config.stand_between_s)
        self._headings = CommonHeading(config.segments.values(), FRAME_S)
        self._given = dict(config.alignments)
        self._later = list(config.slips)
        complete = set(self._given) >= set(config.segments.values())
        self._learns = not complete or any(a.heading_sd_rad >= NO_IDEA_RAD for a in self._given.values())
        self._kinematics = Kinematics(self._given) if complete else None
        if complete:
            self._headings.align(self._given)
        self._movement: MovementAnalyzer | HoldAnalyzer | AutoAnalyzer = self._analyzer(planned)
        self._last_s = 0.0
        self._told = 0
        self._times_doubted = False
        self._doubted: set[Segment] = set()

    @overload
    def _analyzer(self, planned: Exercise) -> MovementAnalyzer | HoldAnalyzer: ...
    @overload
    def _analyzer(self, planned: Exercise | None) -> MovementAnalyzer | HoldAnalyzer | AutoAnalyzer: ...
    def _analyzer(self, planned: Exercise | None) -> MovementAnalyzer | HoldAnalyzer | AutoAnalyzer:
        side, rate_hz, of = self.config.judged_side, self.config.rate_hz, self.config
        if planned is None:
            return AutoAnalyzer(side, rate_hz, references=of.references, limits=of.limits)
        return movement_analyzer(
            planned, side, rate_hz, references=of.references, limits=of.limits, usual=of.usual
        )

    @property
    def alignments(self) -> Mapping[Segment, SegmentAlignment]:
        """Alignments in use; empty until calibrated."""
        return self._kinematics.alignments if self._kinematics else {}

    @property
    def learns(self) -> bool:
        """Whether anything of the alignments is learnt from the motion."""
        return self._learns

    @property
    def zeroed_late(self) -> bool:
        """Whether the movement had been seen before it was known which posture is the stand."""
        return self._ladder.zeroed_late

    @property
    def learnt_late(self) -> UsualRepetition | None:
        """How the person does the exercise, if silences had to be gone across before that was known."""
        return self._movement.learnt_late if isinstance(self._movement, MovementAnalyzer) else None

    @property
    def plan(self) -> list[tuple[float, Mapping[Segment, SegmentAlignment]]]:
        """From when on which alignments hold, as known now; the first from the beginning."""
        return self._ladder.plan if self._ladder.ready else [(-np.inf, self.alignments)]

    @property
    def stood(self) -> bool:
        """Whether the standing part of the calibration is done."""
        return self._ladder.stood or self._kinematics is not None

    @property
    def phase(self) -> Phase:
        """Present phase of the movement."""
        return self._movement.phase

    @property
    def count(self) -> int:
        """Repetitions in the present set, the announced one included."""
        return self._movement.count

    def update(self, blocks: Iterable[ImuBlock]) -> PipelineOutput:
        """Take new samples of any of the sensors."""
        output = PipelineOutput()
        aligned = self._intake.update(blocks, output.events)
        if aligned is not None:
            self.interpret(aligned, output)
        return output

    def flush(self) -> PipelineOutput:
        """End of the input: everything still waiting comes out and the open set is closed."""
        output = PipelineOutput()
        aligned = self._intake.flush(output.events)
        if aligned is not None:
            self.interpret(aligned, output)
        self.conclude(output)
        return output

    def interpret(self, aligned: AlignedBlock, output: PipelineOutput) -> None:
        """Rows of an `Intake` that follow those before: learn from them and say what they mean."""
        self._last_s = float(aligned.t_s[-1])
        for piece in split_frames(aligned):
            # A better alignment holds from the next frame on, the first one for all that waited for it.
            waited = self._kinematics is None
            self._follow_plan(float(piece.t_s[0]))
            if not waited:
                self._interpret(piece, output)
            if self._learns and self._ladder.update(piece):
                self._follow_ladder(output, float(piece.t_s[-1]), waited=waited)
            self._warn(output)

    def learn(self, recording: Iterable[AlignedBlock]) -> list[Event]:
        """Only find out how the sensors sat in a recording of an `Intake`: no angles, nothing counted."""
        output = PipelineOutput()
        for aligned in recording:
            self._last_s = float(aligned.t_s[-1])
            for piece in split_frames(aligned):
                if self._ladder.update(piece):
                    self._calibrate(output, float(piece.t_s[-1]))
        if self._ladder.conclude(self._last_s):
            self._calibrate(output, self._last_s)
        return output.events

    def conclude(self, output: PipelineOutput) -> None:
        """The last row has been taken: learn what can still be learnt, close the open set."""
        waited = self._kinematics is None
        if self._learns and self._ladder.conclude(self._last_s):
            self._follow_ladder(output, self._last_s, waited=waited)
        output.events.extend(self._movement.flush())

    def require_calibration(self) -> None:
        """Raise `CalibrationError` that says what is missing when no angle could be given."""
        if self._kinematics is not None:
            return
        if not self._ladder.stood:
            raise CalibrationError(
                f"no still stand of {self.config.stand_s:g} s was found to calibrate on;"
                " stand still at the start, or say where with --stand A:B"
            )
        raise CalibrationError(
            "the movement shows no left–right axis; lean forward three times after standing still"
        )

    def _follow_plan(self, now_s: float) -> None:
        while self._later and self._kinematics is not None and self._later[0][0] <= now_s:
            self._kinematics.align(self._later.pop(0)[1])

    def _follow_ladder(self, output: PipelineOutput, now_s: float, *, waited: bool) -> None:
        """Use other alignments from now on, and for all that waited for them or was counted by wrong ones."""
        self._calibrate(output, now_s)
        planned, counted = self.config.planned, self._movement
        if waited:
            for waiting in self._ladder.backlog():
                self._interpret(waiting, output)
        elif self._ladder.turned_far and planned is not None and not isinstance(counted, AutoAnalyzer):
            fresh = self._analyzer(planned)
            if self._times_doubted:
                fresh.clocks_agree_to(ESTIMATED_TIMES_AGREE_S)
            anew = count_anew(counted, fresh, self._ladder.backlog(), self._ladder.plan, now_s)
            self._kinematics, self._headings, self._movement = anew.kinematics, anew.headings, anew.movement
            output.events.extend(anew.events)

    def _calibrate(self, output: PipelineOutput, now_s: float) -> None:
        if self._kinematics is None:
            self._kinematics = Kinematics(self._ladder.alignments)
        else:
            self._kinematics.align(self._ladder.alignments)
        self._headings.align(self._ladder.alignments)
        self._warn(output)
        for alignment in self._ladder.alignments.values():
            output.events.append(CalibrationEvent(now_s, alignment))
            if alignment.segment not in self._doubted:
                for warning in alignment.warnings:
                    self._doubted.add(alignment.segment)
                    output.events.append(WarningEvent(now_s, "axis_uncertain", warning, alignment.segment))

    def _warn(self, output: PipelineOutput) -> None:
        """What the ladder has to say, once."""
        output.events.extend(self._ladder.warnings[self._told :])
        self._told = len(self._ladder.warnings)

    def _interpret(self, block: AlignedBlock, output: PipelineOutput) -> None:
        if self._kinematics is None:
            return
        if not self._times_doubted and any(_estimated_times(one) for one in block.segments.values()):
            self._times_doubted = True
            self._movement.clocks_agree_to(ESTIMATED_TIMES_AGREE_S)
        signals = self._kinematics.update(self._headings.update(block))
        output.events.extend(self._movement.update(signals))
        output.updates.append(
            MotionUpdate(
                t_s=float(block.t_s[-1]),
                signals=signals,
                phase=self._movement.phase.value,
                reps=self._movement.count,
                calibrated=True,
            )
        )


def _estimated_times(block: OrientedBlock) -> bool:
    """Whether any sample's time is no better than when it arrived."""
    return bool((block.quality & _ESTIMATED_TIME).any())


def intake_of(config: PipelineConfig, orientations: Mapping[str, OrientationSource] | None = None) -> Intake:
    """What stands before a pipeline of this configuration; by default orientations are estimated live."""
    sources = orientations or {
        d: estimator_named(config.estimator, config.orientation) for d in config.segments
    }
    return Intake(config.segments, sources, config.rate_hz, config.max_wait_s)
