"""What is known about a movement: posture, key poses, what drives the count, tempo, faults."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from fusion.motion_hint import MotionHint, Plane, Pose

Degrees = Annotated[float, msgspec.Meta(ge=-360.0, le=360.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0, le=360.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=600.0)]
Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]*$", max_length=64)]
MinTypMax = tuple[Seconds, Seconds, Seconds]


class Kind(StrEnum):
    """How a movement is counted."""

    REP = "rep"
    STEP = "step"
    HOLD = "hold"
    EVENT = "event"
    SCREEN = "screen"
    DRILL = "drill"
    OTHER = "other"


class Posture(StrEnum):
    """Posture in which the movement is done."""

    STANDING = "standing"
    SUPINE = "supine"
    PRONE = "prone"
    QUADRUPED = "quadruped"
    SIDE_LYING = "side_lying"
    SEATED = "seated"
    ANY = "any"


class Laterality(StrEnum):
    """Which legs work."""

    BILATERAL = "bilateral"
    UNILATERAL = "unilateral"
    ALTERNATING = "alternating"
    EITHER = "either"


class DriverSignal(StrEnum):
    """The angle that drives the count; per-side ones are those of the working leg."""

    HIP_FLEXION = "hip_flexion"
    PELVIS_TILT = "pelvis_tilt"
    PELVIS_LIST = "pelvis_list"
    THIGH_PITCH = "thigh_pitch"
    HIP_ABDUCTION = "hip_abduction"
    HIP_ROTATION = "hip_rotation"
    THIGH_OPENING = "thigh_opening"
    NONE = "none"


class KeyPose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key pose of the movement, in the order it is passed."""

    name: Name
    pelvis_tilt_deg: Degrees | None = None
    thigh_pitch_deg: Degrees | None = None
    note: str = ""

    @property
    def known(self) -> bool:
        """Whether both angles are given."""
        return self.pelvis_tilt_deg is not None and self.thigh_pitch_deg is not None


class Driver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which angle is counted, and the sign of its change in the lifting phase."""

    signal: DriverSignal
    concentric_sign: int
    leg: str = ""
    needs_heading: bool = False


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Range of motion of a repetition, deg."""

    rom_min_deg: Positive
    rom_full_deg: Positive
    rom_typical_deg: Positive


class Tempo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Durations as (least, typical, most), s."""

    first_phase: str
    period_s: MinTypMax
    concentric_s: MinTypMax | None = None
    eccentric_s: MinTypMax | None = None
    hold_top_s: Seconds = 0.0
    hold_bottom_s: Seconds = 0.0


class Compensation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault to look for, in the coach's words."""

    name: Name
    signal: str
    warn: str = ""
    fail: str = ""


class Exercise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One movement of the library."""

    id: Name
    name: str
    kind: Kind
    posture: Posture = Posture.ANY
    laterality: Laterality = Laterality.BILATERAL
    plane: Plane = Plane.SAGITTAL
    confidence: str = ""
    sources: tuple[str, ...] = ()
    notes: str = ""
    not_measurable: tuple[str, ...] = ()
    confusers: tuple[str, ...] = ()
    poses: tuple[KeyPose, ...] = ()
    driver: Driver = Driver(DriverSignal.NONE, 0)
    count: Count | None = None
    tempo: Tempo | None = None
    compensations: tuple[Compensation, ...] = ()

    @property
    def lifts_first(self) -> bool:
        """Whether a repetition begins with the lifting phase (bridge) or the lowering one (squat)."""
        return self.tempo is None or self.tempo.first_phase != "eccentric"

    @property
    def rest_pose(self) -> KeyPose | None:
        """Pose in which a repetition begins and ends."""
        known = [p for p in self.poses if p.known]
        return known[0] if known else None

    @property
    def turn_pose(self) -> KeyPose | None:
        """Pose at the other end of a repetition."""
        known = [p for p in self.poses if p.known]
        return known[-1] if len(known) > 1 else None

    @property
    def motion_hint(self) -> MotionHint:
        """What the alignment may expect."""
        poses = tuple(Pose(p.pelvis_tilt_deg, p.thigh_pitch_deg) for p in self.poses)
        return MotionHint(
            poses,
            self.plane,
            standing=self.posture is Posture.STANDING,
            alternating=self.laterality is Laterality.ALTERNATING,
        )

    def signal_name(self, side: str) -> str:
        """Name of the driving signal for the leg of ``side``."""
        by_signal = {
            DriverSignal.PELVIS_TILT: "pelvis_tilt_deg",
            DriverSignal.PELVIS_LIST: "pelvis_list_deg",
            DriverSignal.HIP_ABDUCTION: f"hip_adduction_{side}_deg",
        }
        return by_signal.get(self.driver.signal, f"{self.driver.signal.value}_{side}_deg")
