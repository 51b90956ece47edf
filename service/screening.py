"""A guided screen over recordings from files, to the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from rich.console import Console

from fusion import screens
from fusion.analysis import analyze
from fusion.errors import InputError
from fusion.pipeline import PipelineConfig
from fusion.screens import Screen, ScreenEvent, ScreenEventKind, ScreenResult, ScreenRunner
from fusion.screens.document import event_document, screen_document
from fusion.summary import number
from fusion.types import Segment
from service.analysis import read_sensors


def list_screens(*, as_json: bool) -> None:
    """Print all screens."""
    known = [screens.load(i) for i in screens.ids()]
    if as_json:
        sys.stdout.write(json.dumps([screen_document(s) for s in known]) + "\n")
        return
    for screen in known:
        sys.stdout.write(f"{screen.id:26} {screen.name}\n")


def screen_files(
    screen_id: str,
    files: Mapping[str, Path],
    *,
    stand_s: tuple[float, float] | None,
    rate_hz: float,
    as_json: bool,
) -> None:
    """Run a screen over recordings and print what its guide says. Raises `InputError` without a result."""
    screen = screens.load(screen_id)
    screen.require(frozenset(map(Segment, files)))
    events = _events(screen, files, stand_s, rate_hz)
    if as_json:
        said = [event_document(e) | {"t_s": number(e.t_s)} for e in events]
        sys.stdout.write(json.dumps({"screen": screen.id, "events": said}) + "\n")
    else:
        _print(events)
    if events[-1].result is None:
        failed = events[-1].kind is ScreenEventKind.FAILED
        raise InputError(events[-1].message if failed else f"the recording ends in step {events[-1].step!r}")


def _events(
    screen: Screen, files: Mapping[str, Path], stand_s: tuple[float, float] | None, rate_hz: float
) -> list[ScreenEvent]:
    blocks = read_sensors(files)
    segments = {segment.value: segment for segment in blocks}
    config = PipelineConfig(segments, screen.exercise, rate_hz=rate_hz, stand_between_s=stand_s)
    signals = analyze({segment.value: block for segment, block in blocks.items()}, config).signals
    if signals is None:
        raise InputError("the recording gives no angles")
    return ScreenRunner(screen, rate_hz).update(signals)


def _print(events: list[ScreenEvent]) -> None:
    console = Console()
    for event in events:
        if event.kind is ScreenEventKind.INSTRUCTION:
            console.print(f"[dim]{event.t_s:7.1f} s[/dim]  {event.message}")
        elif event.result is not None:
            _print_result(console, event.result)


def _print_result(console: Console, result: ScreenResult) -> None:
    for v in result.values:
        value = f"{v.value:.1f} ± {v.sd:.1f} {v.unit}" if isfinite(v.value) else "not known"
        console.print(f"  {v.name:32} {value:22} {v.usual}")
    for remark in (*result.remarks, *result.questions):
        console.print(f"  • {remark}")
    console.print(f"[dim]{result.not_meant}[/dim]")
