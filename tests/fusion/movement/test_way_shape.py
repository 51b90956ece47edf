"""The shape of a smooth way: from rest to rest, through the poses that an exercise passes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import exercises
from fusion.exercises.model import DriverSignal
from fusion.movement.way_shape import STRAIGHT, WayShape, way_shapes

S = np.linspace(0.0, 1.0, 501)
inner = st.floats(0.1, 0.9)


def test_without_a_pose_in_between_it_is_minimum_jerk() -> None:
    assert STRAIGHT.share(S) == pytest.approx(S**3 * (10.0 + S * (6.0 * S - 15.0)))
    assert STRAIGHT.times_of(0.5, 0.85) == pytest.approx([0.5, 0.7101], abs=1e-4)


@given(time=inner, share=inner)
def test_it_goes_through_its_poses_without_turning_back_and_rests_at_its_ends(
    time: float, share: float
) -> None:
    shape = WayShape(((0.0, 0.0), (time, share), (1.0, 1.0)))
    way = shape.share(S)
    assert shape.share(np.array([0.0, time, 1.0])) == pytest.approx([0.0, share, 1.0])
    assert np.diff(way).min() > -1e-9
    assert shape.speed(np.array([0.0, 1.0])) == pytest.approx([0.0, 0.0], abs=1e-9)


@given(time=inner, share=inner)
def test_its_speed_is_the_derivative_of_its_share(time: float, share: float) -> None:
    shape = WayShape(((0.0, 0.0), (time, share), (1.0, 1.0)))
    at = np.linspace(0.01, 0.99, 99)
    step = 1e-6
    slope = (shape.share(at + step) - shape.share(at - step)) / (2.0 * step)
    assert shape.speed(at) == pytest.approx(slope, abs=1e-3)


def test_who_sits_down_leans_first_and_sinks_back_last() -> None:
    out, back = way_shapes(exercises.load("sit_to_stand"), DriverSignal.THIGH_PITCH).driver
    assert np.array(out.poses) == pytest.approx(np.array([(0.0, 0.0), (0.4, 8.0 / 88.0), (1.0, 1.0)]))
    assert np.array(back.poses) == pytest.approx(np.array([(0.0, 0.0), (0.6, 80.0 / 88.0), (1.0, 1.0)]))


def test_a_thigh_waits_while_only_the_pelvis_turns() -> None:
    out, _ = way_shapes(exercises.load("glute_bridge"), DriverSignal.HIP_FLEXION).thigh
    assert out.share(np.array([0.1, 0.2, 0.23])) == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_an_angle_that_no_key_pose_tells_goes_straight() -> None:
    assert way_shapes(exercises.load("clamshell"), DriverSignal.THIGH_OPENING).driver == (STRAIGHT, STRAIGHT)
