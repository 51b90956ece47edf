"""Inclination of one sensor on BROAD, without and with loss, beside VQF and ahrs on the same samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks import rivals
from benchmarks.harness import Progress, Report, Row, at_most
from benchmarks.recordings import Trial, broad, inclination_rmse_deg, lost
from fusion.estimate import estimate_orientation
from fusion.types import FloatArray

COMMAND = "make accuracy ARGS=orientation"
SEEDS = (5, 6, 7)
TUNED_ON = ("07", "16", "24", "30")
"""Trials on which the constants that VQF does not have were set."""
SLACK_DEG = 0.05
"""No trial without loss may be worse than VQF by more."""


@dataclass(frozen=True, slots=True)
class Case:
    """A rate, what the radio loses, and the bar for the mean over the trials."""

    name: str
    rate_hz: float
    share: float = 0.0
    burst: int = 1
    bar_deg: float | None = None

    def deliveries(self, trial: Trial) -> Iterable[tuple[Trial, np.ndarray]]:
        """The trial at this rate, with the samples that arrive: once, or once a seed where some are lost."""
        whole = trial if self.rate_hz == 286.0 else trial.at(self.rate_hz)
        for seed in SEEDS if self.share else SEEDS[:1]:
            yield whole, lost(len(whole.t_s), self.share, self.burst, seed)


CASES = (
    Case("286 Hz", 286.0),
    Case("100 Hz", 100.0),
    Case("60 Hz", 60.0),
    Case("100 Hz, 1 % lost in bursts of 8", 100.0, 0.01, 8, 1.3),
    Case("100 Hz, 5 % lost in bursts of 8", 100.0, 0.05, 8, 2.8),
    Case("100 Hz, 10 % lost in bursts of 8", 100.0, 0.10, 8, 4.5),
    Case("100 Hz, 5 % lost in bursts of 50", 100.0, 0.05, 50, 6.0),
    Case("60 Hz, 2 % lost singly", 60.0, 0.02, 1, 1.15),
)
AHRS_CASES = (CASES[1], CASES[4])
"""ahrs is slow; at one rate, without and with loss, it shows where it stands."""

LIVE = ("Ilium", "VQF, held", "VQF, gaps unseen")
RECORDED = ("Ilium smoothed", "VQF offline")
NOTE = """Root mean square error of the vertical in degrees over the {n} trials of
[BROAD](https://doi.org/10.3390/data6070072) (Laidig, Caruso, Cereatti, Seel 2021, CC BY 4.0) that were
there, on the samples that arrive: mean over trials / worst trial. VQF is given what a program gives it
that knows no gaps: the last sample again for each that did not come ("held"), or only what came ("gaps
unseen"). Smoothed and offline have the whole recording before them. Loss is drawn with seeds {seeds}.
The constants are VQF's where it has them; the others were set on trials {tuned}, which the second table marks
with *, while the results of all were in view. The mean over the other trials is in the last column. How much
of a bias is learnt in motion was set looking at the drift of heading on all of dfjimu's recordings.
"""


def run(progress: Progress) -> Report:
    """Every case over every trial."""
    trials = broad()
    if not trials:
        return Report("Inclination (no recordings: set ILIUM_DATA)")
    errors = {}
    for case in CASES:
        progress(case.name)
        errors[case.name] = np.array([_errors(case, trial) for trial in trials])
    sections = [_note(len(trials)), _means(trials, errors), _by_trial(trials, errors)]
    rows = [row for case in CASES for row in _rows(case, trials, errors[case.name])]
    progress("ahrs")
    table, slow_rows = _ahrs(trials)
    sections += [table, f"`{COMMAND}`\n"]
    return Report("Inclination of one sensor", rows + slow_rows, "\n\n".join(sections))


def _errors(case: Case, trial: Trial) -> FloatArray:
    """RMSE (5,) of LIVE and RECORDED, mean over the seeds."""
    runs = []
    for whole, keep in case.deliveries(trial):
        part = whole.kept(keep)
        estimates = (
            _ours(part, smooth=False),
            rivals.vqf_held(whole, keep),
            rivals.vqf_unseen(whole, keep),
            _ours(part, smooth=True),
            rivals.vqf_offline(whole, keep),
        )
        runs.append([inclination_rmse_deg(q, part) for q in estimates])
    return np.mean(runs, axis=0)


def _ours(part: Trial, *, smooth: bool) -> FloatArray:
    return estimate_orientation(t_s=part.t_s, acc_ms2=part.acc_ms2, gyr_rads=part.gyr_rads, smooth=smooth)


def _rows(case: Case, trials: list[Trial], errors: FloatArray) -> list[Row]:
    ours, vqf = errors[:, 0], errors[:, 1:3].min(axis=1)
    rival = {"rival": "vqf", "rival_value": float(vqf.mean()), "command": COMMAND}
    bar = case.bar_deg if case.bar_deg is not None else round(float(vqf.mean()), 3)
    rows = [at_most(case.name, float(ours.mean()), bar, "deg", **rival)]
    if case.share == 0.0:
        name = f"{case.name}, worst beside VQF ({trials[int(np.argmax(ours - vqf))].name[:2]})"
        rows.append(at_most(name, float((ours - vqf).max()), SLACK_DEG, "deg", command=COMMAND))
    offline = float(errors[:, 4].mean())
    limit = min(0.53, offline) if case.rate_hz == 286.0 else None
    name = f"{case.name}, smoothed"
    smoothed = float(errors[:, 3].mean())
    if limit is None:
        return [*rows, Row(name, smoothed, "deg", "vqf offline", offline, command=COMMAND)]
    row = at_most(name, smoothed, round(limit, 4), "deg", rival="vqf offline", rival_value=offline)
    return [*rows, row]


def _means(trials: list[Trial], errors: dict[str, FloatArray]) -> str:
    others = np.array([trial.name[:2] not in TUNED_ON for trial in trials])
    head = "| samples | " + " | ".join((*LIVE, *RECORDED)) + " | Ilium, other trials |"
    lines = [head, "|---" * 7 + "|"]
    for name, values in errors.items():
        cells = [f"{m:.2f}° / {w:.2f}°" for m, w in zip(values.mean(0), values.max(0), strict=True)]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {values[others, 0].mean():.2f}° |")
    return "\n".join(lines)


def _by_trial(trials: list[Trial], errors: dict[str, FloatArray]) -> str:
    lines = ["| Ilium / VQF, held | " + " | ".join(errors) + " |", "|---" * (len(errors) + 1) + "|"]
    for k, trial in enumerate(trials):
        label = trial.name.replace("_", " ") + ("*" if trial.name[:2] in TUNED_ON else "")
        cells = [f"{values[k, 0]:.2f} / {values[k, 1]:.2f}" for values in errors.values()]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _ahrs(trials: list[Trial]) -> tuple[str, list[Row]]:
    lines = [
        "| ahrs, default gains | " + " | ".join(case.name for case in AHRS_CASES) + " |",
        "|---|---|---|",
    ]
    rows: list[Row] = []
    for label, name in rivals.AHRS.items():
        estimate = rivals.ahrs(name)
        cells = []
        for case in AHRS_CASES:
            values = []
            for trial in trials:
                whole, keep = next(iter(case.deliveries(trial)))
                values.append(inclination_rmse_deg(estimate(whole, keep), whole.kept(keep)))
            cells.append(f"{np.mean(values):.2f}° / {max(values):.2f}°")
            rows.append(Row(f"{case.name}, ahrs {label}", float(np.mean(values)), "deg", command=COMMAND))
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines), rows


def _note(count: int) -> str:
    return NOTE.format(n=count, seeds=", ".join(map(str, SEEDS)), tuned=", ".join(TUNED_ON))
