"""The last accepted table, and whether a new one is worse than chance explains.

``python -m benchmarks.judge.baseline`` accepts the verdicts of the last whole run as the new baseline.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path

from benchmarks.harness import OUT
from benchmarks.judge.summary import Line

BASELINE = Path(__file__).with_name("baseline.json")
RATES = OUT / "judge_rates.json"
"""Rates of the last whole run."""
_SIGMAS = 2.6
"""One group in a hundred is worse than this by chance."""

Rates = Mapping[str, tuple[float, int]]
"""Group → share of its cells counted exactly, and how many cells there were."""


def rates(groups: Mapping[str, Sequence[Line]]) -> dict[str, tuple[float, int]]:
    """Rates of all groups, named ``kind:name``."""
    return {f"{kind}:{row.name}": (row.exact, row.cells) for kind, rows in groups.items() for row in rows}


def worse(before: Rates, now: Rates) -> list[str]:
    """Groups whose share fell by more than the noise of both counts, in plain words."""
    found = []
    for name, (share, cells) in now.items():
        if name not in before:
            continue
        old, old_cells = before[name]
        middle = (share * cells + old * old_cells) / (cells + old_cells)
        noise = sqrt(middle * (1.0 - middle) * (1.0 / cells + 1.0 / old_cells)) + 0.5 / cells
        if old - share > _SIGMAS * noise:
            found.append(f"{name}: {100 * share:.0f} % exact, was {100 * old:.0f} %")
    return found


def read(path: Path = BASELINE) -> dict[str, tuple[float, int]]:
    """The accepted rates; none where nothing was accepted yet."""
    if not path.exists():
        return {}
    return {name: (float(share), int(cells)) for name, (share, cells) in json.loads(path.read_text()).items()}


def write(table: Rates, path: Path) -> None:
    """Keep rates as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = {name: (round(share, 4), cells) for name, (share, cells) in sorted(table.items())}
    path.write_text(json.dumps(rounded, indent=0) + "\n")


if __name__ == "__main__":
    if not RATES.exists():
        sys.exit("no whole run to accept: make accuracy ARGS=movements")
    write(read(RATES), BASELINE)
