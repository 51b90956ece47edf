"""Runs a paho client on the event loop: without a thread, a frame is on its way when `publish` returns."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as paho

_LOOK_S: Final = 1.0
"""Between two looks at whether the broker still answers."""
_PAUSES_S: Final = (1.0, 2.0, 4.0, 5.0)
"""Before trying again; the last one from then on."""


class ClientLoop:
    """Connects, reads, writes and connects again until cancelled; everything but connecting is on the loop.

    A lost connection calls ``disconnected``.
    """

    def __init__(self, client: paho.Client, host: str, port: int, disconnected: Callable[[], None]) -> None:
        self._client = client
        self._disconnected = disconnected
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()
        self._stuck = False
        """Whether the socket did not take everything at once."""
        client.on_socket_open = self._from_any_thread(self._opened)
        client.on_socket_close = self._closed
        client.on_socket_register_write = self._from_any_thread(self._write)
        client.on_disconnect = self._lost
        client.connect_async(host, port, keepalive=30)

    async def run(self) -> None:
        """Stay connected; a broker that is away is tried again and again."""
        tried = 0
        while True:
            self._gone.clear()
            try:
                await asyncio.to_thread(self._client.reconnect)
            except OSError:
                tried += 1
            else:
                tried = 0
                await self._until_gone()
            await asyncio.sleep(_PAUSES_S[min(tried, len(_PAUSES_S) - 1)])

    async def _until_gone(self) -> None:
        while not self._gone.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._gone.wait()
            self._client.loop_misc()

    def _from_any_thread(self, work: Callable[[Any], None]) -> Callable[[object, object, Any], None]:
        """A callback that paho calls on the loop, or in the thread that connects."""

        def called(_client: object, _data: object, connection: Any) -> None:
            try:
                here = asyncio.get_running_loop() is self._loop
            except RuntimeError:
                here = False
            if here:
                work(connection)
            else:
                with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                    self._loop.call_soon_threadsafe(work, connection)

        return called

    def _opened(self, connection: Any) -> None:
        # Without it, a frame may wait 40 ms for the acknowledgement of the one before.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(connection, self._read)

    def _closed(self, _client: object, _data: object, connection: Any) -> None:
        self._stuck = False
        self._loop.remove_reader(connection)
        self._loop.remove_writer(connection)

    def _lost(self, *_: object) -> None:
        self._disconnected()
        self._gone.set()

    def _read(self) -> None:
        self._client.loop_read()
        while (connection := self._client.socket()) and getattr(connection, "pending", int)():
            self._client.loop_read()  # TLS has decrypted more than was asked for

    def _write(self, connection: Any) -> None:
        """At once; what the socket does not take now, when it can."""
        self._client.loop_write()
        if self._client.socket() is None:
            return
        if self._client.want_write():
            self._stuck = True
            self._loop.add_writer(connection, self._write, connection)
        elif self._stuck:
            self._stuck = False
            self._loop.remove_writer(connection)
