"""The zero of the angles, as far as it is known: a stand, told or seen, else what comes nearest to one.

The first still pose may have been a seat, a rest of the exercise or a turn on the way to the floor; what
follows tells, so it is asked again whenever the axes are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.chain import HeadingChain
from fusion.alignment.evidence import Evidence
from fusion.alignment.frames import slice_block
from fusion.alignment.places import StillPlaces, misfit_deg
from fusion.alignment.position import stays_near
from fusion.alignment.reference import TRUNK, Reference, StandCollection, rest_reference
from fusion.alignment.slip import Slip, find_slip
from fusion.alignment.stand import StillPose, StillWatch, pose_of, what_moved
from fusion.motion_hint import MotionHint
from fusion.types import AlignedBlock, FloatArray, Segment, SegmentAlignment, WarningEvent
from fusion.units import RAD_PER_DEG

_UPRIGHT_DEG = 35.0
_REST_TURN = 6.0
_OUTWEIGHS_S = 1.9
"""Standing still for two seconds outweighs a zero that the motion has shown; bars are held for less."""

Alignments = Mapping[Segment, SegmentAlignment]


class ZeroWatch:
    """Looks at every frame for a stand and keeps the `Reference` that follows from all of them.

    ``seed`` are alignments known from before, ``warnings`` the list to which it adds what it has to say.
    """

    def __init__(
        self, hint: MotionHint, evidence: Evidence, seed: Alignments, warnings: list[WarningEvent]
    ) -> None:
        self._hint, self._evidence, self._seed, self._warnings = hint, evidence, seed, warnings
        self._watch = StillWatch()
        self._stands = StandCollection()
        self._elsewhere = StillPlaces()
        self._told: tuple[float, float] | None = None
        self._told_frames: list[AlignedBlock] = []
        self._known: Alignments = {}
        self.reference: Reference | None = None
        self.fresh = False
        """Whether something was seen that can change the alignments."""
        self.walked = False
        """Whether somebody set off for a walk from the stand: no other posture is the zero."""
        self.found_late = False
        """Whether the zero was found only after the movement; what was learnt before had a wrong one."""

    @property
    def stood(self) -> bool:
        """Whether a stand was found."""
        return len(self._stands) > 0

    @property
    def resting(self) -> bool:
        """Whether all sensors are still now."""
        return self._watch.resting

    def stand_between(self, start_s: float, stop_s: float) -> None:
        """Take the frames within [start, stop) as the stand, whatever they look like."""
        self._told = (start_s, stop_s)

    def awaits(self, t_s: float) -> bool:
        """Whether the stand that was told is not over yet."""
        return self._told is not None and t_s < self._told[1]

    def is_stand(self, up_s: Mapping[Segment, FloatArray]) -> bool | None:
        """Whether these verticals are about those of the zero; None without a stand."""
        return self._stands.is_near(up_s) if self.stood else None

    def look(self, frame: AlignedBlock, known: Alignments) -> Slip | None:
        """One frame more, with the alignments in use; a sensor that it shows to have slipped."""
        self._known = known
        if self._told is not None:
            self._wait_for_told(frame, *self._told)
        pose = self._watch.update(frame)
        if pose is None or self.awaits(float(frame.t_s[-1])):
            return None
        return self._take_pose(pose)

    def reconsider(self, chain: HeadingChain) -> None:
        """The zero by all that is known now; ``chain`` forgets its headings where another posture is it."""
        self._reconsider_stand(chain)
        assert self.reference is not None  # noqa: S101 - asked for only with one
        if self.reference.method == "motion":
            self.reference = self._evidence.cold(self._hint) or self.reference
        if self.reference.method == "stand":
            self.reference = self._stands.linked(self.reference, chain.doubt)

    def make_do(self) -> Reference | None:
        """The zero without a stand, from the motion, where there is none yet."""
        if self.reference is None:
            self.reference = self._evidence.cold(self._hint)
        return self.reference

    # --- still poses

    def _wait_for_told(self, frame: AlignedBlock, start_s: float, stop_s: float) -> None:
        within = (frame.t_s >= start_s - 1e-9) & (frame.t_s < stop_s)
        if within.any():
            self._told_frames.append(_only(frame, within))
        ended = frame.t_s[-1] + 0.5 / frame.rate_hz >= stop_s - 1.0 / frame.rate_hz
        if self._told_frames and ended:
            for segment, message in what_moved(self._told_frames, start_s, stop_s):
                self._warnings.append(WarningEvent(float(frame.t_s[-1]), "stand_moved", message, segment))
            self._zero_at(pose_of(self._told_frames))
            self._told_frames = []

    def _zero_at(self, pose: StillPose) -> None:
        self.fresh |= self._stands.add(pose)
        if self.fresh or self.reference is None:
            self.reference = self._stands.reference()

    def _take_pose(self, pose: StillPose) -> Slip | None:
        if not self.stood:
            if self._may_be_stand(pose):
                self._zero_at(pose)
            else:
                self.fresh |= self._elsewhere.add(pose)
            return None
        off = self._stands.off_rad(pose)
        zero_s, histories = self._stands.reference().up_s, self._evidence.histories
        slip = find_slip(pose, off, zero_s, histories, held=self._hint.held)
        if slip is not None:
            self._follow_slip(slip)
        if slip is not None or self._stands.agrees(off):
            self._zero_at(pose)
        elif self._stands.outdone_by(pose) and self._may_be_stand(pose):
            self._stands = StandCollection()
            self._zero_at(pose)
        else:
            self.fresh |= self._elsewhere.add(pose)
        return slip

    def _follow_slip(self, slip: Slip) -> None:
        self._stands.turn(slip.segment, slip.rotation)
        self._elsewhere.turn(slip.segment, slip.rotation)
        self._warnings.append(WarningEvent(slip.t_s, "sensor_slipped", slip.message, slip.segment))

    def _may_be_stand(self, pose: StillPose) -> bool:
        """Whether a still pose is upright as far as is known; a short one only counts in want of better."""
        if self._evidence.seated(pose):
            return False
        known = self._known or self._seed
        method = self.reference.method if self.reference is not None else ""
        if not known or (method == "stand" and not self._seed):
            return True
        if self._seed and all(a.zero == "stand" for a in self._seed.values()):
            known = self._seed  # what is learnt meanwhile may still be a guess
        elif self._hint.standing and pose.duration_s > _OUTWEIGHS_S:
            return True
        for segment, alignment in known.items():
            y_s = quat.rotate(np.array(alignment.q_sb), np.array([0.0, 1.0, 0.0]))
            if y_s @ pose.up_s[segment] < np.cos(_UPRIGHT_DEG * RAD_PER_DEG):
                return False
        return True

    # --- second thoughts

    def _reconsider_stand(self, chain: HeadingChain) -> None:
        """The first still pose may have been a seat, or a lying exercise's rest pose: what follows tells."""
        if self._told is not None or self.walked:
            return
        self._look_elsewhere(chain)
        if not self.stood:
            return
        if self._hint.rests_upright:
            seated = self._evidence.seated(self._stands.only)
            cold = self._evidence.cold(self._hint) if seated else None
            if cold is not None:
                self._stands, self.reference = StandCollection(), cold
                chain.forget()
            return
        if len(self._stands) > 1:
            return
        pose = self._stands.only
        rest = rest_reference(pose, self._hint)
        if rest is None:
            return
        enough = self._evidence.turned >= _REST_TURN
        near = enough and stays_near(pose, self._hint, self._evidence.histories)
        lean_rad = max((abs(p) for s, p in rest.pitch_rad.items() if s not in TRUNK), default=0.0)
        stands = self._evidence.stands_rather(pose, lean_rad)
        self.reference = rest if near and not stands else self._stands.reference()

    def _look_elsewhere(self, chain: HeadingChain) -> None:
        """Another posture that was held still may be the stand, if the movement fits it better."""
        hint = self._hint
        through_stand = hint.rests_upright and not hint.side_lying_deg
        if self._seed or hint.held or (through_stand and not self.stood):
            return  # known well enough, not to be told by what moves, or told by `_may_be_stand`
        chosen = self._elsewhere.instead_of(
            self._stands,
            lambda up_s: misfit_deg(up_s, self._evidence.histories, hint),
            lambda pose: not self._evidence.seated(pose),
        )
        if chosen is not None:
            self._stands, self.reference = chosen, chosen.reference()
            chain.forget()
            self.found_late = True


def _only(frame: AlignedBlock, within: np.ndarray) -> AlignedBlock:
    at = np.flatnonzero(within)
    return slice_block(frame, int(at[0]), int(at[-1]) + 1)
