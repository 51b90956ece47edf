"""Which of an exercise's held poses a body is in, by P and T of both legs.

A pose is held while the body is nearer to it than to those one gets there from (the exercise's other poses,
standing, lying) and no segment turns fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, nan

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Laterality
from fusion.history import part_of
from fusion.movement.legs import worn_legs
from fusion.movement.poses import turned_deg
from fusion.types import FloatArray, IntArray, Side, SignalBlock

_STILL_DPS = 25.0
_NEAR_DEG = 32.0
"""No angle of a held pose is further from the model than this."""
_ALIKE_DEG = 8.0
_TAKEN_UP = 1.5
"""The held pose may be so much further away than another of the exercise: not everybody gets all the way."""
_NO_REST = 1.25
"""So much further away than a way to rest: a plank held low is nearly as near to lying prone."""
_SEEN = ("pelvis_tilt_deg", "thigh_pitch_right_deg", "thigh_pitch_left_deg")
_ELSEWHERE = ((0.0, 0.0), (90.0, -90.0), (-90.0, 90.0), (0.0, 90.0))
"""P and T standing, lying prone and supine, sitting."""


@dataclass(frozen=True, slots=True, eq=False)
class LookedFor:
    """A held pose (3,), P and T of right and left leg, and the poses (3,) it must be told from."""

    side: Side
    pose: FloatArray
    own_rivals: list[FloatArray]
    """The exercise's other poses: from two fifths of the way on, the held one is taken up."""
    rivals: list[FloatArray]
    as_held: FloatArray | None = None
    """The pose (3,) as the person has held it last."""

    def is_near(self, seen_deg: Sequence[float]) -> bool:
        """Whether no known angle of three is far from the pose: else it need not be looked at closely."""
        both = zip(seen_deg, self.pose.tolist(), strict=True)
        return not any(abs(turned_deg(seen, model)) >= _NEAR_DEG for seen, model in both)


class HeldPoses:
    """The poses to look for in the signals ``names``; none where they look like a way to rest."""

    def __init__(self, exercise: Exercise, side: Side, names: Sequence[str]) -> None:
        self._exercise = exercise
        self._side = side
        self.legs = worn_legs(names)
        self._rows = [names.index(n) if n in names else None for n in _SEEN]
        self.seen_names = tuple(n for n in _SEEN if n in names)
        """Signals by which a pose is told."""
        self.looked_for = [one for side in self._working_sides() if (one := self._pose_of(side)) is not None]

    def _pose_of(self, side: Side) -> LookedFor | None:
        held = self._exercise.phases[-1].to
        pose = self._angles(self._exercise.pose(held), side)
        own = [self._angles(other, side) for other in self._exercise.poses if other.name != held]
        rivals = [np.array([tilt, pitch, pitch]) for tilt, pitch in _ELSEWHERE]
        if any(np.nanmax(np.abs(pose - other)) < _ALIKE_DEG for other in own + rivals):
            return None
        return LookedFor(side, pose, own, rivals)

    def learn(self, which: int, signals: SignalBlock) -> None:
        """Pose ``which`` was held as in ``signals``: people take up a pose again as they had it.

        A plank held low is nearly as near to lying prone as to the model; to the last one it is nearer.
        """
        seen = self._seen(signals)
        seen = seen[np.isfinite(seen[:, 0])]
        if len(seen):
            self.looked_for[which] = replace(self.looked_for[which], as_held=np.median(seen, axis=0))

    def at_end(self, signals: SignalBlock) -> int:
        """Which pose the last of ``signals`` shows, from 1; 0 for none."""
        last = [nan if row is None else float(signals.values[row, -1]) for row in self._rows]
        if not any(one.is_near(last) for one in self.looked_for):
            return 0
        return max(0, int(self.labels(part_of(signals, len(signals) - 1, len(signals)))[0]))

    def off_deg(self, signals: SignalBlock, which: int) -> FloatArray:
        """How far (n, 1 to 3) the angles that are worn are from pose ``which``."""
        pose = self.looked_for[which].pose
        return _turned(self._seen(signals) - pose)[:, np.isfinite(pose)]

    def _working_sides(self) -> list[Side]:
        both = self._exercise.laterality is not Laterality.BILATERAL
        return [Side.RIGHT, Side.LEFT] if both else [self._side]

    def _angles(self, pose: KeyPose, side: Side) -> FloatArray:
        """P and T of right and left leg (3,); NaN for a leg without sensor."""
        other = pose.other_thigh_pitch_deg
        own, free = pose.thigh_pitch_deg, pose.thigh_pitch_deg if other is None else other
        pitch = {side: own, Side.LEFT if side is Side.RIGHT else Side.RIGHT: free}
        legs = [pitch[leg] if leg in self.legs else nan for leg in (Side.RIGHT, Side.LEFT)]
        return np.array([pose.pelvis_tilt_deg, *legs])

    def labels(self, signals: SignalBlock) -> IntArray:
        """Pose of each sample (n,): 1 + its index among those looked for, 0 for none, −1 unknown."""
        seen = self._seen(signals)
        label = np.zeros(len(signals), np.int64)
        if not self.looked_for:
            return label
        best = np.full(len(signals), inf)
        for k, one in enumerate(self.looked_for):
            off = _known(np.abs(_turned(seen - one.pose)))
            away = _length(off)
            near = (away < best) & (off.max(axis=1) < _NEAR_DEG)
            for other in one.own_rivals:
                near &= away < _TAKEN_UP * _distance(seen, other)
            as_held = away if one.as_held is None else np.minimum(away, _distance(seen, one.as_held))
            for other in one.rivals:
                near &= as_held < _NO_REST * _distance(seen, other)
            label[near] = k + 1
            best = np.where(near, away, best)
        label[self._speed_dps(signals) > _STILL_DPS] = 0
        label[~np.isfinite(seen[:, 0])] = -1
        return label

    @staticmethod
    def _seen(signals: SignalBlock) -> FloatArray:
        """P and T of right and left leg (n, 3)."""
        return np.stack([signals.get(name) for name in _SEEN], axis=-1)

    def _speed_dps(self, signals: SignalBlock) -> FloatArray:
        rates = [signals.get("pelvis_tilt_rate_dps")]
        rates += [signals.get(f"thigh_pitch_rate_{leg.value}_dps") for leg in self.legs]
        return np.asarray(_known(np.abs(np.stack(rates))).max(axis=0))


def _turned(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)


def _distance(seen: FloatArray, pose: FloatArray) -> FloatArray:
    """How far (n,) what is seen (n, 3) is from a pose (3,), over the angles that are known.

    P and T of a person err alike, so the nearest pose by this length is also the likeliest.
    """
    return _length(_known(_turned(seen - pose)))


def _known(values: FloatArray) -> FloatArray:
    """With 0 in place of what is not known."""
    return np.where(np.isnan(values), 0.0, values)


def _length(rows: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((rows * rows).sum(axis=1)))
