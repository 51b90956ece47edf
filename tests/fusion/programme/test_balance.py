"""Left against right, and what is flagged."""

from dataclasses import replace

import pytest

from fusion.programme.balance import balance_of
from fusion.types import Side
from tests.fusion.programme.weeks import REP, session_on, set_of


def test_both_sides_alike_raise_no_flag() -> None:
    session = session_on(0, set_of(side=Side.LEFT), set_of(side=Side.RIGHT))
    seen = balance_of([session], "hip_thrust")
    assert seen is not None
    assert seen.flagged == ()
    assert seen.measures_percent["rom_deg"] == 0.0


def test_a_difference_of_more_than_15_percent_is_flagged_by_name() -> None:
    slow = replace(REP, metrics={"concentric_mean_dps": 60.0})
    session = session_on(0, set_of(good=8, side=Side.LEFT, rep=slow), set_of(good=6, side=Side.RIGHT))
    seen = balance_of([session], "hip_thrust")
    assert seen is not None
    assert seen.quality_percent == pytest.approx(100.0 * 2 / 7)
    assert seen.measures_percent["concentric_mean_dps"] == pytest.approx(-100.0 * 20 / 70)
    assert seen.flagged == ("quality_reps", "concentric_mean_dps")


def test_one_side_alone_has_no_balance() -> None:
    assert balance_of([session_on(0, set_of(side=Side.LEFT))], "hip_thrust") is None
    assert balance_of([session_on(0, set_of(side=None))], "hip_thrust") is None
