"""Angles across a silence so short that nobody turns round in it: a smooth way from before to after.

Radios lose packets in bursts of a tenth of a second. What the other sensor shows of a movement is too rough
to be put in there: it would make a turning point that nobody made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fusion.exercises import Exercise
from fusion.types import FloatArray, SignalBlock

_LONGEST_S, _PHASE_SHARE = 0.3, 0.4
"""So long a silence is brief, if it is no more than this share of the exercise's shortest phase."""
KNOWN_S = 0.15
"""What was missing for no longer than this is as good as seen."""
_MORE_SD_DEG = 1.0
SLOPE_SAMPLES = 3
"""Speeds at both ends are read over so many samples."""


def longest_brief_s(exercise: Exercise) -> float:
    """How long a silence may be, s, to be gone across in a straight way."""
    tempo = exercise.tempo
    if tempo is None:
        return _LONGEST_S
    phases = [span[1] for span in (tempo.concentric_s, tempo.eccentric_s) if span is not None]
    return min(_LONGEST_S, _PHASE_SHARE * min(phases, default=0.5 * tempo.period_s[1]))


def across_brief(before: SignalBlock, block: SignalBlock, run: int, rows: Sequence[int]) -> SignalBlock:
    """The first ``run`` samples of ``block`` with what is missing in ``rows``.

    ``before`` are the samples just before; after the run ``block`` has one sample at least that is known.
    """
    values, sd = block.values[:, :run].copy(), block.sd[:, :run].copy()
    after = slice(run, min(len(block), run + SLOPE_SAMPLES))
    known = run <= KNOWN_S * block.rate_hz
    steps = np.arange(1, run + 1) / (run + 1)
    for row in rows:
        missing = ~np.isfinite(values[row])
        if not missing.any():
            continue
        way = _smooth(before.values[row, -SLOPE_SAMPLES:], block.values[row, after], steps)
        values[row, missing] = way[missing]
        around = max(float(before.sd[row, -1]), float(block.sd[row, run])) + _MORE_SD_DEG
        sd[row, missing] = around if known else np.inf
    return replace(block, t_s=block.t_s[:run], values=values, sd=sd)


def _smooth(before: FloatArray, after: FloatArray, steps: FloatArray) -> FloatArray:
    """Cubic from the last of ``before`` to the first of ``after`` with the speeds of both, deg."""
    first = float(before[-1])
    way = float((after[0] - first + 180.0) % 360.0 - 180.0)
    n = len(steps) + 1
    leaves, arrives = (n * _slope(part) for part in (before, after))
    s = steps
    bend = s * (1.0 - s) * ((1.0 - s) * (leaves - way) - s * (arrives - way))
    return np.asarray(first + s * way + bend)


def _slope(part: FloatArray) -> float:
    """Change per sample; 0 where there is too little to tell."""
    known = part[np.isfinite(part)]
    return float((known[-1] - known[0]) / (len(known) - 1)) if len(known) > 1 else 0.0
