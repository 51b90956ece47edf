"""Is a movement of the right kind? Posture, direction, legs and time against the exercise's key poses.

Gravity tells posture whatever the heading does. Without these gates, a walk to the water adds repetitions.
"""

from __future__ import annotations

from math import hypot, isfinite

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import DriverSignal, KeyPose, Kind, Laterality
from fusion.kernels import reading
from fusion.movement.poses import other_pitch_deg, turned_deg, upright
from fusion.movement.recent import SAME_TILT_DEG, RecentRepetitions
from fusion.movement.strides import Strides, seen_stride
from fusion.movement.track import Track
from fusion.types import FloatArray

_TILT_TOLERANCE_DEG = 32.0
_CLOSE_TILT_DEG = 20.0
"""How near to the key poses P is in a repetition that stands alone."""
_SIDE_LYING_DEG = 60.0
_LIST_TOLERANCE_DEG = 35.0
_DIRECTION_COS_MIN = 0.7
_DIRECTION_DEG = 20.0
"""Model ways shorter than this tell no direction."""
_AT_REST_DEG, _ELSEWHERE_DEG = 25.0, 12.0
"""Within the first of the rest pose one may be at rest; within the second one was there all along."""
_OTHER_LEG_DEG = 26.0
"""How far the leg that does not work may stray from what it does in the model."""
_UPRIGHT_END_DEG = 16.0
_RETURN_TILT_DEG = 40.0
"""How far P may be, at the end, from where it was at the beginning."""
_SLIPPED_END_DEG = 30.0
"""The same for T, within a set: the thigh's sensor may slip by this much."""
_BOW_DEG = 13.0
_PEAK_SHARE = 0.8
_BACK_SHARE_MIN = 0.4
"""Least share of the range that is gone back in a repetition."""
_UPRIGHT_PITCH_DEG = 10.0
"""Who starts from a stand starts with the thigh this near to vertical; in a walk it comes from behind."""
_SHORTEST_PHASE_S = 0.12
_LONGEST_PHASE_S = 30.0
_SHORTEST_REP_S = 0.45
"""From leaving to being back; a quicker one is part of a stride, or a knock."""
_TOGETHER_SHARE_MIN = 0.3
"""Legs that work together move together: cycling and stairs do not."""
_ALONE_FULL_SHARE, _ALONE_HIDDEN_SHARE = 0.75, 0.5
_UNDER_SKIN = frozenset({DriverSignal.HIP_EXTERNAL_ROTATION, DriverSignal.THIGH_OPENING})
"""What turns under the skin: a tenth to a half of it is not seen."""
_ALONE_TIME = (0.45, 2.2)
"""A repetition that stands alone takes no less and no more than this, of the tempo's limits."""
_ALONE_PAUSE_S = 5.0
_PAUSED_TILT_DEG = 20.0
"""How near to the far pose P is where it is kept for longer: sitting is no squat."""
_TYPICAL_DEG = 11.0


