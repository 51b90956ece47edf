"""Quantiles are numpy's to the bit; what is unknown is left out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fusion.quantiles import ends, median, quantile, quantiles

FINITE = st.floats(-1e6, 1e6)
SHARES = st.floats(0.0, 1.0)


@given(arrays.arrays(float, st.integers(1, 60), elements=FINITE), SHARES, SHARES)
def test_they_are_numpys(values: np.ndarray, low: float, high: float) -> None:
    expected = np.quantile(values, (low, high))
    assert np.array_equal(quantiles(values, (low, high)), expected)
    assert ends(values, (low, high)) == tuple(expected)
    assert quantile(values, low) == expected[0]


@given(arrays.arrays(float, st.integers(1, 60), elements=FINITE | st.sampled_from([np.inf, np.nan])))
def test_the_median_is_numpys_whatever_is_in_it(values: np.ndarray) -> None:
    np.testing.assert_array_equal(median(values), np.median(values))


@given(arrays.arrays(float, (3, 4, 9), elements=FINITE | st.just(np.nan)))
def test_unknown_values_are_left_out_of_each_row(values: np.ndarray) -> None:
    found = quantiles(values, (0.02, 0.98))
    for row in np.ndindex(3, 4):
        known = values[row][np.isfinite(values[row])]
        if len(known):
            assert np.array_equal(found[:, *row], np.quantile(known, (0.02, 0.98)))
        else:
            assert np.isnan(found[:, *row]).all()
