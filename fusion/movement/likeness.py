"""How like an excursion is to the exercise's movement: posture at its ends, direction, legs, strides."""

from __future__ import annotations

from math import hypot, isfinite

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Kind, Laterality
from fusion.kernels import reading
from fusion.movement.fault_reach import tilt_bounds_deg
from fusion.movement.poses import lies_on_side, other_pitch_deg, turned_deg, upright
from fusion.movement.recent import RecentRepetitions
from fusion.movement.strides import Strides, own_stride, seen_stride
from fusion.movement.track import Track
from fusion.types import FloatArray

TILT_TOLERANCE_DEG = 32.0
ALONE_PAUSE_S = 5.0
"""Who stays at the far end for longer has come to rest there."""
_PAUSED_TILT_DEG = 20.0
"""How near to the far pose P is where it is kept for longer: sitting is no squat."""
_LIST_TOLERANCE_DEG = 35.0
_DIRECTION_COS_MIN = 0.7
_DIRECTION_DEG = 20.0
"""Model ways shorter than this tell no direction."""
_OTHER_LEG_DEG = 26.0
"""How far the leg that does not work may stray from what it does in the model."""
_BOW_DEG = 13.0
_UPRIGHT_PITCH_DEG = 10.0
"""Who starts from a stand starts with the thigh this near to vertical; in a walk it comes from behind."""
_IN_PLACE_DEG, _SWINGS_DEG = 8.0, 15.0
"""A way shorter than the first is in another plane: a thigh that swings by the second meanwhile walks."""
_HALF_STRIDE_S = 0.6
_TOGETHER_SHARE_MIN = 0.3
"""Legs that work together move together: cycling and stairs do not."""


