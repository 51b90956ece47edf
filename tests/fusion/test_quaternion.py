"""Quaternion algebra: identities that hold for every rotation."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fusion import quaternion as quat

unit_quaternions = (
    arrays(float, 4, elements=st.floats(-1, 1))
    .filter(lambda q: float(np.linalg.norm(q)) > 0.1)
    .map(quat.normalize)
)
vectors = arrays(float, 3, elements=st.floats(-50, 50))


@given(unit_quaternions, vectors)
def test_rotation_keeps_length(q: np.ndarray, v: np.ndarray) -> None:
    assert np.isclose(np.linalg.norm(quat.rotate(q, v)), np.linalg.norm(v), atol=1e-9)


@given(unit_quaternions, unit_quaternions, vectors)
def test_product_is_composition(p: np.ndarray, q: np.ndarray, v: np.ndarray) -> None:
    together = quat.rotate(quat.multiply(p, q), v)
    assert np.allclose(together, quat.rotate(p, quat.rotate(q, v)), atol=1e-9)


@given(unit_quaternions)
def test_matrix_round_trip(q: np.ndarray) -> None:
    assert quat.angle_rad(quat.from_matrix(quat.to_matrix(q)), q) < 1e-7


@given(unit_quaternions)
def test_rotation_vector_round_trip(q: np.ndarray) -> None:
    back = quat.from_rotation_vector(quat.to_rotation_vector(q))
    assert quat.angle_rad(back, q) < 1e-7


@given(unit_quaternions, unit_quaternions, st.floats(0, 1))
def test_slerp_divides_the_angle(p: np.ndarray, q: np.ndarray, fraction: float) -> None:
    part = quat.angle_rad(p, quat.slerp(p, q, fraction))
    assert np.isclose(part, fraction * quat.angle_rad(p, q), atol=1e-6)


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    q = quat.from_rotation_vector([0.0, 0.0, np.pi / 2])
    assert np.allclose(quat.rotate(q, [1.0, 0.0, 0.0]), [0.0, 1.0, 0.0])
    assert np.allclose(quat.multiply(q, quat.conjugate(q)), quat.IDENTITY)
