"""How each sensor sits on its segment: the calibration ladder, from what is seen without being asked for.

1. *Stand*: gravity while standing still gives each segment's Y (up) in its sensor.
2. *Axis*: leaning, sitting or lying turns gravity about the left–right axis; the plane in which it moves
   against the stand gives Z, without gyroscope drift and without minding small side movements. The sign
   comes from what the planned exercise is known to look like (`MotionHint`).
3. *Heading*: in the stand, all segments face the same way.

Everything is decided at multiples of half a second on the grid, so that the answer does not depend on how
the stream was cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from fusion import quaternion as quat
from fusion.motion_hint import MotionHint
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, Segment, SegmentAlignment
from fusion.units import DEG_PER_RAD, RAD_PER_DEG, STANDARD_GRAVITY_MS2

FRAME_S = 0.5
"""The ladder looks at the motion in frames of this length."""

_STILL_GYR_RADS = 2.0 * RAD_PER_DEG
_BIAS_MAX_RADS = 6.0 * RAD_PER_DEG
"""A bias that the estimator believes in, and may not know yet."""
_STILL_ACC_MS2 = 0.03 * STANDARD_GRAVITY_MS2
_AXIS_ANGLE_RAD = 8.0 * RAD_PER_DEG
"""Leaning by less says nothing about the axis."""
_AXIS_READY = 0.05
"""∫ sin² of the lean, s: one second at 13°, or a twentieth lying."""
_AXIS_POOR = 0.9
"""Share of the variance below which the axis is called poor."""
_BACKLOG_S = 120.0
_UP = np.array([0.0, 0.0, 1.0])
_POSTERIOR_WHEN_FORWARD = frozenset({Segment.PELVIS, Segment.THORAX})
"""Segments whose positive pitch leans them forward; the others lift their lower end forward."""


@dataclass(slots=True, eq=False)
class _Evidence:
    """What one sensor has shown so far."""

    up_s: FloatArray | None = None
    """World up in S while standing (3,), unit."""
    q_es_stand: FloatArray | None = None
    scatter: FloatArray = field(default_factory=lambda: np.zeros((3, 3)))
    """∫ n nᵀ dt with n = stand up × present up, both in S."""
    samples: list[FloatArray] = field(default_factory=list)

    def lean(self, up_s: FloatArray, dt: float) -> None:
        if self.up_s is None:
            return
        n = quat.cross(self.up_s, up_s)
        n = n[np.linalg.norm(n, axis=1) > np.sin(_AXIS_ANGLE_RAD)]
        self.scatter += n.T @ n * dt
        self.samples.append(n[::5])

    @property
    def amount_s(self) -> float:
        return float(np.trace(self.scatter))


class CalibrationLadder:
    """Watches aligned blocks until every segment's `SegmentAlignment` is known, then refines it."""

    def __init__(self, segments: Iterable[Segment], hint: MotionHint, stand_s: float = 3.0) -> None:
        self._hint = hint
        self._need = max(2, int(np.ceil(stand_s / FRAME_S)))
        self._evidence = {segment: _Evidence() for segment in segments}
        self._still: list[AlignedBlock] = []
        self._stood = False
        self._told: tuple[float, float] | None = None
        self._frame: list[AlignedBlock] = []
        self._kept: list[AlignedBlock] = []
        self._refined_at = 0.0
        self.alignments: Mapping[Segment, SegmentAlignment] = {}

    @property
    def stood(self) -> bool:
        """Whether a stand was found."""
        return self._stood

    @property
    def ready(self) -> bool:
        """Whether every segment is aligned."""
        return len(self.alignments) == len(self._evidence)

    def backlog(self) -> list[AlignedBlock]:
        """The blocks seen since the stand began, once, for the stages that waited."""
        kept, self._kept = self._kept, []
        return kept

    def stand_between(self, start_s: float, stop_s: float) -> None:
        """Take the frames within [start, stop) as the stand, whatever they look like."""
        self._told = (start_s, stop_s)

    def update(self, block: AlignedBlock) -> bool:
        """Take one block that lies within one frame; True when the alignments have changed."""
        self._frame.append(block)
        if not self.ready:
            self._keep(block)
        per_frame = round(FRAME_S * block.rate_hz)
        if (round(float(block.t_s[-1]) * block.rate_hz) + 1) % per_frame:
            return False
        frame, self._frame = join_blocks(self._frame), []
        if self._told is not None:
            self._wait_for_told(frame, *self._told)
        elif not self._stood or self._still:
            self._watch_stand(frame)
        return self._watch_axis(frame)

    def _keep(self, block: AlignedBlock) -> None:
        self._kept.append(block)
        while self._kept[-1].t_s[-1] - self._kept[0].t_s[0] > _BACKLOG_S:
            self._kept.pop(0)

    def _wait_for_told(self, frame: AlignedBlock, start_s: float, stop_s: float) -> None:
        if frame.t_s[-1] >= start_s and frame.t_s[0] < stop_s:
            self._still.append(frame)
            self._take_stand(self._still)

    def _watch_stand(self, frame: AlignedBlock) -> None:
        if all(_still(frame.segments[s]) for s in self._evidence):
            self._still.append(frame)
            if len(self._still) >= self._need:
                self._take_stand(self._still[1:])
        else:
            self._still = []

    def _take_stand(self, frames: list[AlignedBlock]) -> None:
        block = join_blocks(frames)
        for segment, evidence in self._evidence.items():
            q_es = quat.mean(block.segments[segment].q_es)
            evidence.q_es_stand = q_es
            evidence.up_s = quat.rotate(quat.conjugate(q_es), _UP)
        self._stood = True

    def _watch_axis(self, frame: AlignedBlock) -> bool:
        if not self._stood:
            return False
        for segment, evidence in self._evidence.items():
            q_es = frame.segments[segment].q_es
            q_es = q_es[np.isfinite(q_es[:, 0])]
            if len(q_es):
                evidence.lean(quat.rotate(quat.conjugate(q_es), _UP), 1.0 / frame.rate_hz)
        amounts = [e.amount_s for e in self._evidence.values()]
        enough = min(amounts) >= _AXIS_READY
        if not enough or (self.ready and min(amounts) < 1.5 * self._refined_at):
            return False
        self._refined_at = min(amounts)
        t_s = float(frame.t_s[-1])
        self.alignments = {s: self._align(s, e, t_s) for s, e in self._evidence.items()}
        return True

    def _align(self, segment: Segment, evidence: _Evidence, t_s: float) -> SegmentAlignment:
        assert evidence.up_s is not None  # noqa: S101 - the stand comes first
        assert evidence.q_es_stand is not None  # noqa: S101
        variances, axes = np.linalg.eigh(evidence.scatter)
        z_s = axes[:, -1] * self._sign(segment, np.concatenate(evidence.samples) @ axes[:, -1])
        share = float(variances[-1] / variances.sum())
        y_s = evidence.up_s
        x_s = np.cross(y_s, z_s)
        q_sb = quat.from_matrix(np.stack((x_s, y_s, z_s), axis=-1))
        forward_e = quat.rotate(evidence.q_es_stand, x_s)
        warnings = () if share >= _AXIS_POOR else (_poor(segment, share),)
        return SegmentAlignment(
            segment=segment,
            q_sb=(float(q_sb[0]), float(q_sb[1]), float(q_sb[2]), float(q_sb[3])),
            method="motion",
            quality=float(np.clip((share - 0.5) / 0.5, 0.0, 1.0)),
            heading_rad=-float(np.arctan2(forward_e[1], forward_e[0])),
            t_s=t_s,
            warnings=warnings,
        )

    def _sign(self, segment: Segment, along: FloatArray) -> float:
        """Which way the axis points: the way in which the seen lean is the expected one."""
        trunk = segment in _POSTERIOR_WHEN_FORWARD
        poses = self._hint.pelvis_tilt_deg() if trunk else self._hint.thigh_pitch_deg()
        sines = np.sin(poses * RAD_PER_DEG) * (1.0 if trunk else -1.0)
        expected = float(np.sum(sines * np.abs(sines))) or (1.0 if trunk else -1.0)
        return 1.0 if float(np.sum(along * np.abs(along))) * expected >= 0.0 else -1.0


