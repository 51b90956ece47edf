"""From a reference pose and what was seen to the alignment of every sensor.

Each sensor's own motion gives its axis. Where the sensors' headings are known against each other, all axes
are one question – which way does the body face – and a sensor whose segment hardly turned, or turned in
another plane, learns its axis from the others. A thigh keeps its own: feet may point outwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fusion import quaternion as quat
from fusion.alignment.axis import AxisEstimate, estimate_axis
from fusion.alignment.departure import Front
from fusion.alignment.direction import is_frontal
from fusion.alignment.functional import FunctionalEvidence
from fusion.alignment.hip_levers import LeverEvidence
from fusion.alignment.history import SensorHistory
from fusion.alignment.joint_heading import NO_IDEA_RAD, JointHeading
from fusion.alignment.reference import TRUNK, Reference
from fusion.alignment.turns import Seen, Turned, choose_turns
from fusion.motion_hint import MotionHint
from fusion.types import FloatArray, Segment, SegmentAlignment, Side
from fusion.units import DEG_PER_RAD, RAD_PER_DEG

_TURN_OUT_RAD = 12.0 * RAD_PER_DEG
"""One sigma of how far a thigh's plane of motion is turned against the pelvis's."""
_STAND_HEADING_RAD = 12.0 * RAD_PER_DEG
"""One sigma of the assumption that all segments face the same way in a stand."""
_LINKED_RAD = 35.0 * RAD_PER_DEG
"""Headings known worse than this make no axis out of another's."""
_AGREE_RAD = 20.0 * RAD_PER_DEG
_CONFLICT = 2.5
"""Sigmas beyond which a sensor's own axis and the others' do not speak of the same thing."""
_ANOTHER_COS = 0.7
_FUNCTIONAL_SD_RAD = 4.0 * RAD_PER_DEG
_POOR_SHARE = 0.75
_POOR_SD_RAD = 20.0 * RAD_PER_DEG
_USABLE_SD_RAD = 30.0 * RAD_PER_DEG
KNOWN_SD_RAD = 20.0 * RAD_PER_DEG
"""An axis known to this is good enough to begin with."""
_ZERO_QUALITY: Mapping[str, float] = {"stand": 1.0, "rest": 0.6, "motion": 0.4}


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """One sensor's own view: azimuth of its Z in the pelvis's earth frame, mod π, and its one sigma."""

    azimuth_rad: float
    sd_rad: float
    own: AxisEstimate
    offset_rad: float
    """Turns this sensor's earth frame into the pelvis's."""
    offset_sd_rad: float
    shown_s: FloatArray | None
    """Z (3,) with its sign, where a functional movement has shown it."""


def solve(
    reference: Reference,
    histories: Mapping[Segment, SensorHistory],
    hint: MotionHint,
    *,
    headings: Mapping[Segment, JointHeading],
    levers: Mapping[Segment, LeverEvidence],
    fronts: Mapping[Segment, Front],
    t_s: float,
    functional: FunctionalEvidence,
) -> dict[Segment, SegmentAlignment]:
    """Alignments of all sensors; an axis of which nothing is known is a guess and says so."""
    headings = _with_fronts(headings, fronts, reference)
    views = {
        s: _view(
            s, reference, h, hint, heading=headings.get(s), shown_s=functional.z_s.get(s), front=fronts.get(s)
        )
        for s, h in histories.items()
    }
    decided = {s: _decide(s, views) for s in views}
    axes = {s: _axis_at(s, azimuth - views[s].offset_rad, reference) for s, (azimuth, _) in decided.items()}
    seen = {s: _seen(s, axis, views[s], reference, front=fronts.get(s)) for s, axis in axes.items()}
    turned = choose_turns(seen, reference, histories, hint, levers)
    z_s = {s: turned[s].z_s for s in axes}
    sds = {s: _with_doubt(decided[s][1], turned[s]) for s in axes}
    facing = {s: _facing_rad(s, z_s[s], reference) for s in z_s}
    return {
        s: _alignment(
            s,
            reference,
            z_s[s],
            views[s],
            axis_sd_rad=sds[s],
            heading=_heading(s, facing[s], (sds[s], sds[Segment.PELVIS])),
            t_s=t_s,
        )
        for s in views
    }


