"""Angles of the conventions from aligned orientations: tilt, list, pitch, hip angles, their uncertainty.

P, ML and T come from gravity alone. φ = P + T exactly in the sagittal plane; where gravity lies along the
left–right axis (side-lying) the quaternion form takes over. Adduction and rotation need the relative
heading and carry its uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from fusion import kernels
from fusion.types import (
    AlignedBlock,
    FloatArray,
    OrientedBlock,
    SampleQuality,
    Segment,
    SegmentAlignment,
    Side,
    SignalBlock,
)
from fusion.units import DEG_PER_RAD, STANDARD_GRAVITY_MS2

_Put = Callable[..., None]
_SAGITTAL_MIN = 0.35
"""Sine of the smallest angle between gravity and the left–right axis at which P and T mean something."""
_ALIGNMENT_SD_RAD = {"given": 0.02, "functional": 0.03, "motion": 0.04, "stand": 0.07}


class _Unwrap:
    """Keeps an angle continuous from block to block, in place; NaN are passed over."""

    def __init__(self) -> None:
        self.last = 0.0

    def __call__(self, angle_rad: FloatArray) -> FloatArray:
        self.last = kernels.unwrap(angle_rad, self.last)
        return angle_rad


class Kinematics:
    """Angles of one person; angles stay continuous from one update to the next."""

    def __init__(self, alignments: Mapping[Segment, SegmentAlignment]) -> None:
        self.alignments = dict(alignments)
        self._unwrap: dict[str, _Unwrap] = {}

    def update(self, block: AlignedBlock) -> SignalBlock:
        """Signals of all segments worn, (k, n), on the block's grid."""
        worn = {s: _Worn(block.segments[s], a) for s, a in self.alignments.items() if s in block.segments}
        names: list[str] = []
        values: list[FloatArray] = []
        sd: list[FloatArray] = []

        def put(name: str, value_rad: FloatArray, sd_rad: FloatArray, scale: float = DEG_PER_RAD) -> None:
            names.append(name)
            values.append(value_rad * scale)
            sd.append(np.where(np.isfinite(value_rad), sd_rad * scale, np.inf))

        pelvis = worn.get(Segment.PELVIS)
        if pelvis:
            tilt = self._continuous("pelvis", pelvis.pitch_rad(-1.0))
            put("pelvis_tilt_deg", tilt, pelvis.sd_rad)
            put("pelvis_list_deg", pelvis.list_rad, pelvis.sd_rad)
            put("pelvis_tilt_rate_dps", -pelvis.gyr_b_rads[:, 2], np.full(len(block), 0.01))
            up = pelvis.acc_up_ms2 - STANDARD_GRAVITY_MS2
            put("pelvis_acc_up_ms2", up, np.full(len(block), 0.3), 1.0)
        for side in Side:
            if side.thigh in worn:
                self._leg(side, worn, put)
        if pelvis and Segment.THORAX in worn:
            thorax = worn[Segment.THORAX]
            lean = self._continuous("thorax", thorax.pitch_rad(-1.0))
            put(
                "lumbar_extension_deg", values[0] / DEG_PER_RAD - lean, np.hypot(pelvis.sd_rad, thorax.sd_rad)
            )
        return SignalBlock(block.t_s, block.rate_hz, tuple(names), np.array(values), np.array(sd))

    def _continuous(self, key: str, angle_rad: FloatArray) -> FloatArray:
        return self._unwrap.setdefault(key, _Unwrap())(angle_rad)

    def _leg(self, side: Side, worn: Mapping[Segment, _Worn], put: _Put) -> None:
        thigh, pelvis = worn[side.thigh], worn.get(Segment.PELVIS)
        pitch = self._continuous(side.thigh.value, thigh.pitch_rad(1.0))
        put(f"thigh_pitch_{side.value}_deg", pitch, thigh.sd_rad)
        put(f"thigh_pitch_rate_{side.value}_dps", thigh.gyr_b_rads[:, 2], np.full(len(pitch), 0.01))
        if pelvis:
            self._hip(side, pelvis, thigh, pitch, put)
        if side.shank in worn:
            shank = worn[side.shank]
            lean = self._continuous(side.shank.value, shank.pitch_rad(1.0))
            put(f"knee_flexion_{side.value}_deg", pitch - lean, np.hypot(thigh.sd_rad, shank.sd_rad))

    def _hip(self, side: Side, pelvis: _Worn, thigh: _Worn, pitch_rad: FloatArray, put: _Put) -> None:
        sagittal = self._continuous("pelvis_" + side.value, pelvis.pitch_rad(-1.0)) + pitch_rad
        flexion, adduction, rotation = cardan_zxy(pelvis.q_eb, thigh.q_eb)
        mirror = 1.0 if side is Side.RIGHT else -1.0
        clear = np.minimum(pelvis.sagittal, thigh.sagittal) > _SAGITTAL_MIN
        sd = np.hypot(pelvis.sd_rad, thigh.sd_rad)
        heading_sd = np.hypot(sd, np.hypot(pelvis.heading_sd_rad, thigh.heading_sd_rad))
        near = flexion + 2.0 * np.pi * np.round((np.nan_to_num(sagittal) - flexion) / (2.0 * np.pi))
        put(f"hip_flexion_{side.value}_deg", np.where(clear, sagittal, near), np.where(clear, sd, heading_sd))
        put(f"hip_adduction_{side.value}_deg", mirror * adduction, heading_sd)
        put(f"hip_rotation_{side.value}_deg", mirror * rotation, heading_sd)
        put(f"thigh_opening_{side.value}_deg", thigh.list_rad, thigh.sd_rad)
        rate = thigh.gyr_b_rads[:, 2] - pelvis.gyr_b_rads[:, 2]
        put(f"hip_flexion_rate_{side.value}_dps", rate, np.full(len(rate), 0.015))


