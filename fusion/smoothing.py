"""Orientation of a recording: the estimator forwards and backwards, each sample from both.

What a gap or a shaken sensor costs one direction, the other has not met yet. Each direction knows velocity
and tilt with their covariance; joined by it (the two-filter form of Fraser & Potter 1969, doi
10.1109/TAC.1969.1099196) they give the most probable tilt. Only the vertical is made better; the heading
stays the forward pass's, for nothing measures it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.kernels.estimator_state import LEVEL_SD_MIN
from fusion.orientation import OrientationEstimator, OrientationParams
from fusion.types import FloatArray, ImuBlock, OrientedBlock

SMOOTHING = OrientationParams(tau_activity_s=5.0, activity_ms=0.2, tilt_noise_still=1.0, tilt_noise_rate=0.0)
"""With both directions at hand the noise need not follow the moment so closely."""

_GAP = 1.5
"""A step longer than this many usual ones is a gap."""
_CUBIC_MAX_S = 0.15
_CHUNK = 20_000
"""Samples joined at a time, so that a long recording does not need gigabytes."""
_REVERSED_TIME = np.array([-1.0, -1.0, 1.0, 1.0])
"""Seen backwards, a velocity has the other sign and a tilt the same."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """What one direction knows at each sample, in the recording's order and sense of time."""

    q_es: FloatArray
    gyr_rads: FloatArray
    velocity_ms: FloatArray
    """(n, 2), horizontal, in this direction's own E."""
    covariance: FloatArray
    """(n, 4, 4) of that velocity and of the tilt about E's X and Y."""
    sd_rad: FloatArray
    """(n,) of the inclination as this direction tells it, what accelerates for seconds included."""

    def part(self, start: int, stop: int) -> _Pass:
        """Samples [start, stop)."""
        return _Pass(*(getattr(self, f.name)[start:stop] for f in fields(self)))


def smooth_orientation(block: ImuBlock, params: OrientationParams | None = None) -> OrientedBlock:
    """Orientation at every sample of a whole recording, from what came before and after it.

    Raises `InputError` when times do not increase or a value is not finite.
    """
    oriented, velocity_ms, covariance = OrientationEstimator(params or SMOOTHING).update_with_tilt(block)
    if not len(block):
        return oriented
    sd_rad = oriented.inclination_sd_rad
    forward = _Pass(oriented.q_es, oriented.gyr_rads, velocity_ms, covariance, sd_rad)
    backward = _backward_pass(block, params or SMOOTHING)
    starts = range(0, len(block), _CHUNK)
    parts = [_joined(forward.part(k, k + _CHUNK), backward.part(k, k + _CHUNK)) for k in starts]
    q_es, sd_rad = (np.concatenate(column) for column in zip(*parts, strict=True))
    gyr_rads = 0.5 * (forward.gyr_rads + backward.gyr_rads)
    return replace(oriented, q_es=q_es, gyr_rads=gyr_rads, inclination_sd_rad=sd_rad)


class SmoothedOrientation:
    """Gives a recording's smoothed orientation out block by block, in place of a live estimator."""

    def __init__(self, block: ImuBlock, params: OrientationParams | None = None) -> None:
        self._whole = smooth_orientation(block, params)

    def update(self, block: ImuBlock) -> OrientedBlock:
        """The part at the times of ``block``. Raises `InputError` for times that are not in it."""
        whole = self._whole
        part = np.minimum(np.searchsorted(whole.t_s, block.t_s), len(whole) - 1)
        if not np.array_equal(whole.t_s[part], block.t_s):
            raise InputError(f"{block.device_id}: {block.t_s[0]:.4f} s is not in the smoothed recording")
        return OrientedBlock(**{f.name: getattr(whole, f.name)[part] for f in fields(whole)})


def _backward_pass(block: ImuBlock, params: OrientationParams) -> _Pass:
    reversed_block = _reversed(block)
    oriented, velocity_ms, covariance = OrientationEstimator(params).update_with_tilt(reversed_block)
    signs = _REVERSED_TIME[:, None] * _REVERSED_TIME
    gyr_rads = block.gyr_rads + (reversed_block.gyr_rads - oriented.gyr_rads)[::-1]
    sd_rad = oriented.inclination_sd_rad[::-1]
    return _Pass(oriented.q_es[::-1], gyr_rads, -velocity_ms[::-1], covariance[::-1] * signs, sd_rad)


