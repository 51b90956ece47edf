"""Relative heading of two segments without a magnetometer, from the joint between them.

Each sensor's earth frame has the right vertical and a heading of its own, which drifts. What joins the two
is the joint: the specific force at its centre is one and the same, whichever sensor it is computed from
(Weygers et al., IEEE Sensors Journal 20 (14), 7969, 2020), and a hinge turns about one axis only (Laidig,
Schauer & Seel, ICORR 2017, 971; Lehmann, Laidig & Seel, AUTOMED 2020). Levers from the sensors to the
joint's centre are estimated along with the angle (as in Seel et al. 2012, doi 10.1109/CCA.2012.6402423),
and so is the delay between a sensor's force and its rate.

Nothing here moves a vertical: tilt, list, pitch and sagittal flexion stay what they are without it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.kernels import joint, joint_state
from fusion.kernels.joint_search import UNKNOWN_VARIANCE, search
from fusion.orientation import OrientationEstimator
from fusion.smoothing import smooth_orientation
from fusion.types import FloatArray, ImuBlock, OrientedBlock, SampleQuality

_START_SD_RAD = float(np.radians(2.0))
_GAP = int(SampleQuality.AFTER_GAP | SampleQuality.BRIDGED)


@dataclass(frozen=True, slots=True)
class RelativeHeadingParams:
    """Constants of the estimate; all are of the sensor or the body, none of a recording."""

    fast_s: float = 0.03
    """Time constant above whose frequency the rate's slope is mostly noise."""
    slow_s: float = 0.5
    """Time constant below whose frequency a wrong vertical mixes gravity into the horizontal force."""
    noise_ms2: float = 0.3
    """Least error of the force at the joint: soft tissue, and a centre that is not one point."""
    correlation_s: float = 0.15
    """How long such an error lasts: samples closer than this are one observation."""
    drift_rad_rts: float = float(np.radians(0.5))
    """Random walk of the relative heading, rad/√s. Larger follows faster, smaller averages longer."""
    lever_sd_m: float = 0.3
    """How far from a sensor the joint's centre is expected."""
    hinge_noise_rads: float = 0.1
    """Least rate across a hinge's axis: play and skin."""
    longest_step_s: float = 0.1
    """Between samples further apart there is no slope of the rate."""
    lag_steps: float = 0.5
    """How many samples before a reported orientation its force was felt: rate and force are sampled
    together, and integrating the rate leads by half a step."""
    lag_sd_s: float = 0.008
    """How much that may differ from one make of sensor to another; the rest is estimated."""
    hinge: bool = False
    """Whether the joint turns about a single axis."""


