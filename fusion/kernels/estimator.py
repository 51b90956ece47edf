"""The orientation estimator's inner loop over lanes: many sensors at once, or one.

One source for any width: `estimator_of` makes the loop for ``width`` lanes, the single sensor's is the one
of width 1. What makes it fast: the sample and everything remembered lie in one flat buffer, row by row,
lane by lane (`fusion.kernels.estimator_state`); the lane loops are innermost and have no branch that
differs between lanes, so that they become vector instructions; what is rare has a loop of its own.

No re-ordering of sums or products is allowed to the compiler: a sensor's result is the same to the bit
alone, in any lane, beside any others, and for any splitting of the input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from fusion.kernels.compiled import kernel
from fusion.kernels.estimator_buffer import aligned, idle, load, stage, tell_tilt, unstage
from fusion.kernels.estimator_state import (
    AFTER_GAP,
    BUFFER_ROWS,
    GAP,
    IN_ROWS,
    IN_TIME,
    OUT,
    OUT_ROWS,
    STATE_SIZE,
    constants,
)
from fusion.kernels.estimator_step import step
from fusion.types import FloatArray, IntArray, QualityArray

CHUNK: Final = 8
"""Steps taken before samples are brought in and results out again."""


def estimator_of(width: int) -> Callable[..., None]:
    """The compiled loop over ``width`` lanes.

    ``run(states, p, starts, t_s, acc, gyr, quality_in, q_es, gyr_out, inclination_sd, heading_sd,
    quality_out, tilt_out)`` runs sensor ``j`` of ``states`` (m, STATE_SIZE) over samples ``starts[j]`` to
    ``starts[j + 1]``, changing its state and filling the outputs; a lane whose sensor is done takes the
    next one, an idle lane computes what nobody looks at. ``acc`` m/s² and ``gyr`` rad/s are (n, 3);
    ``t_s`` strictly increases for each sensor; ``quality_out`` comes as a copy of ``quality_in``;
    ``tilt_out`` (n, TILT_COLUMNS), or (0, TILT_COLUMNS) where it is not wanted, takes the horizontal velocity
    (2) and the upper triangle of the covariance of velocity and tilt (10).
    """

    @kernel
    def run(
        states: FloatArray,
        p: FloatArray,
        starts: IntArray,
        t_s: FloatArray,
        acc: FloatArray,
        gyr: FloatArray,
        quality_in: QualityArray,
        q_es: FloatArray,
        gyr_out: FloatArray,
        inclination_sd: FloatArray,
        heading_sd: FloatArray,
        quality_out: QualityArray,
        tilt_out: FloatArray,
    ) -> None:
        c = constants(p)
        b = aligned(BUFFER_ROWS * width)
        x = aligned(CHUNK * IN_ROWS * width)
        y = aligned(CHUNK * OUT_ROWS * width)
        job = np.full(width, -1)
        at = np.zeros(width, np.int64)
        end = np.zeros(width, np.int64)
        waiting = 0
        for lane in range(width):
            idle(b, width, lane)
            for row in range(CHUNK * IN_ROWS):
                x[row * width + lane] = 0.0
        while True:
            steps = CHUNK
            busy = False
            for lane in range(width):
                if at[lane] == end[lane]:
                    if job[lane] >= 0:
                        for row in range(STATE_SIZE):
                            states[job[lane], row] = b[row * width + lane]
                        idle(b, width, lane)
                        job[lane] = -1
                    while waiting < len(states) and starts[waiting] == starts[waiting + 1]:
                        waiting += 1
                    if waiting == len(states):
                        continue
                    job[lane], at[lane], end[lane] = waiting, starts[waiting], starts[waiting + 1]
                    k = at[lane]
                    load(b, width, lane, states[waiting], t_s[k], gyr[k], acc[k], c)
                    waiting += 1
                busy = True
                steps = min(steps, end[lane] - at[lane])
            if not busy:
                return
            for lane in range(width):
                if job[lane] >= 0:
                    stage(x, width, lane, np.uintp(at[lane]), np.uintp(steps), t_s, acc, gyr, quality_in)
            for k in range(steps):
                first = k * IN_ROWS * width
                for i in range(IN_ROWS * width):
                    b[IN_TIME * width + i] = x[first + i]
                if step(b, width, c):
                    for lane in range(width):
                        if job[lane] >= 0 and b[GAP * width + lane] > 0.0:
                            quality_out[at[lane] + k] |= AFTER_GAP
                if len(tilt_out) > 0:
                    for lane in range(width):
                        if job[lane] >= 0:
                            tell_tilt(b, width, lane, tilt_out[at[lane] + k])
                first = k * OUT_ROWS * width
                for i in range(OUT_ROWS * width):
                    y[first + i] = b[OUT * width + i]
            for lane in range(width):
                if job[lane] >= 0:
                    unstage(
                        y,
                        width,
                        lane,
                        np.uintp(at[lane]),
                        np.uintp(steps),
                        q_es,
                        gyr_out,
                        inclination_sd,
                        heading_sd,
                    )
                    at[lane] += steps

    loop: Callable[..., None] = run
    return loop


LANES: Final = 24
"""Fewer are unrolled by the compiler in place of becoming vectors, more leave the cache."""
single = estimator_of(1)
lanes = estimator_of(LANES)


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
