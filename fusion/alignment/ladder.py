"""The calibration ladder: watches the aligned stream until every sensor's mounting is known, then refines it.

1. *Zero*: gravity in a still stand; without one the exercise's own rest pose, or the range of its motion.
2. *Axis*: functional movements if they were announced, else the exercise's own motion.
3. *Heading*: from the joints that the segments share, else from all facing one way in the stand.
4. *Afterwards*: later stands refine the zero; one that only one sensor disagrees with is a slip.

Everything is decided at multiples of half a second on the grid, so that the answer does not depend on how
the stream was cut into blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.chain import HeadingChain
from fusion.alignment.departure import Departures
from fusion.alignment.direction import is_sideways
from fusion.alignment.evidence import Evidence
from fusion.alignment.frames import ends_frame, filled, join_blocks
from fusion.alignment.functional import FunctionalEvidence, FunctionalWindow, gather
from fusion.alignment.position import in_position
from fusion.alignment.reference import Reference
from fusion.alignment.slip import Slip, undone
from fusion.alignment.solve import ready, solve, turned_over, usable
from fusion.alignment.tissue import with_tissue
from fusion.alignment.zero import ZeroWatch
from fusion.motion_hint import MotionHint
from fusion.soft_tissue import POPULATION, TissueGain
from fusion.types import AlignedBlock, FloatArray, Segment, SegmentAlignment, WarningEvent
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
_SAME_RAD = 0.2 * RAD_PER_DEG
"""An alignment that moves by less stays as it is."""
_FAR_RAD = 40.0 * RAD_PER_DEG
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
        self.alignments: Mapping[Segment, SegmentAlignment] = {}
        self.warnings: list[WarningEvent] = []
        self._evidence = Evidence(self._segments)
        self._zero = ZeroWatch(hint, self._evidence, self._seed, self.warnings)
        self._windows = tuple(functional)
        self._functional: FunctionalEvidence | None = None
        self._chain = HeadingChain(self._segments)
        self._departures = Departures(self._segments, sideways=is_sideways(hint))
        self._slips: list[Slip] = []
        self.turned_far = False
        """Whether the last change has turned a segment's axes so far that its angles meant something else."""
        self._frame: list[AlignedBlock] = []
        self._kept: deque[AlignedBlock] = deque()
        self._solved_at = 0.0

    @property
    def stood(self) -> bool:
        """Whether a stand was found."""
        return self._zero.stood

    @property
    def zeroed_late(self) -> bool:
        """Whether the zero was found only after the movement; what was learnt before had a wrong one."""
        return self._zero.found_late

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
        """What has been seen in the last two minutes, for stages that waited or have to begin anew."""
        return [*self._kept, *self._frame]

    def stand_between(self, start_s: float, stop_s: float) -> None:
        """Take the frames within [start, stop) as the stand, whatever they look like."""
        self._zero.stand_between(start_s, stop_s)

    def update(self, block: AlignedBlock) -> bool:
        """Take one block that lies within one frame; True when the alignments have changed."""
        self._frame.append(block)
        if not ends_frame(block):
            return False
        frame, self._frame = join_blocks(self._frame), []
        self._kept.append(frame)
        while self._kept[-1].t_s[-1] - self._kept[0].t_s[0] > _BACKLOG_S:
            self._kept.popleft()
        self._take(filled(frame))
        return self._maybe_solve(float(frame.t_s[-1]))

    def conclude(self, t_s: float) -> bool:
        """Make do with what there is (end of the input, or waited long enough); True when that helped."""
        if self._zero.make_do() is None:
            return False
        return self._accept(self._find(t_s), t_s)

    # --- one frame

    def _take(self, frame: AlignedBlock) -> None:
        self._evidence.take(frame)
        slip = self._zero.look(frame, self.alignments)
        if slip is not None:
            self._slips.append(slip)
            self._evidence.follow_slip(slip)
            self._departures.turn(slip.segment, slip.rotation)
        if self._departures.update(frame, still=self._zero.resting, is_stand=self._zero.is_stand):
            self._zero.fresh = True
            self._zero.walked = self._zero.walked or self.stood
        self._follow_headings(frame)

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

    @property
    def _reference(self) -> Reference | None:
        return self._zero.reference

    def _maybe_solve(self, t_s: float) -> bool:
        turned = self._evidence.turned
        since_s = self._evidence.first_s
        waited = since_s is not None and t_s - since_s >= _COLD_S and turned >= 2.0 * _FIRST_TURN
        if waited and not self._zero.awaits(t_s):
            self._zero.make_do()
        due = turned >= max(_FIRST_TURN, _GROWTH * self._solved_at)
        if self._reference is None or not (due or (self._zero.fresh and self.ready)):
            return False
        self._solved_at = turned
        found = self._find(t_s)
        placed = self._zero.walked or in_position(self._hint, self._reference, self._evidence.histories)
        sure = ready(found) and placed
        enough = turned >= self._patience
        if not (self.ready or sure or (enough and usable(found))):
            if enough:
                self._say_unknown(t_s)
            return False
        if self.ready and not ready(found) and turned_over(found, self.alignments):
            return False  # a doubt is no reason to turn everything over
        return self._accept(found, t_s)

    def _say_unknown(self, t_s: float) -> None:
        """What is not known is not counted; that is said once."""
        if not any(w.code == "axis_unknown" for w in self.warnings):
            self.warnings.append(WarningEvent(t_s, "axis_unknown", UNKNOWN))

    def _accept(self, found: Mapping[Segment, SegmentAlignment], t_s: float) -> bool:
        """Use what was found, unless it is what is used already."""
        assert self._reference is not None  # noqa: S101 - `_find` came first
        self._zero.fresh = False
        message = {"rest": REST_POSE, "motion": NO_STAND}.get(self._reference.method)
        if self._fixed.keys() >= found.keys():
            message = None  # a stored calibration brings its own zero
        if message is not None and not any(w.code == "no_stand" for w in self.warnings):
            self.warnings.append(WarningEvent(t_s, "no_stand", message))
        if self.ready and not any(_differ(found[s], self.alignments[s]) for s in found):
            return False
        self.turned_far = self.ready and any(
            quat.angle_rad(np.array(a.q_sb), np.array(self.alignments[s].q_sb)) > _FAR_RAD
            for s, a in found.items()
        )
        self.alignments = found
        return True

    def _find(self, t_s: float) -> dict[Segment, SegmentAlignment]:
        self._zero.reconsider(self._chain)
        assert self._reference is not None  # noqa: S101 - only called with one
        histories = self._evidence.histories
        self._functional = gather(self._windows, self._reference, histories, t_s)
        for segment, given in self._fixed.items():
            self._functional.z_s[segment] = quat.rotate(np.array(given.q_sb), np.array([0.0, 0.0, 1.0]))
        found = solve(
            self._reference,
            histories,
            self._hint,
            headings=self._chain.headings(self._reference.heading_sd_rad),
            levers={s: hip.evidence() for s, hip in self._evidence.levers.items()},
            fronts=self._departures.fronts(),
            t_s=t_s,
            functional=self._functional,
        )
        for warning in self._functional.warnings:
            if warning.message not in {w.message for w in self.warnings}:
                self.warnings.append(warning)
        ended = [w for w in self._windows if w.stop_s <= t_s]
        found = with_tissue(found, histories, ended, self._tissue)
        return {s: _keeping(self._fixed[s], a) if s in self._fixed else a for s, a in found.items()}


def _keeping(given: SegmentAlignment, learnt: SegmentAlignment) -> SegmentAlignment:
    """A stored alignment with the heading that this recording has shown."""
    return replace(given, heading_rad=learnt.heading_rad, heading_sd_rad=learnt.heading_sd_rad)


def _differ(a: SegmentAlignment, b: SegmentAlignment) -> bool:
    turned = float(quat.angle_rad(np.array(a.q_sb), np.array(b.q_sb)))
    veered = abs(np.sin(0.5 * (a.heading_rad - b.heading_rad)))
    return turned > _SAME_RAD or bool(2.0 * veered > _SAME_RAD) or _told_of(a) != _told_of(b)


def _told_of(a: SegmentAlignment) -> tuple[str, str, str, tuple[str, ...]]:
    return a.method, a.zero, a.tissue_source, a.warnings
