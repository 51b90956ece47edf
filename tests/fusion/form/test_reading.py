"""The compiled readers against numpy's slow and plain words for the same."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fusion.form.view import smoothed
from fusion.kernels import reading
from fusion.types import FloatArray

ANGLES = st.one_of(st.floats(-180.0, 180.0, width=32), st.just(np.nan))
SIGNALS = arrays(np.float64, st.integers(4, 40), elements=ANGLES)
PLAIN: dict[int, Callable[[FloatArray], float]] = {
    reading.MAX: np.max,
    reading.MIN: np.min,
    reading.MEAN: np.mean,
    reading.MEAN_ABS: lambda x: float(np.mean(np.abs(x))),
    reading.MAX_ABS: lambda x: float(np.max(np.abs(x))),
    reading.RISE: lambda x: float(np.max(x) - x[0]),
    reading.FALL: lambda x: float(x[0] - np.min(x)),
    reading.CHANGE: lambda x: float(np.max(np.abs(x - x[0]))),
    reading.RANGE: np.ptp,
    reading.RMS: np.std,
    reading.END: lambda x: float(x[-1]),
}


@pytest.mark.parametrize("measure", PLAIN)
@given(x=SIGNALS)
def test_a_measure_leaves_out_what_is_not_known(measure: int, x: FloatArray) -> None:
    sd = np.linspace(1.0, 2.0, len(x))
    value, at, spread = reading.read(measure, x, sd, 1, len(x) - 2)
    known = np.flatnonzero(np.isfinite(x[1:-1])) + 1
    if len(known) == 0:
        assert np.isnan(value)
        assert spread == np.inf
        return
    assert value == pytest.approx(PLAIN[measure](x[known]), abs=1e-9)
    assert at in known
    assert spread == pytest.approx(np.median(sd[known]))


def test_a_spread_is_about_the_line_that_a_drift_makes() -> None:
    k = np.arange(50.0)
    x = 3.0 + 0.2 * k + np.where(k % 2 == 0.0, 1.0, -1.0)
    assert reading.read(reading.SD, x, x, 0, 49)[0] == pytest.approx(1.0, abs=0.01)
    assert np.isnan(reading.read(reading.SD, x, x, 0, 1)[0])


@given(x=SIGNALS)
def test_a_running_mean_is_one_over_what_is_known(x: FloatArray) -> None:
    """At 100 Hz it reaches five samples to either side."""
    seen = smoothed(x, 0.01)
    for k, value in enumerate(seen):
        near = x[max(0, k - 5) : k + 6]
        near = near[np.isfinite(near)]
        assert np.isnan(value) if len(near) == 0 else value == pytest.approx(near.mean(), abs=1e-9)


@given(x=arrays(np.float64, 9, elements=st.floats(-200.0, 200.0, width=32)))
def test_a_path_goes_on_with_its_slope(x: FloatArray) -> None:
    t, p = np.array([-40.0, 0.0, 60.0]), np.array([10.0, 30.0, -30.0])
    expected = np.where(x < 0.0, 30.0 + 0.5 * x, 30.0 - x)
    assert reading.along(t, p, x) == pytest.approx(expected, abs=1e-9)


def test_what_is_the_same_all_along_says_nothing_of_changes() -> None:
    """A sensor that sits 3° askew is 3° wrong everywhere; what is added on the way is not."""
    seen = reading.change_sd(np.array([3.0, 3.0, 5.0, np.inf]), 0.5)
    assert seen == pytest.approx([0.5, 0.5, np.hypot(4.0, 0.5), np.inf])


def test_the_longest_run_is_found_wherever_it_is() -> None:
    effort = np.array([9.0, 9.0, 0.0, 9.0, 9.0, 9.0, 9.0, 9.0])
    speed = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 30.0, 1.0])
    assert reading.still_near(effort, speed, 5.0, 10.0, 0, 7) == 3
    assert reading.still_near(effort, speed, 5.0, 10.0, 6, 7) == 1
    assert reading.still_near(effort, speed, 10.0, 10.0, 0, 7) == 0


def test_only_what_runs_over_the_brim_is_spilt() -> None:
    total = np.zeros(3)
    reading.spilt(np.array([0.0, 10.0, 13.0, 18.0]), 5.0, 1, 3, total)
    assert total == pytest.approx([0.0, 0.0, 3.0])
