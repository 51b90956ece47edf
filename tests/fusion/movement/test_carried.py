"""Angles of a silent sensor stay where they were, for as long as another one is heard."""

import numpy as np

from fusion.history import part_of
from fusion.movement.carried import Carried
from fusion.types import FloatArray, SignalBlock

NAMES = ("pelvis_tilt_deg", "thigh_pitch_right_deg")
RATE_HZ = 10.0


def block(values: FloatArray) -> SignalBlock:
    times = np.arange(values.shape[1]) / RATE_HZ
    return SignalBlock(times, RATE_HZ, NAMES, values, np.ones_like(values))


def values(seconds: float) -> FloatArray:
    return np.stack([np.full(round(seconds * RATE_HZ), level) for level in (80.0, -80.0)])


def test_a_silent_sensor_is_where_it_was() -> None:
    seen = values(5.0)
    seen[1, 20:40] = np.nan
    assert np.array_equal(Carried(NAMES)(block(seen)).values, values(5.0))


def test_nothing_is_known_while_no_sensor_is_heard() -> None:
    seen = values(5.0)
    seen[:, 20:40] = np.nan
    assert np.array_equal(Carried(NAMES)(block(seen)).values, seen, equal_nan=True)


def test_after_ten_seconds_it_may_be_anywhere() -> None:
    seen = values(20.0)
    seen[0, 20:] = np.nan
    carried = Carried(NAMES)(block(seen)).values[0]
    assert np.isfinite(carried[: 20 + 100]).all()
    assert np.isnan(carried[20 + 100 :]).all()


def test_any_splitting_gives_the_same() -> None:
    seen = values(5.0)
    seen[1, 13:31] = np.nan
    whole, carried = Carried(NAMES), Carried(NAMES)
    signals = block(seen)
    parts = [carried(part_of(signals, k, k + 7)) for k in range(0, len(signals), 7)]
    assert np.array_equal(whole(signals).values, np.concatenate([p.values for p in parts], axis=1))
