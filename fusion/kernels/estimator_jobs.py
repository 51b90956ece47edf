"""What each lane of the orientation estimator is busy with, and its samples on their way in and out.

A lane knows the addresses of its sensor's next sample and of that sample's results; a lane without a sensor
reads and writes a place of its own, and does not move on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from fusion.kernels.addresses import bytes_at, floats_at
from fusion.kernels.compiled import inline, looped
from fusion.kernels.estimator_buffer import idle, start, usable
from fusion.kernels.estimator_state import (
    ACC_SATURATED,
    AFTER_GAP,
    GAP,
    GYR_SATURATED,
    PHASE,
    STARTED,
    STATE_SIZE,
    WINDOW,
    X_ACC,
    X_FLAGS,
    X_GYR,
    X_TIME,
    Y_GYR,
    Y_HEADING_SD,
    Y_INCLINATION_SD,
    Y_Q,
    Constants,
)
from fusion.kernels.transposed import (
    SIDE,
    fetch_to_read,
    fetch_to_write,
    into_lanes,
    out_of_lanes,
    word_at,
)
from fusion.types import FloatArray, IntArray

# Rows of addresses: of a sample, and of what comes out of it.
T_S: Final = 0
ACC: Final = 1
GYR: Final = 2
QUALITY: Final = 3
SOURCES: Final = 4
"""How many of them there are of a sample."""
Q_OUT: Final = 4
GYR_OUT: Final = 5
INCLINATION_OUT: Final = 6
HEADING_OUT: Final = 7
QUALITY_OUT: Final = 8
ADDRESSES: Final = 9

_LINE: Final = 64
"""Bytes that a cache brings at once."""
_CLIPPED: Final = ACC_SATURATED | GYR_SATURATED
_CLIPPED_ANY: Final = _CLIPPED * 0x0101010101010101
"""In eight samples' quality."""
_NOWHERE: Final = 4 * WINDOW


class Jobs(NamedTuple):
    """Which sensor each lane is busy with (−1: none), how many samples of it are left, and where they are."""

    sensor: IntArray
    left: IntArray
    at: IntArray
    """Addresses (ADDRESSES · width)."""
    nothing: FloatArray
    """What lanes without a sensor read, and after it what they write."""


@inline
def no_jobs(width: int) -> Jobs:
    """Of lanes that have no sensor yet."""
    return Jobs(
        np.full(width, -1),
        np.zeros(width, np.int64),
        np.zeros(ADDRESSES * width, np.int64),
        np.zeros(2 * _NOWHERE),
    )


@inline
def _bytes_a_sample(row: int) -> int:
    if row in (ACC, GYR, GYR_OUT):
        return 24
    if row == Q_OUT:
        return 32
    return 1 if row in (QUALITY, QUALITY_OUT) else 8


@inline
def pause(b: FloatArray, width: int, lane: int, jobs: Jobs) -> None:
    """Leave a lane without a sensor."""
    idle(b, width, lane)
    jobs.sensor[lane], jobs.left[lane] = -1, 0
    nowhere = jobs.nothing.ctypes.data
    for row in range(ADDRESSES):
        jobs.at[row * width + lane] = nowhere if row < SOURCES else nowhere + 8 * _NOWHERE


@inline
def begin(
    b: FloatArray,
    width: int,
    lane: int,
    jobs: Jobs,
    state: FloatArray,
    sources: IntArray,
    results: IntArray,
    sensor: int,
    first: int,
    count: int,
    c: Constants,
) -> None:
    """Give a lane a sensor's ``count`` samples, whose results are those from ``first`` on."""
    jobs.sensor[lane], jobs.left[lane] = sensor, count
    for row in range(SOURCES):
        jobs.at[row * width + lane] = sources[sensor, row]
    for row in range(SOURCES, ADDRESSES):
        jobs.at[row * width + lane] = results[row - SOURCES] + first * _bytes_a_sample(row)
    for row in range(STATE_SIZE):
        b[row * width + lane] = state[row]
    acc, gyr = floats_at(sources[sensor, ACC]), floats_at(sources[sensor, GYR])
    if not state[STARTED] > 0.0:
        w, a = (gyr[0], gyr[1], gyr[2]), (acc[0], acc[1], acc[2])
        start(b, width, lane, floats_at(sources[sensor, T_S])[0], w, a, c)
    quality, out = bytes_at(sources[sensor, QUALITY]), bytes_at(jobs.at[QUALITY_OUT * width + lane])
    for k in range(count):
        out[k] = quality[k]


@inline
def end(b: FloatArray, width: int, lane: int, jobs: Jobs, states: FloatArray, phase: int) -> bool:
    """Put the state of a lane's sensor, if it has one, back; False where that had an unusable sample."""
    if jobs.sensor[lane] < 0:
        return True
    good = usable(b, width, lane)
    b[PHASE * width + lane] = float(phase)
    for row in range(STATE_SIZE):
        states[jobs.sensor[lane], row] = b[row * width + lane]
    pause(b, width, lane, jobs)
    return good


