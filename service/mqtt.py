"""MQTT out, through paho on the event loop: live frames may be dropped, events are kept until confirmed."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from fusion.errors import IliumError
from service.bus import Message
from service.mqtt_loop import ClientLoop

_LIVE_WAITING_MAX = 100
"""Live frames that may wait in the client; more and new ones are dropped, or they would be old."""
_FAREWELL_S: Final = 2.0
_WAITING_MAX = 1000
"""Messages that may wait for a broker that is away."""


class MqttError(IliumError, ValueError):
    """The broker's URL cannot be used."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of topics; only pseudonymous ids are in them."""

    site: str
    gateway_id: str

    def athlete(self, athlete_id: str, name: str) -> str:
        """Topic of an athlete's messages."""
        return f"ilium/v1/{self.site}/athlete/{athlete_id}/{name}"

    def gateway(self, name: str) -> str:
        """Topic of the gateway's own messages."""
        return f"ilium/v1/{self.site}/gateway/{self.gateway_id}/{name}"


class MqttPublisher:
    """Publishes the bus's messages; reconnects for ever.

    ``acknowledged(event_id)`` is called when the broker has an event; ``connected()`` at every (re)connect,
    so that the outbox can be sent again. Everything is on the loop that `start` was called on.
    """

    def __init__(
        self,
        url: str,
        topics: Topics,
        acknowledged: Callable[[int], None],
        connected: Callable[[], None],
    ) -> None:
        self.topics = topics
        self.dropped = self.published = 0
        self.online = False
        self._acknowledged, self._connected = acknowledged, connected
        self._events: dict[int, int] = {}
        """Message id → event, of those not yet acknowledged."""
        self._live: deque[paho.MQTTMessageInfo] = deque()
        """Frames that the socket has not taken yet."""
        self._farewell = 0
        self._leaving: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop
        self._running: asyncio.Task[None]
        self._address = _address(url)
        self._client = self._new_client(url)

    def _new_client(self, url: str) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"ilium-{self.topics.gateway_id}",
            protocol=paho.MQTTv311,
            clean_session=True,
        )
        parts = urlsplit(url)
        if parts.username:
            client.username_pw_set(parts.username, parts.password)
        if parts.scheme == "mqtts":
            client.tls_set()
        client.will_set(self.topics.gateway("status"), b'{"state":"offline"}', qos=1, retain=True)
        client.max_queued_messages_set(_WAITING_MAX)
        client.on_connect = self._on_connect
        return client

    def start(self) -> None:
        """Connect in the background; a broker that is away is tried again and again."""
        self._loop = asyncio.get_running_loop()
        driver = ClientLoop(self._client, *self._address, self._on_disconnect)
        self._running = self._loop.create_task(driver.run())

    async def stop(self) -> None:
        """Say that we are going, and go."""
        if self.online:
            self._leaving = self._loop.create_future()
            self._farewell = self.state("status", {"state": "offline"})
            self._client.on_publish = self._on_publish
            with contextlib.suppress(TimeoutError):  # the broker left first
                await asyncio.wait_for(self._leaving, _FAREWELL_S)
        self._client.disconnect()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    def publish(self, message: Message) -> None:
        """Send one message of the bus."""
        topic = self.topics.athlete(message.athlete_id, message.topic)
        if message.live:
            self._publish_live(topic, message.body)
        elif message.event_id is None or self.online:
            info = self._client.publish(topic, msgspec.json.encode(message.body), qos=1)
            self.published += 1
            if message.event_id is not None:
                self._events[info.mid] = message.event_id
                self._client.on_publish = self._on_publish

    def state(self, name: str, body: dict[str, Any]) -> int:
        """Publish a retained state of the gateway, such as a sensor's; returns the message's number."""
        info = self._client.publish(self.topics.gateway(name), msgspec.json.encode(body), qos=1, retain=True)
        return info.mid

    def _publish_live(self, topic: str, body: dict[str, Any]) -> None:
        while self._live and self._live[0].is_published():
            self._live.popleft()
        if len(self._live) >= _LIVE_WAITING_MAX or not self.online:
            self.dropped += 1
            return
        info = self._client.publish(topic, msgspec.json.encode(body), qos=0)
        self.published += 1
        if not info.is_published():
            self._live.append(info)

    def _on_publish(self, _c: object, _u: object, mid: int, *_: object) -> None:
        """Heard only while an answer is awaited: paho makes properties and a reason for every frame."""
        event_id = self._events.pop(mid, None)
        if event_id is not None:
            self._acknowledged(event_id)
        if not self._events and self._leaving is None:
            self._client.on_publish = None
        if mid == self._farewell and self._leaving is not None and not self._leaving.done():
            self._leaving.set_result(None)

    def _on_connect(self, *_: object) -> None:
        self._loop.call_soon(self._greet)  # not from within paho, which would wait for itself

    def _greet(self) -> None:
        self.online = True
        self._live.clear()
        self._events.clear()
        self.state("status", {"state": "online"})
        self._connected()

    def _on_disconnect(self) -> None:
        self.online = False


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise MqttError(f"mqtt_url {url!r}: must look like mqtt://host:1883 or mqtts://host:8883")
    return parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883)
