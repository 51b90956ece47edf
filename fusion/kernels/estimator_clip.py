"""What a clipped rate may have missed, in the orientation estimator."""

from __future__ import annotations

from math import sqrt

from fusion.kernels.compiled import rare
from fusion.kernels.estimator_buffer import get3
from fusion.kernels.estimator_maths import squared, without
from fusion.kernels.estimator_state import (
    CLIPPED_AT,
    CLIPPED_FOR,
    CLIPPED_RISE,
    CLIPPED_SHARE,
    ELAPSED,
    GYR,
    IN_GYR,
    INTERVAL,
    TIME,
)
from fusion.types import FloatArray


@rare
def missed(b: FloatArray, width: int, lane: int) -> float:
    """One sigma of what one more clipped rate adds to the turn that was missed, rad.

    A rate that rose by r per second when it was clipped, and is back after T, was a parabola of r·T²/6 above
    it; so errors of the samples of one such time add up as they are, not as their squares.
    """
    dt, t = b[ELAPSED * width + lane], b[TIME * width + lane]
    w, last = get3(b, IN_GYR * width + lane, width), get3(b, GYR * width + lane, width)
    before = b[CLIPPED_FOR * width + lane]
    if abs(t - dt - b[CLIPPED_AT * width + lane]) > 0.5 * dt:
        # Clipped is what stands still at its largest, so that the sample before was clipped as well.
        before = 0.0
        last_but_one = get3(b, (GYR + 3) * width + lane, width)
        third = get3(b, (GYR + 6) * width + lane, width)
        steps = without(w, last), without(last, last_but_one), without(last_but_one, third)
        steepest = sqrt(max(squared(steps[0]), squared(steps[1]), squared(steps[2])))
        b[CLIPPED_RISE * width + lane] = steepest / max(b[INTERVAL * width + lane], 1e-6)
    after = (before if before > 0.0 else dt) + dt
    b[CLIPPED_AT * width + lane], b[CLIPPED_FOR * width + lane] = t, after
    share, rise = CLIPPED_SHARE * sqrt(squared(w)), b[CLIPPED_RISE * width + lane] / 6.0
    more, less = after * (share + rise * after), before * (share + rise * before)
    return sqrt(more * more - less * less)
