"""Where a slow way begins and ends: a smooth movement between two rests, fitted to the whole of it.

At its ends a way of ten seconds is slower than a body sways for half a second and more, so no threshold
finds them. How people move from rest to rest is known (minimum jerk: Flash & Hogan 1985,
doi 10.1523/JNEUROSCI.05-07-01688.1985), and the steep middle of the way, where time is sharp, tells when such
a movement began and when it will be over. A way that is not one such movement keeps the corners that it had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.types import FloatArray

SLOW_S = 2.5
"""Ways that take less time are slow for too short a time to be seen better than by their speed."""
_SAMPLES = 96
_BEYOND_SHARE = 0.15
"""So much of its time before and after the way is looked at: it shows the levels it rests at."""
_STEPS = 12
_DONE_S = 0.002
_LONGEST_STEP_SHARE = 0.1
_MOVED_SHARE = 0.35
"""Ends further than this share of its time from where they seemed to be are another way's."""
_OFF_DEG, _OFF_SHARE = 0.5, 0.008
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


def fitted(t_s: FloatArray, angle_deg: FloatArray, seems: Way, within: Way) -> Way:
    """The smooth way through angles (n,) at ascending times (n,) that is nearest to where it ``seems`` to be.

    Only what lies ``within`` is looked at. A quick way, and one that is no single smooth movement, is given
    back as it seems to be.
    """
    if seems.took_s < SLOW_S:
        return seems
    beyond_s = _BEYOND_SHARE * seems.took_s
    first_s = max(t_s[0], within.begin_s, seems.begin_s - beyond_s)
    last_s = min(t_s[-1], within.end_s, seems.end_s + beyond_s)
    at_s = np.linspace(first_s, last_s, _SAMPLES)
    angle = np.interp(at_s, t_s, angle_deg)
    begin_s, took_s = seems.begin_s, seems.took_s
    for _ in range(_STEPS):
        moved, stretched = _improvement(at_s, angle, begin_s, took_s)
        most_s = _LONGEST_STEP_SHARE * seems.took_s
        moved, stretched = (max(-most_s, min(most_s, step)) for step in (moved, stretched))
        begin_s, took_s = begin_s + moved, max(0.5 * seems.took_s, took_s + stretched)
        if abs(moved) + abs(stretched) < _DONE_S:
            break
    found = Way(begin_s, begin_s + took_s)
    return found if _is_way(at_s, angle, found, seems) else seems


def _is_way(at_s: FloatArray, angle: FloatArray, found: Way, seems: Way) -> bool:
    """Whether what was found goes through the angles, and is about where it seemed to be."""
    allowed_s = _MOVED_SHARE * seems.took_s
    if abs(found.begin_s - seems.begin_s) > allowed_s or abs(found.end_s - seems.end_s) > allowed_s:
        return False
    share = _share((at_s - found.begin_s) / found.took_s)
    off = _residual(angle, share)
    rms = float(np.sqrt((off * off).mean()))
    return rms <= max(_OFF_DEG, _OFF_SHARE * float(np.ptp(angle)))


def _improvement(at_s: FloatArray, angle: FloatArray, begin_s: float, took_s: float) -> tuple[float, float]:
    """By how much beginning and time are to be changed: one step of Gauss and Newton, levels eliminated."""
    s = np.clip((at_s - begin_s) / took_s, 0.0, 1.0)
    share = _share(s)
    off = _residual(angle, share)
    range_deg = _slope(angle, share)
    speed = 30.0 * (s * (1.0 - s)) ** 2 * range_deg / took_s
    by_begin, by_time = _residual(-speed, share), _residual(-speed * s, share)
    a, b, c = _dot(by_begin, by_begin), _dot(by_begin, by_time), _dot(by_time, by_time)
    d, e = _dot(by_begin, off), _dot(by_time, off)
    bottom = a * c - b * b
    if bottom <= 0.0:
        return 0.0, 0.0
    return (c * d - b * e) / bottom, (a * e - b * d) / bottom


def _share(s: FloatArray) -> FloatArray:
    """Share of the way (n,) at shares ``s`` of its time."""
    s = np.clip(s, 0.0, 1.0)
    return np.asarray(s**3 * (10.0 + s * (6.0 * s - 15.0)))


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
