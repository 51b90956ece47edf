"""A virtual athlete: plays exercises of the library as body motion, with truth of every repetition."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fusion import exercises
from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Laterality, Posture
from simulator.errors import SimulationError
from simulator.motion import Coordinate, Motion, MotionScript

_PLAYABLE = frozenset({Posture.STANDING, Posture.SUPINE, Posture.PRONE, Posture.QUADRUPED, Posture.SEATED})


@dataclass(frozen=True, slots=True)
class TrueRep:
    """One repetition as it was done; ``t_top_s`` ends the lifting phase."""

    t_start_s: float
    t_top_s: float
    t_end_s: float
    full: bool
    lumbar_deg: float


@dataclass(slots=True)
class TrueSet:
    """One set as it was done."""

    exercise: str
    reps: list[TrueRep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Subject:
    """How one person differs from the model: offsets of their key poses, tempo, steadiness."""

    tilt_offset_deg: float = 0.0
    range_scale: float = 1.0
    tempo_scale: float = 1.0
    tempo_jitter: float = 0.05
    range_jitter: float = 0.02
    stride_s: float = 1.1


def draw_subject(rng: np.random.Generator) -> Subject:
    """A person from the population (engineering estimates)."""
    return Subject(
        tilt_offset_deg=float(rng.normal(0.0, 2.0)),
        range_scale=float(np.clip(rng.normal(1.0, 0.04), 0.9, 1.1)),
        tempo_scale=float(np.clip(rng.normal(1.0, 0.1), 0.75, 1.35)),
        stride_s=float(np.clip(rng.normal(1.1, 0.06), 0.95, 1.3)),
    )


class Athlete:
    """Writes a session step by step; every step starts and ends at a knot of the motion."""

    def __init__(self, subject: Subject, rng: np.random.Generator) -> None:
        self.subject = subject
        self._rng = rng
        self._script = MotionScript()
        self.sets: list[TrueSet] = []

    @property
    def t_s(self) -> float:
        """Time played so far."""
        return self._script.t_s

    def motion(self) -> Motion:
        """The motion of everything played."""
        return self._script.motion()

    def stand(self, duration_s: float) -> None:
        """Stand still."""
        self._script.move(duration_s)

    def walk(self, duration_s: float) -> None:
        """Walk, from standing to standing."""
        self._script.walk(duration_s, self.subject.stride_s)

    def perform(self, exercise_id: str, reps: int, *, lumbar_deg: float = 0.0) -> TrueSet:
        """Do a set: take position, ``reps`` repetitions with the given lumbar fault, stand up again."""
        exercise = exercises.load(exercise_id)
        rest, turn = self._poses(exercise)
        if reps < 0 or abs(lumbar_deg) > 45.0:
            raise SimulationError("reps must be 0 or more, and lumbar between -45 and 45 degrees")
        both = exercise.laterality is not Laterality.UNILATERAL
        done = TrueSet(exercise_id)
        self._take_position(rest)
        for _ in range(reps):
            done.reps.append(self._repeat(exercise, rest, turn, both=both, lumbar_deg=lumbar_deg))
        self._stand_up(exercise)
        self.sets.append(done)
        return done

    def _poses(self, exercise: Exercise) -> tuple[KeyPose, KeyPose]:
        rest, turn = exercise.rest_pose, exercise.turn_pose
        if exercise.posture not in _PLAYABLE or rest is None or turn is None or exercise.tempo is None:
            raise SimulationError(
                f"{exercise.id}: has no key poses that can be played; choose another exercise"
            )
        return rest, turn

    def _target(self, pose: KeyPose, *, both: bool = True, share: float = 1.0) -> dict[Coordinate, float]:
        upright = abs(pose.pelvis_tilt_deg or 0.0) < 5.0 and abs(pose.thigh_pitch_deg or 0.0) < 5.0
        offset = 0.0 if upright else self.subject.tilt_offset_deg
        thigh = (pose.thigh_pitch_deg or 0.0) * share
        target = {
            Coordinate.PELVIS_TILT: (pose.pelvis_tilt_deg or 0.0) * share + offset,
            Coordinate.THIGH_RIGHT: thigh,
        }
        if both:
            target[Coordinate.THIGH_LEFT] = thigh
        return target

    def _take_position(self, rest: KeyPose) -> None:
        target = self._target(rest)
        if any(abs(v) > 5.0 for v in target.values()):
            self._script.move(2.5 * self.subject.tempo_scale, target)
            self._script.move(0.8)
        else:
            self._script.move(0.6, target)

    def _stand_up(self, exercise: Exercise) -> None:
        self._script.move(1.0)
        upright = dict.fromkeys((Coordinate.PELVIS_TILT, Coordinate.THIGH_RIGHT, Coordinate.THIGH_LEFT), 0.0)
        self._script.move(2.5 if exercise.posture is not Posture.STANDING else 1.2, upright)

    def _repeat(
        self, exercise: Exercise, rest: KeyPose, turn: KeyPose, *, both: bool, lumbar_deg: float
    ) -> TrueRep:
        tempo = exercise.tempo
        assert tempo is not None  # noqa: S101 - `_poses` refused it
        lift_s = self._duration(tempo.concentric_s[1] if tempo.concentric_s else 1.0)
        lower_s = self._duration(tempo.eccentric_s[1] if tempo.eccentric_s else 1.2)
        share = self.subject.range_scale * float(1.0 + self._rng.normal(0.0, self.subject.range_jitter))
        there, back = self._blend(rest, turn, share, both=both), self._target(rest, both=both)
        hold_top_s, hold_bottom_s = (
            self._duration(max(h, 0.1)) for h in (tempo.hold_top_s, tempo.hold_bottom_s)
        )
        t0 = self.t_s
        if exercise.lifts_first:
            t1, t2, t3 = t0 + lift_s, t0 + lift_s + hold_top_s, t0 + lift_s + hold_top_s + lower_s
            self._play((lift_s, there), (hold_top_s, {}), (lower_s, back), (hold_bottom_s, {}))
            self._arch(lumbar_deg, (t1 - lift_s, t1), (t2, t3))
            return TrueRep(t0, t1, t3, full=True, lumbar_deg=lumbar_deg)
        t2 = t0 + lower_s + hold_bottom_s
        t3 = t2 + lift_s
        hold_top_s = max(hold_top_s, 0.6 if lumbar_deg else 0.2)
        self._play((lower_s, there), (hold_bottom_s, {}), (lift_s, back), (hold_top_s, {}))
        self._arch(lumbar_deg, (t2, t3), (t3 + 0.2, t3 + 1.0))
        return TrueRep(t0, t3, t3, full=True, lumbar_deg=lumbar_deg)

    def _play(self, *moves: tuple[float, dict[Coordinate, float]]) -> None:
        for duration_s, targets in moves:
            self._script.move(duration_s, targets)

    def _arch(self, lumbar_deg: float, lift: tuple[float, float], lower: tuple[float, float]) -> None:
        """The lower back takes over in the last 30 % of the way up, which is the last 39 % of the time."""
        if lumbar_deg:
            rise = (lift[0] + 0.61 * (lift[1] - lift[0]), lift[1])
            fall = (lower[0], lower[0] + 0.4 * (lower[1] - lower[0]))
            self._script.arch(rise, fall, lumbar_deg)

    def _blend(self, rest: KeyPose, turn: KeyPose, share: float, *, both: bool) -> dict[Coordinate, float]:
        a, b = self._target(rest, both=both), self._target(turn, both=both)
        return {c: a[c] + share * (b[c] - a[c]) for c in b}

    def _duration(self, typical_s: float) -> float:
        jitter = float(np.exp(self._rng.normal(0.0, self.subject.tempo_jitter)))
        return max(0.15, typical_s * self.subject.tempo_scale * jitter)
