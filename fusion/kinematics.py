"""Angles of the conventions from aligned orientations: tilt, list, pitch, hip angles, their uncertainty.

P, ML and T come from gravity alone. φ is the flexion of the relative orientation as far as the relative
heading is known, and P + T as far as it is not; in the sagittal plane both are the same, and where gravity
lies along the left–right axis (side-lying) only the first exists. Adduction and rotation need the relative
heading and carry its uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from fusion import quaternion as quat
from fusion.kernels import angles
from fusion.types import AlignedBlock, FloatArray, Segment, SegmentAlignment, Side, SignalBlock
from fusion.units import DEG_PER_RAD

_USUAL_FLEXION_RAD: Final = 0.6
"""Where the count of whole turns begins: hips bend from −60° to 150°, not around."""


class Kinematics:
    """Angles of one person; angles stay continuous from one update to the next.

    A segment without an alignment is left out; the pelvis must have one.
    """

    def __init__(self, alignments: Mapping[Segment, SegmentAlignment]) -> None:
        self._last_rad = dict.fromkeys(Segment, 0.0)
        self.alignments: dict[Segment, SegmentAlignment] = {}
        self._last_joint_rad = dict.fromkeys(Segment, _USUAL_FLEXION_RAD)
        self.align(alignments)

    def align(self, alignments: Mapping[Segment, SegmentAlignment]) -> None:
        """Use these from the next update on."""
        if self.alignments and any(_turned_over(a, self.alignments.get(s)) for s, a in alignments.items()):
            # What was continuous before was the wrong way round.
            self._last_rad = dict.fromkeys(Segment, 0.0)
        self.alignments = dict(alignments)
        self._q_sb = {s: np.array(a.q_sb) for s, a in self.alignments.items()}
        self._doubt_rad = {s: np.array([a.zero_sd_rad, a.axis_sd_rad]) for s, a in self.alignments.items()}
        self._tissue = {s: np.array([a.tissue_gain, a.tissue_sd]) for s, a in self.alignments.items()}
        self._sides = [side for side in Side if side.thigh in self.alignments]
        self._names = tuple(self._signal_names())

    def _signal_names(self) -> list[str]:
        names = list(angles.PELVIS_ROWS)
        for side in self._sides:
            names += [row.format(side.value) for row in angles.LEG_ROWS]
            if side.shank in self.alignments:
                names += [row.format(side.value) for row in angles.KNEE_ROWS]
        if Segment.THORAX in self.alignments:
            names += angles.LUMBAR_ROWS
        return names

    def update(self, block: AlignedBlock) -> SignalBlock:
        """Signals of all segments worn, (k, n), on the block's grid."""
        shape = (len(self._names), len(block))
        values, sd = np.empty(shape), np.empty(shape)
        pelvis = self._body(Segment.PELVIS, block)
        tilt_rad = self._pitch(Segment.PELVIS, pelvis, -1.0)
        angles.pelvis_rows(pelvis, tilt_rad, values, sd)
        row = len(angles.PELVIS_ROWS)
        for side in self._sides:
            thigh = self._body(side.thigh, block)
            pitch_rad = self._pitch(side.thigh, thigh, 1.0)
            mirror = 1.0 if side is Side.RIGHT else -1.0
            self._last_joint_rad[side.thigh] = angles.leg_rows(
                pelvis,
                tilt_rad,
                thigh,
                pitch_rad,
                mirror,
                self._tissue[side.thigh],
                self._last_joint_rad[side.thigh],
                values[row:],
                sd[row:],
            )
            row += len(angles.LEG_ROWS)
            if side.shank in self.alignments:
                self._knee(
                    side, block=block, thigh=thigh, pitch_rad=pitch_rad, values=values[row:], sd=sd[row:]
                )
                row += len(angles.KNEE_ROWS)
        if Segment.THORAX in self.alignments:
            thorax = self._body(Segment.THORAX, block)
            sagittal_rad = tilt_rad - self._pitch(Segment.THORAX, thorax, -1.0)
            self._joint(
                Segment.THORAX,
                upper=thorax,
                lower=pelvis,
                sagittal_rad=sagittal_rad,
                values=values[row:],
                sd=sd[row:],
            )
        return SignalBlock(block.t_s, block.rate_hz, self._names, values, sd)

    def _body(self, segment: Segment, block: AlignedBlock) -> FloatArray:
        """Motion of a segment in its own axes, (n, BODY_SIZE)."""
        sensor, alignment = block.segments[segment], self.alignments[segment]
        body = np.empty((len(block), angles.BODY_SIZE))
        angles.to_segment(
            sensor.q_es,
            sensor.gyr_rads,
            sensor.acc_ms2,
            sensor.inclination_sd_rad,
            sensor.heading_sd_rad,
            sensor.quality,
            self._q_sb[segment],
            alignment.heading_rad,
            self._doubt_rad[segment],
            body,
        )
        return body

    def _pitch(self, segment: Segment, body: FloatArray, sign: float) -> FloatArray:
        """Sagittal pitch (n,), rad; ``sign`` −1 for anterior (or forward) positive, 1 for knee forward."""
        pitch_rad = np.empty(len(body))
        self._last_rad[segment] = angles.continuous_pitch(body, sign, self._last_rad[segment], pitch_rad)
        return pitch_rad

    def _knee(
        self,
        side: Side,
        *,
        block: AlignedBlock,
        thigh: FloatArray,
        pitch_rad: FloatArray,
        values: FloatArray,
        sd: FloatArray,
    ) -> None:
        shank = self._body(side.shank, block)
        shank_rad = self._pitch(side.shank, shank, 1.0)
        self._joint(
            side.shank,
            upper=thigh,
            lower=shank,
            sagittal_rad=pitch_rad - shank_rad,
            values=values,
            sd=sd,
        )
        values[2] = shank_rad * DEG_PER_RAD
        sd[2] = np.where(np.isfinite(shank_rad), shank[:, angles.SD] * DEG_PER_RAD, np.inf)

    def _joint(
        self,
        of: Segment,
        *,
        upper: FloatArray,
        lower: FloatArray,
        sagittal_rad: FloatArray,
        values: FloatArray,
        sd: FloatArray,
    ) -> None:
        """Angle and rate (2, n) of the joint between two segments, deg and °/s."""
        last_rad = self._last_joint_rad[of]
        self._last_joint_rad[of] = angles.joint_rows(upper, lower, sagittal_rad, last_rad, values, sd)


def cardan_zxy(q_pelvis: FloatArray, q_thigh: FloatArray) -> tuple[float, float, float]:
    """Flexion, adduction and internal rotation in rad of a right hip, of two ``q_eb`` (4,)."""
    return angles.relative_zxy(q_pelvis, q_thigh)


def _turned_over(new: SegmentAlignment, old: SegmentAlignment | None) -> bool:
    """Whether the left–right axis points the other way."""
    if old is None:
        return False
    z_new, z_old = (quat.rotate(np.array(a.q_sb), np.array((0.0, 0.0, 1.0))) for a in (new, old))
    return bool(z_new @ z_old < 0.0)
