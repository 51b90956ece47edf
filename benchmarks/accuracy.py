"""``make accuracy``: every accuracy figure against truth, and ``docs/accuracy.md`` written anew."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from benchmarks.harness import OUT, Report, run_package, write

PAGE = Path(__file__).parent.parent / "docs" / "accuracy.md"
HEAD = """# Accuracy

Written by `make accuracy`. Every figure is against truth, beside rivals run on the same samples.
"""


def main() -> int:
    """Run all subjects (or those whose name contains the first argument); 1 when a bar is missed."""
    only = sys.argv[1] if len(sys.argv) > 1 else None
    reports = run_package("benchmarks.truth", only, Console())
    write(reports, OUT / "accuracy.json")
    if only is None:
        PAGE.write_text(page(reports))
    return int(any(row.ok is False for report in reports for row in report.rows))


def page(reports: list[Report]) -> str:
    """The documentation page: one section a subject."""
    sections = [f"## {r.title}\n\n{r.markdown.strip()}\n" for r in reports if r.markdown]
    return "\n".join([HEAD, *sections])


if __name__ == "__main__":
    sys.exit(main())
