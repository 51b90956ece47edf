"""A guided screen through the whole pipeline is as good as it says, for people that one may look at."""

import pytest

from benchmarks.truth.screens import DONE, WORN, seen_and_true
from fusion import screens
from simulator.session import SessionPlan, render


def test_every_screen_of_the_table_exists() -> None:
    assert set(DONE) <= set(screens.ids())


@pytest.mark.parametrize("screen_id", ["plank", "hip_flexor_length_right"])
def test_a_simulated_screen_is_within_what_it_says_of_the_true_angles(screen_id: str) -> None:
    pair = seen_and_true(screen_id, render(SessionPlan(DONE[screen_id], 1001, segments=WORN)))
    assert pair is not None
    seen, true = pair
    assert [v.name for v in seen.values] == [v.name for v in true.values]
    for one, other in zip(seen.values, true.values, strict=True):
        assert abs(one.value - other.value) <= 2.0 * one.sd
