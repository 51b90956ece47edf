"""Where in a repetition a rule looks: windows as index ranges [first, last] of a view."""

from __future__ import annotations

import numpy as np

from fusion.exercises.rules import Signal, Window
from fusion.form.view import RepView
from fusion.kernels import reading

LATE_SHARE = 0.3
"""Last part of hip extension in which a rise of P_res counts."""
EARLY_SHARE = 0.3
DEEPEST_DEG = 0.5
PLATEAU_S = 0.1
_HOLD_SETTLES_S = 1.0

Span = tuple[int, int]


def span_of(window: Window, view: RepView) -> Span | None:
    """First and last index of ``window``; None while that part has not happened yet."""
    if window is Window.SET or (not view.complete and window in _LATER[view.lifts_first]):
        return None
    if window not in view.spans:
        view.spans[window] = _FINDERS[window](view)
    return view.spans[window]


def _rep(view: RepView) -> Span:
    return view.start, view.end


def _concentric(view: RepView) -> Span:
    return (view.start, view.reach) if view.lifts_first else (view.leave, view.end)


def _eccentric(view: RepView) -> Span:
    return (view.leave, view.end) if view.lifts_first else (view.start, view.reach)


def _early_concentric(view: RepView) -> Span:
    first, last = _concentric(view)
    if not view.lifts_first:
        first = deepest(view)
    return first, int(reading.passed_at(view.effort_deg, first, last, EARLY_SHARE))


def deepest(view: RepView) -> int:
    """Where the thigh turns back on its way out or at the far end.

    The hip may stay bent as it was long after that, where the trunk folds as far as the legs stretch.
    """
    pitch = view.series(Signal.THIGH_PITCH)
    if pitch is None:
        return view.leave
    x = np.abs(pitch.smooth[view.start : view.leave + 1])
    if not np.isfinite(x).any():
        return view.leave
    return view.start + int(np.flatnonzero(x >= np.fmax.reduce(x) - DEEPEST_DEG)[-1])


def _late_extension(view: RepView) -> Span:
    x = view.effort_deg
    if view.lifts_first:
        level = x[view.start] + (1.0 - LATE_SHARE) * view.rom_deg
        below = np.flatnonzero(x[view.start : view.reach + 1] <= level)
        return view.start + int(below[-1]) if len(below) else view.start, view.leave
    base = float(x[view.end])
    level = base + LATE_SHARE * (float(x[view.leave]) - base)
    above = np.flatnonzero(x[view.leave : view.end + 1] >= level)
    return view.leave + int(above[-1]), len(x) - 1


def _top(view: RepView) -> Span:
    return _far_end(view) if view.lifts_first else _near_end(view)


def _bottom(view: RepView) -> Span:
    return _near_end(view) if view.lifts_first else _far_end(view)


def _far_end(view: RepView) -> Span:
    """The plateau, at least its last 0.1 s."""
    return min(view.reach, max(view.start, view.leave - _plateau(view))), view.leave


def _near_end(view: RepView) -> Span:
    last = len(view.effort_deg) - 1
    return max(view.leave, min(view.end, last - _plateau(view))), last


def _hold(view: RepView) -> Span:
    settled = view.start + round(_HOLD_SETTLES_S / view.dt_s)
    return min(settled, view.end), view.end


def _plateau(view: RepView) -> int:
    return round(PLATEAU_S / view.dt_s)


_FINDERS = {
    Window.REP: _rep,
    Window.CONCENTRIC: _concentric,
    Window.ECCENTRIC: _eccentric,
    Window.EARLY_CONCENTRIC: _early_concentric,
    Window.LATE_EXTENSION: _late_extension,
    Window.TOP: _top,
    Window.BOTTOM: _bottom,
    Window.HOLD: _hold,
}
_LATER = {
    True: frozenset({Window.REP, Window.ECCENTRIC, Window.TOP, Window.BOTTOM, Window.HOLD}),
    False: frozenset(
        {
            Window.REP,
            Window.CONCENTRIC,
            Window.EARLY_CONCENTRIC,
            Window.LATE_EXTENSION,
            Window.TOP,
            Window.HOLD,
        }
    ),
}
"""Windows that are not over at the far end, by whether the lift comes first. The late extension counts as
over, so that a cue can come while the top is held; it is read again when the repetition is complete."""
