"""What is known about a movement: posture, key poses, phases, what drives the count, tempo, rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from fusion.exercises.rules import Name, Rule, Sentence, Worn
from fusion.motion_hint import MotionHint, Plane, Pose

Degrees = Annotated[float, msgspec.Meta(ge=-360.0, le=360.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0, le=360.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=600.0)]
Share = Annotated[float, msgspec.Meta(gt=0.0, le=4.0)]
Text = Annotated[str, msgspec.Meta(max_length=400)]
MinTypMax = tuple[Seconds, Seconds, Seconds]

_SIDE_LYING_DEG = 60.0
"""Pelvic list beyond which gravity tells no pelvic tilt."""


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
    PELVIS_ROLL = "pelvis_roll"
    """|pelvic list|: rolling to either side, whose sign is the working side."""
    THIGH_PITCH = "thigh_pitch"
    THIGH_ABDUCTION = "thigh_abduction"
    """Inclination of an upright thigh outwards, from gravity."""
    THIGH_OPENING = "thigh_opening"
    """Inclination of the thigh's left–right axis from vertical, side-lying, from gravity."""
    HIP_EXTERNAL_ROTATION = "hip_external_rotation"
    KNEE_FLEXION = "knee_flexion"
    """Only with a shank sensor."""
    NONE = "none"


class PhaseKind(StrEnum):
    """What happens between two key poses."""

    CONCENTRIC = "concentric"
    ECCENTRIC = "eccentric"
    HOLD = "hold"


class Movement(StrEnum):
    """What a movement trains, for the shares of a programme."""

    HIP_EXTENSION = "hip_extension"
    SQUAT = "squat"
    HINGE = "hinge"
    LUNGE = "lunge"
    ABDUCTION = "abduction"
    ROTATION = "rotation"
    HIP_FLEXION = "hip_flexion"
    PELVIC_CONTROL = "pelvic_control"
    GAIT = "gait"
    JUMP = "jump"
    MOBILITY = "mobility"
    OTHER = "other"


class Vector(StrEnum):
    """Direction of the load against the body."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    LATERAL = "lateral"
    ROTATIONAL = "rotational"
    NONE = "none"


class KeyPose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One key pose, as done with the right leg; the left one mirrors list and turn.

    P and T with φ = P + T. Side-lying, P is how far the pelvis is turned about its left–right axis before
    it is laid over by the list, which gravity does not show.
    """

    name: Name
    pelvis_tilt_deg: Degrees
    thigh_pitch_deg: Degrees
    other_thigh_pitch_deg: Degrees | None = None
    """None: as the working leg (bilateral), as in the first pose (unilateral), half a cycle later
    (alternating)."""
    pelvis_list_deg: Degrees = 0.0
    pelvis_turn_deg: Degrees = 0.0
    """About the vertical, to the left positive."""
    hip_adduction_deg: Degrees = 0.0
    hip_rotation_deg: Degrees = 0.0
    other_hip_adduction_deg: Degrees | None = None
    other_hip_rotation_deg: Degrees | None = None
    thorax_tilt_deg: Degrees | None = None
    """None: the trunk moves with the pelvis."""
    knee_flexion_deg: Degrees | None = None
    other_knee_flexion_deg: Degrees | None = None
    source: Name = "recalled"
    note: Text = ""

    @property
    def hip_flexion_deg(self) -> float:
        """φ = P + T."""
        return self.pelvis_tilt_deg + self.thigh_pitch_deg


class Phase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The way ``to`` a key pose; ``share`` of the time that the tempo gives to all phases of this kind."""

    kind: PhaseKind
    to: Name
    share: Share = 1.0


class Alternative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What drives the count when the thigh sensor is on the leg that does not work."""

    signal: DriverSignal
    concentric_sign: Literal[-1, 1]
    rom_min_deg: Positive
    rom_typical_deg: Positive


class Driver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which angle is counted, the sign of its change in the lifting phase, and how fast it may be.

    ``cutoff_hz`` low-passes it; ``leg`` says in the coach's words whose angle it is.
    """

    signal: DriverSignal
    concentric_sign: Literal[-1, 0, 1]
    leg: Literal["", "working", "stance", "lead", "top"] = ""
    cutoff_hz: Annotated[float, msgspec.Meta(ge=0.1, le=20.0)] = 5.0
    needs_heading: bool = False
    free_leg: Alternative | None = None


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Range of motion of a repetition, deg, and what else makes one.

    ``refractory_s``: a second excursion this soon belongs to the same repetition (the landing of a jump);
    ``peak_rate_min_dps``: an explosive movement is at least this fast.
    """

    rom_min_deg: Positive
    rom_full_deg: Positive
    rom_typical_deg: Positive
    refractory_s: Seconds = 0.0
    peak_rate_min_dps: Annotated[float, msgspec.Meta(ge=0.0, le=2000.0)] = 0.0
    source: Name = "recalled"


class RomTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An angle to reach: a coaching default until the person has their own."""

    signal: Literal[
        "hip_flexion_deg",
        "thigh_pitch_deg",
        "pelvis_tilt_deg",
        "pelvis_list_deg",
        "thigh_abduction_deg",
        "thigh_opening_deg",
        "hip_rotation_deg",
    ]
    extreme: Literal["min", "max"]
    target_deg: Degrees
    source: Name = "recalled"


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the end is held, s, where the exercise asks for it."""

    at: Literal["top", "bottom", "pose"]
    target_s: Annotated[float, msgspec.Meta(gt=0.0, le=600.0)]
    tolerance_s: Seconds = 0.2
    source: Name = "recalled"


class Tempo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Durations as (least, typical, most), s."""

    first_phase: Literal["concentric", "eccentric", "hold"]
    period_s: MinTypMax
    concentric_s: MinTypMax | None = None
    eccentric_s: MinTypMax | None = None
    hold_top_s: Seconds = 0.0
    hold_bottom_s: Seconds = 0.0
    source: Name = "recalled"


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the movement belongs in a programme; ``leads_to`` are the next steps of the ladder."""

    movement: Movement
    vector: Vector = Vector.NONE
    multi_joint: bool = False
    leads_to: tuple[Name, ...] = ()


class Sensors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sensors without which the movement is not seen, and what further ones add."""

    needed: tuple[Worn, ...] = (Worn.PELVIS, Worn.THIGH)
    optional: dict[Worn, Sentence] = {}
    peak_gyro_dps: Annotated[float, msgspec.Meta(gt=0.0, le=4000.0)] | None = None
    peak_acc_g: Annotated[float, msgspec.Meta(gt=0.0, le=100.0)] | None = None


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Movements that the pelvis and one thigh cannot surely tell apart; all members say the same of it.

    ``reason`` is what differs and is not seen, ``seen_by`` the further sensor that does tell them apart.
    """

    name: Name
    reason: Sentence
    seen_by: Worn | None = None


class Exercise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One movement of the library."""

    id: Name
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    kind: Kind
    programme: Programme
    family: Family | None = None
    posture: Posture = Posture.ANY
    laterality: Laterality = Laterality.BILATERAL
    plane: Plane = Plane.SAGITTAL
    confidence: Text = ""
    sources: tuple[Name, ...] = ()
    notes: Text = ""
    not_measurable: tuple[Text, ...] = ()
    confusers: tuple[Text, ...] = ()
    poses: tuple[KeyPose, ...] = ()
    phases: tuple[Phase, ...] = ()
    driver: Driver = Driver(DriverSignal.NONE, 0)
    count: Count | None = None
    tempo: Tempo | None = None
    hold: Hold | None = None
    rom_targets: tuple[RomTarget, ...] = ()
    sensors: Sensors = Sensors()
    compensations: tuple[Rule, ...] = ()

    @property
    def lifts_first(self) -> bool:
        """Whether a repetition begins with the lifting phase (bridge) or the lowering one (squat)."""
        return self.tempo is None or self.tempo.first_phase != "eccentric"

    @property
    def rest_pose(self) -> KeyPose | None:
        """Pose in which a repetition begins and ends."""
        return self.poses[0] if self.poses else None

    @property
    def turn_pose(self) -> KeyPose | None:
        """Pose in which the first way, lifting or lowering, ends."""
        if len(self.poses) < 2 or not self.phases:
            return None
        first = self.phases[0].kind
        last = None
        for phase in self.phases:
            if phase.kind is not first:
                break
            last = phase.to
        return self.pose(last) if last is not None else None

    def pose(self, name: str) -> KeyPose:
        """The key pose of this name; raises `KeyError` when there is none."""
        for pose in self.poses:
            if pose.name == name:
                return pose
        raise KeyError(name)

    @property
    def motion_hint(self) -> MotionHint:
        """What the alignment may expect."""
        return MotionHint(
            tuple(_hint(pose) for pose in self.poses),
            self.plane,
            standing=self.posture is Posture.STANDING,
            alternating=self.laterality is Laterality.ALTERNATING,
            held=self.kind is Kind.HOLD,
        )


def _hint(pose: KeyPose) -> Pose:
    if abs(pose.pelvis_list_deg) > _SIDE_LYING_DEG:
        return Pose(None, None, pose.pelvis_list_deg)
    return Pose(pose.pelvis_tilt_deg, pose.thigh_pitch_deg, pose.pelvis_list_deg)
