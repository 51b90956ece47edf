"""Angles of the conventions from aligned orientations: tilt, list, pitch, hip angles, their uncertainty.

P, ML and T come from gravity alone. φ = P + T exactly in the sagittal plane; where gravity lies along the
left–right axis (side-lying) the quaternion form takes over. Adduction and rotation need the relative
heading and carry its uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from fusion.kernels import angles
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, Segment, SegmentAlignment, Side, SignalBlock
from fusion.units import DEG_PER_RAD

_ALIGNMENT_SD_RAD: Final = {"given": 0.02, "functional": 0.03, "motion": 0.04, "stand": 0.07}


class Kinematics:
    """Angles of one person; angles stay continuous from one update to the next.

    A segment without an alignment is left out; the pelvis must have one.
    """

    def __init__(self, alignments: Mapping[Segment, SegmentAlignment]) -> None:
        self._last_rad = dict.fromkeys(Segment, 0.0)
        self.align(alignments)

    def align(self, alignments: Mapping[Segment, SegmentAlignment]) -> None:
        """Use these from the next update on."""
        self.alignments = dict(alignments)
        self._q_sb = {s: np.array(a.q_sb) for s, a in self.alignments.items()}
        self._sides = [side for side in Side if side.thigh in self.alignments]
        self._names = tuple(self._signal_names())

    def _signal_names(self) -> list[str]:
        names = list(angles.PELVIS_ROWS)
        for side in self._sides:
            names += [row.format(side.value) for row in angles.LEG_ROWS]
            if side.shank in self.alignments:
                names.append(f"knee_flexion_{side.value}_deg")
        if Segment.THORAX in self.alignments:
            names.append("lumbar_extension_deg")
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
            angles.leg_rows(pelvis, tilt_rad, thigh, pitch_rad, mirror, values[row:], sd[row:])
            row += len(angles.LEG_ROWS)
            if side.shank in self.alignments:
                lower = side.shank, self._body(side.shank, block)
                values[row], sd[row] = self._between(pitch_rad, thigh, *lower, 1.0)
                row += 1
        if Segment.THORAX in self.alignments:
            upper = Segment.THORAX, self._body(Segment.THORAX, block)
            values[row], sd[row] = self._between(tilt_rad, pelvis, *upper, -1.0)
        return SignalBlock(block.t_s, block.rate_hz, self._names, values, sd)

    def _body(self, segment: Segment, block: AlignedBlock) -> FloatArray:
        """Motion of a segment in its own axes, (n, BODY_SIZE)."""
        sensor, alignment = block.segments[segment], self.alignments[segment]
        body = np.empty((len(block), angles.BODY_SIZE))
        _to_segment(sensor, self._q_sb[segment], alignment, body)
        return body

    def _pitch(self, segment: Segment, body: FloatArray, sign: float) -> FloatArray:
        """Sagittal pitch (n,), rad; ``sign`` −1 for anterior (or forward) positive, 1 for knee forward."""
        pitch_rad = np.empty(len(body))
        self._last_rad[segment] = angles.continuous_pitch(body, sign, self._last_rad[segment], pitch_rad)
        return pitch_rad

    def _between(
        self, pitch_rad: FloatArray, body: FloatArray, segment: Segment, other: FloatArray, sign: float
    ) -> tuple[FloatArray, FloatArray]:
        """Sagittal angle of the joint between two segments and its uncertainty, deg."""
        joint_rad = pitch_rad - self._pitch(segment, other, sign)
        sd_rad = np.hypot(body[:, angles.SD], other[:, angles.SD])
        return joint_rad * DEG_PER_RAD, np.where(np.isfinite(joint_rad), sd_rad * DEG_PER_RAD, np.inf)


def _to_segment(
    sensor: OrientedBlock, q_sb: FloatArray, alignment: SegmentAlignment, out: FloatArray
) -> None:
    angles.to_segment(
        sensor.q_es,
        sensor.gyr_rads,
        sensor.acc_ms2,
        sensor.inclination_sd_rad,
        sensor.heading_sd_rad,
        sensor.quality,
        q_sb,
        alignment.heading_rad,
        _ALIGNMENT_SD_RAD.get(alignment.method, 0.1),
        out,
    )


def cardan_zxy(q_pelvis: FloatArray, q_thigh: FloatArray) -> tuple[float, float, float]:
    """Flexion, adduction and internal rotation in rad of a right hip, of two ``q_eb`` (4,)."""
    return angles.relative_zxy(q_pelvis, q_thigh)
