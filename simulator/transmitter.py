"""Sends a train of packets in time, at connection events, through a link that loses and delays."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from sensors.encode import EncodedPacket
from simulator.connection_events import ConnectionEvents
from simulator.link import LinkState

Send = Callable[[EncodedPacket], Awaitable[None]]


class Transmitter:
    """Goes on where it was after each reconnect: what became ready meanwhile is gone, as on a real sensor."""

    def __init__(self, radio: LinkState, clock: Callable[[], float], events: ConnectionEvents) -> None:
        self._radio, self._clock, self._events = radio, clock, events
        self._next = 0
        self.sent: list[int] = []
        """Numbers of the packets that were sent, in order, each once."""
        self.dropped = self.echoed = 0

    async def run(self, train: Sequence[EncodedPacket], send: Send) -> bool:
        """Send what is ready at every connection event; True when the link is to be cut, False at the end."""
        model = self._radio.model
        now_s = event_s = self._clock()
        cut_s = now_s + model.drop_every_s if model.drop_every_s else float("inf")
        await self._echo(train, send)
        self._skip(train, now_s)
        queue: deque[tuple[float, int]] = deque()
        while self._next < len(train) or queue:
            event_s += model.interval_s
            await self._events.after(event_s - self._clock())
            queue.extend(self._due(train, event_s))
            while queue and queue[0][0] <= event_s:
                _, number = queue.popleft()
                self.sent.append(number)
                await send(train[number])
            if event_s >= cut_s:
                self.dropped += len(queue)
                return True
        return False

    async def _echo(self, train: Sequence[EncodedPacket], send: Send) -> None:
        """Packets that the sensor holds for lost comes once more after a reconnect."""
        count = self._radio.model.echo
        for number in self.sent[-count:] if count else ():
            self.echoed += 1
            await send(train[number])

    def _skip(self, train: Sequence[EncodedPacket], now_s: float) -> None:
        while self._next < len(train) and train[self._next].ready_s < now_s:
            self._next += 1

    def _due(self, train: Sequence[EncodedPacket], event_s: float) -> list[tuple[float, int]]:
        first = self._next
        while self._next < len(train) and train[self._next].ready_s <= event_s:
            self._next += 1
        due = []
        for number, delay_s in zip(
            range(first, self._next), self._radio.fates(self._next - first), strict=True
        ):
            if delay_s == float("inf"):
                self.dropped += 1
            else:
                due.append((event_s + float(delay_s), number))
        return due
