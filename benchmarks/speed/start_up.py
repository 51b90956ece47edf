"""How long a user waits: for the help, and from the demo's start to the first counted repetition."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.harness import Progress, Report, Row, at_most
from simulator.ports import free_port

HELP = "ilium --help"
DEMO = "ilium demo --athletes 2 --headless"


def run(progress: Progress) -> Report:
    """Both from process start, in a warm environment."""
    progress(HELP)
    program = str(Path(sys.executable).with_name("ilium"))
    times_s = [_timed([program, "--help"]) for _ in range(7)]
    bare_s = statistics.median(_timed([sys.executable, "-c", "import typer"]) for _ in range(7))
    progress(DEMO)
    announced_s, committed_s = _first_repetition(program)
    return Report(
        "Start-up",
        [
            at_most(
                HELP,
                statistics.median(times_s),
                0.5,
                "s",
                rival="import typer",
                rival_value=bare_s,
                command=HELP,
            ),
            at_most("make demo to the first counted repetition", announced_s, 15.0, "s", command=DEMO),
            Row("… to its commit on the return", committed_s, "s", command=DEMO),
        ],
    )


def _timed(command: list[str]) -> float:
    began_s = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - began_s


def _first_repetition(program: str) -> tuple[float, float]:
    """Seconds to the first repetition's announcement at lockout, and to its commit."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        began_s = time.perf_counter()
        command = [program, *DEMO.split()[1:], "--port", str(port), "--duration", "40"]
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as demo:
            try:
                seen = _watch(port, began_s)
            finally:
                demo.terminate()
    return seen["rep_provisional"], seen["rep_committed"]


def _watch(port: int, began_s: float) -> dict[str, float]:
    seen: dict[str, float] = {}
    url = f"ws://127.0.0.1:{port}/api/v1/live"
    while "rep_committed" not in seen:
        with (
            contextlib.suppress(OSError, WebSocketException),
            connect(url) as ws,
        ):
            for text in ws:
                kind = json.loads(text)["body"].get("event")
                seen.setdefault(str(kind), time.perf_counter() - began_s)
                if kind == "rep_committed":
                    break
        time.sleep(0.02)
    return seen
