"""Orientation: samples a second of one thread, beside VQF on the same samples in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from vqf import VQF

from benchmarks.harness import Progress, Report, Row, at_least
from benchmarks.recordings import Trial, broad
from fusion.lanes import OrientationLanes
from fusion.orientation import OrientationEstimator
from fusion.types import ImuBlock

COMMAND = "make bench ARGS=orientation"
_COUNT = 2000
_PACKET = 10
_LANES = 24
_MORE = 48
"""Of so many, samples and results do not fit the cache."""
_REPEATS = 60


def run(progress: Progress) -> Report:
    """Everything on the same stretch of one recording; the least CPU time of many repeats."""
    trials = broad()
    if not trials:
        return Report("Orientation, speed (no recordings: set ILIUM_DATA)")
    trial = _stretch(trials[2])
    progress("VQF")
    batch_s, packets_s, single_s = _vqf(trial)
    progress("one sensor")
    block = _block(trial, slice(None))
    whole_s = _least_s(lambda: OrientationEstimator().update(block)) / _COUNT
    ours_s = _packets(trial)
    progress(f"{_LANES} and {_MORE} sensors")
    lanes_s, more_s = _lanes(trial, _LANES), _lanes(trial, _MORE)
    return Report(
        "Orientation, one thread",
        [
            _ratio(f"{_LANES} sensors in lanes ÷ VQF batch", batch_s / lanes_s, 10.0, batch_s),
            _ratio("one sensor, packets of 10 ÷ VQF a sample a call", single_s / ours_s, 1.0, single_s),
            _ratio("one sensor, packets of 10 ÷ VQF batches of 10", packets_s / ours_s, 1.0, packets_s),
            _speed(f"{_LANES} sensors in lanes", lanes_s, batch_s),
            _speed(f"{_MORE} sensors in lanes", more_s, batch_s),
            _speed("one sensor, whole", whole_s, batch_s),
            _speed("one sensor, packets of 10", ours_s, single_s),
        ],
    )


def _speed(name: str, ours_s: float, rival_s: float) -> Row:
    return Row(name, 1e-6 / ours_s, "M samples/s", "vqf", 1e-6 / rival_s, command=COMMAND)


def _ratio(name: str, value: float, bar: float, rival_s: float) -> Row:
    return at_least(
        name, value, bar, "×", rival="vqf, M samples/s", rival_value=1e-6 / rival_s, command=COMMAND
    )


def _stretch(trial: Trial) -> Trial:
    middle = len(trial.t_s) // 2
    keep = np.zeros(len(trial.t_s), bool)
    keep[middle : middle + _COUNT] = True
    return trial.kept(keep)


def _block(trial: Trial, part: slice) -> ImuBlock:
    acc, gyr, t_s = (np.array(a[part]) for a in (trial.acc_ms2, trial.gyr_rads, trial.t_s))
    return ImuBlock("imu", 0, t_s, acc, gyr, None, np.zeros(len(t_s), np.uint8))


def _lanes(trial: Trial, count: int) -> float:
    """Seconds a sample of ``count`` sensors, each with its samples in memory of its own."""
    blocks: list[ImuBlock | None] = [_block(trial, slice(None)) for _ in range(count)]
    return _least_s(lambda: OrientationLanes(count).update(blocks)) / _COUNT / count


def _packets(trial: Trial) -> float:
    parts = [_block(trial, slice(k, k + _PACKET)) for k in range(0, _COUNT, _PACKET)]

    def once() -> None:
        estimator = OrientationEstimator()
        for part in parts:
            estimator.update(part)

    return _least_s(once) / _COUNT


def _vqf(trial: Trial) -> tuple[float, float, float]:
    """Seconds a sample: in one batch, in batches of a packet, one sample a call (with its quaternion)."""
    gyr, acc = np.ascontiguousarray(trial.gyr_rads), np.ascontiguousarray(trial.acc_ms2)
    parts = [(gyr[k : k + _PACKET], acc[k : k + _PACKET]) for k in range(0, _COUNT, _PACKET)]
    rows = list(zip(gyr, acc, strict=True))

    def batches() -> None:
        vqf = VQF(1.0 / trial.rate_hz)
        for g, a in parts:
            vqf.updateBatch(g, a)

    def samples() -> None:
        vqf = VQF(1.0 / trial.rate_hz)
        for g, a in rows:
            vqf.update(g, a)
            vqf.getQuat6D()

    batch_s = _least_s(lambda: VQF(1.0 / trial.rate_hz).updateBatch(gyr, acc))
    return batch_s / _COUNT, _least_s(batches) / _COUNT, _least_s(samples) / _COUNT


def _least_s(work: Callable[[], object]) -> float:
    """Least CPU time of many runs, the first one (compiling) apart."""
    work()
    times_s = []
    for _ in range(_REPEATS):
        began_s = time.process_time()
        work()
        times_s.append(time.process_time() - began_s)
    return min(times_s)
