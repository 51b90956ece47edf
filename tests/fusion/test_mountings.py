"""How a sensor is mounted, and which way its person faces at the start, changes no angle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.types import FloatArray, ImuBlock
from tests.fusion.people import blocks_of, config_for, run, session_of, signal

SAGITTAL = ("pelvis_tilt_deg", "pelvis_list_deg", "thigh_pitch_right_deg", "hip_flexion_right_deg")
MOST_DEG = 0.01

components = st.floats(-1.0, 1.0)
rotations = (
    st.tuples(components, components, components, components)
    .filter(lambda q: sum(c * c for c in q) > 0.01)
    .map(lambda q: np.array(q) / np.linalg.norm(q))
)


@pytest.fixture(scope="module")
def worn() -> dict[str, ImuBlock]:
    return blocks_of(session_of("squat_parallel", reps=2, walk_s=4.0))


@pytest.fixture(scope="module")
def as_worn(worn: dict[str, ImuBlock]) -> dict[str, FloatArray]:
    return angles(worn)


def angles(blocks: dict[str, ImuBlock]) -> dict[str, FloatArray]:
    output = run(blocks, config_for("squat_parallel"), size=200)
    return {name: signal(output, name)[1] for name in SAGITTAL}


def mounted(block: ImuBlock, turn: FloatArray) -> ImuBlock:
    """The same motion from a sensor that sits turned by the quaternion ``turn``."""
    return replace(
        block, acc_ms2=quat.rotate(turn, block.acc_ms2), gyr_rads=quat.rotate(turn, block.gyr_rads)
    )


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(pelvis=rotations, thigh=rotations)
def test_any_other_mounting_of_each_sensor_gives_the_same_angles(
    worn: dict[str, ImuBlock], as_worn: dict[str, FloatArray], pelvis: FloatArray, thigh: FloatArray
) -> None:
    otherwise = {
        "pelvis": mounted(worn["pelvis"], pelvis),
        "thigh_right": mounted(worn["thigh_right"], thigh),
    }
    for name, angle in angles(otherwise).items():
        assert angle == pytest.approx(as_worn[name], abs=MOST_DEG, nan_ok=True), name
