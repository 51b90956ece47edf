"""Live cards in the terminal: tilt, hip angle, phase, count and the latest finding of each athlete."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.bus import Message

_BAR = 24
_STEPS = {
    "stand_still": "stand still for three seconds",
    "move": "now take your position",
}
_COLOURS = {"fail": "bold red", "warn": "yellow", "info": "cyan"}
_SHOWN_S = 6.0
_REDRAW_S = 0.1


@contextlib.asynccontextmanager
async def drawing(board: Board, console: Console) -> AsyncIterator[None]:
    """Keep the board on the terminal while the block runs."""

    async def draw(live: Live) -> None:
        while True:
            live.update(board.draw(), refresh=True)
            await asyncio.sleep(_REDRAW_S)

    with Live(console=console, auto_refresh=False) as live:
        task = asyncio.create_task(draw(live))
        try:
            yield
        finally:
            task.cancel()
            live.update(board.draw(), refresh=True)


@dataclass(slots=True)
class Card:
    """What is shown of one athlete."""

    frame: dict[str, Any] = field(default_factory=dict)
    reps: int = 0
    alert: str = ""
    severity: str = "info"
    alert_t_s: float = -1e9


class Board:
    """Follows the bus's messages and draws all athletes."""

    def __init__(self, header: str = "") -> None:
        self.header = header
        self.cards: dict[str, Card] = {}

    def take(self, message: Message) -> None:
        """Follow one message."""
        card = self.cards.setdefault(message.athlete_id, Card())
        body = message.body
        if message.live:
            card.frame = body
        elif message.topic == "alert":
            finding = body.get("finding") or {}
            card.alert = finding.get("cue") or body.get("message", "")
            card.severity = finding.get("severity", "info")
            card.alert_t_s = body.get("t_s") or 0.0

    def draw(self) -> RenderableType:
        """All cards."""
        cards = [self._card(athlete_id, card) for athlete_id, card in sorted(self.cards.items())]
        return Group(Text(self.header, style="dim"), Columns(cards, equal=True))

    def _card(self, athlete_id: str, card: Card) -> Panel:
        frame = card.frame
        grid = Table.grid(padding=(0, 1))
        grid.add_row("reps", Text(str(frame.get("reps_session", 0)), style="bold green"))
        grid.add_row("phase", _STEPS.get(frame.get("phase", ""), frame.get("phase", "")))
        for label, name in (("pelvic tilt", "pelvis_tilt_deg"), ("hip flexion", _hip(frame))):
            value = frame.get(name)
            grid.add_row(label, _angle(value))
        fresh = (frame.get("t_s") or 0.0) - card.alert_t_s < _SHOWN_S
        cue = Text(card.alert if fresh else "", style=_COLOURS.get(card.severity, ""))
        title = f"{athlete_id} · {frame.get('exercise', '')}"
        return Panel(Group(grid, cue), title=title, width=58, height=8)


def _hip(frame: dict[str, Any]) -> str:
    return next((n for n in frame if n.startswith("hip_flexion_") and n.endswith("_deg")), "")


def _angle(value: float | None) -> Text:
    if value is None:
        return Text("–", style="dim")
    place = min(_BAR - 1, max(0, round((value + 120.0) / 240.0 * _BAR)))
    return Text(f"{value:7.1f}° ") + Text("·" * place + "●" + "·" * (_BAR - 1 - place), style="blue")
