"""Time seated, on postures of which it is known."""

import numpy as np
import pytest

from fusion.rom import seated_s
from fusion.types import SignalBlock

RATE_HZ = 10.0


def posture(*parts: tuple[float, float, float]) -> SignalBlock:
    """Parts of (seconds, P, T)."""
    tilt, pitch = (
        np.concatenate([np.full(round(s * RATE_HZ), (p, t)[k]) for s, p, t in parts]) for k in (0, 1)
    )
    values = np.stack((tilt, pitch))
    names = ("pelvis_tilt_deg", "thigh_pitch_right_deg")
    return SignalBlock(np.arange(len(tilt)) / RATE_HZ, RATE_HZ, names, values, np.ones_like(values))


def test_time_seated_counts_from_ten_seconds_at_a_stretch() -> None:
    signals = posture((20.0, 0.0, 0.0), (30.0, -10.0, 88.0), (5.0, 0.0, 0.0), (6.0, -10.0, 88.0))
    assert seated_s(signals) == pytest.approx(30.0)


def test_a_bridge_is_no_chair() -> None:
    assert seated_s(posture((30.0, -90.0, 100.0))) == 0.0


def test_a_thigh_that_is_not_known_sits_on_no_chair() -> None:
    assert seated_s(posture((30.0, -10.0, float("nan")))) == 0.0