class PostureGate:
    """Decides whether an excursion can be one of the exercise's repetitions."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._rest, self._turn = exercise.rest_pose, exercise.turn_pose
        self._steps = exercise.kind is Kind.STEP
        self._strides = Strides(exercise)
        self._walks = exercise.kind in {Kind.STEP, Kind.DRILL}
        self._both_legs = exercise.laterality is Laterality.BILATERAL
        self._one_leg = exercise.laterality is Laterality.UNILATERAL
        self._other_way: float | None = None
        """How far the pitch of the leg that does not work changes in the model."""
        self.recent = RecentRepetitions(exercise, lying=self.lying)
        if self._one_leg and self._rest is not None and self._turn is not None:
            self._other_way = other_pitch_deg(self._turn, self._rest) - other_pitch_deg(
                self._rest, self._rest
            )

    @property
    def lying(self) -> bool:
        """Whether the exercise is done on the side, where gravity shows neither P nor T."""
        return self._rest is not None and abs(self._rest.pelvis_list_deg) > _SIDE_LYING_DEG

    def admits(self, track: Track, *, in_set: bool = False) -> bool:
        """Whether posture at both ends, direction, legs and time fit, or a set in progress goes on."""
        outwards_s = float(track.t_s[track.reach] - track.t_s[track.start])
        count = self._exercise.count
        if not _SHORTEST_PHASE_S <= outwards_s <= _LONGEST_PHASE_S:
            return False
        if count is not None and track.peak_dps < self._least_peak_dps(track, count.peak_rate_min_dps):
            return False
        if self._rest is None or self._turn is None or (in_set and self.recent.goes_on(track)):
            return True
        return self._posture_fits(track, self._rest, self._turn) and self._kind_fits(
            track, self._rest, self._turn
        )

    def rests_at_turn(self, track: Track) -> bool:
        """Whether this was standing about between two sets, of an exercise that ends upright."""
        if self._turn is None or not upright(self._turn) or self._steps:
            return False
        hold = self._exercise.hold
        longest_s = _ALONE_PAUSE_S + (2.0 * hold.target_s if hold else 0.0)
        return bool(track.t_s[track.leave] - track.t_s[track.reach] > longest_s)

    def _least_peak_dps(self, track: Track, expected_dps: float) -> float:
        """Who tires gets slower from one repetition to the next: the last ones say how fast is fast."""
        return _PEAK_SHARE * min(expected_dps, self.recent.usual_peak_dps(track))

    def returns(self, track: Track, *, usual_deg: float | None = None) -> bool:
        """Whether the person came back to where the repetition began, near enough.

        ``usual_deg`` is the range of the open set's repetitions: the rest of a longer way up may be a slip.
        """
        top = float(track.effort_deg[track.leave])
        took_s = float(track.t_s[track.end] - track.t_s[track.start])
        if self._exercise.kind is Kind.REP and took_s < _SHORTEST_REP_S:
            return False
        in_set = usual_deg is not None
        rom_deg = track.rom_deg if usual_deg is None else min(track.rom_deg, usual_deg)
        if top - float(track.effort_deg[track.end]) < _BACK_SHARE_MIN * rom_deg:
            return False
        if self._rest is None or abs(self._rest.pelvis_list_deg) > _SIDE_LYING_DEG:
            return True
        if self._exercise.kind is Kind.EVENT or (in_set and self.recent.goes_on(track)):
            return True
        begins, ends = (float(track.pelvis_tilt_deg[k]) for k in (track.start, track.end))
        doubt = self.recent.doubt_deg(track, track.end)
        if self._comes_from_elsewhere(begins, ends, doubt):
            return False
        stands = upright(self._rest) and not self._walks
        allowed = _UPRIGHT_END_DEG
        if in_set and abs(float(turned_deg(ends, begins))) < SAME_TILT_DEG:
            allowed = _SLIPPED_END_DEG
        pitch = float(track.thigh_pitch_deg[track.end])
        off = self.recent.off_deg(track, pitch, self._rest.thigh_pitch_deg)
        return not (stands and off > allowed + doubt)

    def _comes_from_elsewhere(self, begins_deg: float, ends_deg: float, doubt_deg: float) -> bool:
        """Whether P ends far from where it began, and from where the exercise rests or goes through."""
        assert self._rest is not None  # noqa: S101 - `returns` has asked
        changed = abs(float(turned_deg(ends_deg, begins_deg))) > _RETURN_TILT_DEG + doubt_deg
        on_the_way = (p.pelvis_tilt_deg for p in self._exercise.poses if p is not self._turn)
        at_rest = min(abs(float(turned_deg(ends_deg, tilt))) for tilt in on_the_way) <= _TILT_TOLERANCE_DEG
        return changed and not at_rest

    def at_turn(self, tilt_deg: float, pitch_deg: float) -> bool:
        """Whether this is the far end of a repetition, and surely not where one starts."""
        if self._rest is None or self._turn is None or self._walks or self.lying:
            return False
        seen = np.array([tilt_deg, pitch_deg])
        ends = [np.array([p.pelvis_tilt_deg, p.thigh_pitch_deg]) for p in (self._turn, self._rest)]
        turn, rest = (float(np.abs(turned_deg(seen, end)).max()) for end in ends)
        return turn <= _AT_REST_DEG < rest

    def settles(self, track: Track) -> bool:
        """Whether the excursion so far was a way into the position in which repetitions start."""
        rest = self._rest
        if rest is None or abs(rest.pelvis_list_deg) > _SIDE_LYING_DEG:
            return False
        ends = [track.start, -1]
        tilt = np.abs(turned_deg(track.pelvis_tilt_deg[ends], rest.pelvis_tilt_deg))
        rest_pitch = other_pitch_deg(rest, rest) if track.by_free_leg else rest.thigh_pitch_deg
        pitch = np.abs(turned_deg(track.thigh_pitch_deg[ends], rest_pitch))
        began, now = np.fmax(tilt, pitch).tolist()
        return bool(began > _ELSEWHERE_DEG and now < min(_AT_REST_DEG, 0.5 * began))

    def _kind_fits(self, track: Track, rest: KeyPose, turn: KeyPose) -> bool:
        if abs(rest.pelvis_list_deg) > _SIDE_LYING_DEG or self._exercise.kind is Kind.DRILL:
            return True
        if self._steps:
            return self._steps_fit(track)
        if self._is_stride(track, rest, turn):
            return False
        return self._way_fits(track, rest, turn) and self._legs_agree(track)

    def _is_stride(self, track: Track, rest: KeyPose, turn: KeyPose, *, in_doubt: bool = False) -> bool:
        """Whether this looks like a stride of an everyday gait, and more so than like the exercise."""
        if not (upright(rest) or upright(turn)):
            return False
        seen = seen_stride(track, slice(track.start, track.end + 1))
        if seen is None or _bows(track):
            return False
        begins, far = self._model_pitch(track, rest, turn)
        ends = (begins, begins + self._share(track) * (far - begins))
        return self._strides.is_rather_everyday(seen, ends, in_doubt=in_doubt)

    def walks(self, track: Track) -> bool:
        """Whether a movement that does not belong is a stride of an everyday gait."""
        if self._walks or track.by_free_leg or _bows(track):
            return False
        seen = seen_stride(track, slice(track.start, track.end + 1))
        return seen is not None and self._strides.is_everyday(seen)

    def typical(self, track: Track) -> bool:
        """Whether P and T share the range about as in the model, so that few repetitions will do."""
        rest, turn = self._rest, self._turn
        if rest is None or turn is None or self.lying or self._walks or track.by_free_leg:
            return True
        pitch = float(track.thigh_pitch_deg[track.reach] - track.thigh_pitch_deg[track.start])
        model = self._share(track) * (turn.thigh_pitch_deg - rest.thigh_pitch_deg)
        return not abs(pitch - model) > _TYPICAL_DEG + 0.1 * abs(model)

    def fits_alone(self, track: Track) -> bool:
        """Whether a repetition without others around it is surely one: the stricter question."""
        count = self._exercise.count
        if count is None or self._rest is None or self._turn is None:
            return False
        if self._steps:
            return self._sure_stride(track)
        hidden = self._exercise.driver.signal in _UNDER_SKIN
        least_deg = (_ALONE_HIDDEN_SHARE if hidden else _ALONE_FULL_SHARE) * count.rom_full_deg
        if track.rom_deg < least_deg and not track.by_free_leg:
            return False
        stays_s = track.t_s[track.leave] - track.t_s[track.reach]
        if stays_s > _ALONE_PAUSE_S and self._exercise.kind is not Kind.DRILL:
            return False
        if self._is_stride(track, self._rest, self._turn, in_doubt=True):
            return False
        return self._close_posture(track, self._rest, self._turn) and self._usual_time(track)

    def _sure_stride(self, track: Track) -> bool:
        seen = seen_stride(track, slice(track.reach, track.end + 1))
        return seen is not None and self._strides.is_surely_own(seen)

    def _close_posture(self, track: Track, rest: KeyPose, turn: KeyPose) -> bool:
        if abs(rest.pelvis_list_deg) > _SIDE_LYING_DEG:
            return True
        seen = track.pelvis_tilt_deg[[track.start, track.reach]]
        model = np.array([rest.pelvis_tilt_deg, turn.pelvis_tilt_deg])
        return bool(np.abs(turned_deg(seen, model)).max() <= _CLOSE_TILT_DEG)

    def _usual_time(self, track: Track) -> bool:
        tempo = self._exercise.tempo
        if tempo is None or tempo.concentric_s is None or tempo.eccentric_s is None:
            return True
        spans = [tempo.concentric_s, tempo.eccentric_s]
        ways = ((track.start, track.reach), (track.leave, track.end))
        for (first, last), span in zip(
            ways, spans if self._exercise.lifts_first else spans[::-1], strict=True
        ):
            took_s = float(track.t_s[last] - track.t_s[first])
            if not _ALONE_TIME[0] * span[0] <= took_s <= _ALONE_TIME[1] * span[2]:
                return False
        return True

    # --- what fits

    def _posture_fits(self, track: Track, rest: KeyPose, turn: KeyPose) -> bool:
        for at, pose in ((track.start, rest), (track.reach, turn)):
            lean = abs(float(track.pelvis_list_deg[at]))
            if not abs(lean - abs(pose.pelvis_list_deg)) <= _LIST_TOLERANCE_DEG:
                return False
        if abs(rest.pelvis_list_deg) > _SIDE_LYING_DEG:
            return True
        share = self._share(track)
        way = float(turned_deg(turn.pelvis_tilt_deg, rest.pelvis_tilt_deg))
        begins = float(track.pelvis_tilt_deg[track.start])
        far = slice(track.reach, track.leave + 1)
        turns = float(reading.median_of(np.ascontiguousarray(track.pelvis_tilt_deg[far])))
        paused = track.t_s[track.leave] - track.t_s[track.reach] > _ALONE_PAUSE_S
        allowed = _PAUSED_TILT_DEG if paused else _TILT_TOLERANCE_DEG
        allowed += self.recent.doubt_deg(track, track.reach)
        if abs(float(turned_deg(turns, rest.pelvis_tilt_deg + share * way))) > allowed:
            return False
        on_the_way = (p.pelvis_tilt_deg for p in self._exercise.poses if p is not turn)
        off = min(abs(float(turned_deg(begins, tilt))) for tilt in on_the_way)
        return off <= _TILT_TOLERANCE_DEG + self.recent.doubt_deg(track, track.start)

    def _share(self, track: Track) -> float:
        """How much of a typical repetition this is, at most all of it."""
        count = self._exercise.count
        if count is None or track.by_free_leg:
            return 1.0
        return min(1.0, track.rom_deg / count.rom_typical_deg)

    def _way_fits(self, track: Track, rest: KeyPose, turn: KeyPose) -> bool:
        """Direction in the plane of P and T, and a thigh that starts where the exercise rests."""
        begins, far = self._model_pitch(track, rest, turn)
        way = _way(track.thigh_pitch_deg, track)
        if not isfinite(way):
            return True
        tilt = _way(track.pelvis_tilt_deg, track)
        model_tilt, model_way = turned_deg(turn.pelvis_tilt_deg, rest.pelvis_tilt_deg), far - begins
        length = hypot(model_tilt, model_way)
        if length >= _DIRECTION_DEG:
            norm = hypot(tilt, way) * length
            if norm == 0.0 or (tilt * model_tilt + way * model_way) / norm < _DIRECTION_COS_MIN:
                return self.recent.like_the_set(track)
        stands = upright(rest)
        if stands and self._one_leg and isfinite(track.other_thigh_deg[track.start]):
            # Legs in turn: this one may still be where it was held while the other one worked.
            allowed = _UPRIGHT_PITCH_DEG + abs(other_pitch_deg(rest, rest))
            return self._starts_at(track, begins, allowed)
        allowed = _UPRIGHT_PITCH_DEG if stands else max(14.0, min(30.0, 0.3 * abs(model_way)))
        return self._starts_at(track, begins, allowed)

    @staticmethod
    def _model_pitch(track: Track, rest: KeyPose, turn: KeyPose) -> tuple[float, float]:
        """T at rest and at the turn, in the model, of the leg whose sensor is read."""
        if track.by_free_leg:
            return other_pitch_deg(rest, rest), other_pitch_deg(turn, rest)
        return rest.thigh_pitch_deg, turn.thigh_pitch_deg

    def _starts_at(self, track: Track, model_deg: float, allowed_deg: float) -> bool:
        pitch = float(track.thigh_pitch_deg[track.start])
        allowed_deg += track.pitch_doubt_deg
        return self.recent.off_deg(track, pitch, model_deg) <= allowed_deg or self.recent.like_the_set(track)

    def _legs_agree(self, track: Track) -> bool:
        own, other = _way(track.thigh_pitch_deg, track), _way(track.other_thigh_deg, track)
        if not isfinite(own) or not isfinite(other):
            return True
        if self._both_legs:
            return abs(own) < 15.0 or other / own >= _TOGETHER_SHARE_MIN
        if self._one_leg and not track.by_free_leg:
            tilt = _way(track.pelvis_tilt_deg, track)
            if abs(tilt + other) > abs(tilt + own) + 3.0:
                return False
            return self._other_way is None or abs(other - self._other_way) <= _OTHER_LEG_DEG
        return True

    def _steps_fit(self, track: Track) -> bool:
        """A stride must be near the exercise's own, and nearer to it than to any everyday gait."""
        seen = seen_stride(track, slice(track.reach, track.end + 1))
        if seen is None or self._strides.is_own(seen):
            return True
        doubt_deg = track.pitch_doubt_deg
        if doubt_deg > 0.0 and self._strides.is_own(self._strides.levelled(seen, doubt_deg)):
            return True
        slipped = self.recent.like_the_set(track)
        seen[1:3] -= self.recent.slipped_deg(track)
        return slipped and self._strides.is_own(seen)


def _way(angle_deg: FloatArray, track: Track) -> float:
    """How far an angle (n,) goes from the beginning of an excursion to its far end."""
    return float(angle_deg[track.reach] - angle_deg[track.start])


def _bows(track: Track) -> bool:
    """Whether the pelvis leans or comes up with the thigh: in a gait it tilts by a few degrees."""
    way = float(turned_deg(track.pelvis_tilt_deg[track.reach], track.pelvis_tilt_deg[track.start]))
    return abs(way) > _BOW_DEG
