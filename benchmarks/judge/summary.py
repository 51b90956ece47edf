"""Verdicts added up: one line a movement, a case, or a fault's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.judge.cell import Verdict
from benchmarks.judge.matching import f1


@dataclass(frozen=True, slots=True)
class Line:
    """What a group of cells amounts to; NaN where nothing was there to measure."""

    name: str
    cells: int
    failed: int
    exact: float
    within_one: float
    count_error: float
    f1: float
    boundary_s: float
    partial_f1: float
    """NaN where no partial ones were done; one found all the same counts against the sets counted exactly."""
    false_per_hour: float
    latency_s: float
    tilt_rmse_deg: float
    hip_rmse_deg: float
    tilt_bias_deg: float
    hip_bias_deg: float
    flagged: float
    """Share of the repetitions found that were flagged."""


def summarize(verdicts: Sequence[Verdict], key: Callable[[Verdict], str]) -> list[Line]:
    """One line for each value of ``key``, in order of appearance."""
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(key(verdict), []).append(verdict)
    return [line(name, group) for name, group in groups.items()]


def line(name: str, group: Sequence[Verdict]) -> Line:
    """One group's line."""
    errors = np.array([abs(v.found_full - v.true_full) for v in group], float)
    hits, done, found = (sum(getattr(v, n) for v in group) for n in ("hits", "true_all", "found_all"))
    partial = [sum(getattr(v, n) for v in group) for n in ("partial_hits", "true_partial", "found_partial")]
    hours = sum(v.other_s for v in group) / 3600.0
    return Line(
        name,
        len(group),
        sum(bool(v.error) for v in group),
        float(np.mean(errors == 0.0)),
        float(np.mean(errors <= 1.0)),
        float(errors.mean()),
        f1(hits, done, found),
        _mean([b for v in group for b in v.boundary_s]),
        f1(*partial) if partial[1] else float("nan"),
        sum(v.false_reps for v in group) / hours if hours else 0.0,
        _mean([x for v in group for x in v.latency_s]),
        _mean([v.rmse_deg["pelvis_tilt_deg"] for v in group if "pelvis_tilt_deg" in v.rmse_deg]),
        _mean([v.rmse_deg["hip_flexion_right_deg"] for v in group if "hip_flexion_right_deg" in v.rmse_deg]),
        _mean([v.bias_deg["pelvis_tilt_deg"] for v in group if "pelvis_tilt_deg" in v.bias_deg]),
        _mean([v.bias_deg["hip_flexion_right_deg"] for v in group if "hip_flexion_right_deg" in v.bias_deg]),
        sum(v.flagged for v in group) / hits if hits else float("nan"),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