class RelativeHeading:
    """Streaming estimate for one joint: by which angle the second sensor's earth frame must be turned.

    ``q_e1_s2 = (cos δ/2, 0, 0, sin δ/2) ⊗ q_e2_s2`` with δ from `update`. Where nothing moves, its
    uncertainty grows; equal for any splitting of the input.
    """

    def __init__(self, params: RelativeHeadingParams | None = None) -> None:
        self.params = params or RelativeHeadingParams()
        self._p = np.array(astuple(self.params), float)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._state = np.zeros(joint_state.STATE_SIZE)
        self._state[joint_state.VARIANCE] = UNKNOWN_VARIANCE
        self._state[joint_state.EXPECTED_SD] = self.params.lever_sd_m

    @property
    def state(self) -> FloatArray:
        """All that is remembered; give it to `restore` to go on from here."""
        return self._state.copy()

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier. Raises `InputError` when it is none."""
        values = np.array(state, float)
        if values.shape != self._state.shape:
            raise InputError(f"relative heading state has shape {values.shape}, not {self._state.shape}")
        self._state = values

    @property
    def heading_rad(self) -> float:
        """The present angle."""
        return float(self._state[joint_state.HEADING])

    @property
    def sd_rad(self) -> float:
        """Its one-sigma uncertainty; 1.8 when nothing is known."""
        return float(np.sqrt(self._state[joint_state.VARIANCE]))

    @property
    def levers_m(self) -> tuple[FloatArray, FloatArray]:
        """From each sensor to the joint's centre (3,), in S, as far as the motion has shown them."""
        u = self._state[joint_state.UNKNOWNS : joint_state.RESIDUAL]
        return u[0:3].copy(), u[4:7].copy()

    @property
    def residual_ms2(self) -> float:
        """What the two forces at the joint differ by, root mean square; never below ``noise_ms2``."""
        return float(np.sqrt(self._state[joint_state.RESIDUAL]))

    def expect(self, heading_rad: float, sd_rad: float) -> None:
        """Take in what is known from elsewhere, such as that both segments face one way in a stand.

        Replaces what was expected before, unless that still says more. Raises `InputError` when a value is
        not finite or the uncertainty not positive.
        """
        if not (np.isfinite(heading_rad) and np.isfinite(sd_rad) and sd_rad > 0.0):
            raise InputError(f"expected heading {heading_rad!r} ± {sd_rad!r} rad: both must be finite")
        weight = 1.0 / sd_rad**2
        prior = self._state[joint_state.PRIOR : joint_state.PRIOR + 2]
        if weight > np.hypot(prior[0], prior[1]):
            prior[:] = weight * np.cos(heading_rad), weight * np.sin(heading_rad)
            self.search()

    def expect_levers(self, first_m: ArrayLike, second_m: ArrayLike, sd_m: float) -> None:
        """Say where the joint's centre lies (3,), m, seen from each sensor in S; the motion refines it."""
        levers = np.concatenate((np.asarray(first_m, float), np.asarray(second_m, float)))
        if levers.shape != (6,) or not np.isfinite(levers).all() or not sd_m > 0.0:
            raise InputError("levers are two vectors of three finite numbers, in m, with a positive sd")
        self._state[joint_state.EXPECTED : joint_state.EXPECTED + 6] = levers
        self._state[joint_state.EXPECTED_SD] = sd_m

    def search(self) -> None:
        """Find the angle now rather than at the next quarter of a second."""
        search(self._state, self._p)

    def update(self, first: OrientedBlock, second: OrientedBlock) -> tuple[FloatArray, FloatArray]:
        """Angle and its one-sigma uncertainty (n,), rad, after each of the common sample times.

        NaN samples (a silent sensor) are passed over. Raises `InputError` when the times differ.
        """
        if len(first) != len(second) or not np.array_equal(first.t_s, second.t_s):
            raise InputError("relative heading needs both sensors at the same times; align them first")
        heading, sd = np.empty(len(first)), np.empty(len(first))
        samples, variances = np.empty((len(first), 20)), np.empty((len(first), 2))
        for k, one in enumerate((first, second)):
            at = 10 * k
            samples[:, at : at + 4], samples[:, at + 4 : at + 7] = one.q_es, one.acc_ms2
            samples[:, at + 7 : at + 10] = one.gyr_rads
            np.square(one.heading_sd_rad, out=variances[:, k])
        joint.follow(
            self._state,
            self._p,
            np.ascontiguousarray(first.t_s),
            samples,
            variances,
            ((first.quality | second.quality) & _GAP) != 0,
            heading,
            sd,
        )
        return heading, sd


