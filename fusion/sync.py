"""By how much the clocks of recordings differ, from the motion that their sensors share.

Turning and shaking of two neighbouring segments look alike, which gives a handful of candidates by
cross-correlation. The joint between them then decides: only at the right offset does its centre feel one
force, whichever sensor it is computed from (`fusion.relative_heading`). That is sharp to milliseconds where
the likeness alone errs by half a step of a walk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fusion.common_heading import JOINTS
from fusion.errors import InputError
from fusion.orientation import OrientationEstimator
from fusion.relative_heading import RelativeHeadingParams, joint_disagreement_ms2
from fusion.resample import GridAligner
from fusion.types import FloatArray, ImuBlock, OrientedBlock, Segment

_RATE_HZ = 50.0
_SMOOTH_S = 0.1
_SLOW_S = 4.0
_LEAST_OVERLAP_S = 8.0
_LEAST_SHARE = 0.2
"""Of the motion of each recording that must lie in the overlap for a likeness to count in full."""
_CANDIDATES = 5
_APART_S = 0.25
_AROUND_S = 0.3
_COARSE_S = 0.1
_FINE_S = 0.02
_WINDOW_S = 40.0
_NO_BETTER = 0.8
"""A joint whose forces agree no better than this share of what they do elsewhere shows no offset."""
_NOT_ALONE = 0.95
"""Nor does one that another offset fits as well."""
_ELSEWHERE_S = (-7.3, -4.9, -3.1, 2.7, 5.3, 7.9)
"""Offsets that cannot all be right, to compare with."""
_PARAMS = RelativeHeadingParams(fast_s=0.1, noise_ms2=0.005, drift_rad_rts=1e-3)


FOUND_AGREE_S = 0.025
"""How well two clocks agree after their offset was found from the motion (ADR 0032): on real recordings."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """What to add to a recording's times, and how sure that is: 0 a guess, 1 nothing else fits at all."""

    offset_s: float
    confidence: float


def synchronise(
    blocks: Mapping[Segment, ImuBlock],
) -> tuple[dict[Segment, ImuBlock], dict[Segment, ClockOffset]]:
    """Recordings of one person on the pelvis's clock, and what was added to each.

    Raises `InputError` when there is no pelvis or a recording shares no motion with its neighbour.
    """
    if Segment.PELVIS not in blocks:
        raise InputError("no recording of the pelvis to synchronise with; add one")
    found = {Segment.PELVIS: ClockOffset(0.0, 1.0)}
    moved = {Segment.PELVIS: blocks[Segment.PELVIS]}
    for segment in JOINTS:
        if segment in blocks:
            parent = JOINTS[segment].parent
            reference = moved.get(parent, moved[Segment.PELVIS])
            found[segment] = clock_offset(reference, blocks[segment])
            moved[segment] = replace(blocks[segment], t_s=blocks[segment].t_s + found[segment].offset_s)
    return {s: moved[s] for s in blocks}, {s: found[s] for s in blocks}


def clock_offset(reference: ImuBlock, other: ImuBlock) -> ClockOffset:
    """What to add to the times of ``other`` so that both sensors of a joint move together.

    One offset for the whole recording, taken where it is liveliest: clocks that run apart by 50 ppm are
    15 ms off five minutes from there. Raises `InputError` when no offset stands out.
    """
    pair = OrientationEstimator().update(reference), OrientationEstimator().update(other)
    candidates = _alike(reference, other)
    if not candidates:
        raise _refusal(reference, other)
    steps = np.arange(-_AROUND_S, _AROUND_S + 1e-9, _COARSE_S)
    tried = {round(c + s, 6): _disagreement(*pair, c + s) for c in candidates for s in steps.tolist()}
    best = min(tried, key=tried.__getitem__)
    elsewhere = [_disagreement(*pair, best + s) for s in _ELSEWHERE_S]
    rivals = [*elsewhere, *(v for o, v in tried.items() if abs(o - best) > _AROUND_S)]
    usual = float(np.median(rivals))
    offset_s, least = _refined(*pair, best)
    if not np.isfinite(usual) or least > _NO_BETTER * usual or least > _NOT_ALONE * min(rivals):
        raise _refusal(reference, other)
    return ClockOffset(offset_s, float(np.clip(1.0 - least / usual, 0.0, 1.0)))


def _refusal(reference: ImuBlock, other: ImuBlock) -> InputError:
    return InputError(
        f"the motion of {other.device_id} fits that of {reference.device_id} at no offset of their clocks;"
        " were they worn together and long enough in motion? --sync zero takes the times as they are"
    )


def _alike(reference: ImuBlock, other: ImuBlock) -> list[float]:
    """Offsets at which turning and shaking look alike, the likeliest first."""
    one, two = _features(reference), _features(other)
    shortest = min(one.shape[1], two.shape[1]) / _RATE_HZ
    if shortest < _LEAST_OVERLAP_S:
        return []
    likeness = sum(_correlation(x, y) for x, y in zip(one, two, strict=True))
    likeness = np.asarray(likeness)
    # Lag of the last sample of ``other`` on the first of ``reference``, and up from there.
    lags_s = (np.arange(len(likeness)) - (two.shape[1] - 1)) / _RATE_HZ
    overlap_s = np.minimum(lags_s + two.shape[1] / _RATE_HZ, one.shape[1] / _RATE_HZ - lags_s)
    likeness[overlap_s < _LEAST_OVERLAP_S] = -np.inf
    start_s = float(reference.t_s[0] - other.t_s[0])
    chosen: list[float] = []
    while len(chosen) < _CANDIDATES and np.isfinite(likeness.max()):
        k = int(np.argmax(likeness))
        chosen.append(start_s + float(lags_s[k]))
        likeness[np.abs(lags_s - lags_s[k]) < _APART_S] = -np.inf
    return chosen


