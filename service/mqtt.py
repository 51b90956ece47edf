"""MQTT out, through paho in its own thread: live frames may be dropped, events are kept until confirmed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from fusion.errors import IliumError
from service.bus import Message

_LIVE_WAITING_MAX = 100
"""Live frames that may wait in the client; more and new ones are dropped, or they would be old."""
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

    ``acknowledged(event_id)`` is called from paho's thread when the broker has an event; ``connected()``
    at every (re)connect, so that the outbox can be sent again.
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
        self._lock = threading.Lock()
        self._events: dict[int, int] = {}
        """Message id → event, of those not yet acknowledged."""
        self._early: set[int] = set()
        """Message ids acknowledged before `publish` returned."""
        self._live: set[int] = set()
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
        client.reconnect_delay_set(1, 5)
        client.max_queued_messages_set(_WAITING_MAX)
        client.on_socket_open = _send_at_once
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def start(self) -> None:
        """Connect in the background; a broker that is away is tried again and again."""
        self._client.connect_async(*self._address, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Say that we are going, and go."""
        if self.online:
            farewell = self._client.publish(
                self.topics.gateway("status"), b'{"state":"offline"}', qos=1, retain=True
            )
            with contextlib.suppress(RuntimeError):  # the broker left first
                farewell.wait_for_publish(2.0)
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, message: Message) -> None:
        """Send one message of the bus."""
        topic = self.topics.athlete(message.athlete_id, message.topic)
        if message.live:
            self._publish_live(topic, message.body)
        elif message.event_id is None or self.online:
            info = self._client.publish(topic, msgspec.json.encode(message.body), qos=1)
            self.published += 1
            self._remember(info.mid, message.event_id)

    def state(self, name: str, body: dict[str, Any]) -> None:
        """Publish a retained state of the gateway, such as a sensor's."""
        self._client.publish(self.topics.gateway(name), msgspec.json.encode(body), qos=1, retain=True)

    def _publish_live(self, topic: str, body: dict[str, Any]) -> None:
        with self._lock:
            full = len(self._live) >= _LIVE_WAITING_MAX
        if full or not self.online:
            self.dropped += 1
            return
        info = self._client.publish(topic, msgspec.json.encode(body), qos=0)
        self.published += 1
        with self._lock:
            if info.mid in self._early:
                self._early.discard(info.mid)
            else:
                self._live.add(info.mid)

    def _remember(self, mid: int, event_id: int | None) -> None:
        if event_id is None:
            return
        with self._lock:
            early = mid in self._early
            if early:
                self._early.discard(mid)
            else:
                self._events[mid] = event_id
        if early:
            self._acknowledged(event_id)

    def _on_publish(self, _c: object, _u: object, mid: int, *_: object) -> None:
        with self._lock:
            if mid in self._live:
                self._live.discard(mid)
                return
            event_id = self._events.pop(mid, None)
            if event_id is None:
                self._early.add(mid)
                if len(self._early) > 10 * _LIVE_WAITING_MAX:
                    self._early.clear()
        if event_id is not None:
            self._acknowledged(event_id)

    def _on_connect(self, *_: object) -> None:
        self.online = True
        with self._lock:
            self._live.clear()
            self._events.clear()
        self.state("status", {"state": "online"})
        self._connected()

    def _on_disconnect(self, *_: object) -> None:
        self.online = False


def _send_at_once(_client: object, _data: object, connection: Any) -> None:
    """Without this, a frame may wait 40 ms for the acknowledgement of the one before."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise MqttError(f"mqtt_url {url!r}: must look like mqtt://host:1883 or mqtts://host:8883")
    return parts.hostname, parts.port or (8883 if parts.scheme == "mqtts" else 1883)
