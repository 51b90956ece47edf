"""Which way an axis points, and whether it is the left–right one at all: four quarter turns a sensor.

What a sensor showed as its axis may point left instead of right, or forward where the leg moved sideways.
The plan, what bodies do, the levers to the hips and the headings that are known each have a say; together
they form a tree (thighs hang from the pelvis, shanks from thighs), over which all turns are weighed at once.
What stays undecided comes out as the chance of being wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.departure import Front
from fusion.alignment.direction import turn_scores
from fusion.alignment.hip_levers import LeverEvidence
from fusion.alignment.hip_range import hip_range_costs
from fusion.alignment.history import SensorHistory
from fusion.alignment.joint_heading import LEVERS_M
from fusion.alignment.reference import Reference
from fusion.motion_hint import MotionHint
from fusion.types import FloatArray, Segment, Side
from fusion.units import RAD_PER_DEG

TURNS = 4
_FACING_SD_RAD = 30.0 * RAD_PER_DEG
"""One sigma of how far apart neighbours face."""
_FACING_MOST = 6.0
_SHARPNESS = 2.5
"""Evidence is capped, piece by piece, and so tells more than its sum. A judgement: without it a first set
of hinges was never sure enough to be counted live; with it ordinary sets of tuning people were counted right.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One sensor's axis: Z (3,) in S before any turn, and its azimuth in the pelvis's earth frame.

    ``azimuth_sd_rad`` is how well the headings are known against each other; ``certain`` when a functional
    movement has shown the axis with its sign, ``front`` what setting off for a walk has shown.
    """

    z_s: FloatArray
    azimuth_rad: float
    azimuth_sd_rad: float
    certain: bool
    front: Front | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """The axis with its sign, and the chances that it points the other way or is another plane's."""

    z_s: FloatArray
    reversed_share: float
    other_plane_share: float


def choose_turns(
    seen: Mapping[Segment, Seen],
    reference: Reference,
    histories: Mapping[Segment, SensorHistory],
    hint: MotionHint,
    levers: Mapping[Segment, LeverEvidence],
) -> dict[Segment, Turned]:
    """The most likely turn of every sensor, the pelvis first, the others as they go with it."""
    axes = {s: [_turned(reference.up_s[s], v.z_s, k) for k in range(TURNS)] for s, v in seen.items()}
    own = {s: _own(s, v, axes[s], reference, histories[s], hint=hint) for s, v in seen.items()}
    links = {
        s: _link(s, parent, seen, axes, reference, levers=levers.get(s))
        for s in seen
        if (parent := _parent(s, seen)) is not None
    }
    for thigh in {side.thigh for side in Side} & links.keys():
        lying = bool(hint.side_lying_deg)
        links[thigh] = links[thigh] - hip_range_costs(thigh, axes, reference, histories, lying=lying)
    tree = _Tree(own, links, {s: _parent(s, seen) for s in seen})
    return {s: Turned(axes[s][k], *_doubts(tree.marginal(s), k)) for s, k in tree.best().items()}


def _parent(segment: Segment, seen: Mapping[Segment, Seen]) -> Segment | None:
    parent = LEVERS_M[segment][0] if segment in LEVERS_M else None
    return parent if parent in seen else None


def _turned(up_s: FloatArray, z_s: FloatArray, quarters: int) -> FloatArray:
    """``z_s`` turned about the vertical."""
    aside = quat.cross(up_s, z_s)
    return np.asarray([z_s, aside, -z_s, -aside][quarters])


def _own(
    segment: Segment,
    seen: Seen,
    axes: list[FloatArray],
    reference: Reference,
    history: SensorHistory,
    *,
    hint: MotionHint,
) -> FloatArray:
    if seen.certain:
        return np.array([0.0, -np.inf, -np.inf, -np.inf])
    scores = turn_scores(segment, reference, history, axes, hint)
    if seen.front is None:
        return scores
    faces = np.array([float(np.cross(reference.up_s[segment], z) @ seen.front.x_s) for z in axes])
    return scores + 0.5 * seen.front.sureness * faces


