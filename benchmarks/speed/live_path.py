"""The whole live path with four athletes: latency to a subscriber, CPU and memory of the gateway."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from benchmarks.harness import Progress, Report, Row, at_least, at_most

COMMAND = "ilium demo --athletes 4 --duration 45 --headless --json"


def run(progress: Progress) -> Report:
    """Run the demo once; the subscribers and the radio have processes of their own."""
    progress(COMMAND)
    command = [sys.executable, "-m", "service.cli", *COMMAND.split()[1:]]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    summary = json.loads(done.stdout)
    counted = sum(a["reps_counted"] for a in summary["athletes"])
    reps = sum(a["reps_done"] for a in summary["athletes"])
    latency = summary["latency_ms"]
    rows = [
        at_most("notification to MQTT subscriber, p99", latency["p99"], 20.0, "ms", command=COMMAND),
        Row("notification to MQTT subscriber, p50", latency["p50"], "ms", command=COMMAND),
        at_most("gateway, 8 sensors at 60 Hz", summary["cpu_percent"], 15.0, "% of a core", command=COMMAND),
        at_most("gateway memory", summary["rss_mb"], 250.0, "MiB", command=COMMAND),
        at_least("repetitions counted of those done", counted / reps, 1.0, "ratio", command=COMMAND),
        Row("packets lost", summary["packets"]["lost"], "packets", command=COMMAND),
    ]
    return Report("Live path, 4 athletes", rows)
