"""Waiting between attempts: short at first, longer later, never the same twice."""

import random

from sensors.reconnect import Backoff, Failure


def test_waits_grow_within_their_jitter_and_start_over_after_a_success() -> None:
    backoff = Backoff(random.Random(1))
    waits = [backoff.next_s(Failure.TRANSIENT) for _ in range(6)]
    for wait, base in zip(waits, (0.1, 0.25, 0.5, 1.0, 5.0, 5.0), strict=True):
        assert 0.8 * base <= wait <= 1.2 * base
    assert len(set(waits)) == 6
    backoff.reset()
    assert backoff.next_s(Failure.TRANSIENT) <= 0.12


def test_an_adapter_out_of_slots_is_given_time() -> None:
    assert Backoff(random.Random(1)).next_s(Failure.OUT_OF_SLOTS) >= 3.2
