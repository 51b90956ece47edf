"""The orientation estimator's inner loop over lanes: many sensors at once, or one.

One source for any width: `estimator_of` makes the loop for ``width`` lanes, the single sensor's is the one
of width 1. What makes it fast: the samples and everything remembered lie in flat buffers, row by row,
lane by lane (`fusion.kernels.estimator_state`); the lane loops are innermost and have no branch that
differs between lanes, so that they become vector instructions; a window of samples is taken at once, and
what changes slowly is worked out once for it; what is rare has a loop of its own.

No re-ordering of sums or products is allowed to the compiler: a sensor's result is the same to the bit
alone, in any lane, beside any others, and for any splitting of the input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from fusion.kernels.addresses import bytes_at, floats_at
from fusion.kernels.compiled import inline, kernel, looped
from fusion.kernels.estimator_buffer import (
    Recording,
    aligned,
    idle,
    load,
    stage,
    tell_tilt,
    unstage,
    usable,
)
from fusion.kernels.estimator_state import (
    AFTER_GAP,
    BUFFER_ROWS,
    GAP,
    IN_ROWS,
    OUT_ROWS,
    PHASE,
    STATE_SIZE,
    WINDOW,
    Constants,
    constants,
)
from fusion.kernels.estimator_take import take_sample, take_window
from fusion.types import FloatArray, IntArray, QualityArray

SOURCES: Final = 4
"""Addresses of a sensor's times, forces, rates and quality."""


class Jobs(NamedTuple):
    """Which sensor each lane is busy with (−1: none), how many samples of it are done, and of how many."""

    sensor: IntArray
    done: IntArray
    samples: IntArray


@inline
def _recording(sources: IntArray, j: int) -> Recording:
    return Recording(
        floats_at(sources[j, 0]), floats_at(sources[j, 1]), floats_at(sources[j, 2]), bytes_at(sources[j, 3])
    )


@inline
def _end(
    b: FloatArray, x: FloatArray, width: int, lane: int, jobs: Jobs, states: FloatArray, phase: int
) -> bool:
    """Put the state of a lane's sensor, if it has one, back; False where that had an unusable sample."""
    if jobs.sensor[lane] < 0:
        return True
    good = usable(b, width, lane)
    b[PHASE * width + lane] = float(phase)
    for row in range(STATE_SIZE):
        states[jobs.sensor[lane], row] = b[row * width + lane]
    idle(b, x, width, lane)
    jobs.sensor[lane], jobs.done[lane], jobs.samples[lane] = -1, 0, 0
    return good


@inline
def _take_quality(of: Recording, out: QualityArray, first: int, count: int) -> None:
    for k in range(count):
        out[first + k] = of.quality[k]


@inline
def _mark_gaps(
    b: FloatArray, width: int, jobs: Jobs, starts: IntArray, k: int, quality_out: QualityArray
) -> None:
    for lane in range(width):
        if jobs.sensor[lane] >= 0 and b[GAP * width + lane] > 0.0:
            quality_out[starts[jobs.sensor[lane]] + jobs.done[lane] + k] |= AFTER_GAP


@inline
def _tell_tilts(
    b: FloatArray, width: int, jobs: Jobs, starts: IntArray, k: int, tilt_out: FloatArray
) -> None:
    for lane in range(width):
        if jobs.sensor[lane] >= 0:
            tell_tilt(b, width, lane, tilt_out[starts[jobs.sensor[lane]] + jobs.done[lane] + k])