def ready(alignments: Mapping[Segment, SegmentAlignment]) -> bool:
    """Whether every axis is known well enough to show angles."""
    return all(a.axis_sd_rad <= KNOWN_SD_RAD for a in alignments.values())


def usable(alignments: Mapping[Segment, SegmentAlignment]) -> bool:
    """Whether the pelvis and a thigh are known well enough to count by; others may hang there unmoved."""
    known = {s for s, a in alignments.items() if a.axis_sd_rad <= _USABLE_SD_RAD}
    return Segment.PELVIS in known and any(side.thigh in known for side in Side)


def turned_over(
    found: Mapping[Segment, SegmentAlignment], before: Mapping[Segment, SegmentAlignment]
) -> bool:
    """Whether any axis points another way than before."""
    z = np.array([0.0, 0.0, 1.0])
    return any(
        float(quat.rotate(np.array(a.q_sb), z) @ quat.rotate(np.array(before[s].q_sb), z)) < _ANOTHER_COS
        for s, a in found.items()
    )


def _view(
    segment: Segment,
    reference: Reference,
    history: SensorHistory,
    hint: MotionHint,
    *,
    heading: JointHeading | None,
    shown_s: FloatArray | None,
    front: Front | None,
) -> _View:
    if shown_s is not None:
        own = AxisEstimate(shown_s, 1.0, 1.0, _FUNCTIONAL_SD_RAD)
    else:
        stepping = is_frontal(segment, hint) and not hint.side_lying_deg
        own = estimate_axis(reference.up_s[segment], history, leaning=stepping)
    azimuth = _azimuth(quat.rotate(reference.linked(segment), own.axis_s))
    if shown_s is None and is_frontal(segment, hint):
        azimuth -= np.pi / 2.0
    sd_rad = own.sd_rad
    if front is not None and shown_s is None:
        faces = _azimuth(quat.rotate(reference.linked(segment), front.x_s)) - np.pi / 2.0
        azimuth, sd_rad = _fused(azimuth, sd_rad, faces, front.sd_rad)
    offset, offset_sd = (heading.angle_rad, heading.sd_rad) if heading is not None else (0.0, NO_IDEA_RAD)
    if segment is Segment.PELVIS:
        offset_sd = 0.0
    return _View(azimuth + offset, sd_rad, own, offset, offset_sd, shown_s)


def _fused(azimuth_rad: float, sd_rad: float, other_rad: float, other_sd_rad: float) -> tuple[float, float]:
    """An axis that two speak of, one of them perhaps a quarter turn off: which, is chosen later."""
    quarter = np.pi / 2.0
    apart = float((other_rad - azimuth_rad + 0.5 * quarter) % quarter - 0.5 * quarter)
    if abs(apart) > _CONFLICT * np.hypot(sd_rad, other_sd_rad):
        return (azimuth_rad, sd_rad) if sd_rad < other_sd_rad else (azimuth_rad + apart, other_sd_rad)
    share = sd_rad**2 / (sd_rad**2 + other_sd_rad**2)
    return azimuth_rad + share * apart, sd_rad * other_sd_rad / float(np.hypot(sd_rad, other_sd_rad))


