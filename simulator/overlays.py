"""Faults and habits laid over a set: they are added to the motion and leave it where it was."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fusion.types import Side
from simulator.faults import FAULTS, Window
from simulator.motion import HIP_ADDUCTION, Coordinate, MotionScript
from simulator.rep_times import RepTimes
from simulator.subject import Subject

_LEAD_DEG = 5.0
"""By how much the pelvis is ahead when it starts before the hip."""
_TREMOR_HZ = 7.0
_WOBBLE_HZ = 1.5
_FADE_S = 0.8
_LONG_HOLD_S = 4.0


class Overlays:
    """Adds the faults of one set to a script."""

    def __init__(
        self, script: MotionScript, subject: Subject, rng: np.random.Generator, sizes: Mapping[str, float]
    ) -> None:
        self._script, self._subject, self._rng, self._sizes = script, subject, rng, sizes
        self._strides = False

    def repetition(self, side: Side, times: RepTimes, progress: float) -> None:
        """Faults of one repetition; ``progress`` through the set is 0 to 1."""
        habit = float(self._rng.normal(0.0, self._subject.lumbar_jitter_deg))
        self._put(Coordinate.LUMBAR, "habit", times, Window.LATE, habit)
        self._put(Coordinate.CONTRACTION, "glutes", times, Window.LATE, 1.0)
        for name, size in self._sizes.items():
            effects = FAULTS[name].effects
            for effect in effects(side) if effects else ():
                value = size * effect.share
                if effect.window is Window.DRIFT or (effect.window is Window.FAR and _held(times)):
                    self._drift(effect.coordinate, name, times, value, progress)
                else:
                    self._put(effect.coordinate, name, times, effect.window, value)
        if self._sizes.get("lead"):
            self._lead(times, self._sizes["lead"])
        if self._sizes.get("sway"):
            self._sway(times, self._sizes["sway"])
        if self._sizes.get("wobble"):
            self._wobble(times, self._sizes["wobble"])
        if self._sizes.get("tremor"):
            self._tremble(times, self._sizes["tremor"])

    def stride(self, side: Side, at_s: tuple[float, float, float], progress: float, *, leads: bool) -> None:
        """Faults of one stride, from heel strike over the leg behind to the next.

        FAR is while the leg carries alone; what comes late or grows does so with the strides of the leg that
        leads, for one leg's push-off is the other's heel strike. What bends at the bottom of a squat stays
        bent from stride to stride: nobody folds the trunk and rises again twice a second.
        """
        self._strides = True
        near_s, far_s, next_s = at_s
        times = RepTimes(near_s, far_s, far_s, next_s, next_s, lifts_first=True, top_s=far_s)
        stance = RepTimes(near_s, *_middle(near_s, far_s), far_s, far_s, lifts_first=True, top_s=far_s)
        for name, size in self._sizes.items():
            effects = FAULTS[name].effects
            for effect in effects(side) if effects else ():
                value = size * effect.share
                if effect.window is Window.BOTTOM:
                    continue
                window = Window.LATE if effect.window is Window.SHORT else effect.window
                if window in {Window.DRIFT, Window.LATE} and not leads:
                    continue
                if window is Window.DRIFT:
                    self._drift(effect.coordinate, name, times, value, progress)
                else:
                    when = stance if window in {Window.FAR, Window.HARDEST} else times
                    self._put(effect.coordinate, f"{name}:{side.value}", when, window, value)

    def finish(self, side: Side, start_s: float, stop_s: float) -> None:
        """Faults that last the set."""
        if stop_s - start_s < 4.0 * _FADE_S:
            return
        whole = (start_s - 0.5 * _FADE_S, start_s + 0.5 * _FADE_S, stop_s - _FADE_S, stop_s)
        for name, size in self._sizes.items():
            effects = FAULTS[name].effects
            for effect in effects(side) if effects else ():
                if effect.window is Window.SET or (self._strides and effect.window is Window.BOTTOM):
                    value = size * effect.share
                    self._script.add(effect.coordinate, f"{name}:set", whole, (0.0, value, value, 0.0))

    def _put(self, coordinate: Coordinate, name: str, times: RepTimes, window: Window, value: float) -> None:
        knots = times.knots(window)
        if knots is None or not value:
            return
        at, shares = _ascending(knots[0]), knots[1]
        self._script.add(coordinate, name, at, [value * s for s in shares])

    def _drift(
        self, coordinate: Coordinate, name: str, times: RepTimes, value: float, progress: float
    ) -> None:
        """Creeps on from repetition to repetition; within a long hold it creeps through the hold."""
        hold = times.leave_s - times.turn_s
        if _held(times):
            at = (times.turn_s + 0.2 * hold, times.turn_s + 0.7 * hold, times.leave_s, times.rest_s)
            self._script.add(coordinate, name, at, (0.0, value, value, 0.0))
            return
        self._script.add(coordinate, name, (times.start_s, times.turn_s), (value * progress,) * 2)
        if progress >= 1.0:
            self._script.add(coordinate, name, (times.rest_s, times.end_s + 0.5), (value, 0.0))

    def _lead(self, times: RepTimes, lead_s: float) -> None:
        """The pelvis tilts on its own before the movement, which then catches up with it."""
        at = (times.start_s - lead_s, times.start_s + 0.05, times.start_s + 0.2, times.turn_s)
        self._script.add(Coordinate.LUMBAR, "lead", at, (0.0, _LEAD_DEG, _LEAD_DEG, 0.0))

    def _sway(self, times: RepTimes, size: float) -> None:
        """From side to side while the far end is held, or once through the movement."""
        span = max(times.leave_s - times.turn_s, 0.8)
        start = 0.5 * (times.turn_s + times.leave_s - span)
        count = max(2, round(span / 0.5))
        edges = np.linspace(start, start + span, count + 1)
        values = [0.5 * size * (-1.0) ** k for k in range(count + 1)]
        values[0] = values[-1] = 0.0
        for coordinate, share in (
            (Coordinate.PELVIS_LIST, 1.0),
            (HIP_ADDUCTION[Side.RIGHT], 1.0),
            (HIP_ADDUCTION[Side.LEFT], -1.0),
        ):
            self._script.add(coordinate, "sway", edges.tolist(), [share * v for v in values])

    def _wobble(self, times: RepTimes, size: float) -> None:
        """The pelvis rocks to and fro while the far end is held."""
        count = int((times.leave_s - times.turn_s) * 2.0 * _WOBBLE_HZ)
        if count < 2:
            return
        edges = np.linspace(times.turn_s, times.leave_s, count + 1)
        values = [0.0, *(size * (-1.0) ** k for k in range(count - 1)), 0.0]
        self._script.add(Coordinate.LUMBAR, "wobble", edges.tolist(), values)

    def _tremble(self, times: RepTimes, size: float) -> None:
        edges = np.arange(times.turn_s, times.leave_s, 0.5 / _TREMOR_HZ)
        if len(edges) < 4:
            return
        values = [size * (-1.0) ** k for k in range(len(edges))]
        values[0] = values[-1] = 0.0
        self._script.add(Coordinate.PELVIS_TILT, "tremor", edges.tolist(), values)


def _held(times: RepTimes) -> bool:
    """Whether the far end is a pose to hold, in which a fault comes on as it lasts."""
    return times.leave_s - times.turn_s > _LONG_HOLD_S


def _middle(start_s: float, stop_s: float) -> tuple[float, float]:
    """From when to when a leg carries alone, between heel strike and toe-off."""
    span = stop_s - start_s
    return start_s + 0.3 * span, start_s + 0.6 * span


def _ascending(times_s: tuple[float, ...]) -> list[float]:
    """The same times, at least a hundredth of a second apart."""
    out = [times_s[0]]
    for t_s in times_s[1:]:
        out.append(max(t_s, out[-1] + 0.02))
    return out
