"""Magnetic north: followed, disturbed, trusted again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.heading import MagneticHeading
from fusion.types import FloatArray

RATE_HZ = 50.0
FIELD_E = np.array([0.0, 20.0, -40.0])
DRIFT_RADS = np.radians(0.3)


def drifting(seconds: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """A sensor that swings about; its free heading drifts away from north by 0.3 °/s, from 50° on."""
    t_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    swing = np.stack((0.5 * np.sin(t_s), 0.6 * np.sin(1.3 * t_s), np.sin(0.7 * t_s)), axis=-1)
    truth = quat.from_rotation_vector(swing)
    angle = np.radians(50.0) + DRIFT_RADS * t_s
    half = 0.5 * angle
    turn = np.stack((np.cos(half), 0.0 * half, 0.0 * half, np.sin(half)), axis=-1)
    gyr = np.gradient(swing, t_s, axis=0)
    mag = quat.rotate(quat.conjugate(truth), FIELD_E)
    return t_s, truth, quat.multiply(turn, truth), gyr, mag


T_S, TRUTH, FREE, GYR, MAG = drifting(80.0)
FREE_SD = DRIFT_RADS * T_S


def heading_error_deg(q_es: FloatArray) -> FloatArray:
    off = quat.multiply(q_es, quat.conjugate(TRUTH))
    return np.degrees(2.0 * np.arctan2(np.abs(off[:, 3]), np.abs(off[:, 0])))


def test_north_is_there_from_the_first_sample_and_drift_is_held() -> None:
    q, sd = MagneticHeading().update(T_S, FREE, GYR, FREE_SD, MAG)
    assert heading_error_deg(q)[0] == pytest.approx(0.0, abs=1e-6)
    assert heading_error_deg(q).max() < np.degrees(DRIFT_RADS) * 9.0 + 0.5
    assert np.degrees(sd[-1]) == pytest.approx(3.0, abs=0.01)


def test_a_magnet_that_passes_is_not_followed_and_the_doubt_grows_meanwhile() -> None:
    near = (T_S > 30.0) & (T_S < 45.0)
    disturbed = MAG + near[:, None] * quat.rotate(quat.conjugate(TRUTH), np.array([60.0, 0.0, 0.0]))
    heading = MagneticHeading()
    q, sd = heading.update(T_S, FREE, GYR, FREE_SD, disturbed)
    assert heading_error_deg(q).max() < 9.0
    at = int(44.0 * RATE_HZ)
    assert np.degrees(sd[at]) > 4.0
    assert np.degrees(sd[-1]) < 3.1
    assert not heading.disturbed


def test_a_field_that_came_to_stay_is_trusted_in_time() -> None:
    stays = T_S > 20.0
    moved = np.where(stays[:, None], 1.4 * MAG, MAG)
    heading = MagneticHeading()
    heading.update(T_S[:1500], FREE[:1500], GYR[:1500], FREE_SD[:1500], moved[:1500])
    at_first = heading.disturbed
    q, _ = heading.update(T_S[1500:], FREE[1500:], GYR[1500:], FREE_SD[1500:], moved[1500:])
    assert (at_first, heading.disturbed) == (True, False)
    assert len(q) == len(T_S) - 1500


def test_missing_field_samples_are_passed_over() -> None:
    mag = MAG.copy()
    mag[100:400] = np.nan
    mag[500] = 0.0
    q, _ = MagneticHeading().update(T_S, FREE, GYR, FREE_SD, mag)
    assert np.isfinite(q).all()
    assert heading_error_deg(q).max() < 5.0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=6))
def test_any_splitting_gives_the_same_bits(edges: list[int]) -> None:
    rows = T_S[:1000], FREE[:1000], GYR[:1000], FREE_SD[:1000], MAG[:1000]
    whole = MagneticHeading().update(*rows)
    heading, parts = MagneticHeading(), []
    for start, stop in zip([0, *sorted(edges)], [*sorted(edges), 1000], strict=True):
        t_s, q, gyr, sd, mag = (row[start:stop] for row in rows)
        parts.append(heading.update(t_s, q, gyr, sd, mag))
    for k in range(2):
        assert np.array_equal(whole[k], np.concatenate([part[k] for part in parts]))


def test_a_restored_state_goes_on_as_if_nothing_happened() -> None:
    one, other = MagneticHeading(), MagneticHeading()
    one.update(T_S[:900], FREE[:900], GYR[:900], FREE_SD[:900], MAG[:900])
    other.restore(one.state)
    later = T_S[900:1200], FREE[900:1200], GYR[900:1200], FREE_SD[900:1200], MAG[900:1200]
    ahead, again = one.update(*later), other.update(*later)
    assert np.array_equal(ahead[0], again[0])
    assert np.array_equal(ahead[1], again[1])
    with pytest.raises(InputError, match="state has shape"):
        other.restore(np.zeros(2))
