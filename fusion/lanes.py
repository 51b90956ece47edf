"""Many sensors at once: the orientation estimator's lanes, equal to the bit to each sensor alone.

For whoever has many recordings or many sensors: their blocks go through one compiled loop side by side. A
sensor that has no samples this time keeps its state. A state moves freely between here and
`fusion.orientation.OrientationEstimator`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.kernels import estimator
from fusion.kernels.estimator_jobs import SOURCES
from fusion.kernels.estimator_state import BUFFER_ROWS, STATE_SIZE
from fusion.orientation import (
    OrientationParams,
    last_time_s,
    orient_alone,
    refuse_unusable,
)
from fusion.types import FloatArray, ImuBlock, OrientedBlock, QualityArray

_FEW = 12
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
        self._states = np.zeros((self._count, BUFFER_ROWS))

    @property
    def state(self) -> FloatArray:
        """All states (count, STATE_SIZE); a row is the ``state`` of an `OrientationEstimator`."""
        return self._states[:, :STATE_SIZE].copy()

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier. Raises `InputError` when its shape is another."""
        values = np.array(state, float)
        if values.shape != (self._count, STATE_SIZE):
            raise InputError(f"states have shape {values.shape}, not {(self._count, STATE_SIZE)}")
        self._states[:, :STATE_SIZE] = values

    def state_of(self, lane: int) -> FloatArray:
        """What is remembered of one sensor (STATE_SIZE,)."""
        return self._states[lane, :STATE_SIZE].copy()

    def restore_lane(self, lane: int, state: ArrayLike) -> None:
        """Have one sensor go on from a state, taken here or of an `OrientationEstimator`."""
        values = np.array(state, float)
        if values.shape != (STATE_SIZE,):
            raise InputError(f"orientation state has shape {values.shape}, not ({STATE_SIZE},)")
        self._states[lane, :STATE_SIZE] = values

    def update(self, blocks: Sequence[ImuBlock | None]) -> list[OrientedBlock | None]:
        """Take each sensor's next block, None where there is none; their orientations in the same order.

        Raises `InputError`, and changes nothing, when times do not increase or a value is not finite.
        """
        if len(blocks) != self._count:
            raise InputError(f"{len(blocks)} blocks for {self._count} sensors; give None where there is none")
        there = [(lane, block) for lane, block in enumerate(blocks) if block is not None and len(block)]
        out: list[OrientedBlock | None] = [None] * self._count
        if there:
            for (lane, _), oriented in zip(there, self._run(there), strict=True):
                out[lane] = oriented
        return out

    def _run(self, there: list[tuple[int, ImuBlock]]) -> list[OrientedBlock]:
        lanes, blocks = [lane for lane, _ in there], [block for _, block in there]
        states = self._states[lanes]
        if len(there) <= _FEW:
            now = zip(self._states[lanes], states, blocks, strict=True)
            oriented = [orient_alone(before, after, self._p, block) for before, after, block in now]
        else:
            oriented = self._side_by_side(states, blocks)
        self._states[lanes] = states
        return oriented

    def _side_by_side(self, states: FloatArray, blocks: list[ImuBlock]) -> list[OrientedBlock]:
        ends = list(accumulate(map(len, blocks)))
        starts, n = [0, *ends[:-1]], ends[-1]
        # One allocation for all: the next of its size is given the same memory again, already mapped.
        out, quality = np.empty(9 * n), np.empty(n, np.uint8)
        q_es, gyr_rads = out[: 4 * n].reshape(n, 4), out[4 * n : 7 * n].reshape(n, 3)
        inclination_sd_rad, heading_sd_rad = out[7 * n : 8 * n], out[8 * n :]
        results = q_es, gyr_rads, inclination_sd_rad, heading_sd_rad, quality
        sources = np.empty((len(blocks), SOURCES), np.int64)
        samples = [_samples_of(block) for block in blocks]
        for j, arrays in enumerate(samples):
            estimator.tell_sources(sources, j, *arrays)
        before_s = [last_time_s(state) for state in states]
        if not estimator.lanes(states, self._p, sources, np.array([0, *ends]), *results):
            for block, last_s in zip(blocks, before_s, strict=True):
                refuse_unusable(block, last_s)
        return [
            OrientedBlock(
                block.t_s,
                q_es[a:b],
                gyr_rads[a:b],
                block.acc_ms2,
                inclination_sd_rad[a:b],
                heading_sd_rad[a:b],
                quality[a:b],
            )
            for block, a, b in zip(blocks, starts, ends, strict=True)
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


def _samples_of(block: ImuBlock) -> tuple[FloatArray, FloatArray, FloatArray, QualityArray]:
    """Times, forces, rates and quality as the compiled loops want them."""
    return (
        np.ascontiguousarray(block.t_s, float),
        np.ascontiguousarray(block.acc_ms2, float),
        np.ascontiguousarray(block.gyr_rads, float),
        np.ascontiguousarray(block.quality, np.uint8),
    )
