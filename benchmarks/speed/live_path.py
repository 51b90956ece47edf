"""The whole live path with four athletes and with twelve: latency to a subscriber, CPU and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from typing import Any

from benchmarks.harness import Progress, Report, Row, at_least, at_most

COMMAND = "ilium demo --athletes 4 --duration 45 --headless --json"
GYM = "ilium demo --scenario gym_of_twelve --duration 50 --headless --json"
"""Ends before the first of the twelve does: all 24 sensors stream all the time."""


def run(progress: Progress) -> Report:
    """Run both demos; the subscribers and the radio have processes of their own."""
    progress(COMMAND)
    four = _demo(COMMAND)
    progress(GYM)
    gym = _demo(GYM)
    latency, gateway, radio = four["latency_ms"], gym["cpu_percent"], gym["radio_cpu_percent"]
    rows = [
        at_most("notification to MQTT subscriber, p99", latency["p99"], 20.0, "ms", command=COMMAND),
        Row("notification to MQTT subscriber, p50", latency["p50"], "ms", command=COMMAND),
        at_most("gateway, 8 sensors at 60 Hz", four["cpu_percent"], 15.0, "% of a core", command=COMMAND),
        at_most("gateway memory", four["rss_mb"], 250.0, "MiB", command=COMMAND),
        at_least("repetitions counted of those done", _counted(four), 1.0, "ratio", command=COMMAND),
        Row("packets lost", four["packets"]["lost"], "packets", command=COMMAND),
        Row("gateway, 24 sensors at 60 Hz", gateway, "% of a core", command=GYM),
        Row("virtual radio with 24 sensors", radio, "% of a core", command=GYM),
        at_most("12 athletes live, gateway and radio", gateway + radio, 60.0, "% of a core", command=GYM),
        Row("repetitions counted of those done by 12", _counted(gym), "ratio", command=GYM),
    ]
    return Report("Live path, 4 and 12 athletes", rows)


def _demo(command: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "service.cli", *command.split()[1:]]
        done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=True)
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def _counted(summary: dict[str, Any]) -> float:
    counted = sum(a["reps_counted"] for a in summary["athletes"])
    done = sum(a["reps_done"] for a in summary["athletes"])
    return counted / done if done else 0.0
