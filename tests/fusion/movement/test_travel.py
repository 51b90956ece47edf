"""How far a segment goes in all: noise goes nowhere, repetitions add up."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion.movement.travel import travel_deg, travel_misfit
from fusion.movement.usual_repetition import Cycle, phases_through

_CYCLE = Cycle(0.4, 1.2, 0.4, 1.0)


@given(st.lists(st.floats(-0.7, 0.7), max_size=200))
def test_noise_goes_nowhere(noise_deg: list[float]) -> None:
    assert travel_deg(40.0 + np.array(noise_deg)) == 0.0


@given(count=st.integers(1, 6), size_deg=st.floats(10.0, 120.0))
def test_repetitions_add_up(count: int, size_deg: float) -> None:
    ways = 0.5 * size_deg * (1.0 - np.cos(np.linspace(0.0, 2.0 * np.pi * count, 300 * count)))
    expected = 2.0 * count * size_deg
    assert expected - 6.1 * count <= travel_deg(ways) <= expected


def test_what_is_not_known_fits_anything() -> None:
    assert travel_misfit(float("nan"), 3.0) == 0.0
    assert travel_misfit(3.0, 3.0) == 0.0


def test_who_rests_at_both_ends_of_a_short_silence_has_rested() -> None:
    rest = (0.0, 0.0)
    way = phases_through([rest, rest], 1.3, _CYCLE)
    assert way.to_s - way.from_s < _CYCLE.period_s / 2


def test_of_two_numbers_of_repetitions_the_way_of_the_other_sensor_tells_which() -> None:
    down, up = (0.5, 1.0), (0.5, 1.0)
    took_s = 1.5 * _CYCLE.period_s
    few = phases_through([down, up], took_s, _CYCLE, travelled=1.0)
    many = phases_through([down, up], took_s, _CYCLE, travelled=2.0)
    assert round((few.to_s - few.from_s) / _CYCLE.period_s) == 1
    assert round((many.to_s - many.from_s) / _CYCLE.period_s) == 2
