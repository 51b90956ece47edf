"""What ``ilium demo`` is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for."""

    athletes: int = 2
    exercise: str = "hip_thrust"
    duration_s: float | None = None
    headless: bool = False
    as_json: bool = False
    seed: int = 1
    port: int = 0
    data_dir: Path | None = None
    scenario: str = ""
