"""The orientation estimator: VQF's accuracy without loss, and what VQF cannot take."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import estimate_orientation
from fusion import quaternion as quat
from fusion.errors import InputError
from fusion.orientation import OrientationEstimator
from fusion.types import FloatArray, ImuBlock, SampleQuality
from fusion.units import STANDARD_GRAVITY_MS2
from tests.fusion.people import blocks_of, cut, session_of


@pytest.fixture(scope="module")
def recording() -> ImuBlock:
    return blocks_of(session_of("squat_parallel", reps=2))["pelvis"]


def inclination_deg(q_es: FloatArray) -> FloatArray:
    up_s = quat.rotate(quat.conjugate(q_es), [0.0, 0.0, 1.0])
    return np.degrees(np.arctan2(np.hypot(up_s[:, 0], up_s[:, 1]), up_s[:, 2]))


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_splitting_gives_the_same_bits(recording: ImuBlock, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(recording) - 1), max_size=8)))
    whole = OrientationEstimator().update(recording)
    estimator = OrientationEstimator()
    edges = [0, *cuts, len(recording)]
    parts = [estimator.update(cut(recording, a, b)) for a, b in pairwise(edges)]
    assert np.array_equal(whole.q_es, np.concatenate([p.q_es for p in parts]))
    assert np.array_equal(whole.gyr_rads, np.concatenate([p.gyr_rads for p in parts]))


def test_a_restored_state_goes_on_as_if_nothing_had_happened(recording: ImuBlock) -> None:
    whole = OrientationEstimator().update(recording)
    first, second = OrientationEstimator(), OrientationEstimator()
    first.update(cut(recording, 0, 500))
    second.restore(first.state)
    rest = second.update(cut(recording, 500, len(recording)))
    assert np.array_equal(whole.q_es[500:], rest.q_es)


def test_the_first_sample_is_level() -> None:
    q_es = estimate_orientation(
        t_s=[0.0], acc_ms2=[[0.0, STANDARD_GRAVITY_MS2, 0.0]], gyr_rads=[[0.0, 0.0, 0.0]]
    )
    up_s = quat.rotate(quat.conjugate(q_es), [0.0, 0.0, 1.0])
    assert up_s == pytest.approx(np.array([[0.0, 1.0, 0.0]]), abs=1e-9)


def test_a_still_sensor_learns_its_bias() -> None:
    n = 1200
    bias = np.radians([0.4, -0.3, 0.2])
    block = ImuBlock(
        "still",
        0,
        np.arange(n) / 100.0,
        np.tile((0.0, 0.0, STANDARD_GRAVITY_MS2), (n, 1)),
        np.tile(bias, (n, 1)),
        None,
        np.zeros(n, np.uint8),
    )
    estimator = OrientationEstimator()
    estimator.update(block)
    assert estimator.resting
    assert np.degrees(estimator.bias_rads) == pytest.approx(np.degrees(bias), abs=0.01)


def test_uncertainty_grows_across_a_gap_and_the_sample_after_it_is_marked(recording: ImuBlock) -> None:
    keep = np.ones(len(recording), bool)
    keep[600:640] = False
    block = ImuBlock(
        "gappy",
        0,
        recording.t_s[keep],
        recording.acc_ms2[keep],
        recording.gyr_rads[keep],
        None,
        recording.quality[keep],
    )
    oriented = OrientationEstimator().update(block)
    marked = np.flatnonzero(oriented.quality & SampleQuality.AFTER_GAP)
    assert marked.tolist() == [600]
    assert oriented.inclination_sd_rad[600] > oriented.inclination_sd_rad[599]
    assert oriented.heading_sd_rad[600] > oriented.heading_sd_rad[599]


@pytest.mark.parametrize(
    ("t_s", "acc", "message"),
    [
        ([0.0, 0.01, 0.01], 9.8, r"band: time does not increase at 0\.0100 s"),
        ([0.0, 0.02, 0.01], 9.8, r"band: time does not increase at 0\.0100 s"),
        ([0.0, 0.01, 0.02], np.nan, r"band: a value is not a number at 0\.0000 s"),
    ],
)
def test_bad_samples_are_refused_with_sensor_time_and_mend(
    t_s: list[float], acc: float, message: str
) -> None:
    block = ImuBlock(
        "band", 0, np.array(t_s), np.full((3, 3), acc), np.zeros((3, 3)), None, np.zeros(3, np.uint8)
    )
    with pytest.raises(InputError, match=message):
        OrientationEstimator().update(block)


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(InputError, match=r"gyr_rads has shape \(2, 3\), expected \(3, 3\)"):
        estimate_orientation(t_s=[0, 1, 2], acc_ms2=np.zeros((3, 3)), gyr_rads=np.zeros((2, 3)))


def test_a_magnetometer_turns_the_heading_north() -> None:
    n = 300
    field = np.tile((20.0, 0.0, -40.0), (n, 1))
    q_es = estimate_orientation(
        t_s=np.arange(n) / 100.0,
        acc_ms2=np.tile((0.0, 0.0, STANDARD_GRAVITY_MS2), (n, 1)),
        gyr_rads=np.zeros((n, 3)),
        mag_ut=field,
    )
    north_e = quat.rotate(q_es[-1], field[-1])
    assert north_e[:2] == pytest.approx([0.0, 20.0], abs=1e-6)


@pytest.mark.parametrize("number", ["02", "16", "26"])
def test_inclination_equals_vqf_on_real_recordings(recordings: Path, number: str) -> None:
    vqf = pytest.importorskip("vqf", reason="the rival is only installed on Linux")
    trial = scipy.io.loadmat(next((recordings / "broad").glob(f"{number}_*.mat")), squeeze_me=True)
    rate_hz, moving = float(trial["sampling_rate"]), trial["movement"].astype(bool)
    acc, gyr, truth = (np.ascontiguousarray(trial[k]) for k in ("imu_acc", "imu_gyr", "opt_quat"))
    t_s = np.arange(len(acc)) / rate_hz

    def error_deg(q_es: FloatArray) -> float:
        off = quat.multiply(q_es, quat.conjugate(truth))
        angle = 2.0 * np.degrees(np.arccos(np.clip(np.hypot(off[:, 0], off[:, 3]), 0.0, 1.0)))
        return float(np.sqrt(np.mean(angle[moving & np.isfinite(angle)] ** 2)))

    ours = error_deg(estimate_orientation(t_s=t_s, acc_ms2=acc, gyr_rads=gyr))
    theirs = error_deg(vqf.VQF(1.0 / rate_hz).updateBatch(gyr, acc)["quat6D"])
    assert ours <= theirs + 0.05
