"""Orientation estimators of others, run on the samples that a radio delivered: VQF and the ahrs filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from vqf import VQF, offlineVQF

from benchmarks.recordings import Trial
from fusion.estimators import estimator_named
from fusion.types import EstimatorName, FloatArray, ImuBlock

Estimator = Callable[[Trial, np.ndarray], FloatArray]
"""Takes the whole trial and which samples arrived; gives q_es (m, 4) of those."""


def vqf_unseen(whole: Trial, keep: np.ndarray) -> FloatArray:
    """VQF on what arrived, as if nothing was missing."""
    return _vqf(whole.rate_hz, whole.gyr_rads[keep], whole.acc_ms2[keep])


def vqf_held(whole: Trial, keep: np.ndarray) -> FloatArray:
    """VQF with the last sample again for each that was lost."""
    held = held_samples(keep)
    return _vqf(whole.rate_hz, whole.gyr_rads[held], whole.acc_ms2[held])[keep]


def vqf_offline(whole: Trial, keep: np.ndarray) -> FloatArray:
    """VQF's offline form, with the last sample again for each that was lost."""
    held = held_samples(keep)
    gyr, acc = np.ascontiguousarray(whole.gyr_rads[held]), np.ascontiguousarray(whole.acc_ms2[held])
    q: FloatArray = offlineVQF(gyr, acc, None, 1.0 / whole.rate_hz)["quat6D"]
    return q[keep]


def ahrs(name: EstimatorName) -> Estimator:
    """A filter of the ahrs package with its default gains, told every sample's own time step."""

    def estimate(whole: Trial, keep: np.ndarray) -> FloatArray:
        part = whole.kept(keep)
        return estimator_named(name).update(block(part)).q_es

    return estimate


AHRS: Mapping[str, EstimatorName] = {"Madgwick": "madgwick", "Mahony": "mahony", "EKF": "ekf"}


def held_samples(keep: np.ndarray) -> np.ndarray:
    """Index (n,) of the sample that a program holds at each time: its own or the last that arrived."""
    return np.asarray(np.maximum.accumulate(np.where(keep, np.arange(len(keep)), 0)))


def block(trial: Trial) -> ImuBlock:
    """The trial as a sensor's block."""
    quality = np.zeros(len(trial.t_s), np.uint8)
    return ImuBlock(trial.name, 0, trial.t_s, trial.acc_ms2, trial.gyr_rads, None, quality)


def _vqf(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    gyr, acc = np.ascontiguousarray(gyr), np.ascontiguousarray(acc)
    q: FloatArray = VQF(1.0 / rate_hz).updateBatch(gyr, acc)["quat6D"]
    return q