def _features(block: ImuBlock) -> FloatArray:
    """Speed of turning and size of the force (2, n) at 50 Hz, what is slow taken off."""
    t_s = np.arange(block.t_s[0], block.t_s[-1], 1.0 / _RATE_HZ)
    norms = np.linalg.norm(block.gyr_rads, axis=1), np.linalg.norm(block.acc_ms2, axis=1)
    rows = np.array([_running_mean(np.interp(t_s, block.t_s, x), _SMOOTH_S) for x in norms])
    return np.array([row - _running_mean(row, _SLOW_S) for row in rows])


def _running_mean(x: FloatArray, width_s: float) -> FloatArray:
    width = max(1, int(width_s * _RATE_HZ)) | 1
    padded = np.pad(x, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1.0 / width), "valid")


def _correlation(x: FloatArray, y: FloatArray) -> FloatArray:
    """Normalised cross-correlation at every lag of ``y``; a small overlap counts for less."""
    size = 1 << (len(x) + len(y) - 1).bit_length()

    def against(a: FloatArray, b: FloatArray) -> FloatArray:
        product = np.fft.irfft(np.fft.rfft(a, size) * np.fft.rfft(b[::-1], size), size)
        return np.asarray(product[: len(x) + len(y) - 1])

    energy_x = np.maximum(against(x * x, np.ones(len(y))), _LEAST_SHARE * float(x @ x))
    energy_y = np.maximum(against(np.ones(len(x)), y * y), _LEAST_SHARE * float(y @ y))
    return np.asarray(against(x, y) / np.sqrt(energy_x * energy_y + 1e-12))


def _refined(reference: OrientedBlock, other: OrientedBlock, offset_s: float) -> tuple[float, float]:
    """The offset near ``offset_s`` at which the joint agrees best, between steps too, and how well."""
    offsets = offset_s + np.arange(-_COARSE_S, _COARSE_S + 1e-9, _FINE_S)
    values = np.array([_disagreement(reference, other, o) for o in offsets.tolist()])
    k = int(np.argmin(values))
    if not 0 < k < len(values) - 1:
        return float(offsets[k]), float(values[k])
    # Squares of the disagreement make a parabola about the offset.
    down, here, up = (values[k - 1 : k + 2] ** 2).tolist()
    bend = down - 2.0 * here + up
    shift = 0.5 * (down - up) / bend if bend > 0.0 else 0.0
    return float(offsets[k] + shift * _FINE_S), float(values[k])


def _disagreement(reference: OrientedBlock, other: OrientedBlock, offset_s: float) -> float:
    """What the two forces at the joint differ by at this offset, m/s²; infinite without overlap."""
    start = max(float(reference.t_s[0]), float(other.t_s[0]) + offset_s)
    stop = min(float(reference.t_s[-1]), float(other.t_s[-1]) + offset_s)
    if stop - start < 0.5 * _LEAST_OVERLAP_S:
        return float("inf")
    start, stop = _liveliest(reference, start, stop)
    aligner = GridAligner([Segment.PELVIS, Segment.THIGH_RIGHT], _RATE_HZ)
    aligner.push(Segment.PELVIS, _between(reference, start, stop))
    moved = replace(other, t_s=other.t_s + offset_s)
    aligner.push(Segment.THIGH_RIGHT, _between(moved, start, stop))
    block = aligner.flush()
    if block is None:
        return float("inf")
    sensors = block.segments
    return joint_disagreement_ms2(sensors[Segment.PELVIS], sensors[Segment.THIGH_RIGHT], _PARAMS)


def _liveliest(block: OrientedBlock, start: float, stop: float) -> tuple[float, float]:
    """The part of [start, stop) that says most, where all of it would take long."""
    if stop - start <= _WINDOW_S:
        return start, stop
    inside = (block.t_s >= start) & (block.t_s < stop)
    t_s, turning = block.t_s[inside], np.linalg.norm(block.gyr_rads[inside], axis=1) ** 2
    total = np.concatenate(([0.0], np.cumsum(turning)))
    ends = np.searchsorted(t_s, t_s + _WINDOW_S)
    whole = t_s + _WINDOW_S <= stop
    k = int(np.argmax(np.where(whole, total[ends] - total[:-1], -1.0)))
    return float(t_s[k]), float(t_s[k]) + _WINDOW_S


def _between(block: OrientedBlock, start: float, stop: float) -> OrientedBlock:
    first, last = np.searchsorted(block.t_s, (start - 0.1, stop + 0.1))
    part = slice(int(first), int(last))
    return OrientedBlock(
        block.t_s[part],
        block.q_es[part],
        block.gyr_rads[part],
        block.acc_ms2[part],
        block.inclination_sd_rad[part],
        block.heading_sd_rad[part],
        block.quality[part],
    )
