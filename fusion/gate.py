"""Is a movement of the right kind? Posture, direction and cadence against the exercise's key poses.

Gravity tells posture whatever the heading does. Without these gates, a walk to the water adds repetitions.
"""

from __future__ import annotations

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Laterality
from fusion.reps import Track

_TILT_TOLERANCE_DEG = 35.0
_DIRECTION_COS_MIN = 0.7
_PITCH_SHARE_MIN = 0.35
_SHORTEST_PHASE_S = 0.2
_REST_SHARE_MAX = 0.45
_TOGETHER_SHARE_MIN = 0.3
"""Legs that work together move together: cycling and stairs do not."""


class PostureGate:
    """Decides whether an excursion can be one of the exercise's repetitions."""

    def __init__(self, exercise: Exercise) -> None:
        self._rest, self._turn = exercise.rest_pose, exercise.turn_pose
        self._kind_of_gait = exercise.kind == "step"
        self._both_legs = exercise.laterality is Laterality.BILATERAL

    def admits(self, track: Track) -> bool:
        """Whether posture at both ends, direction and speed fit."""
        if track.t_s[track.reach] - track.t_s[track.start] < _SHORTEST_PHASE_S:
            return False
        if self._rest is None or self._turn is None:
            return True
        expected = np.array(
            [(pose.pelvis_tilt_deg, pose.thigh_pitch_deg) for pose in (self._rest, self._turn)]
        )
        at = [track.start, track.reach]
        seen = np.stack((track.pelvis_tilt_deg[at], track.thigh_pitch_deg[at]), axis=-1)
        if np.abs(seen[:, 0] - expected[:, 0]).max() > _TILT_TOLERANCE_DEG:
            return False
        if not np.isfinite(seen).all():
            return False
        return (
            self._direction_fits(seen, expected)
            and self._thigh_fits(seen, expected)
            and self._legs_agree(track)
        )

    @staticmethod
    def _direction_fits(seen: np.ndarray, expected: np.ndarray) -> bool:
        step, model = seen[1] - seen[0], expected[1] - expected[0]
        if np.linalg.norm(model) < 20.0:
            return True
        norm = float(np.linalg.norm(step) * np.linalg.norm(model))
        return norm > 0.0 and float(step @ model) / norm >= _DIRECTION_COS_MIN

    def _thigh_fits(self, seen: np.ndarray, expected: np.ndarray) -> bool:
        """The thigh must come far enough from where the exercise rests: a stride of walking does not."""
        model = expected[1, 1] - expected[0, 1]
        if abs(model) < 40.0 or self._kind_of_gait:
            return True
        begins, turns = (seen[:, 1] - expected[0, 1]) / model
        return bool(turns >= _PITCH_SHARE_MIN and abs(begins) <= _REST_SHARE_MAX)

    def _legs_agree(self, track: Track) -> bool:
        at = [track.start, track.reach]
        own, other = np.diff(track.thigh_pitch_deg[at])[0], np.diff(track.other_thigh_deg[at])[0]
        if not self._both_legs or not np.isfinite(other) or abs(own) < 15.0:
            return True
        return bool(other / own >= _TOGETHER_SHARE_MIN)
