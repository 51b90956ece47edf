"""Relative heading from the joint alone: found, followed, never claimed without motion."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.relative_heading import (
    RelativeHeading,
    RelativeHeadingParams,
    estimate_relative_orientation,
    smooth_relative_heading,
)
from fusion.types import FloatArray, SampleQuality
from tests.fusion.joints import LEVERS_M, cut, joint_pair, oriented, true_heading_rad, turned

PAIR = joint_pair(40.0, seed=4)
FIRST, SECOND = oriented(PAIR)


def error_deg(q_s1_s2: FloatArray, truth: FloatArray) -> FloatArray:
    return np.degrees(quat.angle_rad(q_s1_s2, truth))


@pytest.mark.parametrize("heading_deg", [-150.0, -60.0, 0.0, 100.0])
def test_any_start_heading_is_found_within_seconds(heading_deg: float) -> None:
    pair = joint_pair(20.0, seed=1, start_heading_rad=np.radians(heading_deg))
    q = estimate_relative_orientation(
        pair.first.t_s, pair.first.acc_ms2, pair.first.gyr_rads, pair.second.acc_ms2, pair.second.gyr_rads
    )
    late = pair.first.t_s > 5.0
    assert np.sqrt(np.mean(error_deg(q, pair.q_s1_s2)[late] ** 2)) < 2.0


def test_drift_of_one_sensor_is_followed_and_the_claim_is_true() -> None:
    drift_rad = np.radians(0.2) * FIRST.t_s
    drifting = turned(SECOND, drift_rad)
    heading_rad, sd_rad = RelativeHeading().update(FIRST, drifting)
    late = FIRST.t_s > 8.0
    error = heading_rad - true_heading_rad(PAIR, FIRST, drifting)
    error = np.abs(np.angle(np.exp(1j * error)))[late]
    assert np.degrees(error).max() < 4.0
    assert (error < 3.0 * sd_rad[late]).all()


def test_levers_may_be_told() -> None:
    plain, told = RelativeHeading(), RelativeHeading()
    told.expect_levers(LEVERS_M[0], LEVERS_M[1], 0.02)
    for estimate in (plain, told):
        estimate.update(cut(FIRST, 0, 150), cut(SECOND, 0, 150))
    for known, free, true in zip(told.levers_m, plain.levers_m, LEVERS_M, strict=True):
        assert np.linalg.norm(known - true) < 0.7 * np.linalg.norm(free - true)
    with pytest.raises(InputError, match="two vectors of three finite numbers"):
        told.expect_levers([np.nan, 0.0, 0.0], [0.0, 0.0, 0.0], 0.1)


def test_the_levers_to_the_joint_come_out_of_the_motion() -> None:
    estimate = RelativeHeading()
    estimate.update(FIRST, SECOND)
    for found, true in zip(estimate.levers_m, LEVERS_M, strict=True):
        assert found == pytest.approx(true, abs=0.015)


def test_a_hinge_that_is_known_to_be_one_is_surer() -> None:
    pair = joint_pair(15.0, seed=2, hinge=True, start_heading_rad=1.0)
    ball, hinge = RelativeHeading(), RelativeHeading(RelativeHeadingParams(hinge=True))
    for estimate in (ball, hinge):
        estimate.update(*oriented(pair))
    assert hinge.sd_rad < 0.9 * ball.sd_rad
    assert hinge.heading_rad == pytest.approx(ball.heading_rad, abs=0.1)


def test_without_motion_nothing_is_claimed_and_an_expectation_fades() -> None:
    still = replace(FIRST, gyr_rads=np.zeros_like(FIRST.gyr_rads))
    still = replace(still, q_es=np.tile(quat.IDENTITY, (len(still), 1)))
    still = replace(still, acc_ms2=np.tile([0.0, 0.0, 9.80665], (len(still), 1)))
    unknown = RelativeHeading()
    unknown.update(still, still)
    assert np.degrees(unknown.sd_rad) > 100.0
    told = RelativeHeading()
    told.expect(0.3, np.radians(2.0))
    heading_rad, sd_rad = told.update(still, still)
    assert heading_rad == pytest.approx(0.3, abs=1e-6)
    assert (np.diff(sd_rad) > 0.0).sum() > 0.9 * len(sd_rad)
    assert np.degrees(sd_rad[-1]) > 3.0


def test_what_a_gap_may_have_cost_the_heading_is_added() -> None:
    middle = 1200
    hurt = replace(SECOND, quality=SECOND.quality.copy(), heading_sd_rad=SECOND.heading_sd_rad.copy())
    hurt.quality[middle] |= SampleQuality.AFTER_GAP
    hurt.heading_sd_rad[middle:] = np.hypot(hurt.heading_sd_rad[middle:], np.radians(10.0))
    _, sd_rad = RelativeHeading().update(FIRST, hurt)
    assert np.degrees(sd_rad[middle]) > 8.0
    assert np.degrees(sd_rad[middle - 1]) < 4.0
    assert sd_rad[-1] < 0.5 * sd_rad[middle]


def test_a_silent_sensor_is_passed_over() -> None:
    q_es, silent = SECOND.q_es.copy(), slice(600, 700)
    q_es[silent] = np.nan
    heading_rad, sd_rad = RelativeHeading().update(FIRST, replace(SECOND, q_es=q_es))
    assert np.isfinite(heading_rad).all()
    assert sd_rad[699] > sd_rad[599]


def test_the_recording_form_knows_the_start_too() -> None:
    other = turned(SECOND, np.array(2.0))
    truth = true_heading_rad(PAIR, FIRST, other)
    heading_rad, sd_rad = smooth_relative_heading(FIRST, other)
    causal, causal_sd_rad = RelativeHeading().update(FIRST, other)
    assert abs(np.angle(np.exp(1j * (causal - truth)[0]))) > 1.0
    assert abs(np.angle(np.exp(1j * (heading_rad - truth)[60]))) < np.radians(4.0)
    assert (sd_rad <= causal_sd_rad + 1e-12).all()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 600), max_size=6))
def test_any_splitting_gives_the_same_bits(edges: list[int]) -> None:
    whole = RelativeHeading().update(cut(FIRST, 0, 600), cut(SECOND, 0, 600))
    estimate, parts = RelativeHeading(), []
    for start, stop in zip([0, *sorted(edges)], [*sorted(edges), 600], strict=True):
        parts.append(estimate.update(cut(FIRST, start, stop), cut(SECOND, start, stop)))
    for row in range(2):
        assert np.array_equal(whole[row], np.concatenate([part[row] for part in parts]))


def test_a_restored_state_goes_on_as_if_nothing_happened() -> None:
    one, other = RelativeHeading(), RelativeHeading()
    one.update(cut(FIRST, 0, 700), cut(SECOND, 0, 700))
    other.restore(one.state)
    ahead = one.update(cut(FIRST, 700, 900), cut(SECOND, 700, 900))
    again = other.update(cut(FIRST, 700, 900), cut(SECOND, 700, 900))
    assert np.array_equal(ahead, again)
    with pytest.raises(InputError, match="state has shape"):
        other.restore(np.zeros(3))


@settings(max_examples=8, deadline=None)
@given(st.floats(-3.1, 3.1), st.floats(-3.1, 3.1))
def test_turning_both_earth_frames_turns_the_answer_by_the_difference(a: float, b: float) -> None:
    plain, _ = smooth_relative_heading(FIRST, SECOND)
    other, _ = smooth_relative_heading(turned(FIRST, np.array(a)), turned(SECOND, np.array(b)))
    difference = np.angle(np.exp(1j * (other - plain - (a - b))))
    assert np.degrees(np.abs(difference)).max() < 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dof": 4}, "1, 2 or 3 degrees of freedom, not 4"),
        ({"start_q_s1_s2": [1.0, 0.0, 0.0]}, "one unit quaternion"),
        ({"acc2_ms2": np.zeros((5, 3))}, r"sensor 2: acceleration has shape \(5, 3\), expected \(2400, 3\)"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, object], message: str) -> None:
    first, second = PAIR.first, PAIR.second
    given_samples: dict[str, object] = {
        "t_s": first.t_s,
        "acc1_ms2": first.acc_ms2,
        "gyr1_rads": first.gyr_rads,
        "acc2_ms2": second.acc_ms2,
        "gyr2_rads": second.gyr_rads,
    }
    with pytest.raises(InputError, match=message):
        estimate_relative_orientation(**{**given_samples, **arguments})  # type: ignore[arg-type]


def test_sensors_on_different_times_are_refused() -> None:
    with pytest.raises(InputError, match="align them first"):
        RelativeHeading().update(FIRST, cut(SECOND, 0, 10))


def test_a_known_start_holds_from_the_first_sample() -> None:
    pair = joint_pair(3.0, seed=5, start_heading_rad=2.2)
    q = estimate_relative_orientation(
        pair.first.t_s,
        pair.first.acc_ms2,
        pair.first.gyr_rads,
        pair.second.acc_ms2,
        pair.second.gyr_rads,
        start_q_s1_s2=pair.q_s1_s2[0],
    )
    assert error_deg(q, pair.q_s1_s2)[0] < 12.0  # the vertical of the very first sample is the rest
