"""``make accuracy``: every accuracy figure against truth, and its section of ``docs/accuracy.md`` anew."""

from __future__ import annotations

import re
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
    PAGE.write_text(page({} if only is None else sections(PAGE.read_text()), reports))
    return int(any(row.ok is False for report in reports for row in report.rows))


def sections(text: str) -> dict[str, str]:
    """Title → text of each section of a page."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return {title: body.strip() for title, body in zip(parts[::2], parts[1::2], strict=True)}


def page(known: dict[str, str], reports: list[Report]) -> str:
    """The documentation page: one section a subject, those of ``known`` where nothing new was measured."""
    known = known | {r.title: r.markdown.strip() for r in reports if r.markdown}
    return "\n".join([HEAD, *(f"## {title}\n\n{body}\n" for title, body in known.items())])


if __name__ == "__main__":
    sys.exit(main())
