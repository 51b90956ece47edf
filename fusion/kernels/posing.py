"""The compiled loop of holds: how long a label has been the same, sample by sample."""

from __future__ import annotations

from typing import Final

from fusion.kernels.compiled import kernel
from fusion.types import FloatArray, IntArray

# State.
LABEL: Final = 0
"""Pose being held, 0 for none."""
SINCE: Final = 1
LAST: Final = 2
"""Latest time in the pose."""
TOLD: Final = 3
STATE_SIZE: Final = 4

_UNSURE: Final = 0.2
"""Share of ``lose_s`` that ends a hold not yet told."""

NOTHING: Final = 0
HELD: Final = 1
"""A pose has been held long enough to say so."""
LEFT: Final = 2
"""It was left, `LAST` seconds being its end."""
CLOSE: Final = 3


@kernel
def advance(
    label: IntArray,
    t_s: FloatArray,
    first: int,
    state: FloatArray,
    settle_s: float,
    lose_s: float,
    close_s: float,
) -> tuple[int, int]:
    """Go on from sample ``first`` to the next event; gives it and the sample where to go on.

    ``label`` (n,) names the pose of each sample, 0 for none, −1 where it is not known. A pose is held from
    ``settle_s`` on and left after ``lose_s`` in another; without one, the set is over at ``close_s``.
    After `LEFT` the caller clears the label.
    """
    for k in range(first, len(t_s)):
        now, here = t_s[k], label[k]
        if state[LABEL] == 0.0:
            if here > 0:
                state[LABEL], state[SINCE], state[LAST], state[TOLD] = here, now, now, 0.0
            elif now > close_s:
                return CLOSE, k + 1
        elif here == state[LABEL]:
            state[LAST] = now
            if state[TOLD] == 0.0 and now - state[SINCE] >= settle_s:
                state[TOLD] = 1.0
                return HELD, k + 1
        elif now - state[LAST] > lose_s * (10.0 if here < 0 else 1.0 if state[TOLD] == 1.0 else _UNSURE):
            if state[TOLD] == 1.0:
                return LEFT, k + 1
            state[LABEL] = 0.0
    return NOTHING, len(t_s)
