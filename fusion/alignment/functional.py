"""Functional movements that were announced: hip hinges and knee raises, judged and turned into axes.

A hinge leans the trunk forward over quiet thighs, a knee raise lifts the named thigh under a quiet pelvis.
What was done is compared with what was named: one that was none is said so, a raise that the other sensor
shows means that left and right are swapped. Axes need 0.9 of the rate's variance and more than 20 °/s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from fusion.alignment.history import SensorHistory
from fusion.alignment.reference import TRUNK, Reference
from fusion.types import FloatArray, Segment, WarningEvent
from fusion.units import DEG_PER_RAD, RAD_PER_DEG

_SHARE_MIN = 0.9
_RATE_MIN_RADS = 20.0 * RAD_PER_DEG
_LEAN_MIN_DEG = 20.0
"""A lean smaller than this is no functional movement."""


class FunctionalMovement(StrEnum):
    """What was asked for."""

    HINGE = "hinge"
    KNEE_RAISE_RIGHT = "knee_raise_right"
    KNEE_RAISE_LEFT = "knee_raise_left"
    THIGHS_LEVEL = "thighs_level"
    """No movement: sitting still with level thighs, which shows what soft tissue adds."""

    @property
    def mover(self) -> Segment:
        """The segment that does it."""
        return {
            FunctionalMovement.THIGHS_LEVEL: Segment.PELVIS,
            FunctionalMovement.HINGE: Segment.PELVIS,
            FunctionalMovement.KNEE_RAISE_RIGHT: Segment.THIGH_RIGHT,
            FunctionalMovement.KNEE_RAISE_LEFT: Segment.THIGH_LEFT,
        }[self]

    @property
    def words(self) -> str:
        """For messages."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class FunctionalWindow:
    """That within [start, stop) a movement was done three to five times."""

    movement: FunctionalMovement
    start_s: float
    stop_s: float


@dataclass(slots=True, eq=False)
class FunctionalEvidence:
    """Axes with their sign (3,) in S that functional movements have shown, and what went wrong."""

    z_s: dict[Segment, FloatArray] = field(default_factory=dict)
    warnings: list[WarningEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    axis_s: FloatArray
    share: float
    rate_rads: float
    lean_deg: float
    """Largest angle to the zero, with the sign that ``axis_s`` gives it."""


def gather(
    windows: Sequence[FunctionalWindow],
    reference: Reference,
    histories: Mapping[Segment, SensorHistory],
    now_s: float,
) -> FunctionalEvidence:
    """Judge every window that has ended."""
    evidence = FunctionalEvidence()
    for window in windows:
        if window.stop_s <= now_s and window.movement is not FunctionalMovement.THIGHS_LEVEL:
            _judge(window, reference, histories, evidence)
    return evidence


def _judge(
    window: FunctionalWindow,
    reference: Reference,
    histories: Mapping[Segment, SensorHistory],
    evidence: FunctionalEvidence,
) -> None:
    shown = {s: _shown(reference.up_s[s], h, window) for s, h in histories.items()}
    mover = window.movement.mover
    if mover not in shown:
        return
    mine = shown[mover]
    other = max((s for s in shown if s != mover), key=lambda s: abs(_lean(shown[s])), default=mover)
    if other != mover and abs(_lean(shown[other])) > max(_LEAN_MIN_DEG, 2.0 * abs(_lean(mine))):
        _tell(evidence, window, mover, "sensors_swapped", _swapped(window, mover, other))
        return
    if mine is None or not _good(mine):
        _tell(evidence, window, mover, "functional_poor", _none(window, mover, mine))
        return
    _keep(evidence, mover, mine)
    for segment, seen in shown.items():
        if segment in TRUNK and mover in TRUNK and segment != mover and seen is not None and _good(seen):
            _keep(evidence, segment, seen)


def _keep(evidence: FunctionalEvidence, segment: Segment, seen: _Shown) -> None:
    """The movement leans a trunk forward (about −Z) and lifts a knee forward (about Z)."""
    forward = 1.0 if seen.lean_deg >= 0.0 else -1.0
    evidence.z_s[segment] = forward * seen.axis_s * (1.0 if segment in TRUNK else -1.0)


def _shown(up_s: FloatArray, history: SensorHistory, window: FunctionalWindow) -> _Shown | None:
    within = (history.t_s > window.start_s) & (history.t_s <= window.stop_s)
    if within.sum() < 4:
        return None
    rates = history.rate_rads[within]
    fast = np.linalg.norm(rates, axis=1) > 0.5 * _RATE_MIN_RADS
    scatter = history.rate_scatter[within][fast].sum(axis=0) if fast.any() else np.zeros((3, 3))
    variances, axes = np.linalg.eigh(scatter)
    axis = axes[:, -1] - (axes[:, -1] @ up_s) * up_s
    axis /= np.linalg.norm(axis)
    up = history.up_s[within]
    lean = np.arctan2(np.cross(up_s, up) @ axis, up @ up_s) * DEG_PER_RAD
    total = float(variances.sum())
    share = float(variances[-1]) / total if total > 0.0 else 0.0
    rate = float(np.linalg.norm(rates, axis=1).max())
    return _Shown(axis, share, rate, float(lean[np.argmax(np.abs(lean))]))


def _lean(seen: _Shown | None) -> float:
    return 0.0 if seen is None else seen.lean_deg


def _good(seen: _Shown) -> bool:
    return (
        seen.share >= _SHARE_MIN and seen.rate_rads >= _RATE_MIN_RADS and abs(seen.lean_deg) >= _LEAN_MIN_DEG
    )


def _tell(
    evidence: FunctionalEvidence, window: FunctionalWindow, segment: Segment, code: str, message: str
) -> None:
    evidence.warnings.append(WarningEvent(window.stop_s, code, message, segment))


def _span(window: FunctionalWindow) -> str:
    return f"the {window.movement.words} from {window.start_s:.1f} to {window.stop_s:.1f} s"


def _swapped(window: FunctionalWindow, mover: Segment, other: Segment) -> str:
    return (
        f"{_span(window)} was seen by the {other.value} sensor, not by the {mover.value} sensor;"
        " they are swapped: change their assignment"
    )


def _none(window: FunctionalWindow, mover: Segment, seen: _Shown | None) -> str:
    if seen is None:
        return f"{_span(window)} has too few samples of the {mover.value} sensor; say another time"
    return (
        f"{_span(window)} was none: the {mover.value} sensor leaned by {abs(seen.lean_deg):.0f}°, at most"
        f" {seen.rate_rads * DEG_PER_RAD:.0f} °/s, {100.0 * seen.share:.0f} % about one axis; do it three"
        " times, slowly and straight"
    )