def _link(
    segment: Segment,
    parent: Segment,
    seen: Mapping[Segment, Seen],
    axes: Mapping[Segment, list[FloatArray]],
    reference: Reference,
    *,
    levers: LeverEvidence | None,
) -> FloatArray:
    """Log likelihood (own turn, parent's turn)."""
    table = np.zeros((TURNS, TURNS))
    one, other = seen[segment], seen[parent]
    alike = _concentration(one.azimuth_sd_rad, other.azimuth_sd_rad)
    frames = [reference.frame_s(segment, z) for z in axes[segment]] if levers is not None else []
    above_frames = [reference.frame_s(parent, z) for z in axes[parent]] if levers is not None else []
    for own in range(TURNS):
        for above in range(TURNS):
            off = one.azimuth_rad - other.azimuth_rad + (own - above) * np.pi / 2.0
            table[own, above] -= min(alike * (1.0 - np.cos(off)), _FACING_MOST)
            if levers is not None:
                table[own, above] += levers.fit(above_frames[above], frames[own])
    return table


def _concentration(*heading_sds_rad: float) -> float:
    """κ of the von Mises distribution of how far apart neighbours are seen to face.

    After Banerjee et al. 2005 (jmlr.org/papers/v6/banerjee05a), from the mean length exp(−σ²/2) of its unit
    vectors. Headings known to 50° still tell back from front.
    """
    length = float(np.exp(-0.5 * (_FACING_SD_RAD**2 + sum(sd**2 for sd in heading_sds_rad))))
    return length * (2.0 - length**2) / (1.0 - length**2)


def _doubts(shares: FloatArray, chosen: int) -> tuple[float, float]:
    return float(shares[chosen - 2]), float(shares[chosen - 1] + shares[chosen - 3])


class _Tree:
    """Sum-product over sensors that hang from each other."""

    def __init__(
        self,
        own: Mapping[Segment, FloatArray],
        links: Mapping[Segment, FloatArray],
        parents: Mapping[Segment, Segment | None],
    ) -> None:
        self._own, self._links = own, links
        self._children: dict[Segment | None, list[Segment]] = {}
        for segment, parent in parents.items():
            self._children.setdefault(parent, []).append(segment)

    def marginal(self, segment: Segment, given: Mapping[Segment, int] | None = None) -> FloatArray:
        """Chance of each turn (4,) of one sensor, the others' summed over as far as they are not given."""
        logs = self._totals(segment, given or {})
        shares = np.exp(_SHARPNESS * (logs - logs.max()))
        return np.asarray(shares / shares.sum())

    def best(self) -> dict[Segment, int]:
        """One after the other the most likely, each given those before."""
        chosen: dict[Segment, int] = {}
        waiting = list(self._children.get(None, []))
        while waiting:
            segment = waiting.pop(0)
            chosen[segment] = int(np.argmax(self.marginal(segment, chosen)))
            waiting += self._children.get(segment, [])
        return chosen

    def _totals(self, asked: Segment, given: Mapping[Segment, int]) -> FloatArray:
        """Log weight (4,) of everything with each turn of the sensor that is asked for."""
        weights = [_log_sum(self._below(root, asked, given)) for root in self._children.get(None, [])]
        return np.asarray(sum(weights))

    def _below(self, segment: Segment, asked: Segment, given: Mapping[Segment, int]) -> FloatArray:
        """Log weight (4, 4) of each turn of a sensor with all that hangs from it: a row an answer."""
        logs = np.tile(self._own[segment], (TURNS, 1))
        if segment is asked:
            logs[~np.eye(TURNS, dtype=bool)] = -np.inf
        elif segment in given:
            logs[:, np.arange(TURNS) != given[segment]] = -np.inf
        for child in self._children.get(segment, []):
            logs = logs + _log_sum(self._below(child, asked, given)[:, :, None] + self._links[child])
        return logs


def _log_sum(logs: FloatArray) -> FloatArray:
    """Log Σ exp over the second axis."""
    most = np.max(logs, axis=1)
    shift = np.where(np.isfinite(most), most, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(shift + np.log(np.exp(logs - shift[:, None]).sum(axis=1)))
