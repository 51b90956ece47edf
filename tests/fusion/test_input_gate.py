"""A live stream goes on without what cannot be used, and says so once."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.input_gate import InputGate
from fusion.pipeline import MotionPipeline
from fusion.types import ImuBlock, WarningEvent
from fusion.units import STANDARD_GRAVITY_MS2
from tests.fusion.people import blocks_of, closed_sets, config_for, cut, rmse_deg, run, session_of, signal

SESSION = session_of("rdl", reps=3)
BLOCKS = blocks_of(SESSION)
GOOD = BLOCKS["thigh_right"]


def with_faults(block: ImuBlock, seed: int = 3) -> ImuBlock:
    """NaN, infinite, doubled and backward times, zeros and wild rates strewn over a recording."""
    rng = np.random.default_rng(seed)
    t_s, acc, gyr = block.t_s.copy(), block.acc_ms2.copy(), block.gyr_rads.copy()
    rows = rng.choice(np.arange(1, len(block)), 60, replace=False).reshape(6, 10)
    acc[rows[0]], gyr[rows[1], 1], acc[rows[2]], gyr[rows[3]] = np.nan, np.inf, 0.0, 100.0
    t_s[rows[4]] = t_s[rows[4] - 1]
    t_s[rows[5]] -= 0.5
    return replace(block, t_s=t_s, acc_ms2=acc, gyr_rads=gyr)


def test_good_samples_pass_untouched() -> None:
    gate = InputGate("thigh")
    out = gate.update(GOOD)
    assert np.array_equal(out.acc_ms2, GOOD.acc_ms2)
    assert not gate.complaints
    assert not gate.left_out


def test_what_cannot_be_used_is_counted_by_its_reason() -> None:
    gate = InputGate("the thigh_right sensor")
    out = gate.update(with_faults(GOOD))
    assert len(out) == len(GOOD) - sum(gate.left_out.values())
    assert gate.left_out["not_finite"] == 20
    assert gate.left_out["all_zero"] == 10
    assert gate.left_out["too_fast"] == 10
    assert 10 <= gate.left_out["time_runs_back"] <= 20
    assert (np.diff(out.t_s) > 0.0).all()
    assert np.isfinite(out.acc_ms2).all()
    first = next(c for c in gate.complaints if c.code == "not_finite")
    assert (
        first.message == "the thigh_right sensor sends values that are not numbers; such samples are left out"
    )


def test_a_fault_is_said_once_and_again_only_after_a_quiet_while() -> None:
    gate = InputGate("thigh")
    acc = GOOD.acc_ms2.copy()
    acc[100:300:7] = np.nan
    acc[1200] = np.nan
    gate.update(replace(GOOD, acc_ms2=acc))  # told with the time of the last good sample
    assert [round(c.t_s, 3) for c in gate.complaints] == [round(float(GOOD.t_s[k]), 3) for k in (99, 1199)]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, len(GOOD)), max_size=8))
def test_any_splitting_lets_the_same_samples_through(edges: list[int]) -> None:
    block = with_faults(GOOD)
    one, other = InputGate("thigh"), InputGate("thigh")
    whole = one.update(block)
    cuts = [0, *sorted(edges), len(block)]
    parts = [other.update(cut(block, a, b)) for a, b in pairwise(cuts)]
    assert np.array_equal(whole.t_s, np.concatenate([p.t_s for p in parts]))
    assert np.array_equal(whole.quality, np.concatenate([p.quality for p in parts]))
    assert one.left_out == other.left_out
    assert one.complaints == other.complaints


def test_a_stream_in_g_gives_no_angles_and_says_why() -> None:
    pipeline = MotionPipeline(config_for("rdl"))
    foreign = replace(GOOD, acc_ms2=GOOD.acc_ms2 / STANDARD_GRAVITY_MS2)
    events, updates = [], 0
    for start in range(0, len(GOOD), 30):
        both = cut(BLOCKS["pelvis"], start, start + 30), cut(foreign, start, start + 30)
        output = pipeline.update(both)
        events += [e for e in output.events if isinstance(e, WarningEvent)]
        updates += len(output.updates)
    assert updates == 0
    [warning] = [e for e in events if e.code == "foreign_units"]
    assert "so it is in g; multiply by 9.80665 to get m/s²; it gives no angles" in warning.message


@pytest.mark.parametrize("size", [4, 60])
def test_the_pipeline_survives_a_bad_stream_and_still_counts(size: int) -> None:
    blocks = {**BLOCKS, "thigh_right": with_faults(GOOD)}
    output = run(blocks, config_for("rdl"), size)
    [done] = closed_sets(output)
    assert len(done.reps) == 3
    codes = {e.code for e in output.events if isinstance(e, WarningEvent)}
    assert {"not_finite", "time_runs_back", "all_zero", "too_fast"} <= codes
    assert rmse_deg(output, SESSION, "hip_flexion_right_deg") < 3.0
    assert np.isfinite(signal(output, "pelvis_tilt_deg")[1]).all()
