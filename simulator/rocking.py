"""A sensor rocks on the soft tissue that carries it: struck by impacts, shaken by the muscle underneath.

Strap, skin and muscle are a spring and a damper between bone and sensor. Two things push it:

* the segment's acceleration (a heel strike turns a thigh sensor by half a degree to three), and
* the muscle under the strap, which is no smooth motor: it vibrates while it works, 5 to 40 Hz (Orizio 1993,
  Crit Rev Biomed Eng 21:201), with a size that grows with what it does (Harris & Wolpert 1998,
  doi 10.1038/29528). The rate of the segment stands for that here.

How much of the second there is was read off a recording of a person (`benchmarks/truth/reality.py`): between
5 and 25 Hz a thigh sensor turns to and fro at about half the rate of its segment, while the acceleration says
that the leg itself does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.types import FloatArray
from fusion.units import RAD_PER_DEG
from simulator import swinging

_MUSCLE_STEP_S = 0.025
"""Between independent values of the muscle's push, which is straight between them."""
_EFFORT_S = 0.25
"""The effort is the mean rate over this time: force begins before the movement and outlasts it."""
_MOST_EFFORT_DPS = 300.0
"""Tissue does not swing further, however fast a sprinter's leg is."""


@dataclass(frozen=True, slots=True)
class Wobble:
    """Damped swing of the soft tissue under a sensor; off with gains of zero."""

    frequency_hz: float = 9.0
    damping: float = 0.3
    deg_per_ms2: float = 0.0
    """Turn for an acceleration of the segment that lasts."""
    deg_per_dps: float = 0.0
    """Push of the muscle (one sigma, each axis) for each °/s of the segment."""
    lever_m: float = 0.02
    """From the sensor to the axis that it rocks about."""
    seed: int = 0

    def __bool__(self) -> bool:
        return bool(self.deg_per_ms2 or self.deg_per_dps)


STEADY = Wobble()


@dataclass(frozen=True, slots=True, eq=False)
class Rocking:
    """Turn of the sensor against its segment as a vector in B: itself and its derivatives, (n, 3), in rad."""

    angle: FloatArray
    rate: FloatArray
    acceleration: FloatArray

    def turn(self, later_s: float = 0.0) -> FloatArray:
        """Quaternions (n, 4) from the rocked B to B, a moment later."""
        return quat.from_rotation_vector(self.angle + later_s * self.rate)

    def force(self, wobble: Wobble) -> FloatArray:
        """Acceleration (n, 3) in B of a sensor that sits a lever away from what it rocks about, m/s²."""
        return quat.cross(self.acceleration, np.array([wobble.lever_m, 0.0, wobble.lever_m]))


def rock(wobble: Wobble, t_s: FloatArray, linear_b: FloatArray, rate_b: FloatArray) -> Rocking:
    """Rocking at times (n,) under accelerations and rates (n, 3) of the segment in B, from rest."""
    dt_s = float(np.median(np.diff(t_s)))
    push = np.stack((0.5 * linear_b[:, 1], 0.3 * linear_b[:, 0], -linear_b[:, 1]), axis=-1)
    push *= wobble.deg_per_ms2 * RAD_PER_DEG
    push += wobble.deg_per_dps * _effort(rate_b, dt_s)[:, None] * _muscle(wobble.seed, t_s)
    angle, rate, acceleration = np.empty_like(push), np.empty_like(push), np.empty_like(push)
    w = 2.0 * np.pi * wobble.frequency_hz
    swinging.swing(push, dt_s, w, wobble.damping, angle, rate, acceleration)
    return Rocking(angle, rate, acceleration)


def _effort(rate_b: FloatArray, dt_s: float) -> FloatArray:
    size = np.minimum(np.linalg.norm(rate_b, axis=1), _MOST_EFFORT_DPS * RAD_PER_DEG)
    count = max(1, round(_EFFORT_S / dt_s))
    before = count // 2
    total = np.cumsum(np.pad(size, (before + 1, count - 1 - before), mode="edge"))
    return np.asarray((total[count:] - total[:-count]) / count)


def _muscle(seed: int, t_s: FloatArray) -> FloatArray:
    """Noise (n, 3) of size one, the same at the same times whatever the rate of sampling."""
    first = int(t_s[0] / _MUSCLE_STEP_S)
    at = t_s / _MUSCLE_STEP_S - first
    count = int(at[-1]) + 2
    values = np.random.default_rng((seed, first)).normal(0.0, 1.0, (count, 3))
    below = at.astype(np.int64)
    share = (at - below)[:, None]
    return np.asarray(values[below] * (1.0 - share) + values[below + 1] * share)