def smooth_relative_heading(
    first: OrientedBlock,
    second: OrientedBlock,
    params: RelativeHeadingParams | None = None,
    *,
    start_rad: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Angle and uncertainty (n,) over a whole recording, from what came before and after each sample.

    ``start_rad`` is the angle at the first sample, where it is known.
    """
    params = params or RelativeHeadingParams()
    ahead, ahead_sd = _from(start_rad, params).update(first, second)
    back = RelativeHeading(replace(params, lag_steps=-params.lag_steps))
    behind, behind_sd = back.update(_reversed(first), _reversed(second))
    weights = 1.0 / ahead_sd**2, 1.0 / behind_sd[::-1] ** 2
    turn = weights[0] * np.exp(1j * ahead) + weights[1] * np.exp(1j * behind[::-1])
    return np.angle(turn), 1.0 / np.sqrt(weights[0] + weights[1])


def joint_disagreement_ms2(
    first: OrientedBlock, second: OrientedBlock, params: RelativeHeadingParams | None = None
) -> float:
    """What the forces at the joint differ by over a recording, root mean square, at the best angle."""
    params = params or RelativeHeadingParams()
    estimate = RelativeHeading(params)
    state = estimate.state
    state[joint_state.NEXT] = np.inf  # one search at the end is enough
    estimate.restore(state)
    estimate.update(first, second)
    estimate.search()
    return estimate.residual_ms2


def estimate_relative_orientation(
    t_s: ArrayLike,
    acc1_ms2: ArrayLike,
    gyr1_rads: ArrayLike,
    acc2_ms2: ArrayLike,
    gyr2_rads: ArrayLike,
    *,
    dof: int | None = None,
    start_q_s1_s2: ArrayLike | None = None,
    smooth: bool = False,
) -> FloatArray:
    """Orientation ``q_s1_s2`` (n, 4) of sensor 2 in sensor 1, without a magnetometer.

    ``t_s`` (n,) strictly increasing, samples (n, 3) of both sensors at these times. ``dof`` 1 says that the
    joint between them is a hinge; any other joint whose centre is one point needs nothing said.
    ``start_q_s1_s2`` (4,) is the answer at the first sample, where it is known; otherwise the first
    movement finds the heading, and until then both sensors' own stand. Causal unless ``smooth``.
    Raises `InputError` for shapes that do not fit and values that cannot be.
    """
    if dof not in {None, 1, 2, 3}:
        raise InputError(f"a joint has 1, 2 or 3 degrees of freedom, not {dof!r}")
    pair = [
        _block(name, t_s, acc, gyr)
        for name, acc, gyr in (("sensor 1", acc1_ms2, gyr1_rads), ("sensor 2", acc2_ms2, gyr2_rads))
    ]
    params = RelativeHeadingParams(hinge=dof == 1)
    orient = smooth_orientation if smooth else _causal
    first, second = (orient(block) for block in pair)
    start = None if start_q_s1_s2 is None or not len(first) else _start(first, second, start_q_s1_s2)
    if smooth:
        heading_rad, _ = smooth_relative_heading(first, second, params, start_rad=start)
    else:
        heading_rad, _ = _from(start, params).update(first, second)
    turned = quat.multiply(about_vertical(heading_rad), second.q_es)
    return quat.multiply(quat.conjugate(first.q_es), turned)


def _causal(block: ImuBlock) -> OrientedBlock:
    return OrientationEstimator().update(block)


def _from(start_rad: float | None, params: RelativeHeadingParams) -> RelativeHeading:
    estimate = RelativeHeading(params)
    if start_rad is not None:
        estimate.expect(start_rad, _START_SD_RAD)
    return estimate


def _start(first: OrientedBlock, second: OrientedBlock, q_s1_s2: ArrayLike) -> float:
    """The angle that a known first orientation (4,) means."""
    q = np.asarray(q_s1_s2, float)
    if q.shape != (4,) or not abs(float(np.linalg.norm(q)) - 1.0) < 1e-3:
        raise InputError(f"start_q_s1_s2 must be one unit quaternion (w, x, y, z), not {q_s1_s2!r}")
    known = quat.multiply(quat.multiply(first.q_es[0], q), quat.conjugate(second.q_es[0]))
    return float(2.0 * np.arctan2(known[3], known[0]))


def about_vertical(angle_rad: ArrayLike) -> FloatArray:
    """Rotations (n, 4) about E's Z."""
    half = 0.5 * np.asarray(angle_rad, float)
    return np.stack((np.cos(half), np.zeros_like(half), np.zeros_like(half), np.sin(half)), axis=-1)


def _block(name: str, t_s: ArrayLike, acc_ms2: ArrayLike, gyr_rads: ArrayLike) -> ImuBlock:
    t, acc, gyr = (np.asarray(a, float) for a in (t_s, acc_ms2, gyr_rads))
    for kind, values in (("acceleration", acc), ("rate", gyr)):
        if values.shape != (*t.shape, 3) or t.ndim != 1:
            raise InputError(
                f"{name}: {kind} has shape {values.shape}, expected ({t.size}, 3) to go with t_s"
            )
    return ImuBlock(name, 0, t, acc, gyr, None, np.zeros(len(t), np.uint8))


def _reversed(block: OrientedBlock) -> OrientedBlock:
    """The same motion as if time ran back."""
    return OrientedBlock(
        (block.t_s[-1] - block.t_s)[::-1],
        block.q_es[::-1],
        -block.gyr_rads[::-1],
        block.acc_ms2[::-1],
        block.inclination_sd_rad[::-1],
        # The uncertainty of a heading grows with time, whichever way it runs.
        (block.heading_sd_rad[-1] - block.heading_sd_rad)[::-1],
        block.quality[::-1],
    )