def estimator_of(width: int) -> Callable[..., bool]:
    """The compiled loop over ``width`` lanes.

    ``run(states, p, sources, starts, out, quality_out, tilt_out)`` runs sensor ``j`` of ``states``
    (m, STATE_SIZE) over its ``starts[j + 1] - starts[j]`` samples at ``sources[j]`` (see `tell_sources`),
    changing its state. Of its n results, ``out[OUT_ROWS * starts[j]:]`` takes the orientations (n, 4), the
    rates (n, 3) and the uncertainties of inclination and heading (n each), one after the other, and
    ``quality_out[starts[j]:]`` the quality. ``tilt_out`` (n, TILT_COLUMNS), or (0, TILT_COLUMNS) where it is
    not wanted, takes the horizontal velocity (2) and the upper triangle of the covariance of velocity and
    tilt (10). A lane whose sensor is done takes the next one; an idle lane computes what nobody looks at.
    False where a value was not finite or a time did not increase: then states and results mean nothing.
    """
    at_once = width > 1
    """Whether whole windows are taken at once."""

    @inline
    def begin(
        b: FloatArray,
        lane: int,
        jobs: Jobs,
        states: FloatArray,
        sources: IntArray,
        starts: IntArray,
        waiting: int,
        c: Constants,
        quality_out: QualityArray,
    ) -> None:
        recording = _recording(sources, waiting)
        count = starts[waiting + 1] - starts[waiting]
        jobs.sensor[lane], jobs.done[lane], jobs.samples[lane] = waiting, 0, count
        load(b, width, lane, states[waiting], recording, c)
        _take_quality(recording, quality_out, starts[waiting], count)

    @looped
    def advance(
        b: FloatArray,
        x: FloatArray,
        y: FloatArray,
        steps: int,
        phase: int,
        jobs: Jobs,
        starts: IntArray,
        c: Constants,
        quality_out: QualityArray,
        tilt_out: FloatArray,
    ) -> None:
        if at_once and steps == WINDOW and len(tilt_out) == 0 and take_window(b, x, y, width, c):
            return
        for k in range(steps):
            if take_sample(b, x, y, width, c, k, (phase + k) % WINDOW == WINDOW - 1):
                _mark_gaps(b, width, jobs, starts, k, quality_out)
            if len(tilt_out) > 0:
                _tell_tilts(b, width, jobs, starts, k, tilt_out)

    @kernel
    def run(
        states: FloatArray,
        p: FloatArray,
        sources: IntArray,
        starts: IntArray,
        out: FloatArray,
        quality_out: QualityArray,
        tilt_out: FloatArray,
    ) -> bool:
        c = constants(p)
        b = aligned(BUFFER_ROWS * width)
        x, y = aligned(WINDOW * IN_ROWS * width), aligned(WINDOW * OUT_ROWS * width)
        jobs = Jobs(np.full(width, -1), np.zeros(width, np.int64), np.zeros(width, np.int64))
        for lane in range(width):
            idle(b, x, width, lane)
        waiting, phase, good = 0, int(states[0, PHASE]), True
        while True:
            whole, busy = phase == 0, False
            for lane in range(width):
                if jobs.done[lane] == jobs.samples[lane]:
                    good &= _end(b, x, width, lane, jobs, states, phase)
                    while waiting < len(states) and starts[waiting] == starts[waiting + 1]:
                        waiting += 1
                    if waiting < len(states):
                        busy = True
                        # Its windows must end with those of the others; until then samples go one by one.
                        if int(states[waiting, PHASE]) == phase:
                            begin(b, lane, jobs, states, sources, starts, waiting, c, quality_out)
                            waiting += 1
                        else:
                            whole = False
                if jobs.sensor[lane] >= 0:
                    busy = True
                    whole &= jobs.samples[lane] - jobs.done[lane] >= WINDOW
            if not busy:
                return good
            steps = WINDOW if whole else 1
            for lane in range(width):
                if jobs.sensor[lane] >= 0:
                    stage(x, width, lane, steps, jobs.done[lane], _recording(sources, jobs.sensor[lane]))
            advance(b, x, y, steps, phase, jobs, starts, c, quality_out, tilt_out)
            for lane in range(width):
                if jobs.sensor[lane] >= 0:
                    to = floats_at(out.ctypes.data + 8 * OUT_ROWS * starts[jobs.sensor[lane]])
                    unstage(y, width, lane, steps, jobs.done[lane], jobs.samples[lane], to)
                    jobs.done[lane] += steps
            phase = (phase + steps) % WINDOW

    loop: Callable[..., bool] = run
    return loop


LANES: Final = 24
"""Fewer are unrolled by the compiler in place of becoming vectors, more leave the cache."""
single = estimator_of(1)
lanes = estimator_of(LANES)


@kernel
def tell_sources(
    sources: IntArray, j: int, t_s: FloatArray, acc: FloatArray, gyr: FloatArray, quality: QualityArray
) -> None:
    """Note in row ``j`` where a sensor's samples are; they must be contiguous, and outlive the note."""
    sources[j, 0] = t_s.ctypes.data
    sources[j, 1] = acc.ctypes.data
    sources[j, 2] = gyr.ctypes.data
    sources[j, 3] = quality.ctypes.data


@kernel
def alone(
    states: FloatArray,
    p: FloatArray,
    t_s: FloatArray,
    acc: FloatArray,
    gyr: FloatArray,
    quality: QualityArray,
    out: FloatArray,
    quality_out: QualityArray,
    tilt_out: FloatArray,
) -> bool:
    """`single` for the samples of one sensor that are at hand as arrays."""
    sources, starts = np.empty((1, SOURCES), np.int64), np.array((0, len(t_s)))
    tell_sources(sources, 0, t_s, acc, gyr, quality)
    return bool(single(states, p, sources, starts, out, quality_out, tilt_out))


@kernel
def first_unusable(t_s: FloatArray, acc: FloatArray, gyr: FloatArray, last_s: float) -> int:
    """First sample that is not finite: its index; whose time does not increase: −2 − index; none: −1."""
    for k in range(len(t_s)):
        if not t_s[k] > last_s:
            return -2 - k
        last_s = t_s[k]
        total = 0.0
        for i in range(3):
            total += acc[k, i] + gyr[k, i]
        if not np.isfinite(total):
            return k
    return -1
