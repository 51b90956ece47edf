"""Plots of the accuracy table as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.judge.cell import Verdict
from benchmarks.judge.summary import Line, summarize


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


def fault_curves(lines: Sequence[Line], path: Path) -> None:
    """Share of repetitions flagged over the size of the fault, a curve a fault."""
    figure, axes = _figure(8.0, 5.0)
    curves: dict[str, list[tuple[float, float]]] = {}
    for row in lines:
        fault, size = row.name.split(" ")
        curves.setdefault(fault, []).append((float(size), 100.0 * row.flagged))
    for fault, points in sorted(curves.items()):
        sizes, shares = zip(*sorted(points), strict=True)
        axes.plot(sizes, shares, marker="o", label=fault)
    axes.set_xlabel("injected, °")
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
