"""When links have their turns: side by side on one grid, as a central with one radio lays them."""

from __future__ import annotations

import asyncio
import math
from typing import Final

SLOT_S: Final = 0.005
"""Four units of a connection interval (Core specification, volume 6, part B, 4.5.1); usual are twelve."""


class ConnectionEvents:
    """Wakes all whose turn falls into one slot at once: a busy radio wakes once a slot, not once a link."""

    def __init__(self) -> None:
        self._turns: dict[int, asyncio.Event] = {}

    async def after(self, delay_s: float) -> None:
        """Return in the first slot that begins ``delay_s`` from now or later; at once where none is left."""
        if delay_s <= 0.0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        slot = math.ceil((loop.time() + delay_s) / SLOT_S)
        turn = self._turns.get(slot)
        if turn is None:
            turn = self._turns[slot] = asyncio.Event()
            loop.call_at(slot * SLOT_S, self._begin, slot)
        await turn.wait()

    def _begin(self, slot: int) -> None:
        self._turns.pop(slot).set()
