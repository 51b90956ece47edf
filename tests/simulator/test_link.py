"""The virtual link: losses come as often and in bursts as long as asked for; delays only ever add."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.link import LinkModel, LinkState


def fates(model: LinkModel, count: int, seed: int = 1) -> np.ndarray:
    return LinkState(model, np.random.default_rng(seed)).fates(count)


@pytest.mark.parametrize(("loss", "burst"), [(0.02, 1.0), (0.1, 4.0), (0.3, 2.0)])
def test_losses_are_as_many_and_as_long_as_the_model_says(loss: float, burst: float) -> None:
    lost = np.isinf(fates(LinkModel(loss=loss, burst=burst), 60_000))
    runs = np.diff(np.flatnonzero(np.diff(np.concatenate(([False], lost, [False])))))[::2]
    assert lost.mean() == pytest.approx(loss, rel=0.1)
    assert runs.mean() == pytest.approx(burst, rel=0.1)


@given(
    loss=st.floats(0.0, 0.5),
    repeat=st.floats(0.0, 0.5),
    jitter_s=st.floats(0.0, 0.05),
    cut=st.integers(0, 200),
)
@settings(max_examples=50, deadline=None)
def test_the_same_seed_gives_the_same_fates_in_blocks_of_any_size(
    loss: float, repeat: float, jitter_s: float, cut: int
) -> None:
    model = LinkModel(loss=loss, repeat=repeat, jitter_s=jitter_s, burst=2.0)
    whole = fates(model, 200)
    state = LinkState(model, np.random.default_rng(1))
    assert np.array_equal(whole, np.concatenate((state.fates(cut), state.fates(200 - cut))))
    assert (whole >= 0.0).all()


def test_a_perfect_link_delays_and_loses_nothing() -> None:
    assert not fates(LinkModel(repeat=0.0), 100).any()


def test_repeats_take_whole_connection_events_and_jitter_adds_its_mean() -> None:
    events = fates(LinkModel(interval_s=0.01, repeat=0.3), 1000) / 0.01
    assert set(events.round(9)) <= {0.0, 1.0, 2.0, 3.0}
    assert fates(LinkModel(repeat=0.0, jitter_s=0.02), 20_000).mean() == pytest.approx(0.02, rel=0.05)
