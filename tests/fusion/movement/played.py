"""Signals as perfect sensors would give them of exercises played from their key poses, and their truth.

Nothing of the simulator or the pipeline is in it: angles go from pose to pose on minimum-jerk paths.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fusion import exercises
from fusion.exercises import Exercise
from fusion.exercises.model import KeyPose, Laterality, PhaseKind
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.choice import movement_analyzer
from fusion.movement.holds import HoldAnalyzer
from fusion.recognition.auto import AutoAnalyzer
from fusion.types import Event, FloatArray, RepSummary, SetEvent, SetSummary, Side, SignalBlock

RATE_HZ = 60.0
BOTH = (Side.RIGHT, Side.LEFT)
_TILT, _LIST, _RIGHT, _LEFT, _ADD_RIGHT, _ADD_LEFT, _ROT_RIGHT, _ROT_LEFT = range(8)


@dataclass(frozen=True, slots=True)
class DoneRep:
    """One repetition as it was played."""

    t_start_s: float
    t_top_s: float
    t_end_s: float
    side: Side


@dataclass
class Player:
    """Writes a session move by move, from standing upright at time zero."""

    t_s: list[float] = field(default_factory=lambda: [0.0])
    rows: list[FloatArray] = field(default_factory=lambda: [np.zeros(8)])
    walks: list[tuple[float, float]] = field(default_factory=list)
    reps: list[DoneRep] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return self.t_s[-1]

    def to(self, duration_s: float, row: FloatArray) -> None:
        self.t_s.append(self.now_s + max(duration_s, 0.02))
        self.rows.append(np.array(row, float))

    def stay(self, duration_s: float) -> None:
        if duration_s > 0.0:
            self.to(duration_s, self.rows[-1])

    def stand(self, duration_s: float) -> None:
        self.to(1.5, np.zeros(8))
        self.stay(duration_s)

    def walk(self, duration_s: float) -> None:
        self.walks.append((self.now_s, self.now_s + duration_s))
        self.stay(duration_s)

    def perform(
        self,
        exercise: Exercise,
        reps: int,
        *,
        sides: tuple[Side, ...] = (Side.RIGHT,),
        shares: tuple[float, ...] = (1.0,),
        tempo: float = 1.0,
        pause_s: float = 0.0,
    ) -> None:
        """Take position, do ``reps`` repetitions by the exercise's own phases, stand up."""
        rest = exercise.poses[0]
        self.to(2.0, self._row(exercise, rest, sides[0]))
        self.stay(1.0)
        for k in range(reps):
            self._repeat(exercise, sides[k % len(sides)], shares[k % len(shares)], tempo, pause_s)
        self.stay(1.5)
        self.stand(2.0)

    def _repeat(self, exercise: Exercise, side: Side, share: float, tempo: float, pause_s: float) -> None:
        times = exercise.tempo
        assert times is not None
        spans = {PhaseKind.CONCENTRIC: times.concentric_s, PhaseKind.ECCENTRIC: times.eccentric_s}
        holds = {PhaseKind.CONCENTRIC: times.hold_top_s, PhaseKind.ECCENTRIC: times.hold_bottom_s}
        start_s, turn_s = self.now_s, None
        end_s = start_s
        for n, phase in enumerate(exercise.phases):
            span = spans[phase.kind]
            duration_s = tempo * phase.share * (span[1] if span else 1.0)
            target = self._row(exercise, exercise.pose(phase.to), side, share)
            if pause_s and not n:
                halfway = 0.5 * (self.rows[-1] + target)
                self.to(0.5 * duration_s, halfway)
                self.stay(pause_s)
            self.to(duration_s, target)
            end_s = self.now_s
            if n + 1 == len(exercise.phases) or exercise.phases[n + 1].kind is not phase.kind:
                turn_s = turn_s or end_s
                self.stay(tempo * holds[phase.kind])
        assert turn_s is not None
        self.reps.append(DoneRep(start_s, turn_s if exercise.lifts_first else end_s, end_s, side))

    def _row(self, exercise: Exercise, pose: KeyPose, side: Side, share: float = 1.0) -> FloatArray:
        rest = _pose_row(exercise, exercise.poses[0], side)
        return rest + share * (_pose_row(exercise, pose, side) - rest)

    def signals(self, legs: tuple[Side, ...] = (Side.RIGHT,), seed: int = 1) -> SignalBlock:
        """Everything played, with a quarter of a degree of slow noise."""
        t_s = np.arange(0.0, self.now_s, 1.0 / RATE_HZ)
        knots, rows = np.array(self.t_s), np.array(self.rows)
        i = np.clip(np.searchsorted(knots, t_s, side="right") - 1, 0, len(knots) - 2)
        s = ((t_s - knots[i]) / (knots[i + 1] - knots[i])).clip(0.0, 1.0)
        s = (s**3 * (10.0 + s * (6.0 * s - 15.0)))[:, None]
        angles = (1.0 - s) * rows[i] + s * rows[i + 1]
        for start_s, stop_s in self.walks:
            _walk(t_s, angles, start_s, stop_s)
        noise = np.random.default_rng(seed).normal(0.0, 1.0, (len(t_s) + 8, 8))
        angles += 0.25 * np.stack([np.convolve(noise[:, c], np.full(9, 1 / 3), "valid") for c in range(8)], 1)
        return _block(t_s, angles, legs)


