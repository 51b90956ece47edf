"""Inclination of one sensor on BROAD, beside VQF on the same samples, without and with loss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from vqf import VQF, offlineVQF

from benchmarks.harness import Progress, Report, Row, at_most
from benchmarks.recordings import Trial, broad, inclination_rmse_deg, lost
from fusion.estimate import estimate_orientation
from fusion.smoothing import smooth_orientation
from fusion.types import FloatArray, ImuBlock

COMMAND = "make accuracy ARGS=orientation"
SEED = 5
LOSSES: Mapping[str, tuple[float, float, int]] = {
    "286 Hz": (286.0, 0.0, 1),
    "100 Hz": (100.0, 0.0, 1),
    "100 Hz, 1 % lost in bursts of 8": (100.0, 0.01, 8),
    "100 Hz, 5 % lost in bursts of 8": (100.0, 0.05, 8),
    "100 Hz, 10 % lost in bursts of 8": (100.0, 0.10, 8),
    "100 Hz, 5 % lost in bursts of 50": (100.0, 0.05, 50),
    "60 Hz, 2 % lost singly": (60.0, 0.02, 1),
}
HEADER = "| samples | Ilium | worst | VQF, held | worst | VQF, gaps unseen | worst |"
NOTE = """Root mean square error of the vertical in degrees over the {n} trials of
[BROAD](https://doi.org/10.3390/data6070072) (Laidig, Caruso, Cereatti, Seel 2021, CC BY 4.0) that were
there: mean over trials, and the worst trial. VQF is given what a program gives it that knows no gaps: the
samples that arrived, or the last one again for each that did not ("held"). Loss is drawn with seed {seed}.
"Smoothed" has the whole recording before it, forwards and backwards, and is beside VQF's offline form.
The constants are VQF's where it has them. `gap_motion_s` was set on trials 07, 16, 24 and 30 after all had
been seen, the others that concern gaps while looking at these same trials: the rows with loss show what is
possible, and are not an independent result.
"""


def run(progress: Progress) -> Report:
    """Every case over every trial."""
    trials = broad()
    rows: list[Row] = []
    lines = [
        "| samples | Ilium | worst | VQF, held | worst | VQF, gaps unseen | worst |",
        "|---|---|---|---|---|---|---|",
    ]
    for case, (rate_hz, share, burst) in LOSSES.items():
        if not trials:
            break
        progress(case)
        results = np.array([_errors(trial, rate_hz, share, burst) for trial in trials])
        mean, worst = results.mean(0), results.max(0)
        cells = " | ".join(f"{m:.2f}° | {w:.2f}°" for m, w in zip(mean, worst, strict=True))
        lines.append(f"| {case} | {cells} |")
        rows.append(_row(case, mean, lossless=share == 0.0))
    if trials:
        progress("smoothed")
        line, row = _smoothed(trials)
        lines.append(line)
        rows.append(row)
    if not trials:
        return Report("Inclination (no recordings: set ILIUM_DATA)")
    note = NOTE.format(n=len(trials), seed=SEED)
    return Report("Inclination of one sensor", rows, note + "\n" + "\n".join(lines) + f"\n\n`{COMMAND}`\n")


def _smoothed(trials: list[Trial]) -> tuple[str, Row]:
    """The smoother at the recordings' own rate, beside VQF's offline form."""
    errors = np.array([_smoothed_errors(trial) for trial in trials])
    (ours, rival), (worst, rival_worst) = errors.mean(0), errors.max(0)
    case = "286 Hz, smoothed"
    line = f"| {case} | {ours:.3f}° | {worst:.2f}° | {rival:.3f}° | {rival_worst:.2f}° | – | – |"
    return line, at_most(
        case, float(ours), 0.53, "deg", command=COMMAND, rival="vqf offline", rival_value=float(rival)
    )


def _smoothed_errors(trial: Trial) -> tuple[float, float]:
    quality = np.zeros(len(trial.t_s), np.uint8)
    block = ImuBlock(trial.name, 0, trial.t_s, trial.acc_ms2, trial.gyr_rads, None, quality)
    offline = offlineVQF(trial.gyr_rads, trial.acc_ms2, None, 1.0 / trial.rate_hz)["quat6D"]
    ours = inclination_rmse_deg(smooth_orientation(block).q_es, trial)
    return ours, inclination_rmse_deg(offline, trial)


def _row(case: str, mean: FloatArray, *, lossless: bool) -> Row:
    rival = float(mean[1:].min())
    limit = 1.05 * rival if lossless else rival
    rivals = {"rival": "vqf", "rival_value": rival}
    return at_most(case, float(mean[0]), round(limit, 3), "deg", command=COMMAND, **rivals)


def _errors(trial: Trial, rate_hz: float, share: float, burst: int) -> tuple[float, float, float]:
    """Ours, VQF's with the last sample held, VQF's on what arrived as if nothing was missing."""
    whole = trial if round(trial.rate_hz) == rate_hz else trial.at(rate_hz)
    keep = lost(len(whole.t_s), share, burst, SEED)
    part = whole.kept(keep)
    ours = estimate_orientation(t_s=part.t_s, acc_ms2=part.acc_ms2, gyr_rads=part.gyr_rads)
    last_seen = np.maximum.accumulate(np.where(keep, np.arange(len(keep)), 0))
    held = _vqf(whole.rate_hz, whole.gyr_rads[last_seen], whole.acc_ms2[last_seen])[keep]
    unseen = _vqf(whole.rate_hz, part.gyr_rads, part.acc_ms2)
    errors = [inclination_rmse_deg(q, part) for q in (ours, held, unseen)]
    return errors[0], errors[1], errors[2]


def _vqf(rate_hz: float, gyr: FloatArray, acc: FloatArray) -> FloatArray:
    q: FloatArray = VQF(1.0 / rate_hz).updateBatch(np.ascontiguousarray(gyr), np.ascontiguousarray(acc))[
        "quat6D"
    ]
    return q
