"""``make bench``: every speed and memory figure, as ratios to rivals in the same run."""

from __future__ import annotations

import sys

from rich.console import Console

from benchmarks.harness import OUT, run_package, write


def main() -> int:
    """Run all subjects (or those whose name contains the first argument); 1 when a bar is missed."""
    only = sys.argv[1] if len(sys.argv) > 1 else None
    reports = run_package("benchmarks.speed", only, Console())
    write(reports, OUT / "bench.json")
    return int(any(row.ok is False for report in reports for row in report.rows))


if __name__ == "__main__":
    sys.exit(main())
