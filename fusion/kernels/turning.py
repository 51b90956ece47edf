"""The compiled loop of the rep segmenter: turning points of several driving angles, sample by sample.

It stops at every event and goes on where it stopped, so that what Python learns from one event (a person's
range, the end of a set) holds from the next sample on, whatever the size of the blocks.
"""

from __future__ import annotations

from math import isfinite
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel
from fusion.types import FloatArray

# Columns of a segmenter's state.
HAS: Final = 0
X: Final = 1
"""Low-passed effort, deg."""
LAST_T: Final = 2
STILL: Final = 3
"""For how long the effort has been nearly still, s."""
RISING: Final = 4
VALLEY: Final = 5
VALLEY_AT: Final = 6
"""Index of the sample, counted from the beginning of the stream."""
EXTREME: Final = 7
TOP: Final = 8
TURNED: Final = 9
DONE: Final = 10
GAP: Final = 11
"""Longest time without a sample since the valley, s."""
FAST: Final = 12
"""Greatest speed since the valley, deg/s."""
LOWEST_AT: Final = 13
"""Index of the lowest sample while falling: the next valley."""
FIRST: Final = 14
"""Effort of the very first sample: high when the stream began within a repetition."""
FALL_S: Final = 15
"""For how long it has been falling since the far end, or since it paused on the way."""
FROM: Final = 16
"""Effort where that way back began, deg."""
HALF_S: Final = 17
"""`FALL_S` when half of that way was last ahead."""
LOW_S: Final = 18
"""`FALL_S` when 15 % of it were last ahead."""
PACE: Final = 19
"""Speed of the effort, signed, over the last half second, deg/s."""
STATE_SIZE: Final = 20
AT_SIZE: Final = 6

# Columns of its parameters.
ALPHA: Final = 0
DT: Final = 1
DELTA: Final = 2
"""Reversal that confirms an extreme, deg."""
ARRIVE: Final = 3
"""Height at which standing still, or easing back, is a lockout, deg."""
STILL_DPS: Final = 4
STILL_S: Final = 5
LOW_TO_END: Final = 6
"""How long a way back goes on from where 15 % of it are ahead, in times from half of it to there..."""
WHOLE: Final = 7
"""...and how long all of it takes; 0 where the way back has no time of its own."""
PARAMS_SIZE: Final = 8

NOTHING: Final = 0
TURN: Final = 1
"""The far end is reached for sure."""
RETURN: Final = 2
"""The person is back."""
CLOSE: Final = 3
"""The time for the set's end has come."""
SETTLE: Final = 4
"""Still for a while on a height: a pause, or the position from which repetitions will start."""

_SLOWEST_DPS: Final = 3.0
_STILL_SHARE: Final = 0.15
"""Of the excursion's greatest speed: a slow movement is not a still one."""
_SETTLE_S: Final = 0.4
_SETTLE_SHARE: Final = 0.3
_PAUSE_S: Final = 1.0
_REST_SHARE: Final = 0.2
_REST_LESS_S: Final = 0.15
"""Who stops short of where the repetition began has stopped after this share of the time, less a moment."""
LOW: Final = 0.15
_LATER_SHARE: Final = 0.06
_LATER_LESS_S: Final = 0.1
"""A slow way is waited for this share of its time longer, less a moment: its end shows by what follows."""
_LONGEST_END_S: Final = 4.0
"""No end of a way is waited for longer than this."""
_PACE_S: Final = 0.5
_PACE_SHARE: Final = 0.03
_PACE_LEAST_DPS: Final = 0.8
"""Who goes on by less than this share of the range a second, or by less than sway, goes no further."""
_EASE_DEG: Final = 3.0
_EASE_SHARE: Final = 0.08
"""So much of the way back shows a touch-and-go lockout."""
_BACK_SHARE: Final = 0.25
"""So near to where it began, a repetition is over."""
_GAP_STEPS: Final = 1.5
_RESTART_S: Final = 0.3
"""After a gap this long the low-pass starts anew."""


@kernel
def advance(
    effort: FloatArray,
    t_s: FloatArray,
    first_index: int,
    at: FloatArray,
    state: FloatArray,
    params: FloatArray,
    close_s: FloatArray,
    smooth: FloatArray,
) -> int:
    """Run m segmenters over efforts (m, n) from sample ``at[0]``, segmenter ``at[1]``, to the next event.

    ``close_s`` is (idle, give up): the set ends at the first time past *idle* with no movement under way,
    or past *give up*. Fills ``smooth`` (m, n); leaves in ``at`` where to go on, and in ``at[2:6]`` the
    segmenter of the event, the index at which its excursion began, its longest gap and greatest speed.
    Returns the event.
    """
    k, j = int(at[0]), int(at[1])
    count, n = effort.shape
    while k < n:
        while j < count:
            at[4], at[5] = state[j, GAP], state[j, FAST]
            event = _take(effort[j, k], t_s[k], first_index + k, state[j], params[j], at)
            smooth[j, k] = state[j, X] if isfinite(effort[j, k]) else np.nan
            j += 1
            if event != NOTHING:
                at[0], at[1], at[2] = k, j, j - 1
                return event
        if j == count:
            j += 1
            busy = False
            for i in range(count):
                busy = busy or state[i, DONE] == 0.0
            if t_s[k] > close_s[1] or (t_s[k] > close_s[0] and not busy):
                at[0], at[1] = k, j
                return CLOSE
        k, j = k + 1, 0
    at[0], at[1] = 0.0, 0.0
    return NOTHING