def _joined(forward: _Pass, backward: _Pass) -> tuple[FloatArray, FloatArray]:
    """Orientation (n, 4) and inclination's one-sigma (n,), rad, of the most probable tilt."""
    between = quat.multiply(backward.q_es, quat.conjugate(forward.q_es))
    heading_rad = 2.0 * np.arctan2(between[:, 3], between[:, 0])
    c, s, zero = np.cos(heading_rad), np.sin(heading_rad), np.zeros_like(heading_rad)
    half = 0.5 * heading_rad
    into_forward = np.column_stack((np.cos(half), zero, zero, -np.sin(half)))
    tilt_rad = quat.to_rotation_vector(quat.multiply(into_forward, between))[:, :2]
    turn = np.stack((np.column_stack((c, s)), np.column_stack((-s, c))), axis=1)
    velocity_ms = (turn @ backward.velocity_ms[:, :, None])[:, :, 0]
    both = np.zeros((len(c), 4, 4))
    both[:, :2, :2] = both[:, 2:, 2:] = turn
    theirs = both @ backward.covariance @ both.transpose(0, 2, 1)
    apart = np.column_stack((velocity_ms - forward.velocity_ms, tilt_rad))
    gain = np.linalg.solve(forward.covariance + theirs, forward.covariance).transpose(0, 2, 1)
    correction = (gain @ apart[:, :, None])[:, 2:, 0]
    left = (gain @ theirs)[:, 2:, 2:]
    q_es = quat.multiply(quat.from_rotation_vector(np.column_stack((correction, zero))), forward.q_es)
    expected = np.linalg.solve(forward.covariance + theirs, apart[:, :, None])[:, :, 0]
    further = np.maximum(1.0, np.sum(apart * expected, axis=1) / apart.shape[1])
    joined = further * 0.5 * (left[:, 0, 0] + left[:, 1, 1])
    return q_es, _told(joined, (forward.sd_rad, backward.sd_rad), correction, tilt_rad)


def _told(
    variance: FloatArray, sd_rad: tuple[FloatArray, FloatArray], correction: FloatArray, tilt_rad: FloatArray
) -> FloatArray:
    """One sigma (n,) of the joined inclination: of its covariance, of both passes, of how far they differ.

    Two passes are misled by the same accelerations, so they are no surer together than the surer one; where
    they differ the truth may be at either, and ``variance`` has been widened by how much further apart they
    are than they should be (Birge 1932, doi 10.1103/PhysRev.40.207).
    """
    level = LEVEL_SD_MIN**2
    surer = np.minimum(*sd_rad) ** 2 - level
    between = 0.5 * np.abs(np.sum(correction * (tilt_rad - correction), axis=1))
    return np.asarray(np.sqrt(level + np.maximum(variance, surer) + between))


def _reversed(block: ImuBlock) -> ImuBlock:
    """The recording as if time ran back.

    A sample's rate is the mean since the sample before; seen backwards that interval ends at the sample
    before, so rates move by one. Across a gap there is no such mean: it is read off a cubic through two
    rates on each side, or a line where the gap is too long for one.
    """
    rates = np.vstack((block.gyr_rads[1:], block.gyr_rads[-1:]))
    step_s = np.diff(block.t_s)
    period_s = float(np.median(step_s)) if len(step_s) else 0.0
    for k in np.flatnonzero(step_s > _GAP * period_s):
        rates[k] = _rate_after(block.gyr_rads[max(k - 1, 0) : k + 3], step_s[k], period_s)
    return replace(
        block,
        t_s=(block.t_s[-1] - block.t_s)[::-1],
        acc_ms2=block.acc_ms2[::-1],
        gyr_rads=-rates[::-1],
        mag_ut=None,
        quality=block.quality[::-1],
    )


def _rate_after(rates: FloatArray, gap_s: float, period_s: float) -> FloatArray:
    """Mean rate (3,) of the first period of a gap, from up to two samples on each side of it (≤ 4, 3)."""
    if len(rates) < 4:
        return np.asarray(rates[min(1, len(rates) - 1)])
    if gap_s > _CUBIC_MAX_S:
        return np.asarray(1.5 * rates[1] - 0.5 * rates[0])
    at = np.array((-1.0, 0.0, gap_s / period_s, gap_s / period_s + 1.0)) - 0.5
    apart = at[:, None] - at
    np.fill_diagonal(apart, 1.0)
    towards = np.tile(0.5 - at, (4, 1))
    np.fill_diagonal(towards, 1.0)
    return np.asarray((towards / apart).prod(axis=1) @ rates)
