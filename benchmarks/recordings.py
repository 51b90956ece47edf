"""Real recordings that benchmarks read.

BROAD (Laidig et al. 2021, doi:10.3390/data6070072, CC BY 4.0), dfjimu
(github.com/daniel-om-weber/dfjimu, MIT).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from fusion import quaternion as quat
from fusion.types import FloatArray

DATA = Path(os.environ.get("ILIUM_DATA", Path(__file__).parents[2] / "shared" / "data"))

_OPTICAL_JUMP_RADS = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Samples at ``rate_hz``, the optical truth (NaN where markers were hidden), and when it is judged."""

    name: str
    rate_hz: float
    t_s: FloatArray
    gyr_rads: FloatArray
    acc_ms2: FloatArray
    truth: FloatArray
    judged: np.ndarray

    def kept(self, keep: np.ndarray) -> Trial:
        """Only some of the samples, as after a loss."""
        rows = (self.t_s, self.gyr_rads, self.acc_ms2, self.truth, self.judged)
        return Trial(self.name, self.rate_hz, *(row[keep] for row in rows))

    def at(self, rate_hz: float) -> Trial:
        """As a sensor with another rate reports it: mean rate over each interval, force at its end."""
        t_s = np.arange(0.0, self.t_s[-1] - 0.05, 1.0 / rate_hz)
        turned = np.vstack([np.zeros(3), np.cumsum(self.gyr_rads, 0)]) / self.rate_hz
        ends_s = np.arange(len(turned)) / self.rate_hz - 1.0 / self.rate_hz
        edges_s = np.r_[t_s[0] - 1.0 / rate_hz, t_s]
        gyr = np.column_stack([np.diff(np.interp(edges_s, ends_s, c)) * rate_hz for c in turned.T])
        gyr[0] = self.gyr_rads[0]
        acc = np.column_stack([np.interp(t_s, self.t_s, c) for c in self.acc_ms2.T])
        nearest = np.clip(np.round(t_s * self.rate_hz).astype(int), 0, len(self.t_s) - 1)
        return Trial(self.name, rate_hz, t_s, gyr, acc, self.truth[nearest], self.judged[nearest])


def broad() -> list[Trial]:
    """The trials that are there; none when the folder is absent."""
    return [_read(path) for path in sorted((DATA / "broad").glob("*.mat"))]


def _read(path: Path) -> Trial:
    raw = loadmat(path, squeeze_me=True)
    gyr = np.ascontiguousarray(raw["imu_gyr"])
    rate_hz = float(raw["sampling_rate"])
    t_s = np.arange(len(gyr)) / rate_hz
    acc = np.ascontiguousarray(raw["imu_acc"])
    return Trial(path.stem, rate_hz, t_s, gyr, acc, raw["opt_quat"], raw["movement"].astype(bool))


@dataclass(frozen=True, slots=True, eq=False)
class JointRecording:
    """Two sensors on a joint at 50 Hz: samples of each, and the optical orientation of 2 in 1 (n, 4).

    ``seen`` is false where the optical orientation jumps faster than any of the sensors turns.
    """

    name: str
    dof: int
    t_s: FloatArray
    acc1_ms2: FloatArray
    gyr1_rads: FloatArray
    acc2_ms2: FloatArray
    gyr2_rads: FloatArray
    truth: FloatArray
    seen: np.ndarray


def joints() -> list[JointRecording]:
    """The recordings of dfjimu that are there; none when the folder is absent."""
    return [_read_joint(path) for path in sorted((DATA / "dfjimu").glob("*.mat"))]


def _read_joint(path: Path) -> JointRecording:
    data = loadmat(path, squeeze_me=True, struct_as_record=False)["data"]
    rate_hz = float(data.rate)
    acc1, gyr1, acc2, gyr2 = (np.ascontiguousarray(data.sensorData[:, k : k + 3]) for k in (0, 3, 6, 9))
    optical = data.ref[:, 0:4], data.ref[:, 4:8]
    seen = np.ones(len(acc1), bool)
    for q, gyr in zip(optical, (gyr1, gyr2), strict=True):
        rate = quat.angle_rad(q[:-1], q[1:]) * rate_hz
        wrong = np.flatnonzero(rate > np.linalg.norm(gyr[1:], axis=1) + _OPTICAL_JUMP_RADS)
        for k in wrong:
            seen[k : k + 2] = False
    truth = quat.multiply(quat.conjugate(optical[0]), optical[1])
    t_s = np.arange(len(acc1)) / rate_hz
    name = path.stem.removeprefix("data_")
    return JointRecording(name, int(name[0]), t_s, acc1, gyr1, acc2, gyr2, truth, seen)


@dataclass(frozen=True, slots=True, eq=False)
class MagneticTrial:
    """A trial with its magnetometer; ``disturbed`` when something magnetic was about."""

    trial: Trial
    mag_ut: FloatArray
    disturbed: bool


def broad_with_field() -> list[MagneticTrial]:
    """BROAD's trials that are there, with the magnetic field."""
    found = []
    for path in sorted((DATA / "broad").glob("*.mat")):
        mag = np.ascontiguousarray(loadmat(path, squeeze_me=True)["imu_mag"])
        found.append(MagneticTrial(_read(path), mag, "_disturbed" in path.stem))
    return found


def heading_rmse_deg(q: FloatArray, trial: Trial) -> float:
    """RMSE of the heading while the sensor moved and the markers were seen, deg."""
    error = quat.multiply(q, quat.conjugate(trial.truth))
    angle_deg = np.degrees(2.0 * np.arctan2(np.abs(error[:, 3]), np.abs(error[:, 0])))
    seen = trial.judged & np.isfinite(angle_deg)
    return float(np.sqrt(np.mean(angle_deg[seen] ** 2)))


def lost(count: int, share: float, burst: int, seed: int) -> np.ndarray:
    """Which samples arrive, when ``share`` of them is lost in bursts."""
    rng = np.random.default_rng(seed)
    keep = np.ones(count, bool)
    for start in rng.integers(100, count - burst, round(count * share / burst)):
        keep[start : start + burst] = False
    return keep


def inclination_error_rad(q: FloatArray, trial: Trial) -> FloatArray:
    """Angle (n,) between estimated and optical vertical, rad; NaN where markers were hidden."""
    error = quat.multiply(q, quat.conjugate(trial.truth))
    return np.asarray(2.0 * np.arccos(np.clip(np.hypot(error[:, 0], error[:, 3]), 0.0, 1.0)))


def inclination_rmse_deg(q: FloatArray, trial: Trial) -> float:
    """RMSE of the vertical while the sensor moved and the markers were seen, deg."""
    angle_deg = np.degrees(inclination_error_rad(q, trial))
    seen = trial.judged & np.isfinite(angle_deg)
    return float(np.sqrt(np.mean(angle_deg[seen] ** 2)))
