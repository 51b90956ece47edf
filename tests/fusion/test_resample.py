"""Several clocks on one grid: nothing invented, nothing waited for too long."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.resample import GridAligner
from fusion.types import FloatArray, OrientedBlock, SampleQuality, Segment

PELVIS, THIGH = Segment.PELVIS, Segment.THIGH_RIGHT


def oriented(t_s: FloatArray) -> OrientedBlock:
    """A sensor that turns at 1 rad/s about Z, with an acceleration that is its time."""
    n = len(t_s)
    q_es = quat.from_rotation_vector(np.outer(t_s, (0.0, 0.0, 1.0)))
    zero = np.zeros((n, 3))
    return OrientedBlock(
        t_s, q_es, zero, np.outer(t_s, (1.0, 1.0, 1.0)), np.zeros(n), np.zeros(n), np.zeros(n, np.uint8)
    )


def test_values_are_interpolated_to_multiples_of_the_period() -> None:
    aligner = GridAligner([PELVIS, THIGH], 50.0)
    aligner.push(PELVIS, oriented(np.arange(0.003, 1.0, 0.01)))
    aligner.push(THIGH, oriented(np.arange(0.007, 1.0, 1 / 60)))
    block = aligner.pull()
    assert block is not None
    assert block.t_s == pytest.approx(np.arange(1, len(block) + 1) / 50.0)
    for segment in (PELVIS, THIGH):
        assert block.segments[segment].acc_ms2[:, 0] == pytest.approx(block.t_s)
        angle = 2.0 * np.arctan2(block.segments[segment].q_es[:, 3], block.segments[segment].q_es[:, 0])
        assert angle == pytest.approx(block.t_s, abs=1e-5)


def test_a_slow_sensor_is_waited_for_and_then_named() -> None:
    aligner = GridAligner([PELVIS, THIGH], 50.0, max_wait_s=0.06)
    aligner.push(THIGH, oriented(np.arange(0.0, 0.5, 0.01)))
    aligner.push(PELVIS, oriented(np.arange(0.0, 0.505, 0.01)))
    first = aligner.pull()
    assert first is not None
    aligner.push(PELVIS, oriented(np.arange(0.51, 3.0, 0.01)))
    rest = aligner.pull()
    assert rest is not None
    assert rest.t_s[-1] == pytest.approx(2.92, abs=0.021)
    assert np.isnan(rest.segments[THIGH].q_es[-1]).all()
    assert rest.segments[THIGH].quality[-1] & SampleQuality.MISSING
    assert [w.segment for w in aligner.warnings] == [THIGH]


def test_a_short_gap_is_bridged_and_marked_a_long_one_is_missing() -> None:
    t_s = np.arange(0.0, 4.0, 0.01)
    keep = ~((t_s > 1.0) & (t_s < 1.2)) & ~((t_s > 2.0) & (t_s < 3.0))
    block = oriented(t_s[keep])
    jumps = np.flatnonzero(np.diff(t_s[keep]) > 0.015) + 1
    block.quality[jumps] = SampleQuality.AFTER_GAP
    aligner = GridAligner([PELVIS], 50.0)
    aligner.push(PELVIS, block)
    aligned = aligner.flush()
    assert aligned is not None
    quality = aligned.segments[PELVIS].quality
    assert quality[np.searchsorted(aligned.t_s, 1.1)] & SampleQuality.BRIDGED
    assert quality[np.searchsorted(aligned.t_s, 2.5)] == SampleQuality.MISSING
    assert np.isfinite(aligned.segments[PELVIS].acc_ms2[-1]).all()


@settings(max_examples=30, deadline=None)
@given(
    data=st.data(),
    size=st.integers(1, 40),
)
def test_any_splitting_gives_the_same_grid(data: st.DataObject, size: int) -> None:
    seed = data.draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    streams = {s: oriented(np.cumsum(rng.uniform(0.005, 0.02, 200))) for s in (PELVIS, THIGH)}

    def collect(step: int) -> FloatArray:
        aligner = GridAligner(streams, 60.0)
        rows = []
        for start in range(0, 200, step):
            for segment, whole in streams.items():
                part = slice(start, start + step)
                aligner.push(segment, oriented(whole.t_s[part]))
            if (block := aligner.pull()) is not None:
                rows.append(np.column_stack((block.t_s, block.segments[THIGH].q_es)))
        if (block := aligner.flush()) is not None:
            rows.append(np.column_stack((block.t_s, block.segments[THIGH].q_es)))
        return np.concatenate(rows)

    one, other = collect(200), collect(size)
    assert np.array_equal(one[:, 0], other[:, 0])
    known = np.isfinite(one[:, 1]) & np.isfinite(other[:, 1])
    assert np.array_equal(one[known], other[known])
