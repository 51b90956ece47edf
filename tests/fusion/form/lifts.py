"""Synthetic repetitions with known answers: P and T on minimum-jerk paths, the rest from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fusion.exercises import Exercise, parse
from fusion.movement.phase_corners import corners
from fusion.movement.track import Track
from fusion.types import FloatArray, Side, SignalBlock
from simulator.motion import minimum_jerk

RATE_HZ = 100.0
HEAD = """
id = "{id}"
name = "Test lift"
kind = "rep"
posture = "supine"

[programme]
movement = "hip_extension"

[[poses]]
name = "rest"
pelvis_tilt_deg = {rest[0]}
thigh_pitch_deg = {rest[1]}

[[poses]]
name = "far"
pelvis_tilt_deg = {far[0]}
thigh_pitch_deg = {far[1]}

[[phases]]
kind = "{first}"
to = "far"

[[phases]]
kind = "{second}"
to = "rest"

[driver]
signal = "hip_flexion"
concentric_sign = -1

[count]
rom_min_deg = {least}
rom_full_deg = {full}
rom_typical_deg = {typical}

[tempo]
first_phase = "{first}"
period_s = [1.5, 3.0, 8.0]
"""


@dataclass
class Lift:
    """One repetition: rest, way out, plateau, way back, rest; all angles in deg, times in s.

    ``extra`` are further signals (n,) by name, given as functions of the times.
    """

    rest: tuple[float, float] = (-50.0, 127.0)
    far: tuple[float, float] = (-97.0, 92.0)
    out_s: float = 1.0
    plateau_s: float = 1.0
    back_s: float = 1.5
    lifts_first: bool = True
    sd_deg: float = 3.0
    tilt_added: FloatArray | None = None
    list_deg: FloatArray | None = None
    extra: dict[str, FloatArray] = field(default_factory=dict)
    side: Side = Side.RIGHT
    gap_s: float = 0.0
    before_s: float = 1.0
    after_s: float = 0.5

    @property
    def t_s(self) -> FloatArray:
        total = self.before_s + self.out_s + self.plateau_s + self.back_s + self.after_s
        return np.arange(0.0, total, 1.0 / RATE_HZ)

    @property
    def share(self) -> FloatArray:
        """How far out the movement is, 0 to 1 (n,)."""
        t = self.t_s - self.before_s
        out = minimum_jerk(np.clip(t / self.out_s, 0.0, 1.0))
        back = minimum_jerk(np.clip((t - self.out_s - self.plateau_s) / self.back_s, 0.0, 1.0))
        return np.asarray(out - back)

    def ramp(self, start_s: float, stop_s: float, size: float) -> FloatArray:
        """A rise of ``size`` between two times after the start of the movement (n,)."""
        t = self.t_s - self.before_s
        return np.asarray(size * minimum_jerk(np.clip((t - start_s) / (stop_s - start_s), 0.0, 1.0)))

    def signals(self) -> SignalBlock:
        s, side, zero = self.share, self.side.value, np.zeros(len(self.t_s))
        tilt = self.rest[0] + s * (self.far[0] - self.rest[0])
        pitch = self.rest[1] + s * (self.far[1] - self.rest[1])
        tilt = tilt + (zero if self.tilt_added is None else self.tilt_added)
        rows = {
            "pelvis_tilt_deg": tilt,
            "pelvis_list_deg": zero if self.list_deg is None else self.list_deg,
            "pelvis_tilt_rate_dps": np.gradient(tilt) * RATE_HZ,
            "pelvis_acc_up_ms2": zero,
            f"thigh_pitch_{side}_deg": pitch,
            f"thigh_pitch_rate_{side}_dps": np.gradient(pitch) * RATE_HZ,
            f"hip_flexion_{side}_deg": tilt + pitch,
            f"hip_adduction_{side}_deg": zero,
            f"hip_rotation_{side}_deg": zero,
            f"thigh_opening_{side}_deg": zero,
            f"hip_flexion_rate_{side}_dps": np.gradient(tilt + pitch) * RATE_HZ,
        } | self.extra
        values = np.array([np.broadcast_to(v, s.shape) for v in rows.values()])
        return SignalBlock(self.t_s, RATE_HZ, tuple(rows), values, np.full(values.shape, self.sd_deg))

    def track(self) -> Track:
        signals = self.signals()
        side = self.side.value
        flexion = signals[f"hip_flexion_{side}_deg"]
        effort = -flexion if self.lifts_first else flexion
        first = round(0.6 * self.before_s * RATE_HZ)
        at = corners(effort[first:], self.t_s[first:])
        return Track(
            self.side,
            self.t_s[first:],
            effort[first:],
            signals["pelvis_tilt_deg"][first:],
            signals[f"thigh_pitch_{side}_deg"][first:],
            flexion[first:],
            signals["pelvis_list_deg"][first:],
            np.full(len(effort) - first, np.nan),
            *at,
            signals,
            self.gap_s,
            float(np.abs(np.gradient(effort)).max() * RATE_HZ),
        )

    def exercise(self, *rules: str, exercise_id: str = "test_lift") -> Exercise:
        """An exercise with this movement's key poses and the given rules (TOML)."""
        first, second = ("concentric", "eccentric") if self.lifts_first else ("eccentric", "concentric")
        rom_deg = abs(sum(self.far) - sum(self.rest))
        ranges = {"least": 0.4 * rom_deg, "full": 0.875 * rom_deg, "typical": rom_deg}
        names = {"id": exercise_id, "first": first, "second": second}
        head = HEAD.format(rest=self.rest, far=self.far, **names, **ranges)
        return parse(head + "".join(f"\n[[compensations]]\n{rule}\n" for rule in rules), "test.toml")


def rule(kind: str, signal: str, **fields: object) -> str:
    """One rule as TOML, with what is usual for what is not given."""
    usual: dict[str, object] = {"needs": ["pelvis", "thigh"], "grade": "M", "cue": "Mind your form."}
    lines = {"kind": kind, "signal": signal, "unit": "deg"} | usual | fields
    return "\n".join(f"{k} = {_toml(v)}" for k, v in lines.items())


def _toml(value: object) -> str:
    if isinstance(value, list):
        return str(value).replace("'", '"')
    return f'"{value}"' if isinstance(value, str) else str(value)


SQUAT = {"rest": (0.0, 0.0), "far": (22.0, 85.0), "lifts_first": False, "plateau_s": 0.3, "back_s": 1.0}
"""What makes a `Lift` a squat."""
