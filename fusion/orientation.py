"""Orientation of one sensor from rate and specific force, at irregular times and across gaps.

A Kalman filter of velocity, tilt and gyroscope bias whose measurement is that a worn sensor's velocity is
none; its steady state is VQF (Laidig & Seel 2023, doi 10.1016/j.inffus.2022.10.014). Every step has its own
length; a gap is bridged by the best linear estimate from the rates around it, and what the bridge may have
cost enters the covariance, so that gravity pulls back at once.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.heading import MagneticHeading
from fusion.kernels import estimator
from fusion.kernels.estimator_state import (
    BIAS,
    BUFFER_ROWS,
    REST_TIME,
    STARTED,
    STATE_SIZE,
    TILT_COLUMNS,
    TIME,
)
from fusion.types import FloatArray, ImuBlock, OrientedBlock

_DPS = float(np.pi / 180.0)
# A packet of one sensor is a few microseconds: looking these up each time would show.
_empty, _contiguous = np.empty, np.ascontiguousarray
_NOT_WANTED = np.empty((0, TILT_COLUMNS))


@dataclass(frozen=True, slots=True)
class OrientationParams:
    """Constants of the estimator; rest detection and start bias are VQF's."""

    velocity_noise_ms: float = 0.15
    """How far from zero a worn sensor's velocity is, averaged over a second (m/s·√s). Smaller trusts the
    accelerometer more."""
    tau_vertical_s: float = 3.0
    """Time constant of the vertical in steady state, that of VQF's low-pass. Smaller follows the
    accelerometer, larger trusts the gyroscope."""
    tilt_noise_still: float = 0.5
    tilt_noise_rate: float = 0.1
    """Share of the noise that this time constant stands for: of a still sensor, and more for each
    (rad/s)² of rate."""
    tau_activity_s: float = 2.0
    """How quickly the noises follow the sensor's activity, the running mean of its squared velocity …"""
    activity_ms: float = 0.18
    """… in units of this velocity, squared, …"""
    activity_min: float = 0.2
    activity_max: float = 200.0
    """… and within these: a sprinter gains 4 m/s and more within a few steps."""
    bias_sd_init_rads: float = 0.5 * _DPS
    bias_walk_rads: float = 0.01 * _DPS
    """How much the bias may change, rad/s/√s: 0.1 °/s in 100 s."""
    bias_clip_rads: float = 6.0 * _DPS
    """No bias larger than this is believed."""
    tau_rest_s: float = 0.5
    """Time constant of the rest detector's low-pass."""
    rest_min_s: float = 1.5
    """How long it must be still before the mean rate counts as bias."""
    rest_gyr_rads: float = 2.0 * _DPS
    rest_acc_ms2: float = 0.5
    """Largest deviation from the low-passed value that still is rest."""
    rest_bias_sd_rads: float = 0.1 * _DPS
    """Error of the mean rate at rest over a second (rad/s·√s)."""
    rest_velocity: float = 0.1
    """Share of the velocity's noise that is left at rest."""
    gap_curve: float = 0.0165
    """Error of a gap's bridge by the curvature of the rate, of its second derivative · gap³ …"""
    gap_turn: float = 0.45
    """… at most this share of the turn itself …"""
    gap_floor_rads: float = 0.01
    """… and this for each second besides."""
    gap_max_s: float = 0.6
    """Across longer gaps nothing of the motion is known: the mean of both rates, not bettered later."""
    rate_length_s: float = 0.08
    """How long a rate is like itself (length of the Matérn covariance)."""
    rate_noise: float = 0.005
    """Error of a rate as a share of its spread."""
    speed_sd_ms: float = 0.25
    """How fast a worn sensor usually is, and how soon it has changed its velocity."""
    tau_speed_s: float = 1.0
    acc_sd_rad: float = 0.2
    """One force's error of the vertical, besides what it accelerates."""
    tau_motion_s: float = 1.0
    """Averaging time of the rate's square and of its curvature's."""
    tau_force_s: float = 3.0
    """Averaging time of the squared horizontal force."""
    lost_sd_rad: float = 0.5
    """After a gap that cost more, the vertical is found anew."""
    levelling_s: float = 0.7
    """For so long, at the start and when lost, the mean force is the vertical."""
    motion_bias_share: float = 0.25
    """Share of what motion says about the bias that is believed: errors of a moving sensor follow its
    motion, and would make the heading drift. 1 believes all, 0 learns the bias at rest only."""
    tau_pull_s: float = 3.0
    """Over how long what the force turns the vertical by is compared with what the filter was ready for;
    the excess is told as uncertainty."""
    gap_unseen_rads: float = 0.5
    """How fast one may have turned in a gap that began and ended at rest, in each second beyond its
    first half `gap_max_s`."""
    lever_m: float = 0.15
    """How far from what it turns about a sensor is worn: turning says how fast it may be."""
    rate_rough: float = 800.0
    """Curvature of the rate as a multiple of it, 1/s², up to which `rate_length_s` holds; it is shorter
    for a rate that shakes more."""


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
        self._state, self._next = np.zeros(BUFFER_ROWS), np.empty(BUFFER_ROWS)
        if self._heading:
            self._heading.reset()

    @property
    def state(self) -> FloatArray:
        """All that the estimator remembers; give it to `restore` to go on from here."""
        heading = self._heading.state if self._heading else np.empty(0)
        return np.concatenate((self._state[:STATE_SIZE], heading))

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier.

        Raises `InputError` when it is not one of an estimator like this.
        """
        values = np.array(state, float)
        if values.shape != self.state.shape:
            raise InputError(f"orientation state has shape {values.shape}, not {self.state.shape}")
        self._state = np.zeros(BUFFER_ROWS)
        self._state[:STATE_SIZE] = values[:STATE_SIZE]
        if self._heading:
            self._heading.restore(values[STATE_SIZE:])

    @property
    def bias_rads(self) -> FloatArray:
        """Estimated gyroscope bias (3,) in S."""
        return self._state[BIAS : BIAS + 3].copy()

    @property
    def resting(self) -> bool:
        """Whether the sensor has been lying still long enough to learn its bias."""
        return bool(self._state[REST_TIME] >= self.params.rest_min_s)

    def update(self, block: ImuBlock) -> OrientedBlock:
        """Orientation at every sample of ``block``, which follows the one before in time.

        Raises `InputError` when times do not increase or a value is not finite.
        """
        return self._take(block, _NOT_WANTED)

    def update_with_tilt(self, block: ImuBlock) -> tuple[OrientedBlock, FloatArray, FloatArray]:
        """The same, and the filter's horizontal velocity and covariance, for a smoother.

        Velocity (n, 2) in E, m/s; covariance (n, 4, 4) of velocity and of tilt about E's X and Y, rad.
        """
        tilt = np.empty((len(block), TILT_COLUMNS))
        oriented = self._take(block, tilt)
        return oriented, tilt[:, :2], symmetric(tilt[:, 2:])

    def _take(self, block: ImuBlock, tilt: FloatArray) -> OrientedBlock:
        oriented = orient_alone(self._state, self._next, self._p, block, tilt)
        self._state, self._next = self._next, self._state
        return oriented if self._heading is None else self._with_heading(self._heading, block, oriented)

    @staticmethod
    def _with_heading(heading: MagneticHeading, block: ImuBlock, oriented: OrientedBlock) -> OrientedBlock:
        if block.mag_ut is None:
            return oriented
        q_es, heading_sd = heading.update(
            block.t_s, oriented.q_es, oriented.gyr_rads, oriented.heading_sd_rad, block.mag_ut
        )
        return replace(oriented, q_es=q_es, heading_sd_rad=heading_sd)


def last_time_s(state: FloatArray) -> float:
    """Time of the last sample of a state (STATE_SIZE,); before all others where there was none."""
    return float(state[TIME]) if state[STARTED] else -np.inf


def orient_alone(
    before: FloatArray, after: FloatArray, p: FloatArray, block: ImuBlock, tilt: FloatArray = _NOT_WANTED
) -> OrientedBlock:
    """Orientation of one sensor's ``block`` from its state ``before`` to that ``after`` (BUFFER_ROWS,).

    Raises `InputError` when times do not increase or a value is not finite; ``after`` then means nothing.
    """
    t_s, acc_ms2, n = block.t_s, block.acc_ms2, len(block.t_s)
    q_es, gyr_rads, quality = _empty((n, 4)), _empty((n, 3)), _empty(n, np.uint8)
    inclination_sd_rad, heading_sd_rad = _empty(n), _empty(n)
    if not estimator.alone(
        before,
        after,
        p,
        _contiguous(t_s, float),
        _contiguous(acc_ms2, float),
        _contiguous(block.gyr_rads, float),
        _contiguous(block.quality, np.uint8),
        q_es,
        gyr_rads,
        inclination_sd_rad,
        heading_sd_rad,
        quality,
        tilt,
    ):
        refuse_unusable(block, last_time_s(before))
    return OrientedBlock(t_s, q_es, gyr_rads, acc_ms2, inclination_sd_rad, heading_sd_rad, quality)


def refuse_unusable(block: ImuBlock, last_s: float) -> None:
    """Raise `InputError` where a value of ``block`` is not finite or a time not after the one before."""
    bad = estimator.first_unusable(block.t_s, block.acc_ms2, block.gyr_rads, last_s)
    if bad >= 0:
        raise InputError(
            f"{block.device_id}: a value is not a number at {block.t_s[bad]:.4f} s; leave such samples out"
        )
    if bad < -1:
        raise InputError(
            f"{block.device_id}: time does not increase at {block.t_s[-2 - bad]:.4f} s;"
            " sort the samples and drop doubles"
        )


def symmetric(packed: FloatArray) -> FloatArray:
    """Matrices (n, 4, 4) of their upper triangles (n, 10), row by row."""
    rows, columns = np.triu_indices(4)
    whole = np.empty((len(packed), 4, 4))
    whole[:, rows, columns] = whole[:, columns, rows] = packed
    return whole
