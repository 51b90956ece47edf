"""Orientation of a recording: the estimator forwards and backwards, each sample from both.

What a gap or a shaken sensor costs one direction, the other has not met yet. Only the vertical is made
better; the heading stays the forward pass's, for nothing measures it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.orientation import OrientationEstimator, OrientationParams
from fusion.types import FloatArray, ImuBlock, OrientedBlock

_GAP = 1.5
"""A step longer than this many usual ones is a gap."""
_LEAD = 0.5
"""Makes each direction one half of the low-pass run forwards and then backwards over the result."""
_UP = np.array([0.0, 0.0, 1.0])


def smooth_orientation(block: ImuBlock, params: OrientationParams | None = None) -> OrientedBlock:
    """Orientation at every sample of a whole recording, from what came before and after it.

    Raises `InputError` when times do not increase or a value is not finite.
    """
    half = params or OrientationParams()
    forward = OrientationEstimator(half).update(block)
    backward = OrientationEstimator(half).update(_reversed(block))
    w_forward = 1.0 / forward.inclination_sd_rad**2
    w_backward = 1.0 / backward.inclination_sd_rad[::-1] ** 2
    share = (w_backward / (w_forward + w_backward))[:, None]
    up_forward = quat.rotate(quat.conjugate(forward.q_es), _UP)
    up_backward = quat.rotate(quat.conjugate(backward.q_es[::-1]), _UP)
    up = (1.0 - share) * up_forward + share * up_backward
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    return replace(
        forward,
        q_es=quat.multiply(forward.q_es, _between(up, up_forward)),
        gyr_rads=(1.0 - share) * forward.gyr_rads - share * backward.gyr_rads[::-1],
        inclination_sd_rad=1.0 / np.sqrt(w_forward + w_backward),
    )


class SmoothedOrientation:
    """Gives a recording's smoothed orientation out block by block, in place of a live estimator."""

    def __init__(self, block: ImuBlock, params: OrientationParams | None = None) -> None:
        self._whole = smooth_orientation(block, params)

    def update(self, block: ImuBlock) -> OrientedBlock:
        """The part at the times of ``block``. Raises `InputError` for times that are not in it."""
        first = int(np.searchsorted(self._whole.t_s, block.t_s[0]))
        part = slice(first, first + len(block))
        if not np.array_equal(self._whole.t_s[part], block.t_s):
            raise InputError(f"{block.device_id}: {block.t_s[0]:.4f} s is not in the smoothed recording")
        w = self._whole
        return OrientedBlock(
            w.t_s[part],
            w.q_es[part],
            w.gyr_rads[part],
            w.acc_ms2[part],
            w.inclination_sd_rad[part],
            w.heading_sd_rad[part],
            w.quality[part],
        )


def _reversed(block: ImuBlock) -> ImuBlock:
    """The recording as if time ran back.

    A sample's rate is the mean since the sample before; seen backwards that interval ends at the sample
    before, so rates move by one. Across a gap there is no such mean, and the rate on its far side stands.
    """
    step_s = np.diff(block.t_s)
    whole = step_s <= _GAP * np.median(step_s) if len(step_s) else np.zeros(0, bool)
    rates = block.gyr_rads.copy()
    rates[:-1][whole] = block.gyr_rads[1:][whole]
    return replace(
        block,
        t_s=(block.t_s[-1] - block.t_s)[::-1],
        acc_ms2=block.acc_ms2[::-1],
        gyr_rads=-rates[::-1],
        mag_ut=None,
        quality=block.quality[::-1],
    )


def _between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Smallest rotations (n, 4) that turn unit vectors ``a`` (n, 3) into ``b``, not opposite ones."""
    w = 1.0 + np.sum(a * b, axis=1, keepdims=True)
    return quat.normalize(np.hstack((w, np.cross(a, b))))
