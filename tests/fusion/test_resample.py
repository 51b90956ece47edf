"""Several clocks on one grid: nothing invented, nothing waited for too long."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.resample import GridAligner
from fusion.types import AlignedBlock, FloatArray, OrientedBlock, SampleQuality, Segment

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


def test_a_sample_a_rounding_error_before_the_grid_counts_as_on_it_with_or_without_its_successor() -> None:
    t_s = np.array([0.0, 0.1, 0.2, 0.3]) - np.array([0.0, 1e-12, 1e-12, 0.0])
    whole, pieces = GridAligner([PELVIS], 10.0), GridAligner([PELVIS], 10.0)
    whole.push(PELVIS, oriented(t_s))
    at_once = whole.pull()
    assert at_once is not None
    one_by_one = []
    for k in range(4):
        pieces.push(PELVIS, oriented(t_s[k : k + 1]))
        if (block := pieces.pull()) is not None:
            one_by_one.append(block.segments[PELVIS].acc_ms2)
    assert np.isfinite(at_once.segments[PELVIS].acc_ms2).all()
    assert np.array_equal(np.concatenate(one_by_one), at_once.segments[PELVIS].acc_ms2)


ARRIVALS = st.lists(
    st.tuples(st.sampled_from([PELVIS, THIGH]), st.integers(0, 39), st.integers(0, 39)),
    min_size=1,
    max_size=60,
)
"""Which sensor's packet (of 40) arrives next, with which one stuck to it: lost, late, twice, out of order."""


def packets(segment: Segment) -> list[OrientedBlock]:
    """A sensor's samples, five to a packet, on its own jittering clock."""
    rng = np.random.default_rng(7 if segment is PELVIS else 8)
    t_s = np.cumsum(rng.uniform(0.004, 0.016, 200)) + (0.0 if segment is PELVIS else 0.03)
    return [oriented(t_s[k : k + 5]) for k in range(0, 200, 5)]


PACKETS = {segment: packets(segment) for segment in (PELVIS, THIGH)}


def arrive(aligner: GridAligner, arrivals: list[tuple[Segment, int, int]]) -> list[AlignedBlock]:
    out = []
    for segment, one, other in arrivals:
        for number in (one, other):
            aligner.push(segment, PACKETS[segment][number])
        if (block := aligner.pull()) is not None:
            out.append(block)
    if (block := aligner.flush()) is not None:
        out.append(block)
    return out


@settings(max_examples=60, deadline=None)
@given(ARRIVALS)
def test_loss_reordering_and_doubles_never_break_the_grid_nor_invent_anything(
    arrivals: list[tuple[Segment, int, int]],
) -> None:
    aligner = GridAligner([PELVIS, THIGH], 60.0)
    blocks = arrive(aligner, arrivals)
    t_s = np.concatenate([b.t_s for b in blocks]) if blocks else np.empty(0)
    assert np.array_equal(np.round(np.diff(t_s) * 60.0), np.ones(max(0, len(t_s) - 1)))
    for segment, counts in aligner.counts.items():
        pushed = sum(10 for s, _, _ in arrivals if s is segment)
        assert counts.taken + counts.stale == pushed
        seen = [b.segments[segment] for b in blocks]
        missing = np.concatenate(
            [(b.quality & SampleQuality.MISSING) != 0 for b in seen] or [np.zeros(0, bool)]
        )
        value = np.concatenate([b.acc_ms2[:, 0] for b in seen] or [np.zeros(0)])
        assert counts.missing == missing.sum()
        assert np.array_equal(np.isnan(value), missing)
        # The value is the sample's own time: whatever is given belongs where it stands.
        assert value[~missing] == pytest.approx(t_s[~missing], abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(ARRIVALS)
def test_the_grid_is_never_further_behind_than_it_may_wait(arrivals: list[tuple[Segment, int, int]]) -> None:
    aligner = GridAligner([PELVIS, THIGH], 60.0, max_wait_s=0.06)
    newest, given_s = -np.inf, -np.inf
    for segment, one, _ in arrivals:
        aligner.push(segment, PACKETS[segment][one])
        newest = max(newest, float(PACKETS[segment][one].t_s[-1]))
        if (block := aligner.pull()) is not None:
            given_s = float(block.t_s[-1])
        if np.isfinite(given_s):
            assert newest - given_s < 0.06 + 1.0 / 60.0 + 1e-9


@settings(max_examples=30, deadline=None)
@given(ARRIVALS, st.integers(0, 59))
def test_a_restored_aligner_goes_on_bit_for_bit(arrivals: list[tuple[Segment, int, int]], at: int) -> None:
    whole, first, second = (GridAligner([PELVIS, THIGH], 60.0) for _ in range(3))
    expected = arrive(whole, arrivals)
    before: list[AlignedBlock] = []
    for segment, one, other in arrivals[:at]:
        for number in (one, other):
            first.push(segment, PACKETS[segment][number])
        if (block := first.pull()) is not None:
            before.append(block)
    second.restore(first.state)
    after = before + arrive(second, arrivals[at:])
    assert len(after) == len(expected)
    for a, b in zip(after, expected, strict=True):
        for segment in (PELVIS, THIGH):
            assert np.array_equal(a.segments[segment].q_es, b.segments[segment].q_es, equal_nan=True)
    assert second.counts == whole.counts


def test_a_state_of_other_sensors_is_refused() -> None:
    aligner = GridAligner([PELVIS, THIGH], 60.0)
    aligner.push(PELVIS, oriented(np.arange(5.0)))
    for state in (aligner.state[:-3], GridAligner([PELVIS], 60.0).state, np.zeros(1)):
        with pytest.raises(InputError, match="not one of an aligner of 2 sensors"):
            aligner.restore(state)


def test_a_clock_that_jumps_by_years_is_refused_before_it_costs_the_memory() -> None:
    aligner = GridAligner([PELVIS], 60.0)
    aligner.push(PELVIS, oriented(np.array([0.0, 0.01, 1e9])))
    with pytest.raises(InputError, match=r"time jumps from 0\.0 to 1000000000\.0 s"):
        aligner.pull()


def test_reset_forgets_the_grid() -> None:
    aligner = GridAligner([PELVIS], 50.0)
    aligner.push(PELVIS, oriented(np.arange(5.0, 6.0, 0.01)))
    assert aligner.pull() is not None
    aligner.reset()
    aligner.push(PELVIS, oriented(np.arange(0.0, 1.0, 0.01)))
    block = aligner.pull()
    assert block is not None
    assert block.t_s[0] == 0.0
