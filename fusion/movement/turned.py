"""The rotation of a hip as it turned, whatever is thought of the headings meanwhile.

How far two segments are turned against each other about the vertical, no gravity shows. What is known of it
may be corrected by a lot in the midst of a set, where the exercise itself hardly shows it. The gyroscopes
know how far a leg has turned within a few seconds all the same, and a count needs no more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fusion.types import FloatArray, Side, SignalBlock

_AT_ONCE_S = 0.1
"""Samples further apart have had a silence in between."""
_BIAS_S, _BIAS_DPS = 3.0, 3.0
"""So long after the beginning gyroscopes have a bias that is not known yet: a slower turn may be no turn."""


class TurnedHip:
    """Puts the integral of its rate in place of the rotation of one hip; equal for any splitting."""

    def __init__(self, side: Side) -> None:
        self._angle, self._rate = f"hip_rotation_{side.value}_deg", f"hip_rotation_rate_{side.value}_dps"
        self._last_t_s = self._last_known_deg = self._turned_deg = np.nan
        self._first_t_s = np.nan

    def __call__(self, signals: SignalBlock) -> SignalBlock:
        """The same signals (k, n) with the hip's rotation as it turned."""
        if self._angle not in signals.names or self._rate not in signals.names:
            return signals
        row = signals.names.index(self._angle)
        values = signals.values.copy()
        values[row] = self._follow(signals.t_s, values[row], signals[self._rate])
        return replace(signals, values=values)

    def _follow(self, t_s: FloatArray, known_deg: FloatArray, rate_dps: FloatArray) -> FloatArray:
        """Turned angle (n,): by the rate while there is one, across a silence by what the angle says."""
        out = np.full(len(t_s), np.nan)
        seen = np.flatnonzero(np.isfinite(known_deg))
        if not len(seen):
            return out
        t, known, rate = t_s[seen], known_deg[seen], rate_dps[seen]
        if np.isnan(self._turned_deg):
            self._first_t_s = t[0]
            self._last_t_s, self._last_known_deg, self._turned_deg = t[0], known[0], known[0]
        step_s = np.diff(t, prepend=self._last_t_s)
        steps = rate * step_s
        across = (step_s > _AT_ONCE_S) | ~np.isfinite(steps)
        steps[(t < self._first_t_s + _BIAS_S) & (np.abs(rate) < _BIAS_DPS)] = 0.0
        jumps = np.diff(known, prepend=self._last_known_deg)
        steps[across] = (jumps[across] + 180.0) % 360.0 - 180.0
        turned = np.cumsum(np.concatenate(([self._turned_deg], steps)))[1:]
        self._last_t_s, self._last_known_deg, self._turned_deg = t[-1], known[-1], turned[-1]
        out[seen] = turned
        return out
