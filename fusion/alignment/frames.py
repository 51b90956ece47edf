"""The aligned stream in frames of equal length, so that decisions do not depend on how it was cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fusion import quaternion as quat
from fusion.types import AlignedBlock, FloatArray, OrientedBlock

FRAME_S = 0.5
"""The ladder looks at the motion in frames of this length."""
_MOST_MISSING = 0.3


def split_frames(block: AlignedBlock) -> Iterable[AlignedBlock]:
    """The block cut at the ladder's frame boundaries."""
    per_frame = round(FRAME_S * block.rate_hz)
    first = round(float(block.t_s[0]) * block.rate_hz)
    start = 0
    while start < len(block):
        stop = min(len(block), start + per_frame - (first + start) % per_frame)
        yield block if stop - start == len(block) else slice_block(block, start, stop)
        start = stop


def ends_frame(block: AlignedBlock) -> bool:
    """Whether a block that lies within one frame is that frame's last part."""
    per_frame = round(FRAME_S * block.rate_hz)
    return (round(float(block.t_s[-1]) * block.rate_hz) + 1) % per_frame == 0


def join_blocks(blocks: list[AlignedBlock]) -> AlignedBlock:
    """Consecutive blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    first = blocks[0]
    segments = {s: _join([b.segments[s] for b in blocks]) for s in first.segments}
    return AlignedBlock(np.concatenate([b.t_s for b in blocks]), first.rate_hz, segments)


def _join(parts: list[OrientedBlock]) -> OrientedBlock:
    return OrientedBlock(
        np.concatenate([p.t_s for p in parts]),
        np.concatenate([p.q_es for p in parts]),
        np.concatenate([p.gyr_rads for p in parts]),
        np.concatenate([p.acc_ms2 for p in parts]),
        np.concatenate([p.inclination_sd_rad for p in parts]),
        np.concatenate([p.heading_sd_rad for p in parts]),
        np.concatenate([p.quality for p in parts]),
    )


def filled(frame: AlignedBlock) -> AlignedBlock:
    """The frame with the few samples that a sensor lacks put in between their neighbours.

    A radio that repeats itself loses single rows of the grid all the time; a frame that lacks more than
    `_MOST_MISSING` of a sensor stays as it is.
    """
    segments = {s: _filled(b) for s, b in frame.segments.items()}
    return replace(frame, segments=segments)


def _filled(b: OrientedBlock) -> OrientedBlock:
    known = np.isfinite(b.q_es[:, 0])
    if known.all() or np.count_nonzero(known) < (1.0 - _MOST_MISSING) * len(known):
        return b
    # Neighbours in time are the same rotation's q or −q.
    q_es = b.q_es * np.where(b.q_es @ b.q_es[known][0] < 0.0, -1.0, 1.0)[:, None]
    return replace(
        b,
        q_es=quat.normalize(_between(b.t_s, known, q_es)),
        gyr_rads=_between(b.t_s, known, b.gyr_rads),
        acc_ms2=_between(b.t_s, known, b.acc_ms2),
    )


def _between(t_s: FloatArray, known: NDArray[np.bool_], values: FloatArray) -> FloatArray:
    return np.stack([np.interp(t_s, t_s[known], column[known]) for column in values.T], axis=-1)


def slice_block(block: AlignedBlock, start: int, stop: int) -> AlignedBlock:
    """Samples [start, stop) of a block."""
    return AlignedBlock(
        block.t_s[start:stop],
        block.rate_hz,
        {s: _slice(b, start, stop) for s, b in block.segments.items()},
    )


def _slice(b: OrientedBlock, start: int, stop: int) -> OrientedBlock:
    return OrientedBlock(
        b.t_s[start:stop],
        b.q_es[start:stop],
        b.gyr_rads[start:stop],
        b.acc_ms2[start:stop],
        b.inclination_sd_rad[start:stop],
        b.heading_sd_rad[start:stop],
        b.quality[start:stop],
    )
