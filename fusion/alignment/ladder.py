"""The calibration ladder: watches the aligned stream until every sensor's mounting is known, then refines it.

1. *Zero*: gravity in a still stand; without one the exercise's own rest pose, or the range of its motion.
2. *Axis*: functional movements if they were announced, else the exercise's own motion.
3. *Heading*: from the joints that the segments share, else from all facing one way in the stand.
4. *Afterwards*: later stands refine the zero; one that only one sensor disagrees with is a slip.

Everything is decided at multiples of half a second on the grid, so that the answer does not depend on how
the stream was cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.chain import HeadingChain
from fusion.alignment.cold import cold_reference
from fusion.alignment.departure import Departures
from fusion.alignment.direction import is_sideways
from fusion.alignment.frames import ends_frame, filled, join_blocks, slice_block
from fusion.alignment.functional import FunctionalEvidence, FunctionalWindow, gather
from fusion.alignment.hip_levers import HipLevers
from fusion.alignment.history import SensorHistory
from fusion.alignment.places import StillPlaces, misfit_deg
from fusion.alignment.position import in_position, stays_near
from fusion.alignment.reference import Reference, StandCollection, rest_reference
from fusion.alignment.slip import Slip, find_slip, undone
from fusion.alignment.solve import ready, solve, turned_over, usable
from fusion.alignment.stand import StillPose, StillWatch, pose_of, what_moved
from fusion.alignment.tissue import with_tissue
from fusion.motion_hint import MotionHint
from fusion.quantiles import quantile
from fusion.soft_tissue import POPULATION, TissueGain
from fusion.types import AlignedBlock, FloatArray, Segment, SegmentAlignment, Side, WarningEvent
from fusion.units import RAD_PER_DEG

_BACKLOG_S = 120.0
_COLD_S = 15.0
"""With no stand for this long in a movement, it is made do without."""
_FIRST_TURN = 3.0
_GROWTH = 1.25
"""The axes are asked for again when so much more has been seen."""
_LONG_ENOUGH_TURN = 100.0
_LITTLE_TURN = 20.0
"""Evidence after which an axis that is still poor is used if it is of some use; the smaller where the
exercise hardly moves the pelvis and so will not make it better."""
_QUIET_PELVIS_DEG = 10.0
_FULL_TURN_RAD = 8.0 * RAD_PER_DEG
_UPRIGHT_DEG = 35.0
_SAME_RAD = 0.2 * RAD_PER_DEG
"""An alignment that moves by less stays as it is."""
_LEVEL_COS = 0.26
_UPRIGHT_QUANTILE, _ALONG_COS = 0.95, 0.82
"""Who passes through a stand is upright for so much of the time, as well as that line is known."""
_REST_TURN = 6.0
NO_STAND = (
    "no still stand was found; angles start from the movement's own range (±10°);"
    " stand still for 3 s, or say where with --stand A:B"
)
UNKNOWN = (
    "nothing is counted yet: the movement so far does not show which way the sensors face;"
    " stand still for 3 s, then do three slow hip hinges or walk a few steps"
)
REST_POSE = (
    "no still stand was found; angles start from the exercise's rest pose (±8°);"
    " stand still for 3 s, or say where with --stand A:B"
)


class CalibrationLadder:
    """Watches aligned blocks until every segment's `SegmentAlignment` is known, then refines it."""

    def __init__(
        self,
        segments: Iterable[Segment],
        hint: MotionHint,
        *,
        functional: Sequence[FunctionalWindow] = (),
        seed: Mapping[Segment, SegmentAlignment] | None = None,
        tissue: TissueGain = POPULATION,
        fixed: Mapping[Segment, SegmentAlignment] | None = None,
    ) -> None:
        self._fixed = dict(fixed or {})
        self._tissue = tissue
        self._seed = dict(seed or fixed or {})
        self._hint = hint
        self._segments = tuple(segments)
        self._histories = {s: SensorHistory() for s in self._segments}
        self._watch = StillWatch()
        self._stands = StandCollection()
        self._elsewhere = StillPlaces()
        self._windows = tuple(functional)
        self._functional: FunctionalEvidence | None = None
        self._told: tuple[float, float] | None = None
        self._told_frames: list[AlignedBlock] = []
        self._reference: Reference | None = None
        self._chain = HeadingChain(self._segments)
        self._departures = Departures(self._segments, sideways=is_sideways(hint))
        self._walked = False
        """Whether somebody set off for a walk from the stand."""
        self._levers: dict[Segment, HipLevers] = {}
        self._slips: list[Slip] = []
        self._any_q_es: dict[Segment, FloatArray] = {}
        self._frame: list[AlignedBlock] = []
        self._kept: list[AlignedBlock] = []
        self._first_s: float | None = None
        self._turned = 0.0
        self._solved_at = 0.0
        self._fresh = False
        self.zeroed_late = False
        """Whether the zero was found only after the movement; what was learnt before had a wrong one."""
        self.alignments: Mapping[Segment, SegmentAlignment] = {}
        self.warnings: list[WarningEvent] = []

    @property
    def stood(self) -> bool:
        """Whether a stand was found."""
        return len(self._stands) > 0

    @property
    def ready(self) -> bool:
        """Whether every segment is aligned."""
        return len(self.alignments) == len(self._segments)

    @property
    def plan(self) -> list[tuple[float, Mapping[Segment, SegmentAlignment]]]:
        """From when on which alignments hold, as known now: more than one where a sensor has slipped."""
        steps: list[tuple[float, Mapping[Segment, SegmentAlignment]]] = []
        now = dict(self.alignments)
        for slip in reversed(self._slips):
            steps.append((slip.t_s, dict(now)))
            now[slip.segment] = undone(now[slip.segment], slip)
        return [(-np.inf, now), *reversed(steps)]

    def backlog(self) -> list[AlignedBlock]:
        """The blocks seen since the start, once, for the stages that waited."""
        kept, self._kept = self._kept, []
        return kept

    def stand_between(self, start_s: float, stop_s: float) -> None:
        """Take the frames within [start, stop) as the stand, whatever they look like."""
        self._told = (start_s, stop_s)

    def update(self, block: AlignedBlock) -> bool:
        """Take one block that lies within one frame; True when the alignments have changed."""
        self._frame.append(block)
        if not self.ready:
            self._kept.append(block)
            while self._kept[-1].t_s[-1] - self._kept[0].t_s[0] > _BACKLOG_S:
                self._kept.pop(0)
        if not ends_frame(block):
            return False
        frame, self._frame = filled(join_blocks(self._frame)), []
        self._take(frame)
        return self._maybe_solve(float(frame.t_s[-1]))

    def conclude(self, t_s: float) -> bool:
        """Make do with what there is (end of the input, or waited long enough); True when that helped."""
        if self._reference is None:
            self._reference = self._cold()
        if self._reference is None:
            return False
        return self._accept(self._find(t_s), t_s)

    def _cold(self) -> Reference | None:
        return cold_reference(self._histories, self._any_q_es, self._hint, self._lines())

    def _lines(self) -> dict[Segment, FloatArray]:
        """About where each thigh points upwards, where its swinging has shown it."""
        found = {s: e.thigh_up_s for s, e in self._levers.items()}
        return {s: axis for s, axis in found.items() if axis is not None}

    # --- one frame

    def _take(self, frame: AlignedBlock) -> None:
        if self._first_s is None:
            self._first_s = float(frame.t_s[0])
        for segment, history in self._histories.items():
            before = len(history)
            history.add(frame.segments[segment])
            turns = np.minimum(1.0, history.turn_rad[before:] / _FULL_TURN_RAD)
            self._turned += float(turns.sum()) / len(self._histories)
        if not self._any_q_es and all(np.isfinite(b.q_es[-1]).all() for b in frame.segments.values()):
            self._any_q_es = {s: b.q_es[-1].copy() for s, b in frame.segments.items()}
        for side in Side:
            if side.thigh in self._histories:
                hip = self._levers.setdefault(side.thigh, HipLevers(side.thigh, frame.rate_hz))
                hip.update(frame.segments[Segment.PELVIS], frame.segments[side.thigh])
        self._look_for_stand(frame)
        if self._departures.update(frame, still=self._watch.resting, is_stand=self._is_stand):
            self._fresh = True
            # No other posture is the zero.
            self._walked = self._walked or self.stood
        self._follow_headings(frame)

    def _look_for_stand(self, frame: AlignedBlock) -> None:
        if self._told is not None:
            self._wait_for_told(frame, *self._told)
        pose = self._watch.update(frame)
        waits = self._told is not None and frame.t_s[-1] < self._told[1]
        if pose is not None and not waits:
            self._take_pose(pose)

    def _is_stand(self, up_s: Mapping[Segment, FloatArray]) -> bool | None:
        return self._stands.is_near(up_s) if self.stood else None

    def _wait_for_told(self, frame: AlignedBlock, start_s: float, stop_s: float) -> None:
        within = (frame.t_s >= start_s - 1e-9) & (frame.t_s < stop_s)
        if within.any():
            self._told_frames.append(_only(frame, within))
        ended = frame.t_s[-1] + 0.5 / frame.rate_hz >= stop_s - 1.0 / frame.rate_hz
        if self._told_frames and ended:
            for segment, message in what_moved(self._told_frames, start_s, stop_s):
                self.warnings.append(WarningEvent(float(frame.t_s[-1]), "stand_moved", message, segment))
            self._zero_at(pose_of(self._told_frames))
            self._told_frames = []

    def _zero_at(self, pose: StillPose) -> None:
        self._fresh |= self._stands.add(pose)
        if self._fresh or self._reference is None:
            self._reference = self._stands.reference()

    def _take_pose(self, pose: StillPose) -> None:
        if not self.stood:
            if self._may_be_stand(pose):
                self._zero_at(pose)
            else:
                self._fresh |= self._elsewhere.add(pose)
            return
        off = self._stands.off_rad(pose)
        slip = find_slip(pose, off, self._stands.reference().up_s, held=self._hint.held)
        if slip is not None:
            self._follow_slip(slip)
        if slip is not None or self._stands.agrees(off):
            self._zero_at(pose)
        elif self._stands.outdone_by(pose) and self._may_be_stand(pose):
            self._stands = StandCollection()
            self._zero_at(pose)
        else:
            self._fresh |= self._elsewhere.add(pose)

    def _seated(self, pose: StillPose) -> bool:
        """Whether the thighs lie level in a still pose and stood at other times, from how they swing."""
        lines = self._lines()
        return bool(lines) and all(
            line @ pose.up_s[s] < _LEVEL_COS and self._was_upright(s, line) for s, line in lines.items()
        )

    def _was_upright(self, segment: Segment, line_s: FloatArray) -> bool:
        """Whether a segment has stood along its line for a while; one that never has is another line."""
        along = self._histories[segment].up_s @ line_s
        return len(along) > 0 and quantile(along, _UPRIGHT_QUANTILE) > _ALONG_COS

    def _may_be_stand(self, pose: StillPose) -> bool:
        """Whether a still pose is upright as far as is known; a short one only counts in want of better."""
        if self._seated(pose):
            return False
        known = self.alignments or self._seed
        method = self._reference.method if self._reference is not None else ""
        decided, guessed = method == "stand", method == "motion"
        if not known or (decided and not self._seed):
            return True
        if self._seed and all(a.zero == "stand" for a in self._seed.values()):
            known = self._seed  # what is learnt meanwhile may still be a guess
        elif self._hint.standing and (guessed or not pose.short):
            return True
        for segment, alignment in known.items():
            y_s = quat.rotate(np.array(alignment.q_sb), np.array([0.0, 1.0, 0.0]))
            if y_s @ pose.up_s[segment] < np.cos(_UPRIGHT_DEG * RAD_PER_DEG):
                return False
        return True

    def _follow_slip(self, slip: Slip) -> None:
        self._slips.append(slip)
        self._histories[slip.segment].turn(slip.rotation)
        self._stands.turn(slip.segment, slip.rotation)
        self._elsewhere.turn(slip.segment, slip.rotation)
        self._departures.turn(slip.segment, slip.rotation)
        for thigh, hip in self._levers.items():
            if slip.segment in (thigh, Segment.PELVIS):
                hip.turn(slip.segment, slip.rotation)
        self.warnings.append(WarningEvent(slip.t_s, "sensor_slipped", slip.message, slip.segment))

    def _follow_headings(self, frame: AlignedBlock) -> None:
        if self._reference is not None or self._seed:
            self._chain.update(frame, {s: self._y_s(s) for s in self._segments})

    def _y_s(self, segment: Segment) -> FloatArray:
        known = self.alignments or self._seed
        if segment in known:
            return quat.rotate(np.array(known[segment].q_sb), np.array([0.0, 1.0, 0.0]))
        assert self._reference is not None  # noqa: S101 - asked for only with one
        return self._reference.up_s[segment]

    @property
    def _patience(self) -> float:
        tilt_deg = self._hint.pelvis_tilt_deg()
        quiet = len(tilt_deg) > 1 and float(np.ptp(tilt_deg)) < _QUIET_PELVIS_DEG
        return _LITTLE_TURN if quiet else _LONG_ENOUGH_TURN

    # --- answers

    def _maybe_solve(self, t_s: float) -> bool:
        waited_s = t_s - (self._first_s if self._first_s is not None else t_s)
        awaited = self._told is not None and t_s < self._told[1]
        if (
            self._reference is None
            and not awaited
            and waited_s >= _COLD_S
            and self._turned >= 2.0 * _FIRST_TURN
        ):
            self._reference = self._cold()
        due = self._turned >= max(_FIRST_TURN, _GROWTH * self._solved_at)
        if self._reference is None or not (due or (self._fresh and self.ready)):
            return False
        self._solved_at = self._turned
        found = self._find(t_s)
        placed = self._walked or in_position(self._hint, self._reference, self._histories)
        sure = ready(found) and placed
        enough = self._turned >= self._patience
        if not (self.ready or sure or (enough and usable(found))):
            if enough:
                self._say_unknown(t_s)
            return False
        if self.ready and turned_over(found, self.alignments) and not self._may_turn_over(found):
            return False
        return self._accept(found, t_s)

    def _may_turn_over(self, found: Mapping[Segment, SegmentAlignment]) -> bool:
        """A doubt is no reason to turn everything over, and what is known takes a stand to turn it."""
        assert self._reference is not None  # noqa: S101 - something was found
        return ready(found) and (self._reference.method == "stand" or not ready(self.alignments))

    def _say_unknown(self, t_s: float) -> None:
        """What is not known is not counted; that is said once."""
        if not any(w.code == "axis_unknown" for w in self.warnings):
            self.warnings.append(WarningEvent(t_s, "axis_unknown", UNKNOWN))

    def _accept(self, found: Mapping[Segment, SegmentAlignment], t_s: float) -> bool:
        """Use what was found, unless it is what is used already."""
        assert self._reference is not None  # noqa: S101 - `_find` came first
        self._fresh = False
        message = {"rest": REST_POSE, "motion": NO_STAND}.get(self._reference.method)
        if self._fixed.keys() >= found.keys():
            message = None  # a stored calibration brings its own zero
        if message is not None and not any(w.code == "no_stand" for w in self.warnings):
            self.warnings.append(WarningEvent(t_s, "no_stand", message))
        if self.ready and not any(_differ(found[s], self.alignments[s]) for s in found):
            return False
        self.alignments = found
        return True

    def _find(self, t_s: float) -> dict[Segment, SegmentAlignment]:
        assert self._reference is not None  # noqa: S101 - only called with one
        self._reconsider_zero()
        if self._reference.method == "motion":
            self._reference = self._cold() or self._reference
        if self._reference.method == "stand":
            self._reference = self._stands.linked(self._reference, self._chain.doubt)
        self._functional = gather(self._windows, self._reference, self._histories, t_s)
        for segment, given in self._fixed.items():
            self._functional.z_s[segment] = quat.rotate(np.array(given.q_sb), np.array([0.0, 0.0, 1.0]))
        found = solve(
            self._reference,
            self._histories,
            self._hint,
            headings=self._chain.headings(self._reference.heading_sd_rad),
            levers={s: hip.evidence() for s, hip in self._levers.items()},
            fronts=self._departures.fronts(),
            t_s=t_s,
            functional=self._functional,
        )
        for warning in self._functional.warnings:
            if warning.message not in {w.message for w in self.warnings}:
                self.warnings.append(warning)
        ended = [w for w in self._windows if w.stop_s <= t_s]
        found = with_tissue(found, self._histories, ended, self._tissue)
        return {s: _keeping(self._fixed[s], a) if s in self._fixed else a for s, a in found.items()}

    def _reconsider_zero(self) -> None:
        """The first still pose may have been a seat, or a lying exercise's rest pose: what follows tells."""
        if self._told is not None or self._walked:
            return
        self._look_elsewhere()
        if not self.stood:
            return
        if self._hint.rests_upright:
            cold = self._cold() if self._seated(self._stands.only) else None
            if cold is not None:
                self._stands, self._reference = StandCollection(), cold
                self._chain.forget()
            return
        if len(self._stands) > 1:
            return
        pose = self._stands.only
        rest = rest_reference(pose, self._hint)
        if rest is None:
            return
        near = self._turned >= _REST_TURN and stays_near(pose, self._hint, self._histories)
        self._reference = rest if near else self._stands.reference()

    def _look_elsewhere(self) -> None:
        """Another posture that was held still may be the stand, if the movement fits it better."""
        hint = self._hint
        through_stand = hint.rests_upright and not hint.side_lying_deg
        if self._seed or hint.held or (through_stand and not self.stood):
            return  # known well enough, not to be told by what moves, or told by `_may_be_stand`
        chosen = self._elsewhere.instead_of(
            self._stands,
            lambda up_s: misfit_deg(up_s, self._histories, hint),
            lambda pose: not self._seated(pose),
        )
        if chosen is not None:
            self._stands, self._reference = chosen, chosen.reference()
            self._chain.forget()
            self.zeroed_late = True


def _keeping(given: SegmentAlignment, learnt: SegmentAlignment) -> SegmentAlignment:
    """A stored alignment with the heading that this recording has shown."""
    return replace(given, heading_rad=learnt.heading_rad, heading_sd_rad=learnt.heading_sd_rad)


def _differ(a: SegmentAlignment, b: SegmentAlignment) -> bool:
    turned = float(quat.angle_rad(np.array(a.q_sb), np.array(b.q_sb)))
    veered = abs(np.sin(0.5 * (a.heading_rad - b.heading_rad)))
    return turned > _SAME_RAD or bool(2.0 * veered > _SAME_RAD) or _told_of(a) != _told_of(b)


def _told_of(a: SegmentAlignment) -> tuple[str, str, str, tuple[str, ...]]:
    return a.method, a.zero, a.tissue_source, a.warnings


def _only(frame: AlignedBlock, within: np.ndarray) -> AlignedBlock:
    at = np.flatnonzero(within)
    return slice_block(frame, int(at[0]), int(at[-1]) + 1)
