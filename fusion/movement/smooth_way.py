"""Where a slow way begins and ends: a smooth movement between two rests, fitted to the whole of it.

At its ends a way of ten seconds is slower than a body sways for half a second and more, so no threshold
finds them. How people move from rest to rest is known (minimum jerk: Flash & Hogan 1985,
doi 10.1523/JNEUROSCI.05-07-01688.1985), and the steep middle of the way, where time is sharp, tells when such
a movement began and when it will be over. Where an exercise passes through poses on the way (who sits down
leans, then sinks back), so does its way. One that is no such movement keeps the corners that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fusion.movement.way_shape import STRAIGHT, WayShape
from fusion.types import FloatArray

_SLOW_S = 2.5
"""Ways that take less time are slow for too short a time to be seen better than by their speed."""
_SAMPLES = 96
_BEYOND_SHARE = 0.15
"""So much of its time before and after the way is looked at: it shows the levels it rests at."""
_LEAST_DEG = 3.0
"""What turns by less shows no way."""
_STEPS = 12
_DONE_S = 0.002
_LONGEST_STEP_SHARE = 0.1
_MOVED_SHARE = 0.35
"""Ends further than this share of its time from where they seemed to be are another way's."""
_OFF_DEG, _OFF_SHARE = 0.7, 0.008
"""RMS by which a smooth way may be missed, as sway and skin do it, and as a share of its range."""


@dataclass(frozen=True, slots=True)
class Way:
    """From when to when a way goes, s."""

    begin_s: float
    end_s: float

    @property
    def took_s(self) -> float:
        """How long it takes."""
        return self.end_s - self.begin_s


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """An angle (n,) that shows an excursion, deg, and the shapes of its ways out and back."""

    angle_deg: FloatArray
    out: WayShape = STRAIGHT
    back: WayShape = STRAIGHT


def smooth_corners(
    t_s: FloatArray, seem: tuple[int, int, int, int], views: Sequence[View]
) -> tuple[int, int, int, int]:
    """The corners of an excursion at times (n,), those of slow ways by smooth ways fitted to them.

    The first of ``views`` that a smooth way fits tells; where none does, they stay where they ``seem`` to be.
    """
    start, reach, leave, end = (float(t_s[k]) for k in seem)
    far_s = 0.5 * (reach + leave)
    out, back = Way(start, reach), Way(leave, end)
    first, last = Way(float(t_s[0]), far_s), Way(far_s, float(t_s[-1]))
    out = _first(fitted(t_s, view.angle_deg, out, first, view.out) for view in views) or out
    back = _first(fitted(t_s, view.angle_deg, back, last, view.back) for view in views) or back
    times_s = np.maximum.accumulate([out.begin_s, out.end_s, back.begin_s, back.end_s])
    at = np.minimum(np.searchsorted(t_s, times_s), len(t_s) - 1).tolist()
    return at[0], at[1], at[2], at[3]


def _first(ways: Iterable[Way | None]) -> Way | None:
    return next((way for way in ways if way is not None), None)


def fitted(
    t_s: FloatArray, angle_deg: FloatArray, seems: Way, within: Way, shape: WayShape = STRAIGHT
) -> Way | None:
    """The smooth way through angles (n,) at ascending times (n,) that is nearest to where it ``seems`` to be.

    Only what lies ``within`` is looked at. None for a quick way, and where no smooth movement fits.
    """
    if seems.took_s < _SLOW_S or not np.isfinite(angle_deg).all():
        return None
    beyond_s = _BEYOND_SHARE * seems.took_s
    first_s = max(t_s[0], within.begin_s, seems.begin_s - beyond_s)
    last_s = min(t_s[-1], within.end_s, seems.end_s + beyond_s)
    at_s = np.linspace(first_s, last_s, _SAMPLES)
    angle = np.interp(at_s, t_s, angle_deg)
    if float(np.ptp(angle)) < _LEAST_DEG:
        return None
    begin_s, took_s = seems.begin_s, seems.took_s
    for _ in range(_STEPS):
        moved, stretched = _improvement(at_s, angle, Way(begin_s, begin_s + took_s), shape)
        most_s = _LONGEST_STEP_SHARE * seems.took_s
        moved, stretched = (max(-most_s, min(most_s, step)) for step in (moved, stretched))
        begin_s, took_s = begin_s + moved, max(0.5 * seems.took_s, took_s + stretched)
        if abs(moved) + abs(stretched) < _DONE_S:
            break
    found = Way(begin_s, begin_s + took_s)
    return found if _is_near(found, seems) and _goes_through(at_s, angle, found, shape) else None


def _is_near(found: Way, seems: Way) -> bool:
    """Whether what was found is about where it seemed to be."""
    off_s = max(abs(found.begin_s - seems.begin_s), abs(found.end_s - seems.end_s))
    return off_s <= _MOVED_SHARE * seems.took_s


def _goes_through(at_s: FloatArray, angle: FloatArray, found: Way, shape: WayShape) -> bool:
    """Whether what was found goes through the angles (n,)."""
    off = _residual(angle, shape.share((at_s - found.begin_s) / found.took_s))
    rms = float(np.sqrt((off * off).mean()))
    return rms <= max(_OFF_DEG, _OFF_SHARE * float(np.ptp(angle)))


def _improvement(at_s: FloatArray, angle: FloatArray, way: Way, shape: WayShape) -> tuple[float, float]:
    """By how much beginning and time are to be changed: one step of Gauss and Newton, levels eliminated."""
    s = np.clip((at_s - way.begin_s) / way.took_s, 0.0, 1.0)
    share = shape.share(s)
    off = _residual(angle, share)
    speed = shape.speed(s) * _slope(angle, share) / way.took_s
    by_begin, by_time = _residual(-speed, share), _residual(-speed * s, share)
    a, b, c = _dot(by_begin, by_begin), _dot(by_begin, by_time), _dot(by_time, by_time)
    d, e = _dot(by_begin, off), _dot(by_time, off)
    bottom = a * c - b * b
    if bottom <= 0.0:
        return 0.0, 0.0
    return (c * d - b * e) / bottom, (a * e - b * d) / bottom


def _slope(values: FloatArray, share: FloatArray) -> float:
    """By how much ``values`` (n,) change over the whole way."""
    centred = share - share.mean()
    spread = _dot(centred, centred)
    return _dot(centred, values) / spread if spread > 0.0 else 0.0


def _residual(values: FloatArray, share: FloatArray) -> FloatArray:
    """What of ``values`` (n,) no level and no range explains."""
    return np.asarray(values - values.mean() - _slope(values, share) * (share - share.mean()))


def _dot(a: FloatArray, b: FloatArray) -> float:
    """Sum of products in one order, whatever library multiplies matrices."""
    return float((a * b).sum())