def _with_fronts(
    headings: Mapping[Segment, JointHeading], fronts: Mapping[Segment, Front], reference: Reference
) -> dict[Segment, JointHeading]:
    """Headings against the pelvis's with what it says of them that all segments face where a walk goes.

    A steady walk shows headings badly: its joints accelerate little but by levers that are not known.
    """
    told = dict(headings)
    for segment in fronts.keys() - {Segment.PELVIS}:
        faces = {
            s: _azimuth(quat.rotate(reference.linked(s), fronts[s].x_s)) for s in (segment, Segment.PELVIS)
        }
        angle_rad = faces[Segment.PELVIS] - faces[segment]
        sd_rad = float(np.hypot(fronts[segment].sd_rad, fronts[Segment.PELVIS].sd_rad))
        known = told.get(segment)
        coherence = 0.0
        if known is not None:
            apart = float((known.angle_rad - angle_rad + np.pi) % (2.0 * np.pi) - np.pi)
            if abs(apart) < _CONFLICT * np.hypot(sd_rad, known.sd_rad):
                share = sd_rad**2 / (sd_rad**2 + known.sd_rad**2)
                angle_rad += share * apart
                sd_rad *= known.sd_rad / float(np.hypot(sd_rad, known.sd_rad))
                coherence = known.coherence
        told[segment] = JointHeading(angle_rad, sd_rad, coherence)
    return told


def _azimuth(v_e: FloatArray) -> float:
    return float(np.arctan2(v_e[1], v_e[0]))


def _apart(a: float, b: float) -> float:
    """Smallest difference a − b of two directions without sign, rad."""
    return float((a - b + np.pi / 2.0) % np.pi - np.pi / 2.0)


def _turn_out(segment: Segment) -> float:
    return 0.0 if segment in TRUNK else _TURN_OUT_RAD


def _decide(segment: Segment, views: Mapping[Segment, _View]) -> tuple[float, float]:
    """Azimuth of a sensor's Z in the pelvis's frame, mod π, and one sigma: its own and the others' view."""
    mine = views[segment]
    if mine.shown_s is not None or mine.offset_sd_rad > _LINKED_RAD:
        return mine.azimuth_rad, mine.sd_rad
    linked = {s: v for s, v in views.items() if v.offset_sd_rad <= _LINKED_RAD}
    sds = {s: float(np.sqrt(v.sd_rad**2 + v.offset_sd_rad**2 + _turn_out(s) ** 2)) for s, v in linked.items()}
    others = [s for s in linked if s != segment]
    if not others:
        return mine.azimuth_rad, mine.sd_rad
    common, common_sd = _consensus([(linked[s].azimuth_rad, sds[s]) for s in linked])
    if abs(_apart(mine.azimuth_rad, common)) > _CONFLICT * np.hypot(sds[segment], common_sd):
        return common, float(np.hypot(common_sd, _turn_out(segment)))
    rest, rest_sd = _consensus([(linked[s].azimuth_rad, sds[s]) for s in others])
    rest_sd = float(np.sqrt(rest_sd**2 + mine.offset_sd_rad**2 + _turn_out(segment) ** 2))
    apart = _apart(rest, mine.azimuth_rad)
    if abs(apart) > _CONFLICT * np.hypot(rest_sd, mine.sd_rad):
        return mine.azimuth_rad, mine.sd_rad
    share = mine.sd_rad**2 / (mine.sd_rad**2 + rest_sd**2)
    return mine.azimuth_rad + share * apart, mine.sd_rad * rest_sd / float(np.hypot(mine.sd_rad, rest_sd))


def _consensus(views: list[tuple[float, float]]) -> tuple[float, float]:
    """The direction (mod π) on which most of the evidence agrees, and its one sigma."""

    def support(at: float) -> float:
        return sum(1.0 / sd**2 / (1.0 + (_apart(a, at) / _AGREE_RAD) ** 2) for a, sd in views)

    centre = max((a for a, _ in views), key=support)
    weights = [1.0 / sd**2 / (1.0 + (_apart(a, centre) / _AGREE_RAD) ** 4) for a, sd in views]
    mean = centre + sum(w * _apart(a, centre) for w, (a, _) in zip(weights, views, strict=True)) / sum(
        weights
    )
    return mean, float(1.0 / np.sqrt(sum(weights)))


