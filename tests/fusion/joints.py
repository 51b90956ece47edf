"""Two sensors on either side of a joint, with exact samples and the truth between them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fusion import quaternion as quat
from fusion.orientation import OrientationEstimator
from fusion.types import FloatArray, ImuBlock, OrientedBlock

GRAVITY_E = np.array([0.0, 0.0, 9.80665])
LEVERS_M = np.array([[0.12, -0.02, 0.03], [-0.15, 0.01, -0.04]])
"""From each sensor to the joint's centre, in S."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Samples of both sensors, and the orientation of the second in the first (n, 4)."""

    first: ImuBlock
    second: ImuBlock
    q_s1_s2: FloatArray


class _Sway:
    """Smooth coordinates (n, 3) from a few sines."""

    def __init__(self, rng: np.random.Generator, size: float) -> None:
        self._hz = rng.uniform(0.25, 1.1, (3, 3))
        self._phase = rng.uniform(0.0, 2.0 * np.pi, (3, 3))
        self._size = size * rng.uniform(0.5, 1.0, (3, 3))

    def __call__(self, t_s: FloatArray) -> FloatArray:
        angle = 2.0 * np.pi * self._hz * t_s[:, None, None] + self._phase
        return np.asarray((self._size * np.sin(angle)).sum(-1))


def joint_pair(
    seconds: float, *, seed: int, rate_hz: float = 60.0, hinge: bool = False, start_heading_rad: float = 0.0
) -> Pair:
    """A ball joint (or a hinge) that moves about; the second sensor starts turned by an angle."""
    rng = np.random.default_rng(seed)
    turning, relative, centre = _Sway(rng, 0.3), _Sway(rng, 0.3), _Sway(rng, 0.08)
    axis = np.array([0.36, 0.48, 0.8])
    mounted = quat.from_rotation_vector([0.2, -0.1, start_heading_rad])

    def between(t_s: FloatArray) -> FloatArray:
        swing = relative(t_s)
        if hinge:
            swing = swing[:, :1] * axis
        return quat.multiply(quat.from_rotation_vector(swing), mounted)

    def first(t_s: FloatArray) -> FloatArray:
        return quat.from_rotation_vector(turning(t_s))

    def second(t_s: FloatArray) -> FloatArray:
        return quat.multiply(first(t_s), between(t_s))

    t_s = np.arange(int(seconds * rate_hz)) / rate_hz
    blocks = []
    for name, pose, lever in zip(("first", "second"), (first, second), LEVERS_M, strict=True):
        position = [centre(t) - quat.rotate(pose(t), lever) for t in (t_s - 1e-3, t_s, t_s + 1e-3)]
        acceleration_e = (position[0] - 2.0 * position[1] + position[2]) / 1e-6
        acc = quat.rotate(quat.conjugate(pose(t_s)), acceleration_e + GRAVITY_E)
        step = quat.multiply(quat.conjugate(pose(t_s - 1e-3)), pose(t_s + 1e-3))
        gyr = quat.to_rotation_vector(step) / 2e-3
        blocks.append(ImuBlock(name, 0, t_s, acc, gyr, None, np.zeros(len(t_s), np.uint8)))
    return Pair(blocks[0], blocks[1], between(t_s))


def oriented(pair: Pair) -> tuple[OrientedBlock, OrientedBlock]:
    """Both sensors' causal orientation."""
    return OrientationEstimator().update(pair.first), OrientationEstimator().update(pair.second)


def cut(block: OrientedBlock, start: int, stop: int) -> OrientedBlock:
    """Samples [start, stop)."""
    part = slice(start, stop)
    return replace(
        block,
        t_s=block.t_s[part],
        q_es=block.q_es[part],
        gyr_rads=block.gyr_rads[part],
        acc_ms2=block.acc_ms2[part],
        inclination_sd_rad=block.inclination_sd_rad[part],
        heading_sd_rad=block.heading_sd_rad[part],
        quality=block.quality[part],
    )


def turned(block: OrientedBlock, angle_rad: FloatArray) -> OrientedBlock:
    """The same sensor with its earth frame turned by an angle (n,) or (), as drift does."""
    half = 0.5 * np.broadcast_to(angle_rad, block.t_s.shape)
    turn = np.stack((np.cos(half), 0.0 * half, 0.0 * half, np.sin(half)), axis=-1)
    return replace(block, q_es=quat.multiply(turn, block.q_es))


def true_heading_rad(pair: Pair, first: OrientedBlock, second: OrientedBlock) -> FloatArray:
    """The angle (n,) that makes the relative orientation right, as far as one angle can."""
    between = quat.multiply(quat.multiply(first.q_es, pair.q_s1_s2), quat.conjugate(second.q_es))
    return np.asarray(2.0 * np.arctan2(between[:, 3], between[:, 0]))