@inline
def advance(width: int, jobs: Jobs, count: int) -> None:
    """Go on to the samples after the next ``count``."""
    for row in range(ADDRESSES):
        step = count * _bytes_a_sample(row)
        for lane in range(width):
            jobs.at[row * width + lane] += step if jobs.sensor[lane] >= 0 else 0
    for lane in range(width):
        jobs.left[lane] -= count if jobs.sensor[lane] >= 0 else 0


@inline
def mark_gaps(b: FloatArray, width: int, jobs: Jobs, k: int) -> None:
    """Note in the quality of the sample ``k`` from here that it follows missing ones."""
    for lane in range(width):
        if b[GAP * width + lane] > 0.0:
            bytes_at(jobs.at[QUALITY_OUT * width + lane])[k] |= AFTER_GAP


# --- a sample -------------------------------------------------------------------------------------------


@inline
def stage(x: FloatArray, width: int, jobs: Jobs) -> None:
    """Put the next sample of every lane's sensor in the first place of ``x``."""
    for lane in range(width):
        gyr, acc = floats_at(jobs.at[GYR * width + lane]), floats_at(jobs.at[ACC * width + lane])
        x[X_TIME * width + lane] = floats_at(jobs.at[T_S * width + lane])[0]
        for i in range(3):
            x[(X_GYR + i) * width + lane] = gyr[i]
            x[(X_ACC + i) * width + lane] = acc[i]
        x[X_FLAGS * width + lane] = float(bytes_at(jobs.at[QUALITY * width + lane])[0] & _CLIPPED)


@inline
def unstage(y: FloatArray, width: int, jobs: Jobs) -> None:
    """Take the results in the first place of ``y`` out."""
    for lane in range(width):
        q, gyr = floats_at(jobs.at[Q_OUT * width + lane]), floats_at(jobs.at[GYR_OUT * width + lane])
        for i in range(4):
            q[i] = y[(Y_Q + i) * width + lane]
        for i in range(3):
            gyr[i] = y[(Y_GYR + i) * width + lane]
        floats_at(jobs.at[INCLINATION_OUT * width + lane])[0] = y[Y_INCLINATION_SD * width + lane]
        floats_at(jobs.at[HEADING_OUT * width + lane])[0] = y[Y_HEADING_SD * width + lane]


# --- a window -------------------------------------------------------------------------------------------


@looped
def _into(x: FloatArray, width: int, jobs: Jobs, first: int, address: int, each: int) -> None:
    """Rows of ``x`` from ``first`` on: ``each`` numbers a sample from the addresses in a row."""
    for lane in range(0, width, SIDE):
        at = jobs.at.ctypes.data + 8 * (address * width + lane)
        to = x.ctypes.data + 8 * (first * width + lane)
        for k in range(each):
            into_lanes(at, k * _LINE, to + k * WINDOW * 8 * width, 8 * width)


@looped
def _out_of(y: FloatArray, width: int, jobs: Jobs, first: int, address: int, each: int) -> None:
    for lane in range(0, width, SIDE):
        source = y.ctypes.data + 8 * (first * width + lane)
        at = jobs.at.ctypes.data + 8 * (address * width + lane)
        for k in range(each):
            out_of_lanes(source + k * WINDOW * 8 * width, 8 * width, at, k * _LINE)


@looped
def stage_window(x: FloatArray, width: int, jobs: Jobs) -> bool:
    """Put the next window of every lane's sensor into ``x``; whether any sample of it is clipped."""
    _into(x, width, jobs, X_TIME, T_S, 1)
    _into(x, width, jobs, X_GYR, GYR, 3)
    _into(x, width, jobs, X_ACC, ACC, 3)
    clipped = 0
    for lane in range(width):
        clipped |= word_at(jobs.at[QUALITY * width + lane])
    return clipped & _CLIPPED_ANY != 0


@looped
def stage_flags(x: FloatArray, width: int, jobs: Jobs) -> None:
    """Put the quality of the next window's samples into ``x``: only looked at where samples go one by one."""
    for lane in range(width):
        quality = bytes_at(jobs.at[QUALITY * width + lane])
        for k in range(WINDOW):
            x[(X_FLAGS + k) * width + lane] = float(quality[k] & _CLIPPED)


@looped
def unstage_window(y: FloatArray, width: int, jobs: Jobs) -> None:
    """Take a window's results out of ``y``."""
    _out_of(y, width, jobs, Y_Q, Q_OUT, 4)
    _out_of(y, width, jobs, Y_GYR, GYR_OUT, 3)
    _out_of(y, width, jobs, Y_INCLINATION_SD, INCLINATION_OUT, 1)
    _out_of(y, width, jobs, Y_HEADING_SD, HEADING_OUT, 1)


@looped
def fetch(width: int, jobs: Jobs) -> None:
    """Have the window after the next and the places of the next one's results brought into the cache.

    A lane is eight streams, more than a processor foresees by itself for all of them.
    """
    for lane in range(width):
        for row, first, lines in ((T_S, 1, 1), (ACC, 3, 3), (GYR, 3, 3)):
            for k in range(first, first + lines):
                fetch_to_read(jobs.at[row * width + lane] + k * _LINE)
        for row, lines in ((Q_OUT, 4), (GYR_OUT, 3), (INCLINATION_OUT, 1), (HEADING_OUT, 1)):
            for k in range(lines):
                fetch_to_write(jobs.at[row * width + lane] + k * _LINE)
