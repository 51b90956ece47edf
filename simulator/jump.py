"""A jump: the hips leave on a ballistic path between take-off and landing."""

from __future__ import annotations

from math import cos, radians

import numpy as np

from fusion.units import STANDARD_GRAVITY_MS2
from simulator.body import Build
from simulator.motion import SUPPORT, Coordinate, MotionScript, Pose

_FLIGHT_S = (0.28, 0.42)
_AHEAD_MS = 2.2
_LANDING_M, _IMPACT_S = 3.3e-3, 0.025
_ABSORB_S = 0.16


class Jump:
    """Writes the hips' path of one jump; the legs' poses come from the exercise."""

    def __init__(self, script: MotionScript, build: Build, rng: np.random.Generator) -> None:
        self._script, self._build, self._rng = script, build, rng

    def leave(self, push_start_s: float) -> None:
        """The push that began at ``push_start_s`` ends now, off the floor."""
        script = self._script
        begin = push_start_s - 0.05
        level = self._height(script.pose())
        for foot in SUPPORT.values():
            script.knot(foot, begin, script.now(foot))
            script.knot(foot, script.t_s - 0.1 * (script.t_s - begin), 0.0)
        z = Coordinate.Z_M
        script.knot(z, begin, script.now(z))
        script.knot(z, script.t_s, level, self._speed(), -STANDARD_GRAVITY_MS2)

    def fly(self, landing: Pose, absorb_s: float) -> None:
        """Through the air into the landing's pose, which is reached as the legs give way."""
        script, z = self._script, Coordinate.Z_M
        flight = self._flight_s()
        off, down = script.t_s, script.t_s + flight
        level = script.now(z)
        legs = {c: v for c, v in landing.items() if c not in _ROOT}
        script.knot(z, down, level, -self._speed(), -STANDARD_GRAVITY_MS2)
        low = min(self._height(landing), level - 0.1)
        stop = down + max(absorb_s, _ABSORB_S)
        script.knot(z, stop, low)
        x = script.now(Coordinate.X_M)
        script.knot(Coordinate.X_M, off - 0.2, x)
        script.knot(Coordinate.X_M, off, x + 0.1 * _AHEAD_MS, _AHEAD_MS)
        script.knot(Coordinate.X_M, down, x + (0.1 + flight) * _AHEAD_MS, _AHEAD_MS)
        script.knot(Coordinate.X_M, stop, x + (0.15 + flight) * _AHEAD_MS + 0.3 * _AHEAD_MS * (stop - down))
        times = (down, down + _IMPACT_S, down + 2.0 * _IMPACT_S)
        script.add(Coordinate.JOLT_UP_M, "impact", times, (0.0, _LANDING_M, 0.0))
        script.through([legs], [stop - off])
        for foot in SUPPORT.values():
            script.knot(foot, stop, 0.0)
            script.knot(foot, stop + 0.5, 0.5)
        script.knot(z, stop + 0.5, 0.0)

    def _flight_s(self) -> float:
        return 0.5 * sum(_FLIGHT_S)

    def _speed(self) -> float:
        return 0.5 * STANDARD_GRAVITY_MS2 * self._flight_s()

    def _height(self, pose: Pose) -> float:
        """Height of the hips over the ankles in this pose."""
        pitch, knee = pose[Coordinate.THIGH_PITCH_RIGHT], pose[Coordinate.KNEE_FLEXION_RIGHT]
        return self._build.thigh_m * cos(radians(pitch)) + self._build.shank_m * cos(radians(pitch - knee))


_ROOT = frozenset({Coordinate.X_M, Coordinate.Y_M, Coordinate.Z_M, *SUPPORT.values()})