def _pose_row(exercise: Exercise, pose: KeyPose, side: Side) -> FloatArray:
    rest = exercise.poses[0]
    both = exercise.laterality is not Laterality.UNILATERAL
    free = pose if both else rest
    other = pose.other_thigh_pitch_deg
    if other is None:
        other = rest.other_thigh_pitch_deg if not both and rest.other_thigh_pitch_deg is not None else None
    own = (pose.thigh_pitch_deg, pose.hip_adduction_deg, pose.hip_rotation_deg)
    idle = (free.thigh_pitch_deg if other is None else other, free.hip_adduction_deg, free.hip_rotation_deg)
    right, left = (own, idle) if side is Side.RIGHT else (idle, own)
    lean = pose.pelvis_list_deg if side is Side.RIGHT else -pose.pelvis_list_deg
    return np.array(
        [pose.pelvis_tilt_deg, lean, *(v for pair in zip(right, left, strict=True) for v in pair)]
    )


def _walk(t_s: FloatArray, angles: FloatArray, start_s: float, stop_s: float) -> None:
    ramp = np.minimum((t_s - start_s).clip(0.0, 1.0), (stop_s - t_s).clip(0.0, 1.0))
    swing = np.sin(2.0 * np.pi * (t_s - start_s) / 1.1)
    angles[:, _RIGHT] += ramp * (5.0 + 21.0 * swing)
    angles[:, _LEFT] += ramp * (5.0 - 21.0 * swing)
    angles[:, _TILT] += 2.0 * ramp
    angles[:, _LIST] += 4.0 * ramp * swing


def _block(t_s: FloatArray, angles: FloatArray, legs: tuple[Side, ...]) -> SignalBlock:
    tilt, lean = angles[:, _TILT], angles[:, _LIST]
    rows = {
        "pelvis_tilt_deg": tilt,
        "pelvis_list_deg": lean,
        "pelvis_tilt_rate_dps": np.gradient(tilt, t_s),
        "pelvis_acc_up_ms2": np.zeros_like(tilt),
    }
    for leg in legs:
        k = 0 if leg is Side.RIGHT else 1
        pitch, adduction, rotation = (angles[:, c + k] for c in (_RIGHT, _ADD_RIGHT, _ROT_RIGHT))
        upright = (1 - 2 * k) * -adduction * np.cos(np.radians(pitch)) + lean
        lying = np.sign(lean) * (np.abs(lean) - np.hypot(adduction, rotation))
        rows |= {
            f"thigh_pitch_{leg.value}_deg": pitch,
            f"thigh_pitch_rate_{leg.value}_dps": np.gradient(pitch, t_s),
            f"hip_flexion_{leg.value}_deg": tilt + pitch,
            f"hip_adduction_{leg.value}_deg": adduction,
            f"hip_rotation_{leg.value}_deg": rotation,
            f"thigh_opening_{leg.value}_deg": np.where(np.abs(lean) > 60.0, lying, upright),
            f"hip_flexion_rate_{leg.value}_dps": np.gradient(tilt + pitch, t_s),
        }
    values = np.array(list(rows.values()))
    return SignalBlock(t_s, RATE_HZ, tuple(rows), values, np.full_like(values, 2.0))


def session_of(exercise_id: str, reps: int = 5, **how: Any) -> Player:
    """Stand, walk, one set, walk away."""
    player = Player()
    player.stay(3.0)
    player.walk(6.0)
    player.stay(1.0)
    player.perform(exercises.load(exercise_id), reps, **how)
    player.walk(6.0)
    player.stand(14.0)
    return player


def told(exercise_id: str, signals: SignalBlock, size: int = 30) -> list[Event]:
    """Events of one exercise, ``size`` samples at a time."""
    analyzer: AutoAnalyzer | HoldAnalyzer | MovementAnalyzer
    if exercise_id == exercises.AUTO:
        analyzer = AutoAnalyzer(Side.RIGHT, RATE_HZ)
    else:
        analyzer = movement_analyzer(exercises.load(exercise_id), Side.RIGHT, RATE_HZ)
    events: list[Event] = []
    for start in range(0, len(signals), size):
        part = slice(start, start + size)
        events += analyzer.update(
            SignalBlock(
                signals.t_s[part], RATE_HZ, signals.names, signals.values[:, part], signals.sd[:, part]
            )
        )
    return events + analyzer.flush()


def sets_of(events: list[Event]) -> list[SetSummary]:
    """Closed sets."""
    return [e.summary for e in events if isinstance(e, SetEvent) and e.closed]


def reps_of(events: list[Event]) -> list[RepSummary]:
    """Repetitions of all closed sets."""
    return [rep for done in sets_of(events) for rep in done.reps]
