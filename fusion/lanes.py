"""Many sensors at once: the orientation estimator's lanes, equal to the bit to each sensor alone.

For whoever has many recordings or many sensors: their blocks go through one compiled loop side by side. A
sensor that has no samples this time keeps its state. A state moves freely between here and
`fusion.orientation.OrientationEstimator`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.kernels import estimator
from fusion.kernels.estimator_state import STARTED, STATE_SIZE, TILT_COLUMNS, TIME
from fusion.orientation import OrientationParams, refuse_unusable
from fusion.types import FloatArray, ImuBlock, OrientedBlock

_FEW = 8
"""So few sensors are quicker one after the other."""


class OrientationLanes:
    """Streaming estimators of ``count`` sensors; each may have its own times, and none at all."""

    def __init__(self, count: int, params: OrientationParams | None = None) -> None:
        self.params = params or OrientationParams()
        self._p = np.array(astuple(self.params), float)
        self._count = count
        self.reset()

    def __len__(self) -> int:
        return self._count

    def reset(self) -> None:
        """Forget everything, as if made anew."""
        self._states = np.zeros((self._count, STATE_SIZE))

    @property
    def state(self) -> FloatArray:
        """All states (count, STATE_SIZE); a row is the ``state`` of an `OrientationEstimator`."""
        return self._states.copy()

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier. Raises `InputError` when its shape is another."""
        values = np.array(state, float)
        if values.shape != self._states.shape:
            raise InputError(f"states have shape {values.shape}, not {self._states.shape}")
        self._states = values

    def state_of(self, lane: int) -> FloatArray:
        """What is remembered of one sensor (STATE_SIZE,)."""
        return self._states[lane].copy()

    def restore_lane(self, lane: int, state: ArrayLike) -> None:
        """Have one sensor go on from a state, taken here or of an `OrientationEstimator`."""
        values = np.array(state, float)
        if values.shape != (STATE_SIZE,):
            raise InputError(f"orientation state has shape {values.shape}, not ({STATE_SIZE},)")
        self._states[lane] = values

    def update(self, blocks: Sequence[ImuBlock | None]) -> list[OrientedBlock | None]:
        """Take each sensor's next block, None where there is none; their orientations in the same order.

        Raises `InputError`, and changes nothing, when times do not increase or a value is not finite.
        """
        if len(blocks) != self._count:
            raise InputError(f"{len(blocks)} blocks for {self._count} sensors; give None where there is none")
        there = [(lane, block) for lane, block in enumerate(blocks) if block is not None and len(block)]
        for lane, block in there:
            started = self._states[lane, STARTED] > 0.0
            refuse_unusable(block, float(self._states[lane, TIME]) if started else -np.inf)
        out: list[OrientedBlock | None] = [None] * self._count
        for (lane, _), oriented in zip(there, self._run(there), strict=True):
            out[lane] = oriented
        return out

    def _run(self, there: list[tuple[int, ImuBlock]]) -> list[OrientedBlock]:
        if not there:
            return []
        lanes = [lane for lane, _ in there]
        states = self._states[lanes]
        starts = np.concatenate(([0], np.cumsum([len(block) for _, block in there])))
        n = int(starts[-1])
        t_s, acc, gyr, quality_in = (
            np.concatenate([getattr(block, name) for _, block in there])
            for name in ("t_s", "acc_ms2", "gyr_rads", "quality")
        )
        q_es, gyr_out, sd, heading_sd = np.empty((n, 4)), np.empty((n, 3)), np.empty(n), np.empty(n)
        quality = quality_in.copy()
        loop = estimator.single if len(there) <= _FEW else estimator.lanes
        tilt = np.empty((0, TILT_COLUMNS))
        loop(states, self._p, starts, t_s, acc, gyr, quality_in, q_es, gyr_out, sd, heading_sd, quality, tilt)
        self._states[lanes] = states
        parts = [slice(a, b) for a, b in pairwise(starts)]
        return [
            OrientedBlock(
                block.t_s, q_es[part], gyr_out[part], block.acc_ms2, sd[part], heading_sd[part], quality[part]
            )
            for (_, block), part in zip(there, parts, strict=True)
        ]


def orient_many(blocks: Sequence[ImuBlock], params: OrientationParams | None = None) -> list[OrientedBlock]:
    """Causal orientation of many whole recordings, side by side."""
    oriented = OrientationLanes(len(blocks), params).update(blocks)
    return [o if o is not None else _empty(b) for o, b in zip(oriented, blocks, strict=True)]


def _empty(block: ImuBlock) -> OrientedBlock:
    none = np.empty(0)
    return OrientedBlock(
        block.t_s, np.empty((0, 4)), np.empty((0, 3)), block.acc_ms2, none, none, block.quality
    )
