"""Rows of a benchmark or accuracy report, and how they are printed and written.

A module in ``benchmarks/speed`` or ``benchmarks/truth`` has one function ``run(progress) -> Report``.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parent / "out"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ours, a rival's in the same run, the bar it must meet, and how to print it again."""

    name: str
    value: float
    unit: str
    rival: str | None = None
    rival_value: float | None = None
    bar: str | None = None
    ok: bool | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of one subject, and its section for the documentation (Markdown, may be empty)."""

    title: str
    rows: list[Row] = field(default_factory=list)
    markdown: str = ""


def at_most(name: str, value: float, limit: float, unit: str, **kwargs: object) -> Row:
    """A row whose value may not exceed ``limit``."""
    return Row(name, value, unit, bar=f"≤ {limit:g}", ok=value <= limit, **kwargs)  # type: ignore[arg-type]


def at_least(name: str, value: float, limit: float, unit: str, **kwargs: object) -> Row:
    """A row whose value may not fall below ``limit``."""
    return Row(name, value, unit, bar=f"≥ {limit:g}", ok=value >= limit, **kwargs)  # type: ignore[arg-type]


def run_package(package: str, only: str | None, console: Console) -> list[Report]:
    """Run every module of ``package`` (or those whose name contains ``only``) and print their rows."""
    folder = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(folder.__path__))
    reports: list[Report] = []
    for name in names:
        if only and only not in name:
            continue
        console.print(f"[dim]{package}.{name} …[/dim]")
        module = importlib.import_module(f"{package}.{name}")
        report = module.run(lambda text: console.print(f"  [dim]{text}[/dim]"))
        reports.append(report)
        console.print(table(report))
    return reports


def table(report: Report) -> Table:
    """The rows of ``report`` for the terminal."""
    view = Table(title=report.title, title_justify="left")
    for column in ("figure", "ours", "unit", "rival", "rival's", "bar", ""):
        view.add_column(column, justify="right" if column in {"ours", "rival's"} else "left")
    for row in report.rows:
        mark = {None: "", True: "[green]ok[/green]", False: "[red]misses[/red]"}[row.ok]
        rival = "" if row.rival_value is None else f"{row.rival_value:.4g}"
        view.add_row(row.name, f"{row.value:.4g}", row.unit, row.rival or "", rival, row.bar or "", mark)
    return view


def write(reports: list[Report], path: Path) -> None:
    """Write all rows as one JSON document."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(row) for report in reports for row in report.rows]
    path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
