"""The angles of docs/conventions.md, checked against poses worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.kinematics import Kinematics, cardan_zxy
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, Segment, SegmentAlignment, SignalBlock

UPRIGHT = quat.from_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]))
X, Y, Z = np.eye(3)


def turned(*steps: tuple[FloatArray, float]) -> FloatArray:
    """Upright, then turned about body axes by angles in deg."""
    q = UPRIGHT
    for axis, angle_deg in steps:
        q = quat.multiply(q, quat.from_rotation_vector(np.radians(angle_deg) * axis))
    return q


def signals_of(pelvis: FloatArray, thigh: FloatArray) -> SignalBlock:
    """Signals of one pose of a right leg, sensors aligned with their segments."""

    def block(q_es: FloatArray) -> OrientedBlock:
        zero = np.zeros((1, 3))
        sd = np.full(1, 0.01)
        return OrientedBlock(np.zeros(1), q_es[None], zero, zero, sd, sd, np.zeros(1, np.uint8))

    worn = {Segment.PELVIS: block(pelvis), Segment.THIGH_RIGHT: block(thigh)}
    given_alignment = {s: SegmentAlignment(s, (1.0, 0.0, 0.0, 0.0), "given", 1.0) for s in worn}
    return Kinematics(given_alignment).update(AlignedBlock(np.zeros(1), 60.0, worn))


@pytest.mark.parametrize("tilt_deg", [-90.0, -35.0, 0.0, 20.0, 90.0])
def test_anterior_tilt_is_a_negative_turn_about_z(tilt_deg: float) -> None:
    signals = signals_of(turned((Z, -tilt_deg)), UPRIGHT)
    assert signals["pelvis_tilt_deg"] == pytest.approx([tilt_deg])
    assert signals["pelvis_list_deg"] == pytest.approx([0.0], abs=1e-9)


@pytest.mark.parametrize("pitch_deg", [-30.0, 0.0, 45.0, 120.0])
def test_a_knee_that_goes_forward_raises_the_thigh_pitch_and_the_hip_flexion(pitch_deg: float) -> None:
    signals = signals_of(UPRIGHT, turned((Z, pitch_deg)))
    assert signals["thigh_pitch_right_deg"] == pytest.approx([pitch_deg])
    assert signals["hip_flexion_right_deg"] == pytest.approx([pitch_deg])


def test_hip_flexion_is_tilt_plus_pitch() -> None:
    signals = signals_of(turned((Z, -22.0)), turned((Z, 85.0)))
    assert signals["hip_flexion_right_deg"] == pytest.approx([107.0])


def test_while_the_pelvis_is_silent_the_thigh_is_known_and_the_joint_is_not() -> None:
    signals = signals_of(np.full(4, np.nan), turned((Z, 85.0)))
    assert signals["thigh_pitch_right_deg"] == pytest.approx([85.0])
    for name in ("pelvis_tilt_deg", "pelvis_list_deg", "hip_flexion_right_deg", "hip_adduction_right_deg"):
        assert np.isnan(signals[name]).all(), name


def test_a_raised_right_side_is_a_positive_list() -> None:
    # Turning about X (forward) by −10° lifts Z, which points right.
    signals = signals_of(turned((X, -10.0)), UPRIGHT)
    assert signals["pelvis_list_deg"] == pytest.approx([10.0])


def test_adduction_of_a_right_leg_moves_it_to_the_left() -> None:
    signals = signals_of(UPRIGHT, turned((X, 15.0)))
    knee_e = quat.rotate(turned((X, 15.0)), -Y)
    assert knee_e[1] > 0.0, "E's Y points left of someone who faces E's X"
    assert signals["hip_adduction_right_deg"] == pytest.approx([15.0])


@given(flexion=st.floats(-170, 170), adduction=st.floats(-80, 80), rotation=st.floats(-170, 170))
def test_cardan_angles_are_those_that_made_the_turn(
    flexion: float, adduction: float, rotation: float
) -> None:
    parts = [(Z, flexion), (X, adduction), (Y, rotation)]
    q = quat.IDENTITY
    for axis, angle_deg in parts:
        q = quat.multiply(q, quat.from_rotation_vector(np.radians(angle_deg) * axis))
    angles = np.degrees([float(a) for a in cardan_zxy(quat.IDENTITY, q)])
    assert angles == pytest.approx([flexion, adduction, rotation], abs=1e-6)


def test_tilt_is_continuous_through_half_a_turn() -> None:
    kinematics = Kinematics({Segment.PELVIS: SegmentAlignment(Segment.PELVIS, (1, 0, 0, 0), "given", 1.0)})
    tilts = np.arange(0.0, 271.0, 5.0)
    seen = []
    for k, tilt in enumerate(tilts):
        q_es = turned((Z, -float(tilt)))[None]
        zero, sd = np.zeros((1, 3)), np.full(1, 0.01)
        block = OrientedBlock(np.full(1, k / 60), q_es, zero, zero, sd, sd, np.zeros(1, np.uint8))
        aligned = AlignedBlock(block.t_s, 60.0, {Segment.PELVIS: block})
        seen.append(float(kinematics.update(aligned)["pelvis_tilt_deg"][0]))
    assert seen == pytest.approx(tilts.tolist())


def series_of(
    pelvis: FloatArray, thigh: FloatArray, heading_sd_rad: float, tissue_gain: float = 0.0
) -> SignalBlock:
    """Signals of a right leg over (n, 4) orientations of both segments."""
    t_s = np.arange(len(pelvis)) / 60.0

    def block(q_es: FloatArray, heading_sd: float) -> OrientedBlock:
        before = np.vstack((q_es[:1], q_es[:-1]))
        gyr = quat.to_rotation_vector(quat.multiply(quat.conjugate(before), q_es)) * 60.0
        sd = np.full(len(q_es), 0.01)
        quality = np.zeros(len(q_es), np.uint8)
        return OrientedBlock(t_s, q_es, gyr, gyr, sd, np.full(len(q_es), heading_sd), quality)

    worn = {Segment.PELVIS: block(pelvis, 0.0), Segment.THIGH_RIGHT: block(thigh, heading_sd_rad)}
    aligned = {s: SegmentAlignment(s, (1.0, 0.0, 0.0, 0.0), "given", 1.0) for s in worn}
    thigh_alignment = replace(aligned[Segment.THIGH_RIGHT], tissue_gain=tissue_gain, tissue_sd=0.03)
    aligned[Segment.THIGH_RIGHT] = thigh_alignment
    return Kinematics(aligned).update(AlignedBlock(t_s, 60.0, worn))


def sumo(flexion_deg: float) -> tuple[FloatArray, FloatArray]:
    """A thigh that bends outwards: 35° of abduction and of external rotation."""
    return UPRIGHT[None], turned((Z, flexion_deg), (X, -35.0), (Y, -35.0))[None]


@pytest.mark.parametrize("flexion_deg", [20.0, 60.0, 88.0])
def test_knees_that_go_outwards_cost_no_flexion_where_the_heading_is_known(flexion_deg: float) -> None:
    known = series_of(*sumo(flexion_deg), heading_sd_rad=0.0)
    assert known["hip_flexion_right_deg"] == pytest.approx([flexion_deg], abs=0.1)
    assert known["hip_adduction_right_deg"] == pytest.approx([-35.0])
    assert known["hip_rotation_right_deg"] == pytest.approx([-35.0])


def test_where_the_heading_is_not_known_flexion_is_the_sum_of_the_pitches() -> None:
    unknown = series_of(*sumo(60.0), heading_sd_rad=1.5)
    tilt, pitch = unknown["pelvis_tilt_deg"], unknown["thigh_pitch_right_deg"]
    assert unknown["hip_flexion_right_deg"] == pytest.approx(tilt + pitch)
    k = unknown.names.index("hip_flexion_right_deg")
    assert unknown.sd[k][0] > abs(unknown["hip_flexion_right_deg"][0] - 60.0), (
        "and the doubt says how far off"
    )


def test_a_heading_that_is_half_a_turn_wrong_leaves_the_flexion_alone() -> None:
    around = quat.from_rotation_vector([0.0, 0.0, np.pi])
    wrong = series_of(UPRIGHT[None], quat.multiply(around, turned((Z, 70.0)))[None], heading_sd_rad=0.05)
    assert wrong["hip_flexion_right_deg"] == pytest.approx([70.0], abs=0.5)


@pytest.mark.parametrize("pitch_deg", [-20.0, 10.0, 25.0])
def test_nor_does_one_that_would_turn_the_hip_further_than_hips_go(pitch_deg: float) -> None:
    around = quat.from_rotation_vector([0.0, 0.0, np.radians(172.0)])
    thigh = quat.multiply(around, turned((Z, pitch_deg)))
    running = series_of(turned((Z, -10.0))[None], thigh[None], heading_sd_rad=0.15)
    assert running["hip_flexion_right_deg"] == pytest.approx([10.0 + pitch_deg], abs=0.5)


def test_rolling_onto_the_side_with_bent_hips_makes_no_jump() -> None:
    roll = np.radians(np.linspace(0.0, 110.0, 221))[:, None] * X
    body = quat.multiply(UPRIGHT, quat.from_rotation_vector(roll))
    thigh = quat.multiply(body, quat.from_rotation_vector(np.radians(45.0) * Z))
    signals = series_of(body, thigh, heading_sd_rad=0.3)
    flexion = signals["hip_flexion_right_deg"]
    assert np.isfinite(flexion).all()
    assert np.abs(np.diff(flexion)).max() < 2.0
    lying = np.abs(np.linspace(0.0, 110.0, 221) - 90.0) < 5.0
    assert flexion[lying] == pytest.approx(45.0, abs=0.5)


def test_flexion_goes_on_through_half_a_turn_of_the_pelvis() -> None:
    tilts = np.linspace(0.0, 250.0, 501)
    pelvis = quat.multiply(UPRIGHT, quat.from_rotation_vector(-np.radians(tilts)[:, None] * Z))
    thigh = quat.multiply(pelvis, quat.from_rotation_vector(np.radians(30.0) * Z))
    signals = series_of(pelvis, thigh, heading_sd_rad=0.1)
    assert signals["pelvis_tilt_deg"] == pytest.approx(tilts, abs=1e-6)
    assert signals["hip_flexion_right_deg"] == pytest.approx(30.0, abs=1e-6)


def test_rates_are_the_slopes_of_the_angles() -> None:
    t_s = np.arange(180) / 60.0
    angles = {
        "hip_flexion": 50.0 + 30.0 * np.sin(2.0 * t_s),
        "hip_adduction": -10.0 + 8.0 * np.cos(3.0 * t_s),
        "hip_rotation": 12.0 * np.sin(1.5 * t_s),
    }
    thigh = np.tile(UPRIGHT, (len(t_s), 1))
    for axis, values in zip((Z, X, Y), angles.values(), strict=True):
        thigh = quat.multiply(thigh, quat.from_rotation_vector(np.radians(values)[:, None] * axis))
    signals = series_of(np.tile(UPRIGHT, (len(t_s), 1)), thigh, heading_sd_rad=0.0)
    for name, values in angles.items():
        slope = np.gradient(values, t_s)
        assert signals[f"{name}_rate_right_dps"][2:-2] == pytest.approx(slope[2:-2], abs=1.5)


@pytest.mark.parametrize(("seen_deg", "bone_deg"), [(-20.0, -20.0), (45.0, 45.0), (115.5, 109.0909)])
def test_soft_tissue_is_taken_off_beyond_45_degrees(seen_deg: float, bone_deg: float) -> None:
    signals = series_of(UPRIGHT[None], turned((Z, seen_deg))[None], heading_sd_rad=0.0, tissue_gain=0.1)
    assert signals["hip_flexion_right_deg"] == pytest.approx([bone_deg], abs=1e-3)
    assert signals["thigh_pitch_right_deg"] == pytest.approx([bone_deg], abs=1e-3)
