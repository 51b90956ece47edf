"""How far a hip has turned, whatever is thought of the headings: its rate says it, across a gap its angle."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.movement.turned import TurnedHip
from fusion.types import FloatArray, Side, SignalBlock

RATE_HZ = 60.0
NAMES = ("hip_rotation_right_deg", "hip_rotation_rate_right_dps")


def turning(known_deg: FloatArray, rate_dps: FloatArray) -> SignalBlock:
    values = np.array([known_deg, rate_dps])
    t_s = np.arange(len(known_deg)) / RATE_HZ
    return SignalBlock(t_s, RATE_HZ, NAMES, values, np.ones_like(values))


STAND = 180


def squeezes(n: int) -> tuple[FloatArray, FloatArray]:
    """A stand of three seconds, then out by 8° and back every two seconds: angle and rate."""
    t_s = np.maximum(0.0, (np.arange(n) - STAND) / RATE_HZ)
    angle = -4.0 * (1.0 - np.cos(np.pi * t_s))
    return angle, np.diff(angle, prepend=0.0) * RATE_HZ


def test_a_heading_that_is_corrected_in_the_midst_of_a_set_turns_no_leg() -> None:
    angle, rate = squeezes(600)
    corrected = angle + np.where(np.arange(600) < 400, -144.0, 103.0)
    seen = TurnedHip(Side.RIGHT)(turning(corrected, rate))["hip_rotation_right_deg"]
    assert seen == pytest.approx(angle - 144.0, abs=1e-6)


def test_what_was_turned_in_silence_is_what_the_angle_differs_by() -> None:
    angle, rate = squeezes(600)
    angle[300:360] = rate[300:360] = np.nan
    seen = TurnedHip(Side.RIGHT)(turning(angle, rate))["hip_rotation_right_deg"]
    assert np.isnan(seen[300:360]).all()
    assert seen[360:] == pytest.approx(angle[360:], abs=1e-6)


def test_a_gyroscopes_bias_at_the_beginning_turns_no_leg() -> None:
    angle, rate = squeezes(600)
    bias = np.where(np.arange(600) < 100, -0.9, 0.0)
    seen = TurnedHip(Side.RIGHT)(turning(angle, rate + bias))["hip_rotation_right_deg"]
    assert seen == pytest.approx(angle, abs=1e-6)


def test_a_leg_that_turns_from_the_first_sample_on_is_seen() -> None:
    angle, rate = (signal[STAND:] for signal in squeezes(600))
    seen = TurnedHip(Side.RIGHT)(turning(angle, rate))["hip_rotation_right_deg"]
    assert seen == pytest.approx(angle, abs=1.0)


@given(cuts=st.sets(st.integers(1, 299), max_size=6))
def test_it_is_the_same_in_blocks_of_any_size(cuts: set[int]) -> None:
    angle, rate = squeezes(300)
    angle[220:230] = np.nan
    signals = turning(angle, rate)
    whole = TurnedHip(Side.RIGHT)(signals)["hip_rotation_right_deg"]
    piecewise, at = TurnedHip(Side.RIGHT), [0, *sorted(cuts), 300]
    parts = [
        piecewise(SignalBlock(signals.t_s[a:b], RATE_HZ, NAMES, signals.values[:, a:b], signals.sd[:, a:b]))
        for a, b in pairwise(at)
    ]
    assert np.array_equal(np.concatenate([p["hip_rotation_right_deg"] for p in parts]), whole, equal_nan=True)


def test_signals_without_a_thigh_pass_as_they_are() -> None:
    signals = SignalBlock(np.zeros(1), RATE_HZ, ("pelvis_tilt_deg",), np.zeros((1, 1)), np.ones((1, 1)))
    assert TurnedHip(Side.RIGHT)(signals) is signals
