"""Walking neutral and arched in turn: an arch counts from when it is taken up, if it is kept for a while."""

import numpy as np
import pytest

from fusion.types import FloatArray, SignalBlock
from tests.fusion.movement.played import RATE_HZ, reps_of, told

DRILL = "neutral_vs_arched_walk"


def walked(tilt_deg: FloatArray, lifts_deg: float = 26.0) -> SignalBlock:
    """P (n,) at 60 Hz with the ripple of steps that lift the thigh so far."""
    t_s = np.arange(len(tilt_deg)) / RATE_HZ
    tilt = tilt_deg + 1.5 * np.sin(2.0 * np.pi * 1.8 * t_s)
    thigh = lifts_deg - 21.0 + 21.0 * np.sin(2.0 * np.pi * 0.9 * t_s)
    rows = {
        "pelvis_tilt_deg": tilt,
        "pelvis_list_deg": np.zeros_like(tilt),
        "pelvis_tilt_rate_dps": np.gradient(tilt, t_s),
        "pelvis_acc_up_ms2": np.zeros_like(tilt),
        "thigh_pitch_right_deg": thigh,
        "thigh_pitch_rate_right_dps": np.gradient(thigh, t_s),
        "hip_flexion_right_deg": tilt + thigh,
        "hip_adduction_right_deg": np.zeros_like(tilt),
        "hip_rotation_right_deg": np.zeros_like(tilt),
        "thigh_opening_right_deg": np.zeros_like(tilt),
        "hip_flexion_rate_right_dps": np.gradient(tilt + thigh, t_s),
    }
    values = np.array(list(rows.values()))
    return SignalBlock(t_s, RATE_HZ, tuple(rows), values, np.full_like(values, 2.0))


def steps(*bouts: tuple[float, float]) -> FloatArray:
    """P of bouts of (seconds, deg), each taken up within half a second."""
    times, tilts = [0.0], [0.0]
    for seconds, deg in bouts:
        times += [times[-1] + 0.5, times[-1] + seconds]
        tilts += [deg, deg]
    return np.interp(np.arange(0.0, times[-1], 1.0 / RATE_HZ), times, tilts)


def test_an_arch_is_told_when_it_is_taken_up_not_when_it_is_greatest() -> None:
    arched = [(6.0, 12.0), (6.0, 15.0)]
    found = reps_of(told(DRILL, walked(steps((12.0, 0.0), *arched, (12.0, 0.0), *arched, (12.0, 0.0)))))
    assert [rep.t_top_s for rep in found] == pytest.approx([12.4, 36.4], abs=0.3)


def test_one_arch_alone_is_one() -> None:
    assert len(reps_of(told(DRILL, walked(steps((12.0, 0.0), (12.0, 14.0), (20.0, 0.0)))))) == 1


def test_bending_for_a_moment_is_no_arch() -> None:
    bends = [(8.0, 0.0), (2.5, 20.0)] * 4
    assert reps_of(told(DRILL, walked(steps(*bends, (20.0, 0.0))))) == []


def test_stairs_are_no_arch_though_they_tilt_the_pelvis() -> None:
    climbed = steps((12.0, 0.0), (15.0, 12.0), (20.0, 0.0))
    assert reps_of(told(DRILL, walked(climbed, lifts_deg=55.0))) == []
