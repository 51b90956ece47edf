"""Orientation of one sensor from arrays, in one call."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.heading import MagneticHeading
from fusion.input_checks import check_recording
from fusion.orientation import OrientationEstimator, OrientationParams
from fusion.smoothing import smooth_orientation
from fusion.types import FloatArray, ImuBlock


def estimate_orientation(
    *,
    t_s: ArrayLike,
    acc_ms2: ArrayLike,
    gyr_rads: ArrayLike,
    mag_ut: ArrayLike | None = None,
    smooth: bool = False,
    params: OrientationParams | None = None,
) -> FloatArray:
    """Orientation ``q_es`` (n, 4) of one sensor; irregular times and gaps are welcome.

    Causal, or from what comes before and after with ``smooth``. ``t_s`` (n,) strictly increasing;
    ``acc_ms2``, ``gyr_rads`` and, for an absolute heading, ``mag_ut`` (n, 3), all in the sensor's frame.
    Raises `InputError` for shapes that do not fit and samples that cannot be (not finite, times not
    increasing, foreign units).
    """
    block = _block(t_s, acc_ms2, gyr_rads, mag_ut)
    block, _ = check_recording(block, keep_repeats=True)
    if not smooth:
        return OrientationEstimator(params, use_magnetometer=block.mag_ut is not None).update(block).q_es
    o = smooth_orientation(block, params)
    if block.mag_ut is None:
        return o.q_es
    return MagneticHeading().update(o.t_s, o.q_es, o.gyr_rads, o.heading_sd_rad, block.mag_ut)[0]


def _block(t_s: ArrayLike, acc_ms2: ArrayLike, gyr_rads: ArrayLike, mag_ut: ArrayLike | None) -> ImuBlock:
    t, acc, gyr = (np.asarray(a, float) for a in (t_s, acc_ms2, gyr_rads))
    mag = None if mag_ut is None else np.asarray(mag_ut, float)
    for name, values in (("acc_ms2", acc), ("gyr_rads", gyr), ("mag_ut", mag)):
        if values is not None and (t.ndim != 1 or values.shape != (len(t), 3)):
            raise InputError(f"{name} has shape {values.shape}, expected ({t.size}, 3) to go with t_s")
    return ImuBlock("input", 0, t, acc, gyr, mag, np.zeros(len(t), np.uint8))
