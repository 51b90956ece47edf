"""The bus between the gateway and everyone who listens; nobody can slow the gateway down.

Two kinds of message: *live* frames, of which a slow listener loses the oldest, and *events*, which are
never dropped. Every drop is counted where it happens.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Message:
    """``topic`` is the last part of the MQTT topic; ``body`` a plain document."""

    topic: str
    athlete_id: str
    body: dict[str, Any]
    live: bool = False
    event_id: int | None = None
    """Row of the outbox, for what must not be lost."""


class Subscription:
    """A listener's queue; iterate over it."""

    def __init__(self, live_limit: int) -> None:
        self._queue: deque[Message] = deque()
        self._live_limit = live_limit
        self._live = 0
        self._ready = asyncio.Event()
        self.dropped = 0

    def put(self, message: Message) -> None:
        """Add a message; may drop the oldest live one."""
        if message.live:
            if self._live >= self._live_limit:
                self._drop_oldest_live()
            self._live += 1
        self._queue.append(message)
        self._ready.set()

    def _drop_oldest_live(self) -> None:
        for i, message in enumerate(self._queue):
            if message.live:
                del self._queue[i]
                self._live -= 1
                self.dropped += 1
                return

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            while self._queue:
                message = self._queue.popleft()
                self._live -= message.live
                yield message
            self._ready.clear()
            await self._ready.wait()


class Bus:
    """Hands every message to direct listeners at once and to subscriptions' queues."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._direct: list[Callable[[Message], None]] = []

    def publish(self, message: Message) -> None:
        """Deliver to everyone; never waits."""
        for listener in self._direct:
            listener(message)
        for subscription in self._subscriptions:
            subscription.put(message)

    def listen(self, listener: Callable[[Message], None]) -> None:
        """Call ``listener`` with every message; it must return at once."""
        self._direct.append(listener)

    @contextmanager
    def subscribe(self, live_limit: int = 64) -> Iterator[Subscription]:
        """A queue of all messages while the block runs."""
        subscription = Subscription(live_limit)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