class Likeness:
    """Compares excursions with the way from ``rest`` to ``turn`` of one exercise."""

    def __init__(self, exercise: Exercise, rest: KeyPose, turn: KeyPose, recent: RecentRepetitions) -> None:
        self._exercise = exercise
        self._rest, self._turn = rest, turn
        self._recent = recent
        self._lying = lies_on_side(rest)
        self._steps = exercise.kind is Kind.STEP
        self._strides = Strides(exercise)
        below, above = tilt_bounds_deg(exercise)
        self._bounds_deg = max(TILT_TOLERANCE_DEG, below), max(TILT_TOLERANCE_DEG, above)
        """How far P may lie below and above the model's at the far end."""
        self._both_legs = exercise.laterality is Laterality.BILATERAL
        self._one_leg = exercise.laterality is Laterality.UNILATERAL
        self._other_way: float | None = None
        """How far the pitch of the leg that does not work changes in the model."""
        if self._one_leg:
            self._other_way = other_pitch_deg(turn, rest) - other_pitch_deg(rest, rest)

    def posture_fits(self, track: Track) -> bool:
        """Whether P, and how far the pelvis lies over, fit where the excursion begins and turns."""
        for at, pose in ((track.start, self._rest), (track.reach, self._turn)):
            lean = abs(float(track.pelvis_list_deg[at]))
            if not abs(lean - abs(pose.pelvis_list_deg)) <= _LIST_TOLERANCE_DEG:
                return False
        return self._lying or (self._turns_fit(track) and self._begins_fit(track))

    def _turns_fit(self, track: Track) -> bool:
        way = float(turned_deg(self._turn.pelvis_tilt_deg, self._rest.pelvis_tilt_deg))
        far = slice(track.reach, track.leave + 1)
        turns = float(reading.median_of(np.ascontiguousarray(track.pelvis_tilt_deg[far])))
        paused = track.t_s[track.leave] - track.t_s[track.reach] > ALONE_PAUSE_S
        below, above = (_PAUSED_TILT_DEG,) * 2 if paused else self._bounds_deg
        doubt = self._recent.doubt_deg(track, track.reach)
        model = self._rest.pelvis_tilt_deg + self.share(track) * way
        off = float(turned_deg(turns, model))
        return not (off > above + doubt or -off > below + doubt)

    def _begins_fit(self, track: Track) -> bool:
        begins = float(track.pelvis_tilt_deg[track.start])
        on_the_way = (p.pelvis_tilt_deg for p in self._exercise.poses if p is not self._turn)
        off = min(abs(float(turned_deg(begins, tilt))) for tilt in on_the_way)
        return off <= TILT_TOLERANCE_DEG + self._recent.doubt_deg(track, track.start)

    def share(self, track: Track) -> float:
        """How much of a typical repetition this is, at most all of it."""
        count = self._exercise.count
        if count is None or track.by_free_leg:
            return 1.0
        return min(1.0, track.rom_deg / count.rom_typical_deg)

    def kind_fits(self, track: Track) -> bool:
        """Whether direction and legs are the exercise's, and it is no stride of another gait."""
        if self._lying or self._exercise.kind is Kind.DRILL:
            return True
        if self._steps:
            return self._steps_fit(track)
        if self._swings_in_place(track) or self.is_stride(track):
            return False
        return self._way_fits(track) and self._legs_agree(track)

    def _swings_in_place(self, track: Track) -> bool:
        """Whether the thigh swings in an exercise whose poses differ in another plane.

        No level matters, and the plane of the swing neither: it may not be known yet which way forward is.
        """
        ways = (
            turned_deg(self._turn.pelvis_tilt_deg, self._rest.pelvis_tilt_deg),
            self._turn.thigh_pitch_deg - self._rest.thigh_pitch_deg,
            self._turn.hip_adduction_deg - self._rest.hip_adduction_deg,
        )
        if hypot(*ways) >= _IN_PLACE_DEG:
            return False
        # Not the whole way out: that of the first repetition may begin in a walk.
        first = int(np.searchsorted(track.t_s, track.t_s[track.reach] - _HALF_STRIDE_S))
        part = slice(max(track.start, first), track.end + 1)
        angles = [column[part] for column in (track.thigh_pitch_deg, track.adduction_deg)]
        return any(np.ptp(known) > _SWINGS_DEG for a in angles if len(known := a[np.isfinite(a)]))

    def is_stride(self, track: Track, *, in_doubt: bool = False) -> bool:
        """Whether this looks like a stride of an everyday gait, and more so than like the exercise."""
        if not (upright(self._rest) or upright(self._turn)):
            return False
        seen = seen_stride(track, slice(track.start, track.end + 1))
        if seen is None or bows(track):
            return False
        begins, far = self._model_pitch(track)
        ends = (begins, begins + self.share(track) * (far - begins))
        return self._strides.is_rather_everyday(seen, ends, in_doubt=in_doubt)

    def is_surely_own_stride(self, track: Track) -> bool:
        """Whether the stride is near the exercise's own."""
        seen = own_stride(track)
        return seen is not None and self._strides.is_surely_own(seen)

    def _way_fits(self, track: Track) -> bool:
        """Direction in the plane of P and T, and a thigh that starts where the exercise rests."""
        begins, far = self._model_pitch(track)
        way = _way(track.thigh_pitch_deg, track)
        if not isfinite(way):
            return True
        tilt = _way(track.pelvis_tilt_deg, track)
        model_tilt = turned_deg(self._turn.pelvis_tilt_deg, self._rest.pelvis_tilt_deg)
        model_way = far - begins
        length = hypot(model_tilt, model_way)
        if length >= _DIRECTION_DEG:
            norm = hypot(tilt, way) * length
            if norm == 0.0 or (tilt * model_tilt + way * model_way) / norm < _DIRECTION_COS_MIN:
                return self._recent.like_the_set(track)
        return self._starts_at(track, begins, self._start_tolerance_deg(track, model_way))

    def _start_tolerance_deg(self, track: Track, model_way_deg: float) -> float:
        if not upright(self._rest):
            return max(14.0, min(30.0, 0.3 * abs(model_way_deg)))
        if self._one_leg and isfinite(track.other_thigh_deg[track.start]):
            # Legs in turn: this one may still be where it was held while the other one worked.
            return _UPRIGHT_PITCH_DEG + abs(other_pitch_deg(self._rest, self._rest))
        return _UPRIGHT_PITCH_DEG

    def _model_pitch(self, track: Track) -> tuple[float, float]:
        """T at rest and at the turn, in the model, of the leg whose sensor is read."""
        if track.by_free_leg:
            return other_pitch_deg(self._rest, self._rest), other_pitch_deg(self._turn, self._rest)
        return self._rest.thigh_pitch_deg, self._turn.thigh_pitch_deg

    def _starts_at(self, track: Track, model_deg: float, allowed_deg: float) -> bool:
        pitch = float(track.thigh_pitch_deg[track.start])
        allowed_deg += track.pitch_doubt_deg
        return self._recent.off_deg(track, pitch, model_deg) <= allowed_deg or self._recent.like_the_set(
            track
        )

    def _legs_agree(self, track: Track) -> bool:
        own, other = _way(track.thigh_pitch_deg, track), _way(track.other_thigh_deg, track)
        if not isfinite(own) or not isfinite(other):
            return True
        if self._both_legs:
            return abs(own) < 15.0 or other / own >= _TOGETHER_SHARE_MIN
        if self._one_leg and not track.by_free_leg:
            tilt = _way(track.pelvis_tilt_deg, track)
            # Where the pelvis does what the hip should, the other hip bends more, and its thigh lies still.
            if abs(tilt + other) > abs(tilt + own) + 3.0 and abs(other) > abs(own):
                return False
            return self._other_way is None or abs(other - self._other_way) <= _OTHER_LEG_DEG
        return True

    def _steps_fit(self, track: Track) -> bool:
        """A stride must be near the exercise's own, and nearer to it than to any everyday gait."""
        seen = own_stride(track)
        if seen is None or self._strides.is_own(seen):
            return True
        doubt_deg = track.pitch_doubt_deg
        if doubt_deg > 0.0 and self._strides.is_own(self._strides.levelled(seen, doubt_deg)):
            return True
        slipped = self._recent.like_the_set(track)
        seen[1:3] -= self._recent.slipped_deg(track)
        return slipped and self._strides.is_own(seen)


def _way(angle_deg: FloatArray, track: Track) -> float:
    """How far an angle (n,) goes from the beginning of an excursion to its far end."""
    return float(angle_deg[track.reach] - angle_deg[track.start])


def bows(track: Track) -> bool:
    """Whether the pelvis leans or comes up with the thigh: in a gait it tilts by a few degrees."""
    way = float(turned_deg(track.pelvis_tilt_deg[track.reach], track.pelvis_tilt_deg[track.start]))
    return abs(way) > _BOW_DEG