class _Worn:
    """One segment's motion in its own axes, from its sensor and how that sits."""

    def __init__(self, block: OrientedBlock, alignment: SegmentAlignment) -> None:
        body = np.empty((len(block), 13))
        q_sb = np.array(alignment.q_sb)
        kernels.to_segment(block.q_es, block.gyr_rads, block.acc_ms2, q_sb, alignment.heading_rad, body)
        self.q_eb, self.up_b = body[:, :4], body[:, 4:7]
        self.gyr_b_rads, self.acc_up_ms2 = body[:, 7:10], body[:, 10]
        self._pitch_rad, self.list_rad = body[:, 11], body[:, 12]
        self.sd_rad = np.hypot(block.inclination_sd_rad, _ALIGNMENT_SD_RAD.get(alignment.method, 0.1))
        self.heading_sd_rad = block.heading_sd_rad
        self.sagittal = np.hypot(self.up_b[:, 0], self.up_b[:, 1])
        missing = (block.quality & SampleQuality.MISSING) != 0
        self.sd_rad = np.where(missing, np.inf, self.sd_rad)

    def pitch_rad(self, sign: float) -> FloatArray:
        """Sagittal pitch (n,); ``sign`` −1 for anterior (or forward) positive, +1 for knee forward."""
        return np.where(self.sagittal > 0.05, sign * self._pitch_rad, np.nan)


def cardan_zxy(q_pelvis: FloatArray, q_thigh: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Flexion, adduction and internal rotation (n,) in rad of a right hip, of two ``q_eb`` (n, 4).

    Grood–Suntay for the ISB axes (Wu et al. 2002, doi 10.1016/S0021-9290(01)00222-6): R = Rz·Rx·Ry.
    """
    out = np.empty((len(q_pelvis), 3))
    kernels.cardan_zxy(q_pelvis, q_thigh, out)
    return out[:, 0], out[:, 1], out[:, 2]