def _axis_at(segment: Segment, azimuth_rad: float, reference: Reference) -> FloatArray:
    """The axis (3,) in S that has this azimuth in the sensor's earth frame and lies across its vertical."""
    level = np.array([np.cos(azimuth_rad), np.sin(azimuth_rad), 0.0])
    axis = quat.rotate(quat.conjugate(reference.linked(segment)), level)
    up = reference.up_s[segment]
    axis = axis - (axis @ up) * up
    return np.asarray(axis / np.linalg.norm(axis))


def _seen(
    segment: Segment, z_s: FloatArray, view: _View, reference: Reference, *, front: Front | None
) -> Seen:
    shown = view.shown_s
    if shown is not None and shown @ z_s < 0.0:
        z_s = -z_s
    azimuth = _azimuth(quat.rotate(reference.linked(segment), z_s)) + view.offset_rad
    return Seen(z_s, azimuth, view.offset_sd_rad, shown is not None, front)


def _with_doubt(sd_rad: float, turned: Turned) -> float:
    """One sigma of an axis, with what it costs if it is the wrong one."""
    doubt = 4.0 * turned.reversed_share + 2.0 * turned.other_plane_share
    return float(np.sqrt(sd_rad**2 + doubt))


def _facing_rad(segment: Segment, z_s: FloatArray, reference: Reference) -> float:
    """Azimuth, in the sensor's earth frame, of where the segment faces in the reference pose."""
    return _azimuth(quat.rotate(reference.q_es[segment], z_s)) + np.pi / 2.0


def _heading(segment: Segment, facing_rad: float, axis_sds_rad: tuple[float, float]) -> tuple[float, float]:
    """Turn of the sensor's earth frame into the common one in the reference pose, and one sigma.

    All segments face one way then; how headings go on from there is `fusion.common_heading`'s to follow.
    """
    if segment is Segment.PELVIS:
        return -facing_rad, 0.0
    return -facing_rad, float(np.hypot(_STAND_HEADING_RAD, np.hypot(*axis_sds_rad)))


def _alignment(
    segment: Segment,
    reference: Reference,
    z_s: FloatArray,
    view: _View,
    *,
    axis_sd_rad: float,
    heading: tuple[float, float],
    t_s: float,
) -> SegmentAlignment:
    y_s = reference.upright_s(segment, z_s)
    x_s = quat.cross(y_s, z_s)
    w, x, y, z = quat.from_matrix(np.stack((x_s, y_s, z_s), axis=-1)).tolist()
    known = axis_sd_rad < np.pi / 4.0
    poor = axis_sd_rad > _POOR_SD_RAD or (view.own.share < _POOR_SHARE and view.own.amount > 4.0)
    method = "motion" if reference.method != "stand" or known else "stand"
    if view.shown_s is not None:
        method = "functional"
    certainty = float(np.clip(1.0 - axis_sd_rad / (45.0 * RAD_PER_DEG), 0.0, 1.0))
    return SegmentAlignment(
        segment=segment,
        q_sb=(w, x, y, z),
        method=method,
        quality=certainty * _ZERO_QUALITY[reference.method] * (0.8 if poor else 1.0),
        heading_rad=(heading[0] + np.pi) % (2.0 * np.pi) - np.pi,
        t_s=t_s,
        warnings=(_poor(segment, view.own.share, axis_sd_rad),) if poor else (),
        zero=reference.method,
        zero_sd_rad=reference.zero_sd_rad(segment),
        axis_sd_rad=axis_sd_rad,
        heading_sd_rad=heading[1],
    )


def _poor(segment: Segment, share: float, sd_rad: float) -> str:
    return (
        f"the left–right axis of the {segment.value} sensor is uncertain (±{sd_rad * DEG_PER_RAD:.0f}°,"
        f" {100.0 * share:.0f} % of the motion agrees); do three slow hip hinges after standing still"
    )
