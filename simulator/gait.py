"""Walking, running, climbing, stepping sideways: cycles of both legs, half a cycle apart.

At each extreme of a leg's swing the rate is zero and the acceleration is that of a sine through both
phases, so that the legs never stop as they would on minimum-jerk paths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.types import Side
from fusion.units import STANDARD_GRAVITY_MS2
from simulator.body import Build
from simulator.motion import (
    HIP_ADDUCTION,
    HIP_ROTATION,
    KNEE_FLEXION,
    SUPPORT,
    THIGH_PITCH,
    Coordinate,
    MotionScript,
    Pose,
)
from simulator.poses import BOTH_FEET, other

_HALF_IMPACT_S = 0.025
"""What is left of a heel strike at thigh and pelvis lies below some 20 Hz."""
_STOP_S = 0.7
"""From the last stride to both feet together."""


@dataclass(frozen=True, slots=True)
class Gait:
    """A manner of stepping; ``near`` and ``far`` are the ends of a leg's swing, for the right leg."""

    near: Pose
    far: Pose
    out_s: float
    """From near (leg in front, heel strike) to far (leg behind)."""
    back_s: float
    tilt_deg: float = 3.0
    tilt_ripple_deg: float = 1.5
    list_deg: float = 4.0
    turn_deg: float = 5.0
    speed_ms: float = 1.2
    sideways: bool = False
    climb_m: float = 0.0
    """Height won with each step."""
    bob_m: float = 0.02
    flight: float = 0.0
    """Share of a step that is spent in the air."""
    swing_knee_deg: float = 60.0
    impact_m: float = 1.2e-3
    drop_m: float = 0.0
    """How far the hips hang below standing."""

    @property
    def period_s(self) -> float:
        """Duration of a stride."""
        return self.out_s + self.back_s


def walking(stride_s: float) -> Gait:
    """Ordinary walking at a stride's duration."""
    near = {Coordinate.THIGH_PITCH_RIGHT: 26.0}
    far = {Coordinate.THIGH_PITCH_RIGHT: -16.0}
    return Gait(near, far, 0.57 * stride_s, 0.43 * stride_s, speed_ms=1.25 * 1.1 / stride_s)


