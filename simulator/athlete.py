"""A virtual athlete: plays exercises of the library as body motion, and remembers what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fusion import exercises
from fusion.exercises import Exercise
from fusion.exercises.model import Kind, Laterality
from fusion.types import Side
from simulator.athlete_types import TrueRep, TrueSet
from simulator.faults import resolve
from simulator.gait import GaitWriter, walking
from simulator.gaits import gait_of
from simulator.manner import Manner
from simulator.motion import Coordinate, Motion, MotionScript, Pose
from simulator.overlays import Overlays
from simulator.poses import Figure, figure, other, standing
from simulator.repetition import Repetition
from simulator.subject import Subject
from simulator.unrest import add_unrest

_WALK_RAMP_S = 1.6
_SAME_REST_DEG, _ROLL_DEG = 3.0, 100.0


class Athlete:
    """Writes a session step by step; every step starts and ends in a stand."""

    def __init__(self, subject: Subject, rng: np.random.Generator, side: Side = Side.RIGHT) -> None:
        self.subject, self.side = subject, side
        self._rng = rng
        self.script = MotionScript(standing())
        self.sets: list[TrueSet] = []
        self.began_s = 0.0
        """Before this the recording does not exist yet."""

    @property
    def t_s(self) -> float:
        """Time played so far."""
        return self.script.t_s

    def motion(self) -> Motion:
        """The motion of everything played, with the unrest of a living body."""
        add_unrest(self.script, self.subject, self._rng)
        return self.script.motion()

    def stand(self, duration_s: float) -> None:
        """Stand still."""
        self.script.move(duration_s)

    def walk(self, duration_s: float, *, arched_deg: float = 0.0) -> None:
        """Walk for about this long, from standing to standing, and turn somewhere on the way."""
        gait = replace(walking(self.subject.stride_s), tilt_deg=3.0 + arched_deg)
        cycles = max(1, round((duration_s - _WALK_RAMP_S) / gait.period_s))
        start = self.t_s
        self.gait_writer().write(gait, cycles)
        if duration_s > 6.0:
            turn = float(self._rng.choice((-1.0, 1.0)) * self._rng.uniform(60.0, 180.0))
            middle = 0.5 * (start + self.t_s)
            self.script.face(turn, middle - 1.2, middle + 1.2)

    def gait_writer(self) -> GaitWriter:
        """Writes steps of this person."""
        return GaitWriter(self.script, self.subject.build, self._rng, self.subject.tempo_jitter)

    def perform(
        self,
        exercise: str | Exercise,
        reps: int,
        *,
        faults: Mapping[str, float] | None = None,
        manner: Manner | None = None,
    ) -> TrueSet:
        """Do a set: take position, ``reps`` repetitions with the given faults, stand up again.

        Raises `SimulationError` for what cannot be played.
        """
        model = exercises.load(exercise) if isinstance(exercise, str) else exercise
        manner = manner or Manner()
        manner.check()
        sizes = resolve(faults or {}, model)
        done = TrueSet(model.id)
        if model.kind is Kind.STEP:
            self._step(model, reps, sizes, manner, done)
        elif model.kind is Kind.DRILL:
            self._contrast(model, reps, sizes, manner, done)
        else:
            self._repeat(model, reps, sizes, manner, done)
        self.sets.append(done)
        return done

    # --- kinds of sets

    def _repeat(
        self, model: Exercise, reps: int, sizes: dict[str, float], manner: Manner, done: TrueSet
    ) -> None:
        figures = self._figures(model, manner)
        self._take_position(figures[0], manner)
        overlays = Overlays(self.script, self.subject, self._rng, sizes)
        count = Repetition(self.script, self.subject, self._rng, manner, sizes)
        if manner.odd == "first":
            count.odd(figures[0])
        if manner.start_mid:
            self.began_s = self.t_s + 0.6
        first_s = self.t_s
        for k in range(reps):
            fig = figures[k % len(figures)]
            if k and len(figures) > 1:
                self._change_sides(fig)
            done.reps.append(count.play(fig, k, reps, overlays))
        overlays.finish(figures[0].side, first_s, self.t_s)
        if manner.odd == "last":
            count.odd(figures[0])
        self._stand_up(figures[0], manner)

    def _figures(self, model: Exercise, manner: Manner) -> list[Figure]:
        sides = [self.side]
        if model.laterality is Laterality.ALTERNATING or manner.alternate:
            sides.append(other(self.side))
        return [self._own(figure(model, side, self.subject.build)) for side in sides]

    def _own(self, model: Figure) -> Figure:
        """The figure as this person does it: own offsets where the body is not simply upright, own range."""
        scale = self.subject.range_scale * (self.subject.left_share if model.side is Side.LEFT else 1.0)
        rest = self._offset(model.rest)

        def scaled(pose: Pose) -> Pose:
            own = self._offset(pose)
            return {c: rest[c] + scale * (own[c] - rest[c]) for c in own}

        steps = tuple(replace(s, pose=scaled(s.pose) if s.pose != model.rest else rest) for s in model.steps)
        route = (*((self._leaning(p), s) for p, s in model.route[:-1]), (rest, model.route[-1][1]))
        return replace(model, rest=rest, steps=steps, route=route)

    def _leaning(self, pose: Pose) -> Pose:
        """A pose on the way down, with as much of a lean as the person has."""
        trunk = (Coordinate.PELVIS_TILT, Coordinate.THORAX_TILT)
        lean = {c: self.subject.sits_leaning * pose[c] for c in trunk if 0.0 < pose[c] < 60.0}
        return {**pose, **lean}

    def _offset(self, pose: Pose) -> Pose:
        bent = max(abs(pose[Coordinate.PELVIS_TILT]), abs(pose[Coordinate.THIGH_PITCH_RIGHT])) > 5.0
        lying_on_side = abs(pose[Coordinate.PELVIS_LIST]) > 60.0
        if not bent or lying_on_side:
            return pose
        tilt, pitch = self.subject.tilt_offset_deg, self.subject.pitch_offset_deg
        moved = dict(pose)
        for coordinate in (Coordinate.PELVIS_TILT, Coordinate.THORAX_TILT):
            moved[coordinate] += tilt
        for coordinate in (Coordinate.THIGH_PITCH_RIGHT, Coordinate.THIGH_PITCH_LEFT):
            moved[coordinate] += pitch if abs(moved[coordinate]) > 5.0 else 0.0
        return moved

    def _step(
        self, model: Exercise, reps: int, sizes: dict[str, float], manner: Manner, done: TrueSet
    ) -> None:
        if reps == 0:
            return
        fig = figure(model, Side.RIGHT, self.subject.build)
        scale = manner.tempo / sizes.get("tempo", 1.0) * self.subject.tempo_scale**0.5
        gait = gait_of(fig, self.subject, scale, manner, sizes)
        overlays = Overlays(self.script, self.subject, self._rng, sizes)
        first_s = self.t_s
        strides = self.gait_writer().write_both(gait, reps, self.side)
        for k, (side, near_s, far_s, next_s) in enumerate(strides):
            turn_s, leave_s = far_s, far_s
            done.reps.append(
                TrueRep(near_s, far_s, next_s, True, side, 1.0, dict(sizes), 0.0, turn_s, leave_s)
            )
            overlays.stride(
                side, (near_s, far_s, next_s), k / max(1, len(strides) - 1), leads=side is self.side
            )
        overlays.finish(self.side, first_s + 0.5 * gait.period_s, self.t_s - 1.0)

    def _contrast(
        self, model: Exercise, reps: int, sizes: dict[str, float], manner: Manner, done: TrueSet
    ) -> None:
        """Walk neutral, walk arched, in turn; a repetition is an arched bout."""
        tilt_deg = model.poses[-1].pelvis_tilt_deg - sizes.get("range", 0.0)
        bout_s = manner.hold_s or (model.tempo.period_s[1] if model.tempo else 10.0)
        for _ in range(reps):
            self.walk(bout_s)
            start = self.t_s
            self.walk(bout_s, arched_deg=tilt_deg)
            arched_s = start + 0.5 * self.subject.stride_s  # the first step takes the arch up
            rep = TrueRep(start, arched_s, self.t_s, True, self.side, 1.0, dict(sizes), bout_s)
            done.reps.append(rep)

    # --- getting there and back

    def _change_sides(self, fig: Figure) -> None:
        """To the other leg's own rest, without haste; lying on the side that means rolling over."""
        away = max(abs(v - self.script.now(c)) for c, v in fig.rest.items())
        if away < _SAME_REST_DEG:
            return
        self.script.move(3.0 if away > _ROLL_DEG else 1.6, fig.rest)
        self.script.move(0.6)

    def _take_position(self, fig: Figure, manner: Manner) -> None:
        if manner.set_up:
            self._fetch_bar()
        poses = [pose for pose, _ in fig.route]
        seconds = [s * self.subject.tempo_scale for _, s in fig.route]
        self.script.through(poses, seconds)
        self.script.move(0.8)
        if manner.set_up:
            self._settle(fig)

    def _fetch_bar(self) -> None:
        """Bend to the bar or to the plates, and come up with it."""
        bend = {
            Coordinate.PELVIS_TILT: 55.0,
            Coordinate.THORAX_TILT: 70.0,
            Coordinate.THIGH_PITCH_RIGHT: 35.0,
            Coordinate.THIGH_PITCH_LEFT: 40.0,
            Coordinate.KNEE_FLEXION_RIGHT: 45.0,
            Coordinate.KNEE_FLEXION_LEFT: 50.0,
        }
        pace = self.subject.tempo_scale
        self.script.move(1.1 * pace, bend)
        self.script.move(1.3)
        self.script.move(1.2 * pace, dict.fromkeys(bend, 0.0))
        self.script.move(0.7)

    def _settle(self, fig: Figure) -> None:
        """Small movements of the hips until it feels right."""
        for share in (0.15, 0.25, 0.1):
            moved = {c: v + share * (fig.turn[c] - v) for c, v in fig.rest.items()}
            self.script.move(0.5, moved)
            self.script.move(0.6, fig.rest)
        self.script.move(0.8)

    def _stand_up(self, fig: Figure, manner: Manner) -> None:
        self.script.move(1.0)
        back = [pose for pose, _ in fig.route[-2::-1]] + [standing_from(self.script)]
        seconds = [s * self.subject.tempo_scale for _, s in fig.route[::-1]]
        self.script.through(back, seconds)
        if manner.set_up:
            self.script.move(0.8)
            self._fetch_bar()


def standing_from(script: MotionScript) -> Pose:
    """Upright where the person is now."""
    here = {c: script.now(c) for c in (Coordinate.X_M, Coordinate.Y_M)}
    return {**standing(), **here}
