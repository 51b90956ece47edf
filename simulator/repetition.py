"""One repetition, written into the script: its phases, holds, pauses, bounces and jumps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion.exercises.model import Exercise, Kind, PhaseKind
from fusion.types import Side
from simulator.athlete_types import TrueRep
from simulator.jump import Jump
from simulator.manner import Manner
from simulator.motion import Coordinate, MotionScript, Pose
from simulator.overlays import Overlays
from simulator.poses import Figure, Step
from simulator.rep_times import RepTimes
from simulator.subject import Subject

_DEFAULT_S = {PhaseKind.CONCENTRIC: 1.0, PhaseKind.ECCENTRIC: 1.3}
_LEAST_PHASE_S = 0.15
_FULL_SHARE = 0.65
_PLATE_M, _TAP_M, _IMPACT_S = 1.0e-3, 6e-4, 0.015
_FINISH_SHARE = 0.6
"""A lock-out hold needs this long for a fault to come and go when nothing else follows the lift."""


class Repetition:
    """Plays repetitions of a figure one after the other, a little different each time."""

    def __init__(
        self,
        script: MotionScript,
        subject: Subject,
        rng: np.random.Generator,
        manner: Manner,
        sizes: Mapping[str, float],
    ) -> None:
        self._script, self._subject, self._rng = script, subject, rng
        self._manner, self._sizes = manner, sizes
        self._slower = 1.0

    def play(self, fig: Figure, index: int, total: int, overlays: Overlays) -> TrueRep:
        """One repetition with its faults; ``index`` of ``total`` says how tired the person is."""
        self._slower = 1.0 + self._subject.fatigue * index
        exercise = fig.exercise
        share = self._share(fig, index)
        if all(step.kind is PhaseKind.HOLD for step in fig.steps):
            return self._hold(fig, overlays, index / max(1, total - 1))
        runs = _runs(self._varied(fig, share))
        times, hold_s = self._play_runs(fig, runs)
        overlays.repetition(fig.side, times, index / max(1, total - 1))
        full = share >= _FULL_SHARE and self._enough(exercise, share)
        return TrueRep(
            times.start_s,
            times.top_s,
            times.rest_s,
            full,
            fig.side,
            share,
            dict(self._sizes),
            hold_s,
            times.turn_s,
            times.leave_s,
        )

    def odd(self, fig: Figure) -> None:
        """A movement that begins like a repetition and is none: shorter, slower, with another pelvis."""
        moved = {c: v + 0.5 * (fig.turn[c] - v) for c, v in fig.rest.items()}
        for coordinate in (Coordinate.PELVIS_TILT, Coordinate.THORAX_TILT):
            moved[coordinate] += 20.0
        self._script.move(1.6, moved)
        self._script.move(0.4)
        self._script.move(1.8, fig.rest)
        self._script.move(1.0)

    def _share(self, fig: Figure, index: int) -> float:
        share = self._manner.share(index)
        return max(0.05, share * (1.0 - self._sizes.get("range", 0.0) / max(1.0, fig.range_deg)))

    @staticmethod
    def _enough(exercise: Exercise, share: float) -> bool:
        count = exercise.count
        return count is None or share * count.rom_typical_deg >= count.rom_min_deg

    def _varied(self, fig: Figure, share: float) -> list[Step]:
        """The poses of one repetition: its share of the range, and how the person happens to do it."""
        share *= 1.0 + float(self._rng.normal(0.0, self._subject.range_jitter))
        noise = {
            c: float(self._rng.normal(0.0, self._subject.pose_jitter_deg))
            for c in (Coordinate.PELVIS_TILT, *_THIGHS)
        }
        lean = self._subject.lean_deg * (1.0 if fig.side is Side.RIGHT else -1.0)
        noise[Coordinate.PELVIS_LIST] = lean
        noise[Coordinate.THORAX_TILT] = noise[Coordinate.PELVIS_TILT]
        steps = []
        for step in fig.steps:
            if step.pose == fig.rest:
                steps.append(step)
                continue
            pose = {c: fig.rest[c] + share * (v - fig.rest[c]) for c, v in step.pose.items()}
            for coordinate, value in noise.items():
                pose[coordinate] += value * share
            if step.name == "pretilt":
                pose = dict(self._pretilt(pose, fig.rest))
            steps.append(Step(step.kind, step.name, pose, step.share))
        return steps

    def _pretilt(self, pose: Pose, rest: Pose) -> Pose:
        """Only the pelvis turns before the hips lift, and with the fault not even that."""
        tilt = pose[Coordinate.PELVIS_TILT] + self._sizes.get("pretilt", 0.0)
        kept = {c: rest[c] for c in pose}
        return {**kept, Coordinate.PELVIS_TILT: min(tilt, rest[Coordinate.PELVIS_TILT])}

    def _play_runs(self, fig: Figure, runs: list[list[Step]]) -> tuple[RepTimes, float]:
        script, lifts = self._script, fig.exercise.lifts_first
        start = script.t_s
        top = turn = leave = start
        hold_s = 0.0
        for k, run in enumerate(runs):
            self._run(fig, run, last=k == len(runs) - 1)
            if run[0].kind is PhaseKind.CONCENTRIC and top == start:
                top = script.t_s
            if k == 0:
                turn = script.t_s
                hold_s = self._rest_at(fig, PhaseKind.CONCENTRIC if lifts else PhaseKind.ECCENTRIC)
                leave = script.t_s
        rest = script.t_s
        last_hold = self._rest_at(fig, PhaseKind.ECCENTRIC if lifts else PhaseKind.CONCENTRIC)
        times = RepTimes(start, turn, leave, rest, script.t_s, lifts, top)
        return times, hold_s if lifts else last_hold

    def _rest_at(self, fig: Figure, after: PhaseKind) -> float:
        """Hold at the end of a phase; returns how long."""
        tempo = fig.exercise.tempo
        at_top = after is PhaseKind.CONCENTRIC
        given = 0.0 if tempo is None else tempo.hold_top_s if at_top else tempo.hold_bottom_s
        hold_s = self._duration(max(given, 0.1)) if not self._manner.touch_and_go else 0.0
        if at_top and "hold" in self._sizes:
            hold_s = max(0.05, hold_s - self._sizes["hold"])
        if fig.exercise.kind is Kind.EVENT and not at_top:
            hold_s += 1.5
        if at_top and not fig.exercise.lifts_first and self._sizes:
            hold_s = max(hold_s, _FINISH_SHARE)
        self._script.move(hold_s)
        return hold_s

    def _run(self, fig: Figure, run: list[Step], *, last: bool) -> None:
        kind = run[0].kind
        seconds = [self._phase_s(fig.exercise, step) for step in run]
        if kind is PhaseKind.HOLD:
            self._script.through([s.pose for s in run], [1.5] * len(run))
            self._script.move(self._hold_time(fig.exercise))
            return
        if run[-1].name == "landing":
            Jump(self._script, self._subject.build, self._rng).fly(run[-1].pose, seconds[-1])
            return
        start, before = self._script.t_s, self._script.pose()
        if kind is PhaseKind.CONCENTRIC and self._manner.pause_s:
            self._paused(run, seconds, before)
        else:
            self._script.through([s.pose for s in run], seconds)
        if kind is PhaseKind.ECCENTRIC and self._manner.bounce:
            self._bounce(before, run[-1].pose)
        if run[-1].name == "takeoff":
            Jump(self._script, self._subject.build, self._rng).leave(start)
        self._contact(run[-1], last=last)

    def _paused(self, run: list[Step], seconds: list[float], before: Pose) -> None:
        """Stop half way to the last pose."""
        end = run[-1].pose
        ahead = [s.pose for s in run[:-1]]
        begin = ahead[-1] if ahead else before
        half = {c: 0.5 * (begin[c] + end[c]) for c in end}
        self._script.through([*ahead, half], [*seconds[:-1], 0.6 * seconds[-1]])
        self._script.move(self._manner.pause_s)
        self._script.through([end], [0.6 * seconds[-1]])

    def _bounce(self, before: Pose, bottom: Pose) -> None:
        share = self._manner.bounce
        up = {c: v + share * (before[c] - v) for c, v in bottom.items()}
        self._script.move(0.22, up)
        self._script.move(0.22, bottom)

    def _contact(self, step: Step, *, last: bool) -> None:
        """Plates meet the floor, the backside meets the wall."""
        t = self._script.t_s
        times = (t, t + _IMPACT_S, t + 2.0 * _IMPACT_S)
        if step.name == "floor" and last:
            self._script.add(Coordinate.JOLT_UP_M, "impact", times, (0.0, _PLATE_M, 0.0))
        if step.name == "tap":
            size = _TAP_M * (1.0 - self._sizes.get("no_tap", 0.0))
            self._script.add(Coordinate.JOLT_AHEAD_M, "impact", times, (0.0, size, 0.0))

    def _hold(self, fig: Figure, overlays: Overlays, progress: float) -> TrueRep:
        """Take up the pose, keep it, come back."""
        start = self._script.t_s
        if fig.steps[-1].pose != fig.rest:
            self._script.through([s.pose for s in self._varied(fig, 1.0)], [1.5] * len(fig.steps))
        top = self._script.t_s
        hold_s = max(0.5, self._hold_time(fig.exercise) - self._sizes.get("hold", 0.0))
        self._script.move(hold_s)
        leave = self._script.t_s
        self._script.move(1.2, fig.rest)
        if fig.steps[-1].pose == fig.rest and len(fig.route) > 1:
            self._let_go(fig)
        times = RepTimes(start, top, leave, self._script.t_s, self._script.t_s + 1.0, True, top)
        self._script.move(1.0)
        overlays.repetition(fig.side, times, progress)
        return TrueRep(top, top, leave, True, fig.side, 1.0, dict(self._sizes), hold_s, top, leave)

    def _let_go(self, fig: Figure) -> None:
        """A hold without a pose before it ends where the person came from, and begins again."""
        self._script.through([fig.route[-2][0]], [1.5])
        self._script.move(2.0)
        self._script.through([fig.rest], [1.5])

    def _hold_time(self, exercise: Exercise) -> float:
        if self._manner.hold_s is not None:
            return self._manner.hold_s
        return exercise.tempo.period_s[1] if exercise.tempo else 5.0

    def _phase_s(self, exercise: Exercise, step: Step) -> float:
        if self._manner.phase_s is not None and step.kind is not PhaseKind.HOLD:
            return max(_LEAST_PHASE_S, self._manner.phase_s * step.share)
        tempo = exercise.tempo
        given = None
        if tempo is not None:
            given = tempo.concentric_s if step.kind is PhaseKind.CONCENTRIC else tempo.eccentric_s
        typical = given[1] if given else _DEFAULT_S.get(step.kind, 1.5)
        faster = self._sizes.get("tempo", 1.0)
        if step.kind is PhaseKind.ECCENTRIC:
            faster *= self._sizes.get("fast_drop", 1.0)
        return max(_LEAST_PHASE_S * step.share, self._duration(typical) * step.share / faster)

    def _duration(self, typical_s: float) -> float:
        jitter = float(np.exp(self._rng.normal(0.0, self._subject.tempo_jitter)))
        return typical_s * self._subject.tempo_scale * self._manner.tempo * jitter * self._slower


_THIGHS = (Coordinate.THIGH_PITCH_RIGHT, Coordinate.THIGH_PITCH_LEFT)


def _runs(steps: list[Step]) -> list[list[Step]]:
    """Consecutive steps of one kind; a jump's landing stands alone."""
    runs: list[list[Step]] = []
    for step in steps:
        if runs and runs[-1][0].kind is step.kind and step.name != "landing":
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs
