"""Plots of the accuracy table as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.judge.cell import Verdict
from benchmarks.judge.faults import FaultLine
from benchmarks.judge.summary import summarize


def heat_map(verdicts: Sequence[Verdict], path: Path) -> None:
    """Share of sets counted exactly, movements down, cases across."""
    figure, axes = _figure(13.0, 11.0)
    movements = list(dict.fromkeys(v.cell.movement for v in verdicts))
    cases = list(dict.fromkeys(v.cell.case for v in verdicts))
    grid = np.full((len(movements), len(cases)), np.nan)
    for row in summarize(verdicts, lambda v: f"{v.cell.movement} {v.cell.case}"):
        movement, case = row.name.split(" ")
        grid[movements.index(movement), cases.index(case)] = row.exact
    image = axes.imshow(grid, cmap="RdYlGn", vmin=0.0, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(cases)), cases, rotation=90, fontsize=7)
    axes.set_yticks(range(len(movements)), movements, fontsize=7)
    figure.colorbar(image, label="share of sets counted exactly", shrink=0.5)
    _save(figure, path)


def fault_curves(lines: Sequence[FaultLine], path: Path) -> None:
    """Share of repetitions flagged over the size of the fault, a curve a fault."""
    figure, axes = _figure(8.0, 5.0)
    for row in lines:
        points = [(0.0, row.at_zero), *row.flagged.items()]
        axes.plot([m for m, _ in points], [100.0 * share for _, share in points], marker="o", label=row.fault)
    axes.set_xlabel("injected, warn limits")
    axes.set_ylabel("repetitions flagged, %")
    axes.legend(fontsize=7, ncols=2)
    axes.grid(alpha=0.3)
    _save(figure, path)


def _figure(width: float, height: float):  # type: ignore[no-untyped-def]
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "ilium"  # the same table gives the same file
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")


def _save(figure, path: Path) -> None:  # type: ignore[no-untyped-def]
    from matplotlib import pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