@kernel
def _take(raw: float, t_s: float, index: int, s: FloatArray, p: FloatArray, at: FloatArray) -> int:
    if not isfinite(raw):
        return NOTHING
    if s[HAS] == 0.0:
        s[HAS], s[X], s[LAST_T], s[RISING], s[DONE] = 1.0, raw, t_s, 1.0, 1.0
        s[VALLEY], s[VALLEY_AT], s[EXTREME], s[FIRST] = raw, index, raw, raw
        return NOTHING
    step = t_s - s[LAST_T]
    s[LAST_T] = t_s
    before = s[X]
    if step > _GAP_STEPS * p[DT]:
        s[GAP] = max(s[GAP], step)
    s[X] = raw if step > _RESTART_S else before + p[ALPHA] * (raw - before)
    speed = abs(s[X] - before) / step
    s[FAST] = max(s[FAST], speed)
    s[PACE] += min(1.0, step / _PACE_S) * ((s[X] - before) / step - s[PACE])
    stood = s[STILL]
    still = min(p[STILL_DPS], max(_SLOWEST_DPS, _STILL_SHARE * s[FAST]))
    s[STILL] = stood + step if speed < still else 0.0
    s[FALL_S] += step
    if s[RISING] == 0.0:
        return _fall(index, s, p, at)
    event = _rise(index, s, p, at)
    high = s[EXTREME] - s[VALLEY] >= _SETTLE_SHARE * p[DELTA]
    if event == NOTHING and high and stood < _SETTLE_S <= s[STILL]:
        at[3] = s[VALLEY_AT]
        return SETTLE
    return event


@kernel
def _rise(index: int, s: FloatArray, p: FloatArray, at: FloatArray) -> int:
    x = s[X]
    height = s[EXTREME] - s[VALLEY]
    if x < s[VALLEY] and height < p[DELTA]:
        s[VALLEY], s[VALLEY_AT], s[EXTREME], s[GAP], s[FAST] = x, index, x, 0.0, 0.0
        return NOTHING
    s[EXTREME] = max(s[EXTREME], x)
    height = s[EXTREME] - s[VALLEY]
    if height < p[DELTA]:
        return NOTHING
    s[DONE] = 0.0
    drop = s[EXTREME] - x
    turning = drop >= p[DELTA]
    high = height >= p[ARRIVE]
    arrived = high and (s[STILL] >= p[STILL_S] or drop >= max(_EASE_DEG, _EASE_SHARE * height))
    event = NOTHING
    if s[TURNED] == 0.0 and (turning or arrived):
        s[TURNED], at[3], event = 1.0, s[VALLEY_AT], TURN
    if turning:
        s[RISING], s[TOP], s[EXTREME], s[LOWEST_AT] = 0.0, s[EXTREME], x, index
        _set_out(s[TOP], s)
    return event


@kernel
def _fall(index: int, s: FloatArray, p: FloatArray, at: FloatArray) -> int:
    x = s[X]
    if x <= s[EXTREME]:
        s[EXTREME], s[LOWEST_AT] = x, index
        if s[DONE] == 1.0:
            s[GAP], s[FAST] = 0.0, 0.0
    rise = x - s[EXTREME]
    turning = rise >= p[DELTA]
    event = NOTHING
    if s[DONE] == 0.0:
        height = s[TOP] - s[VALLEY]
        back = s[EXTREME] - s[VALLEY] <= _BACK_SHARE * height
        stays = abs(s[PACE]) < max(_PACE_LEAST_DPS, _PACE_SHARE * height)
        if s[STILL] >= _PAUSE_S and stays and not back:
            _set_out(x, s)  # a pause on the way: what follows is a way of its own
        rests = _over(stays, s, p) or rise >= max(_EASE_DEG, _EASE_SHARE * height)
        if turning or (back and rests):
            s[DONE], at[3], event = 1.0, s[VALLEY_AT], RETURN
            s[GAP], s[FAST] = 0.0, 0.0
    if turning:
        s[RISING], s[TURNED], s[DONE] = 1.0, 0.0, 1.0
        s[VALLEY], s[VALLEY_AT], s[EXTREME] = s[EXTREME], s[LOWEST_AT], x
    return event


@kernel
def _set_out(x: float, s: FloatArray) -> None:
    """A way back begins at effort ``x``."""
    s[FROM], s[FALL_S], s[HALF_S], s[LOW_S] = x, 0.0, 0.0, 0.0


@kernel
def _over(stays: bool, s: FloatArray, p: FloatArray) -> bool:
    """Whether the way back is over: it has stopped, and the time has come at which a smooth one ends.

    How slow is still cannot be told of a way so slow that people sway as fast; how long the rest of it takes
    can, by the time that it has taken before.
    """
    rested = s[STILL] >= max(p[STILL_S], _REST_SHARE * s[FALL_S] - _REST_LESS_S)
    if p[WHOLE] == 0.0:
        return rested
    ahead = (s[X] - s[VALLEY]) / max(1e-9, s[FROM] - s[VALLEY])
    if ahead > 0.5:
        s[HALF_S] = s[FALL_S]
    if ahead > LOW:
        s[LOW_S] = s[FALL_S]
        return stays and rested
    took_s = s[LOW_S] - s[HALF_S]
    later_s = max(0.0, _LATER_SHARE * p[WHOLE] * took_s - _LATER_LESS_S)
    left_s = min(_LONGEST_END_S, p[LOW_TO_END] * took_s + later_s)
    return s[STILL] >= p[STILL_S] and s[FALL_S] >= s[LOW_S] + left_s


@kernel
def start_from(state: FloatArray, index: int) -> None:
    """Let the excursion of one segmenter's ``state`` (STATE_SIZE,) begin at the present sample."""
    state[VALLEY], state[VALLEY_AT], state[EXTREME] = state[X], index, state[X]
    state[TURNED], state[DONE], state[GAP], state[FAST] = 0.0, 1.0, 0.0, 0.0
