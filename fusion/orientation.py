"""Orientation of one sensor from rate and specific force, at irregular times and across gaps.

The estimator follows VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014) and differs where a radio
loses samples: every step has its own length, gaps are bridged with the rates on both sides, and what a
gap may have cost shortens the memory of the vertical, so that gravity pulls back at once.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.heading import MagneticHeading
from fusion.input_checks import check_recording
from fusion.kernels import estimator
from fusion.types import FloatArray, ImuBlock, OrientedBlock

_DPS = float(np.pi / 180.0)


@dataclass(frozen=True, slots=True)
class OrientationParams:
    """Constants of the estimator; defaults are VQF's where it has the constant too."""

    tau_acc_s: float = 3.0
    """Time constant of the vertical. Smaller follows the accelerometer, larger trusts the gyroscope."""
    tau_rest_s: float = 0.5
    """Time constant of the rest detector's low-pass."""
    rest_min_s: float = 1.5
    """How long it must be still before the mean rate counts as bias."""
    rest_gyr_rads: float = 2.0 * _DPS
    rest_acc_ms2: float = 0.5
    """Largest deviation from the low-passed value that still is rest."""
    bias_sd_init_rads: float = 0.5 * _DPS
    bias_clip_rads: float = 2.0 * _DPS
    """No bias larger than this is believed."""
    bias_forgetting_s: float = 100.0
    """Time after which the bias may have changed by 0.1 °/s."""
    bias_sd_motion_rads: float = 0.1 * _DPS
    bias_vertical_gain: float = 1e-4
    """How much less the rate about the vertical is believed: nothing measures it in motion."""
    bias_sd_rest_rads: float = 0.03 * _DPS
    gap_gain: float = 0.4
    """Scale of the uncertainty that a gap adds."""
    acc_sd_rad: float = 0.5
    """One sample's error of the vertical in motion."""
    curve_max_s: float = 0.15
    """Longest gap that is bridged by a cubic; longer ones by the mean of both rates."""
    gap_motion_s: float = 0.18
    """The motion's own time: gaps shorter than this are bridged the better the shorter they are."""
    lead: float = 0.0
    """Share of the vertical's present change that is added; 0 live, ½ for one half of the smoother."""


class OrientationEstimator:
    """Streaming estimator of one sensor: blocks in, oriented blocks out, equal for any splitting.

    >>> estimator = OrientationEstimator()
    >>> oriented = estimator.update(block)  # doctest: +SKIP
    """

    def __init__(self, params: OrientationParams | None = None, *, use_magnetometer: bool = False) -> None:
        self.params = params or OrientationParams()
        self._p = np.array(astuple(self.params), float)
        self._heading = MagneticHeading() if use_magnetometer else None
        self.reset()

    def reset(self) -> None:
        """Forget everything, as if made anew."""
        self._state = np.zeros(estimator.STATE_SIZE)
        if self._heading:
            self._heading.reset()

    @property
    def state(self) -> FloatArray:
        """All that the estimator remembers; give it to `restore` to go on from here."""
        heading = self._heading.state if self._heading else np.empty(0)
        return np.concatenate((self._state, heading))

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier.

        Raises `InputError` when it is not one of an estimator like this.
        """
        values = np.array(state, float)
        if values.shape != self.state.shape:
            raise InputError(f"orientation state has shape {values.shape}, not {self.state.shape}")
        self._state = values[: estimator.STATE_SIZE].copy()
        if self._heading:
            self._heading.restore(values[estimator.STATE_SIZE :])

    @property
    def bias_rads(self) -> FloatArray:
        """Estimated gyroscope bias (3,) in S."""
        return self._state[estimator.BIAS : estimator.BIAS + 3].copy()

    @property
    def resting(self) -> bool:
        """Whether the sensor has been lying still long enough to learn its bias."""
        return bool(self._state[estimator.REST_TIME] >= self.params.rest_min_s)

    def update(self, block: ImuBlock) -> OrientedBlock:
        """Orientation at every sample of ``block``, which follows the one before in time.

        Raises `InputError` when times do not increase or a value is not finite.
        """
        self._check(block)
        n = len(block)
        q_es, gyr = np.empty((n, 4)), np.empty((n, 3))
        inclination_sd, heading_sd = np.empty(n), np.empty(n)
        quality = np.empty(n, np.uint8)
        estimator.estimate(
            self._state,
            self._p,
            np.ascontiguousarray(block.t_s, float),
            np.ascontiguousarray(block.acc_ms2, float),
            np.ascontiguousarray(block.gyr_rads, float),
            np.ascontiguousarray(block.quality, np.uint8),
            q_es,
            gyr,
            inclination_sd,
            heading_sd,
            quality,
        )
        if self._heading and block.mag_ut is not None:
            q_es, heading_sd = self._heading.update(block.t_s, q_es, heading_sd, block.mag_ut)
        return OrientedBlock(block.t_s, q_es, gyr, block.acc_ms2, inclination_sd, heading_sd, quality)

    def _check(self, block: ImuBlock) -> None:
        last_s = self._state[estimator.TIME] if self._state[estimator.STARTED] else -np.inf
        bad = estimator.first_unusable(block.t_s, block.acc_ms2, block.gyr_rads, last_s)
        if bad == -1:
            return
        if bad >= 0:
            raise InputError(
                f"{block.device_id}: a value is not a number at {block.t_s[bad]:.4f} s;"
                " leave such samples out"
            )
        raise InputError(
            f"{block.device_id}: time does not increase at {block.t_s[-2 - bad]:.4f} s;"
            " sort the samples and drop doubles"
        )


def estimate_orientation(
    *,
    t_s: ArrayLike,
    acc_ms2: ArrayLike,
    gyr_rads: ArrayLike,
    mag_ut: ArrayLike | None = None,
    params: OrientationParams | None = None,
) -> FloatArray:
    """Causal orientation ``q_es`` (n, 4) of one sensor; irregular times and gaps are welcome.

    ``t_s`` (n,) strictly increasing; ``acc_ms2``, ``gyr_rads`` and, for an absolute heading,
    ``mag_ut`` (n, 3), all in the sensor's frame. Raises `InputError` for shapes that do not fit
    and samples that cannot be (not finite, times not increasing, foreign units).
    """
    t, acc, gyr = (np.asarray(a, float) for a in (t_s, acc_ms2, gyr_rads))
    mag = None if mag_ut is None else np.asarray(mag_ut, float)
    for name, values in (("acc_ms2", acc), ("gyr_rads", gyr), ("mag_ut", mag)):
        if values is not None and values.shape != (len(t), 3):
            raise InputError(f"{name} has shape {values.shape}, expected ({len(t)}, 3) to go with t_s")
    block = ImuBlock("input", 0, t, acc, gyr, mag, np.zeros(len(t), np.uint8))
    block, _ = check_recording(block, keep_repeats=True)
    return OrientationEstimator(params, use_magnetometer=mag is not None).update(block).q_es
