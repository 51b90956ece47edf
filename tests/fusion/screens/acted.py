"""Acted signals: postures and movements of which the answer of a screen is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fusion.history import part_of
from fusion.screens import ScreenEvent, ScreenEventKind, ScreenResult, ScreenRunner, load
from fusion.types import FloatArray, Side, SignalBlock
from simulator.motion import minimum_jerk

RATE_HZ = 50.0


@dataclass
class Act:
    """Writes P, ML and both thighs' pitch over time; `to` moves on minimum-jerk paths, `keep` waits."""

    tilt: list[FloatArray] = field(default_factory=list)
    lists: list[FloatArray] = field(default_factory=list)
    right: list[FloatArray] = field(default_factory=list)
    left: list[FloatArray] = field(default_factory=list)
    now: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def to(
        self, seconds: float, tilt: float, right: float, left: float | None = None, ml: float = 0.0
    ) -> Act:
        s = minimum_jerk(np.arange(1, round(seconds * RATE_HZ) + 1) / round(seconds * RATE_HZ))
        goal = (tilt, ml, right, right if left is None else left)
        for column, a, b in zip((self.tilt, self.lists, self.right, self.left), self.now, goal, strict=True):
            column.append(a + s * (b - a))
        self.now = goal
        return self

    def keep(self, seconds: float) -> Act:
        return self.to(seconds, self.now[0], self.now[2], self.now[3], self.now[1])

    def swing(self, seconds: float, tilt: float, size: float = 20.0, period_s: float = 1.0) -> Act:
        """Walk on the spot: the thighs swing against each other."""
        phase = np.arange(round(seconds * RATE_HZ)) / RATE_HZ / period_s * 2 * np.pi
        self.tilt.append(np.full(len(phase), tilt))
        self.lists.append(np.zeros(len(phase)))
        self.right.append(size * np.sin(phase))
        self.left.append(-size * np.sin(phase))
        self.now = (tilt, 0.0, self.right[-1][-1], self.left[-1][-1])
        return self

    def signals(self, *sides: Side) -> SignalBlock:
        tilt, ml = np.concatenate(self.tilt), np.concatenate(self.lists)
        rows = {
            "pelvis_tilt_deg": tilt,
            "pelvis_list_deg": ml,
            "pelvis_tilt_rate_dps": np.gradient(tilt) * RATE_HZ,
            "pelvis_acc_up_ms2": np.zeros(len(tilt)),
        }
        for side in sides or tuple(Side):
            pitch = np.concatenate(self.right if side is Side.RIGHT else self.left)
            rows |= {
                f"thigh_pitch_{side.value}_deg": pitch,
                f"thigh_pitch_rate_{side.value}_dps": np.gradient(pitch) * RATE_HZ,
                f"hip_flexion_{side.value}_deg": tilt + pitch,
                f"hip_adduction_{side.value}_deg": np.zeros(len(tilt)),
                f"hip_rotation_{side.value}_deg": np.zeros(len(tilt)),
                f"thigh_opening_{side.value}_deg": np.zeros(len(tilt)),
                f"hip_flexion_rate_{side.value}_dps": np.gradient(tilt + pitch) * RATE_HZ,
            }
        values = np.array(list(rows.values()))
        t_s = np.arange(len(tilt)) / RATE_HZ
        return SignalBlock(t_s, RATE_HZ, tuple(rows), values, np.full(values.shape, 2.0))


def events_of(screen_id: str, signals: SignalBlock, size: int = 25) -> list[ScreenEvent]:
    """Everything the guide says."""
    runner = ScreenRunner(load(screen_id), RATE_HZ)
    events: list[ScreenEvent] = []
    for k in range(0, len(signals), size):
        events += runner.update(part_of(signals, k, min(k + size, len(signals))))
    return events


def result_of(screen_id: str, signals: SignalBlock) -> ScreenResult:
    """The result, which must come."""
    events = events_of(screen_id, signals)
    assert events[-1].kind is ScreenEventKind.RESULT, events[-1].message
    result = events[-1].result
    assert result is not None
    return result


def value_of(result: ScreenResult, name: str) -> float:
    """One number of a result."""
    return {v.name: v.value for v in result.values}[name]


def kinds(events: Sequence[ScreenEvent]) -> list[str]:
    """What was said, without the progress."""
    return [e.kind.value for e in events if e.kind is not ScreenEventKind.PROGRESS]
