"""Live frames and events over a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from service.api.deps import ServiceDep

router = APIRouter(tags=["live"])


@router.websocket("/live")
async def live(socket: WebSocket, service: ServiceDep, athlete_id: str | None = None) -> None:
    """Every frame and event (of one athlete, if named) as ``{"topic", "body"}``.

    A slow client loses the oldest frames, never an event.
    """
    await socket.accept()
    with service.bus.subscribe() as messages:
        leaving = asyncio.create_task(_until_left(socket))
        try:
            async for message in messages:
                if leaving.done():
                    break
                if athlete_id in {None, message.athlete_id}:
                    body = {"topic": message.topic, "body": message.body}
                    await socket.send_text(msgspec.json.encode(body).decode())
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            leaving.cancel()


async def _until_left(socket: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
