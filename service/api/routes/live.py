"""Live frames and events over a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from service.api.deps import ServiceDep
from service.bus import Subscription

router = APIRouter(tags=["live"])


@router.websocket("/live")
async def live(socket: WebSocket, service: ServiceDep, athlete_id: str | None = None) -> None:
    """Every frame and event (of one athlete, if named) as ``{"topic", "body"}``.

    A slow client loses the oldest frames, never an event.
    """
    await socket.accept()
    with service.bus.subscribe() as messages:
        sending = asyncio.create_task(_send(socket, messages, athlete_id))
        try:
            await _until_left(socket)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def _send(socket: WebSocket, messages: Subscription, athlete_id: str | None) -> None:
    async for message in messages:
        if athlete_id in {None, message.athlete_id}:
            body = {"topic": message.topic, "body": message.body}
            await socket.send_text(msgspec.json.encode(body).decode())


async def _until_left(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
