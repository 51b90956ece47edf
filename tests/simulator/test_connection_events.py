"""Links whose turns fall into one slot wake together; nobody wakes early, and who leaves leaves alone."""

from __future__ import annotations

import asyncio
import contextlib

from simulator.connection_events import SLOT_S, ConnectionEvents


async def test_all_whose_turn_falls_into_one_slot_wake_in_one_turn_of_the_loop() -> None:
    events, woken = ConnectionEvents(), []

    async def link(name: str, delay_s: float) -> None:
        await events.after(delay_s)
        woken.append(name)

    into_slot_s = SLOT_S - asyncio.get_running_loop().time() % SLOT_S
    early, late = (
        asyncio.ensure_future(link(n, into_slot_s + s * SLOT_S)) for n, s in (("a", 2.1), ("b", 2.9))
    )
    await asyncio.wait((early, late), return_when=asyncio.FIRST_COMPLETED)
    assert woken == ["a", "b"]


async def test_no_link_wakes_before_its_turn() -> None:
    events, loop = ConnectionEvents(), asyncio.get_running_loop()
    for delay_s in (0.0, 0.001, SLOT_S, 1.5 * SLOT_S):
        began_s = loop.time()
        await events.after(delay_s)
        assert loop.time() - began_s >= delay_s - 1e-9


async def test_a_link_that_is_cut_leaves_the_others_their_turn() -> None:
    events = ConnectionEvents()
    cut, kept = (asyncio.ensure_future(events.after(2 * SLOT_S)) for _ in range(2))
    await asyncio.sleep(0)
    cut.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await cut
    await kept
    assert cut.cancelled()


async def test_who_is_behind_takes_the_turn_at_once() -> None:
    waiting = asyncio.ensure_future(ConnectionEvents().after(-1.0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert waiting.done()