def _poor(segment: Segment, share: float) -> str:
    return (
        f"the left–right axis of the {segment.value} sensor is uncertain ({100.0 * share:.0f} % of the motion"
        " agrees); do three slow hip hinges after standing still"
    )


def _still(block: OrientedBlock) -> bool:
    if not np.isfinite(block.q_es).all():
        return False
    gyr = np.linalg.norm(block.gyr_rads - block.gyr_rads.mean(axis=0), axis=1)
    mean = np.linalg.norm(block.gyr_rads.mean(axis=0))
    acc = abs(np.linalg.norm(block.acc_ms2.mean(axis=0)) - STANDARD_GRAVITY_MS2)
    spread = float(np.linalg.norm(block.acc_ms2.std(axis=0)))
    quiet = float(np.quantile(gyr, 0.9)) < _STILL_GYR_RADS and mean < _BIAS_MAX_RADS
    return bool(quiet and acc < 2.0 * _STILL_ACC_MS2 and spread < _STILL_ACC_MS2)


def join_blocks(blocks: list[AlignedBlock]) -> AlignedBlock:
    """Consecutive blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    first = blocks[0]
    segments = {s: _join([b.segments[s] for b in blocks]) for s in first.segments}
    return AlignedBlock(np.concatenate([b.t_s for b in blocks]), first.rate_hz, segments)


def _join(parts: list[OrientedBlock]) -> OrientedBlock:
    return OrientedBlock(
        np.concatenate([p.t_s for p in parts]),
        np.concatenate([p.q_es for p in parts]),
        np.concatenate([p.gyr_rads for p in parts]),
        np.concatenate([p.acc_ms2 for p in parts]),
        np.concatenate([p.inclination_sd_rad for p in parts]),
        np.concatenate([p.heading_sd_rad for p in parts]),
        np.concatenate([p.quality for p in parts]),
    )


def slice_block(block: AlignedBlock, start: int, stop: int) -> AlignedBlock:
    """Samples [start, stop) of a block."""
    return AlignedBlock(
        block.t_s[start:stop],
        block.rate_hz,
        {s: _slice(b, start, stop) for s, b in block.segments.items()},
    )


def _slice(b: OrientedBlock, start: int, stop: int) -> OrientedBlock:
    return OrientedBlock(
        b.t_s[start:stop],
        b.q_es[start:stop],
        b.gyr_rads[start:stop],
        b.acc_ms2[start:stop],
        b.inclination_sd_rad[start:stop],
        b.heading_sd_rad[start:stop],
        b.quality[start:stop],
    )


def split_frames(block: AlignedBlock) -> Iterable[AlignedBlock]:
    """The block cut at the ladder's frame boundaries."""
    per_frame = round(FRAME_S * block.rate_hz)
    first = round(float(block.t_s[0]) * block.rate_hz)
    start = 0
    while start < len(block):
        stop = min(len(block), start + per_frame - (first + start) % per_frame)
        yield block if stop - start == len(block) else slice_block(block, start, stop)
        start = stop


def mounting_angle_deg(a: SegmentAlignment, b: SegmentAlignment) -> float:
    """Angle between two alignments of the same segment."""
    return float(quat.angle_rad(a.q_sb, b.q_sb)) * DEG_PER_RAD
