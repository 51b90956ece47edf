"""What the flesh between a thigh sensor and the bone adds to deep hip flexion, and how much is taken off.

Sources disagree by depth. Biplane fluoroscopy of walking and standing exercises found skin markers *less*
flexed than the bone, by 1.9° (Fiorentino et al. 2017, doi 10.1016/j.gaitpost.2017.03.033); in deep flexion
the thigh presses against belly and calf, and the surface reads 3 to 8 % more than the joint does. So nothing
is taken off up to 45°, and beyond it a share that is small, uncertain and said to be so:

    φ_seen = φ + gain · max(0, φ − 45°)

A pose whose thigh pitch is known (sitting with level thighs on a box) makes the gain the person's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from fusion.kernels.angles import TISSUE_FROM_RAD


@dataclass(frozen=True, slots=True)
class TissueGain:
    """Share of flexion beyond 45° that soft tissue adds, its one sigma, and where it is from."""

    gain: float
    sd: float
    source: str


POPULATION = TissueGain(0.05, 0.03, "population")
"""Lower half of the 0.03–0.08 that is reported, with a one sigma that reaches nearly down to none."""
OFF = TissueGain(0.0, 0.0, "off")
"""For sensors that are not on a thigh, and whoever wants the sensor's own angle."""


@dataclass(frozen=True, slots=True)
class KnownPose:
    """A pose in which flexion was seen and is known, rad; ``sd_rad`` is one sigma of their difference."""

    seen_rad: float
    true_rad: float
    sd_rad: float


def personal_gain(prior: TissueGain, poses: Iterable[KnownPose]) -> TissueGain:
    """The gain after known poses: least squares weighted by how well each pose knows, the prior included.

    A pose bent by less than 45° says nothing and is left out; without any the prior comes back.
    """
    if prior.sd <= 0.0:
        return prior
    weight, total, used = 1.0 / prior.sd**2, prior.gain / prior.sd**2, False
    for pose in poses:
        depth = pose.true_rad - TISSUE_FROM_RAD
        if depth <= 0.0:
            continue
        used = True
        precision = (depth / pose.sd_rad) ** 2
        weight += precision
        total += precision * (pose.seen_rad - pose.true_rad) / depth
    return TissueGain(total / weight, sqrt(1.0 / weight), "personal") if used else prior


def bone_flexion_rad(seen_rad: float, gain: float) -> float:
    """Flexion of the bone when the sensor shows ``seen_rad``."""
    return seen_rad - gain / (1.0 + gain) * max(seen_rad - TISSUE_FROM_RAD, 0.0)
