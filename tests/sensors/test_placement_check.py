"""A requested movement tells whether the sensors are where they are said to be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.types import FloatArray, Segment
from sensors.placement_check import Movement, Verdict, check_placement, turned_deg

P, TR, TL = Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THIGH_LEFT
SR, SL, T = Segment.SHANK_RIGHT, Segment.SHANK_LEFT, Segment.THORAX
RATE_HZ = 60.0

# How far people turn each segment, in degrees (knee to hip height; a bow of 70° with 10° of knee bend).
TURNS_DEG = {
    Movement.LIFT_RIGHT_KNEE: {TR: 80.0, SR: 35.0, P: 9.0, T: 6.0, TL: 5.0, SL: 4.0},
    Movement.LIFT_LEFT_KNEE: {TL: 80.0, SL: 35.0, P: 9.0, T: 6.0, TR: 5.0, SR: 4.0},
    Movement.BOW: {P: 60.0, T: 75.0, TR: 15.0, TL: 14.0, SR: 8.0, SL: 8.0},
}


def recording(turn_deg: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Stand 1 s, turn there and back in 2 s, stand 1 s; any mounting, bias and noise of a cheap gyroscope."""
    t_s = np.arange(0.0, 4.0, 1.0 / RATE_HZ)
    phase = np.clip((t_s - 1.0) / 2.0, 0.0, 1.0)
    rate = np.radians(turn_deg) * np.pi * np.sin(2.0 * np.pi * phase) / 2.0
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    bias = rng.uniform(-0.02, 0.02, 3)
    return t_s, rate[:, None] * axis + bias + rng.normal(0.0, 0.004, (len(t_s), 3))


def recorded(
    movement: Movement, truly: Mapping[str, Segment], seed: int
) -> dict[str, tuple[FloatArray, FloatArray]]:
    rng = np.random.default_rng(seed)
    return {device: recording(TURNS_DEG[movement][segment], rng) for device, segment in truly.items()}


@given(turn_deg=st.floats(5.0, 120.0), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_turn_is_found_for_any_mounting_and_bias(turn_deg: float, seed: int) -> None:
    found = turned_deg(*recording(turn_deg, np.random.default_rng(seed)))
    assert found == pytest.approx(turn_deg, abs=2.5)


@pytest.mark.parametrize("movement", list(Movement))
@pytest.mark.parametrize("segments", [(P, TR, TL), (P, TR, TL, T), (P, TR, TL, SR, SL)])
@pytest.mark.parametrize("seed", range(5))
def test_sensors_in_their_places_pass(movement: Movement, segments: tuple[Segment, ...], seed: int) -> None:
    worn = {s.value: s for s in segments}
    found = check_placement(movement, worn, recorded(movement, worn, seed))
    assert found.verdict is Verdict.OK, found.messages
    assert found.swaps == ()


@pytest.mark.parametrize(
    ("movement", "one", "other"),
    [
        (Movement.LIFT_RIGHT_KNEE, TR, TL),
        (Movement.LIFT_LEFT_KNEE, TL, TR),
        (Movement.LIFT_RIGHT_KNEE, TR, P),
        (Movement.LIFT_LEFT_KNEE, TL, P),
        (Movement.LIFT_RIGHT_KNEE, SR, SL),
        (Movement.BOW, P, TR),
        (Movement.BOW, P, TL),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_two_sensors_that_were_swapped_are_named(
    movement: Movement, one: Segment, other: Segment, seed: int
) -> None:
    worn = {s.value: s for s in (P, TR, TL, SR, SL)}
    truly = worn | {one.value: other, other.value: one}
    found = check_placement(movement, worn, recorded(movement, truly, seed))
    assert found.verdict is Verdict.SWAPPED
    assert {frozenset(pair) for pair in found.swaps} == {frozenset((one.value, other.value))}
    assert "swap the two" in found.messages[0]


def test_with_a_pelvis_and_one_thigh_a_lifted_knee_is_enough() -> None:
    worn = {"a": P, "b": TR}
    right = recorded(Movement.LIFT_RIGHT_KNEE, worn, 1)
    assert check_placement(Movement.LIFT_RIGHT_KNEE, worn, right).verdict is Verdict.OK
    swapped = check_placement(Movement.LIFT_RIGHT_KNEE, worn, {"a": right["b"], "b": right["a"]})
    assert swapped.swaps == (("b", "a"),)
    assert swapped.messages == (
        "the pelvis sensor turned where the right thigh sensor should have: swap the two",
    )


def test_left_and_right_may_also_be_the_other_leg() -> None:
    worn = {"a": TR, "b": TL}
    other_leg = recorded(Movement.LIFT_LEFT_KNEE, worn, 2)
    found = check_placement(Movement.LIFT_RIGHT_KNEE, worn, other_leg)
    assert found.messages[0].endswith("swap the two, unless the other leg was lifted")


def test_too_little_movement_silence_and_useless_movements_are_unclear_with_a_reason() -> None:
    worn = {"a": P, "b": TR}
    rng = np.random.default_rng(3)
    still = {d: recording(2.0, rng) for d in worn}
    lazy = check_placement(Movement.LIFT_RIGHT_KNEE, worn, still)
    assert (lazy.verdict, lazy.swaps) == (Verdict.UNCLEAR, ())
    assert "no sensor turned by 20°" in lazy.messages[0]
    silent = check_placement(Movement.LIFT_RIGHT_KNEE, worn, {"a": still["a"]})
    assert silent.messages == ("nothing came from the right thigh sensor (b)",)
    alone = check_placement(Movement.BOW, {"a": P}, {"a": recording(60.0, rng)})
    assert alone.messages == ("this movement tells nothing about the segments that are worn",)


def test_two_that_turn_alike_are_asked_to_do_it_again() -> None:
    rng = np.random.default_rng(4)
    found = check_placement(
        Movement.LIFT_RIGHT_KNEE, {"a": TR, "b": TL}, {"a": recording(60.0, rng), "b": recording(55.0, rng)}
    )
    assert found.verdict is Verdict.UNCLEAR
    assert found.messages[0].startswith("right thigh and left thigh turned alike; stand still")
