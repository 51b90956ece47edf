"""The orientation estimator's compiled loops: one sensor, or many side by side in lanes.

What makes the lanes fast: the samples and everything remembered lie in flat buffers, row by row, lane by
lane (`fusion.kernels.estimator_state`); the lane loops are innermost and have no branch that differs between
lanes, so that they become vector instructions; a window of samples is taken at once, and what changes slowly
is worked out once for it; what is rare has a loop of its own.

The compiler may not re-order sums or contract products: where an operation is fused, the source says so
(`fusion.kernels.fused`). So a sensor's result is the same to the bit alone, in any lane, beside any others,
and for any splitting of the input.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel, looped
from fusion.kernels.estimator_buffer import aligned, start, tell_tilt, usable
from fusion.kernels.estimator_jobs import (
    ACC,
    GYR,
    QUALITY,
    T_S,
    Jobs,
    advance,
    begin,
    end,
    fetch,
    mark_gaps,
    no_jobs,
    pause,
    stage,
    stage_flags,
    stage_window,
    unstage,
    unstage_window,
)
from fusion.kernels.estimator_state import (
    ACC_SATURATED,
    AFTER_GAP,
    BIAS,
    BUFFER_ROWS,
    GAP,
    GYR_SATURATED,
    HEADING_SD,
    IN_ACC,
    IN_FLAGS,
    IN_GYR,
    IN_TIME,
    INCLINATION_SD,
    PHASE,
    STARTED,
    UNUSABLE,
    WINDOW,
    X_ROWS,
    Y_ROWS,
    Constants,
    Q,
    constants,
)
from fusion.kernels.estimator_state import GYR as LAST_GYR
from fusion.kernels.estimator_take import hand, take_sample, take_window, tell
from fusion.types import FloatArray, IntArray, QualityArray

LANES: Final = 24
"""Fewer are unrolled by the compiler in place of becoming vectors, more leave the cache."""


# --- one sensor -----------------------------------------------------------------------------------------


@kernel
def alone(
    before: FloatArray,
    after: FloatArray,
    p: FloatArray,
    t_s: FloatArray,
    acc: FloatArray,
    gyr: FloatArray,
    quality: QualityArray,
    q_out: FloatArray,
    gyr_out: FloatArray,
    inclination_out: FloatArray,
    heading_out: FloatArray,
    quality_out: QualityArray,
    tilt_out: FloatArray,
) -> bool:
    """Run one sensor over n samples from its state ``before`` to that ``after`` (BUFFER_ROWS,).

    Fills orientations (n, 4), rates without bias (n, 3), one sigma of inclination and heading (n,), and the
    quality (n,). ``tilt_out`` (n, TILT_COLUMNS), or (0, TILT_COLUMNS) where it is not wanted, takes the
    horizontal velocity (2) and the upper triangle of the covariance of velocity and tilt (10). False where
    a value was not finite or a time did not increase: then ``after`` and results mean nothing.
    """
    n, b, c = len(t_s), after, constants(p)
    for row in range(BUFFER_ROWS):
        b[row] = before[row]
    if n == 0:
        return True
    b[UNUSABLE] = 0.0
    if not b[STARTED] > 0.0:
        start(b, 1, 0, t_s[0], (gyr[0, 0], gyr[0, 1], gyr[0, 2]), (acc[0, 0], acc[0, 1], acc[0, 2]), c)
    phase = int(b[PHASE])
    for k in range(n):
        b[IN_TIME] = t_s[k]
        for i in range(3):
            b[IN_GYR + i], b[IN_ACC + i] = gyr[k, i], acc[k, i]
        b[IN_FLAGS] = float(quality[k] & (ACC_SATURATED | GYR_SATURATED))
        phase = (phase + 1) % WINDOW
        quality_out[k] = quality[k]
        if take_sample(b, 1, c, phase == 0) and b[GAP] > 0.0:
            quality_out[k] |= AFTER_GAP
        for i in range(4):
            q_out[k, i] = b[Q + i]
        for i in range(3):
            gyr_out[k, i] = b[LAST_GYR + i] - b[BIAS + i]
        inclination_out[k], heading_out[k] = b[INCLINATION_SD], b[HEADING_SD]
        if len(tilt_out) > 0:
            tell_tilt(b, tilt_out[k])
    b[PHASE] = float(phase)
    return bool(usable(b, 1, 0))


# --- many sensors ---------------------------------------------------------------------------------------


@looped
def _take_up(
    b: FloatArray,
    jobs: Jobs,
    states: FloatArray,
    sources: IntArray,
    starts: IntArray,
    results: IntArray,
    waiting: int,
    phase: int,
    c: Constants,
) -> tuple[int, bool, bool, bool]:
    """Give lanes that are done the next sensors.

    Returns the first sensor that still waits, whether any lane is busy, whether all can take a whole window,
    and whether the samples of those that are done were good.
    """
    whole, busy, good = phase == 0, False, True
    for lane in range(LANES):
        if jobs.left[lane] == 0:
            good &= end(b, LANES, lane, jobs, states, phase)
            while waiting < len(states) and starts[waiting] == starts[waiting + 1]:
                waiting += 1
            if waiting < len(states):
                busy = True
                # Its windows must end with those of the others; until then samples go one by one.
                if int(states[waiting, PHASE]) == phase:
                    first, count = starts[waiting], starts[waiting + 1] - starts[waiting]
                    begin(b, LANES, lane, jobs, states[waiting], sources, results, waiting, first, count, c)
                    waiting += 1
                else:
                    whole = False
        if jobs.sensor[lane] >= 0:
            busy = True
            whole &= jobs.left[lane] >= WINDOW
    return waiting, busy, whole, good


@looped
def _take_one(
    b: FloatArray, x: FloatArray, y: FloatArray, jobs: Jobs, k: int, last: bool, c: Constants
) -> None:
    for lane in range(LANES):
        hand(b, x, LANES, lane, k)
    if take_sample(b, LANES, c, last):
        mark_gaps(b, LANES, jobs, k)
    for lane in range(LANES):
        tell(b, y, LANES, lane, k)


@kernel
def lanes(
    states: FloatArray,
    p: FloatArray,
    sources: IntArray,
    starts: IntArray,
    q_out: FloatArray,
    gyr_out: FloatArray,
    inclination_out: FloatArray,
    heading_out: FloatArray,
    quality_out: QualityArray,
) -> bool:
    """Run sensor ``j`` of ``states`` (m, ≥ STATE_SIZE) over its ``starts[j + 1] - starts[j]`` samples.

    They lie at ``sources[j]`` (see `tell_sources`); their results are those from ``starts[j]`` on, filled and
    judged as in `alone`. A lane whose sensor is done takes the next one; an idle lane computes what nobody
    looks at.
    """
    c = constants(p)
    b, x, y = aligned(BUFFER_ROWS * LANES), aligned(X_ROWS * LANES), aligned(Y_ROWS * LANES)
    jobs = no_jobs(LANES)
    for lane in range(LANES):
        pause(b, LANES, lane, jobs)
    results = np.array(
        (
            q_out.ctypes.data,
            gyr_out.ctypes.data,
            inclination_out.ctypes.data,
            heading_out.ctypes.data,
            quality_out.ctypes.data,
        )
    )
    waiting, phase, good = 0, int(states[0, PHASE]), True
    while True:
        waiting, busy, whole, well = _take_up(b, jobs, states, sources, starts, results, waiting, phase, c)
        good &= well
        if not busy:
            return good
        steps, done = 1, False
        if whole:
            steps = WINDOW
            fetch(LANES, jobs)
            clipped = stage_window(x, LANES, jobs)
            done = not clipped and take_window(b, x, y, LANES, c)
            if not done:
                stage_flags(x, LANES, jobs)
        else:
            stage(x, LANES, jobs)
        if not done:
            for k in range(steps):
                _take_one(b, x, y, jobs, k, (phase + k) % WINDOW == WINDOW - 1, c)
        if whole:
            unstage_window(y, LANES, jobs)
        else:
            unstage(y, LANES, jobs)
        advance(LANES, jobs, steps)
        phase = (phase + steps) % WINDOW


@kernel
def tell_sources(
    sources: IntArray, j: int, t_s: FloatArray, acc: FloatArray, gyr: FloatArray, quality: QualityArray
) -> None:
    """Note in row ``j`` where a sensor's samples are; they must be contiguous, and outlive the note."""
    sources[j, T_S] = t_s.ctypes.data
    sources[j, ACC] = acc.ctypes.data
    sources[j, GYR] = gyr.ctypes.data
    sources[j, QUALITY] = quality.ctypes.data


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
