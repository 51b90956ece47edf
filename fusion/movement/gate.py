"""Is a movement of the right kind? Posture, direction, legs and time against the exercise's key poses.

Gravity tells posture whatever the heading does. Without these gates, a walk to the water adds repetitions.
"""

from __future__ import annotations

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.movement.alone import fits_alone
from fusion.movement.likeness import ALONE_PAUSE_S, TILT_TOLERANCE_DEG, Likeness, bows
from fusion.movement.poses import lies_on_side, other_pitch_deg, turned_deg, upright
from fusion.movement.recent import SAME_TILT_DEG, RecentRepetitions
from fusion.movement.strides import Strides, seen_stride
from fusion.movement.track import Track

_AT_REST_DEG, _ELSEWHERE_DEG = 25.0, 12.0
"""Within the first of the rest pose one may be at rest; within the second one was there all along."""
_UPRIGHT_END_DEG = 16.0
_RETURN_TILT_DEG = 40.0
"""How far P may be, at the end, from where it was at the beginning."""
_SLIPPED_END_DEG = 30.0
"""The same for T, within a set: the thigh's sensor may slip by this much."""
_PEAK_SHARE = 0.8
_BACK_SHARE_MIN = 0.4
"""Least share of the range that is gone back in a repetition."""
_HARDLY_SHARE = 0.3
"""Who stands still after so little of a range has not begun a repetition."""
_SHORTEST_PHASE_S = 0.12
_LONGEST_PHASE_S = 30.0
_SHORTEST_REP_S = 0.45
"""From leaving to being back; a quicker one is part of a stride, or a knock."""
_TYPICAL_DEG = 11.0


class PostureGate:
    """Decides whether an excursion can be one of the exercise's repetitions."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._rest, self._turn = exercise.rest_pose, exercise.turn_pose
        self._strides = Strides(exercise)
        self._walks = exercise.kind in {Kind.STEP, Kind.DRILL}
        self.recent = RecentRepetitions(exercise, lying=self.lying)
        self._likeness: Likeness | None = None
        """None where the exercise has no two key poses: anything may be it."""
        if self._rest is not None and self._turn is not None:
            self._likeness = Likeness(exercise, self._rest, self._turn, self.recent)

    @property
    def lying(self) -> bool:
        """Whether the exercise is done on the side, where gravity shows neither P nor T."""
        return self._rest is not None and lies_on_side(self._rest)

    def admits(self, track: Track, *, in_set: bool = False) -> bool:
        """Whether posture at both ends, direction, legs and time fit, or a set in progress goes on."""
        outwards_s = float(track.t_s[track.reach] - track.t_s[track.start])
        count = self._exercise.count
        if not _SHORTEST_PHASE_S <= outwards_s <= _LONGEST_PHASE_S:
            return False
        if count is not None and track.peak_dps < self._least_peak_dps(track, count.peak_rate_min_dps):
            return False
        if self._likeness is None or (in_set and self.recent.goes_on(track)):
            return True
        return self._likeness.posture_fits(track) and self._likeness.kind_fits(track)

    def rests_at_turn(self, track: Track) -> bool:
        """Whether this was standing about between two sets, of an exercise that ends upright."""
        if self._turn is None or not upright(self._turn) or self._exercise.kind is Kind.STEP:
            return False
        hold = self._exercise.hold
        longest_s = ALONE_PAUSE_S + (2.0 * hold.target_s if hold else 0.0)
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
        if self._rest is None or self.lying:
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
        at_rest = min(abs(float(turned_deg(ends_deg, tilt))) for tilt in on_the_way) <= TILT_TOLERANCE_DEG
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
        rest, count = self._rest, self._exercise.count
        if rest is None or self.lying:
            return False
        little_deg = _HARDLY_SHARE * count.rom_full_deg if count else 0.0
        if self._exercise.driver.needs_heading and track.rom_deg < little_deg:
            return True  # strides before it leave a leg turned a little, which P and T do not show
        ends = [track.start, -1]
        tilt = np.abs(turned_deg(track.pelvis_tilt_deg[ends], rest.pelvis_tilt_deg))
        rest_pitch = other_pitch_deg(rest, rest) if track.by_free_leg else rest.thigh_pitch_deg
        pitch = np.abs(turned_deg(track.thigh_pitch_deg[ends], rest_pitch))
        began, now = np.fmax(tilt, pitch).tolist()
        return bool(began > _ELSEWHERE_DEG and now < min(_AT_REST_DEG, 0.5 * began))

    def walks(self, track: Track) -> bool:
        """Whether a movement that does not belong is a stride of an everyday gait."""
        if self._walks or track.by_free_leg or bows(track):
            return False
        seen = seen_stride(track, slice(track.start, track.end + 1))
        return seen is not None and self._strides.is_everyday(seen)

    def typical(self, track: Track) -> bool:
        """Whether P and T share the range about as in the model, so that few repetitions will do."""
        rest, turn = self._rest, self._turn
        if rest is None or turn is None or self._likeness is None:
            return True
        if self.lying or self._walks or track.by_free_leg:
            return True
        pitch = float(track.thigh_pitch_deg[track.reach] - track.thigh_pitch_deg[track.start])
        model = self._likeness.share(track) * (turn.thigh_pitch_deg - rest.thigh_pitch_deg)
        return not abs(pitch - model) > _TYPICAL_DEG + 0.1 * abs(model)

    def fits_alone(self, track: Track) -> bool:
        """Whether a repetition without others around it is surely one: the stricter question."""
        return fits_alone(track, self._exercise, self._likeness)
