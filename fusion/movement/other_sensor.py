"""The angles of a silent sensor from those of the other, where that one shows the movement by itself."""

from __future__ import annotations

import numpy as np

from fusion.exercises.model import DriverSignal
from fusion.movement.silent_rows import SilentRows, filled
from fusion.movement.usual_repetition import UsualRepetition
from fusion.types import BoolArray, FloatArray, SignalBlock

_SHOWS_DEG, _SHOWS_SHARE, _SHOWS_LEAST_DEG = 15.0, 0.35, 6.0
"""A segment that turns this far in a repetition, and by this share of the other's way, shows it by itself;
so does the one that turns more, if not by less than the last."""
_FURTHEST = (-0.5, 1.5)
"""Shares of a repetition between which one angle tells the others."""
_THIGH_ALONE = frozenset({DriverSignal.THIGH_PITCH, DriverSignal.THIGH_ABDUCTION, DriverSignal.THIGH_OPENING})


def share_of_way(angle_deg: FloatArray, low_deg: float, high_deg: float) -> FloatArray:
    """How far (n,) an angle is on its way through a repetition, a little beyond its ends at most."""
    return np.clip((angle_deg - low_deg) / (high_deg - low_deg), *_FURTHEST)


def by_other_sensor(
    block: SignalBlock,
    rows: SilentRows,
    usual: UsualRepetition,
    *,
    counted: DriverSignal,
    before: SignalBlock | None,
) -> tuple[SignalBlock, BoolArray]:
    """With the angles of a silent sensor from those of the other; and where that one shows them (n,).

    Where what is ``counted`` needs no pelvis, that is taken to stay where it was ``before``.
    """
    values = block.values.copy()
    heard = np.isfinite(values[list(rows.heard_by)])
    shown = np.zeros(len(block), bool)
    pelvis_shows, thigh_shows = usual.shows
    ways = (
        (rows.thigh, rows.pelvis, heard[1] & thigh_shows),
        (rows.pelvis, rows.thigh, heard[0] & pelvis_shows),
    )
    for by, of, at in ways:
        alone = at & ~(heard[0] & heard[1])
        low, high = usual.levels[by]
        alone &= np.isfinite(values[by])
        if not alone.any() or not abs(high - low) >= _shows_from_deg(rows, usual):
            continue
        share = share_of_way(values[by, alone], low, high)
        shown |= alone
        for row in rows.filled:
            missing = ~np.isfinite(values[row, alone])
            guess = usual.levels[row, 0] + share * (usual.levels[row, 1] - usual.levels[row, 0])
            values[row, alone] = np.where(missing, guess, values[row, alone])
        values[rows.flexion, alone] = values[by, alone] + values[of, alone]
    if counted in _THIGH_ALONE and before is not None:
        alone = heard[1] & ~heard[0] & ~shown
        shown |= alone
        pelvic = list(rows.of_pelvis)
        last = before.values[pelvic, -1:]
        seen = values[np.ix_(pelvic, alone)]
        values[np.ix_(pelvic, alone)] = np.where(np.isfinite(seen), seen, last)
    return filled(block, values), shown


def _shows_from_deg(rows: SilentRows, usual: UsualRepetition) -> float:
    """How far a segment turns that shows by itself how far a repetition has gone."""
    most = float(np.nanmax(np.abs(np.diff(usual.levels[[rows.pelvis, rows.thigh]])), initial=0.0))
    return max(_SHOWS_LEAST_DEG, min(_SHOWS_DEG, most), _SHOWS_SHARE * most)
