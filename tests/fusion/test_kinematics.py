"""The angles of docs/conventions.md, checked against poses worked out by hand."""

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