class GaitWriter:
    """Writes a bout of a gait into a script, from standing to standing."""

    def __init__(self, script: MotionScript, build: Build, rng: np.random.Generator, jitter: float) -> None:
        self._script, self._build, self._rng, self._jitter = script, build, rng, jitter

    def write(self, gait: Gait, cycles: int, lead: Side = Side.RIGHT) -> None:
        """A bout of ``cycles`` strides of the leading leg."""
        self.write_both(gait, cycles, lead)

    def write_both(
        self, gait: Gait, cycles: int, lead: Side = Side.RIGHT
    ) -> list[tuple[Side, float, float, float]]:
        """A bout; the strides of both legs as (side, near, far, next near) times, in order of time."""
        script = self._script
        upright = script.pose()
        t0, half = script.t_s, 0.5 * gait.period_s
        times = self._cycle_times(gait, t0 + half, cycles)
        self._leg(gait, lead, times, t0)
        trail = [(near + half, far + half, nxt + half) for near, far, nxt in times]
        self._leg(gait, other(lead), trail, t0)
        end = trail[-1][2] + 0.3 * gait.period_s
        strikes = sorted(
            [(t[0], lead) for t in times]
            + [(t[0], other(lead)) for t in trail]
            + [(times[-1][2], lead), (trail[-1][2], other(lead))]
        )
        self._trunk(gait, strikes, t0, end)
        self._root(gait, strikes, t0, end)
        script.t_s = end
        self._to_rest(upright, end)
        return sorted([(lead, *t) for t in times] + [(other(lead), *t) for t in trail], key=lambda s: s[1])

    def _cycle_times(self, gait: Gait, begin: float, cycles: int) -> list[tuple[float, float, float]]:
        times = []
        for _ in range(cycles):
            scale = float(np.exp(self._rng.normal(0.0, 0.5 * self._jitter)))
            far, nxt = begin + gait.out_s * scale, begin + gait.period_s * scale
            times.append((begin, far, nxt))
            begin = nxt
        return times

    def _leg(self, gait: Gait, side: Side, times: list[tuple[float, float, float]], t0: float) -> None:
        """Swing of one leg's joints between near and far."""
        for joint in (THIGH_PITCH, HIP_ADDUCTION, HIP_ROTATION):
            right = joint[Side.RIGHT]
            near = gait.near.get(right, 0.0)
            far = gait.far.get(right, near)
            if near or far:
                self._swing(gait, joint[side], near, far, times, t0)
        self._knee(gait, side, times, t0)

    def _swing(  # noqa: PLR0917
        self,
        gait: Gait,
        coordinate: Coordinate,
        near: float,
        far: float,
        times: list[tuple[float, float, float]],
        t0: float,
    ) -> None:
        script = self._script
        script.knot(coordinate, t0, script.now(coordinate))
        half_range = 0.5 * (near - far)
        bend = 0.5 * ((np.pi / gait.out_s) ** 2 + (np.pi / gait.back_s) ** 2) * half_range
        for near_s, far_s, _ in times:
            a, b = near + self._habit(half_range), far + self._habit(half_range)
            script.knot(coordinate, near_s, a, 0.0, -bend)
            script.knot(coordinate, far_s, b, 0.0, bend)
        if times and times[-1][2] > 0.0:
            script.knot(coordinate, times[-1][2], near, 0.0, -bend)

    def _habit(self, half_range: float) -> float:
        return float(self._rng.normal(0.0, 0.3 * self._jitter)) * abs(half_range)

    def _knee(self, gait: Gait, side: Side, times: list[tuple[float, float, float]], t0: float) -> None:
        script, knee = self._script, KNEE_FLEXION[side]
        script.knot(knee, t0, script.now(knee))
        base = 1.1 * max(0.0, gait.near.get(Coordinate.THIGH_PITCH_RIGHT, 0.0)) if gait.drop_m else 8.0
        for near_s, far_s, _ in times:
            script.knot(knee, near_s, base)
            script.knot(knee, near_s + 0.25 * (far_s - near_s), base + 10.0)
            script.knot(knee, far_s, base + 0.3 * gait.swing_knee_deg)
            script.knot(knee, far_s + 0.4 * gait.back_s, base + gait.swing_knee_deg)

    def _trunk(self, gait: Gait, strikes: list[tuple[float, Side]], t0: float, end: float) -> None:
        """Tilt ripples with each step; list and turn alternate with the stance."""
        script = self._script
        for coordinate in (Coordinate.PELVIS_TILT, Coordinate.THORAX_TILT):
            script.knot(coordinate, t0, script.now(coordinate))
        rise = gait.tilt_ripple_deg
        step = 0.5 * gait.period_s
        bend = rise * (np.pi / (0.5 * step)) ** 2 * 0.5
        for t_s, side in strikes:
            up = 1.0 if side is Side.RIGHT else -1.0
            for coordinate, share in ((Coordinate.PELVIS_TILT, 1.0), (Coordinate.THORAX_TILT, 0.5)):
                script.knot(coordinate, t_s, gait.tilt_deg - share * rise, 0.0, share * bend)
                script.knot(coordinate, t_s + 0.5 * step, gait.tilt_deg + share * rise, 0.0, -share * bend)
            lean = gait.list_deg * up
            self._add_stance(Coordinate.PELVIS_LIST, t_s + 0.4 * step, lean, step)
            self._add_stance(Coordinate.HIP_ADDUCTION_RIGHT, t_s + 0.4 * step, lean, step)
            self._add_stance(Coordinate.HIP_ADDUCTION_LEFT, t_s + 0.4 * step, -lean, step)
            turn = gait.turn_deg * up
            self._add_stance(Coordinate.PELVIS_TURN, t_s, turn, step)
            self._add_stance(Coordinate.HIP_ROTATION_RIGHT, t_s, -0.7 * turn, step)
            self._add_stance(Coordinate.HIP_ROTATION_LEFT, t_s, 0.7 * turn, step)
            self._impact(gait, t_s)
        for coordinate in _ALTERNATING:
            script.add_knot(coordinate, "gait", (end + _STOP_S, 0.0, 0.0, 0.0))

    def _add_stance(self, coordinate: Coordinate, t_s: float, value: float, step_s: float) -> None:
        first = not self._script.has(coordinate, "gait", since_s=t_s - 4.0 * step_s)
        if first:
            self._script.add_knot(coordinate, "gait", (t_s - step_s, 0.0, 0.0, 0.0))
        bend = -value * (np.pi / step_s) ** 2
        self._script.add_knot(coordinate, "gait", (t_s, value, 0.0, bend))

    def _impact(self, gait: Gait, t_s: float) -> None:
        size = gait.impact_m * float(np.exp(self._rng.normal(0.0, 0.3)))
        times = (t_s, t_s + _HALF_IMPACT_S, t_s + 2.0 * _HALF_IMPACT_S)
        self._script.add(Coordinate.JOLT_UP_M, "impact", times, (0.0, size, 0.0))

    def _root(self, gait: Gait, strikes: list[tuple[float, Side]], t0: float, end: float) -> None:
        """The hips travel on a path of their own while nothing carries for long."""
        script, step = self._script, 0.5 * gait.period_s
        height = self._build.thigh_m + self._build.shank_m - gait.drop_m
        for foot in SUPPORT.values():
            script.knot(foot, t0, script.now(foot))
            script.knot(foot, t0 + 0.8 * step, 0.0)
        self._travel(gait, t0, end)
        z = Coordinate.Z_M
        script.knot(z, t0, script.now(z))
        for n, (t_s, _) in enumerate(strikes):
            self._step_height(gait, t_s, height + n * gait.climb_m, step)
        for foot in SUPPORT.values():
            script.knot(foot, end - 0.3, 0.0)

    def _step_height(self, gait: Gait, t_s: float, level: float, step: float) -> None:
        script, z = self._script, Coordinate.Z_M
        if not gait.flight:
            bend = 0.5 * gait.bob_m * (2.0 * np.pi / step) ** 2
            script.knot(z, t_s, level - 0.5 * gait.bob_m, 0.0, bend)
            script.knot(z, t_s + 0.5 * step, level + 0.5 * gait.bob_m + gait.climb_m, 0.0, -bend)
            return
        air = gait.flight * step
        ground = step - air
        fall = 0.5 * STANDARD_GRAVITY_MS2 * air
        push = 0.5 * np.pi * STANDARD_GRAVITY_MS2 * air / ground
        script.knot(z, t_s, level, -fall, -STANDARD_GRAVITY_MS2)
        script.knot(z, t_s + 0.5 * ground, level - 0.32 * fall * ground, 0.0, push)
        script.knot(z, t_s + ground, level, fall, -STANDARD_GRAVITY_MS2)

    def _travel(self, gait: Gait, t0: float, end: float) -> None:
        facing = np.radians(self._script.facing_deg + (90.0 if gait.sideways else 0.0))
        for coordinate, share in ((Coordinate.X_M, np.cos(facing)), (Coordinate.Y_M, np.sin(facing))):
            speed = gait.speed_ms * float(share)
            ramp = min(0.8, 0.3 * (end - t0))
            here = self._script.now(coordinate)
            there = here + speed * (end - t0 - ramp)
            self._script.knot(coordinate, t0, here)
            self._script.knot(coordinate, t0 + ramp, here + 0.5 * speed * ramp, speed)
            self._script.knot(coordinate, end - ramp, there - 0.5 * speed * ramp, speed)
            self._script.knot(coordinate, end, there)

    def _to_rest(self, upright: Pose, end: float) -> None:
        """Both feet together again."""
        script = self._script
        stop = end + _STOP_S
        for coordinate, value in upright.items():
            if coordinate in {Coordinate.X_M, Coordinate.Y_M}:
                continue
            if script.now(coordinate) != value:
                script.knot(coordinate, stop, value)
        for coordinate, value in BOTH_FEET.items():
            script.knot(coordinate, stop, value)
        script.t_s = stop


_ALTERNATING = (
    Coordinate.PELVIS_LIST,
    Coordinate.HIP_ADDUCTION_RIGHT,
    Coordinate.HIP_ADDUCTION_LEFT,
    Coordinate.PELVIS_TURN,
    Coordinate.HIP_ROTATION_RIGHT,
    Coordinate.HIP_ROTATION_LEFT,
)
