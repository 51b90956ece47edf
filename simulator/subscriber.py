"""Listeners in a process of their own: MQTT and WebSocket messages counted, latency measured.

``python -m simulator.subscriber MQTT_URL WS_URL``; reports twice a second, ends when stdin closes.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import Counter, defaultdict
from typing import Any
from urllib.parse import urlsplit

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

_REPORT_S = 0.5


class Tally:
    """What came since the last report."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._mqtt: Counter[str] = Counter()
        self._ws: Counter[str] = Counter()
        self._findings: dict[str, Counter[str]] = defaultdict(Counter)
        self._latencies_ms: list[float] = []

    def take_mqtt(self, topic: str, payload: bytes, now_s: float) -> None:
        """One MQTT message, received at Unix time ``now_s``."""
        parts = topic.split("/")
        if len(parts) < 6 or parts[3] != "athlete":
            return
        athlete_id, name = parts[4], parts[5]
        body: dict[str, Any] = msgspec.json.decode(payload)
        with self._lock:
            self._mqtt[athlete_id] += 1
            if name == "kinematics":
                self._latencies_ms.append(1000.0 * (now_s - body["arrival_s"]))
            elif name == "alert" and "finding" in body:
                self._findings[athlete_id][body["finding"]["kind"]] += 1

    def take_ws(self, text: str | bytes) -> None:
        """One WebSocket message."""
        athlete_id = msgspec.json.decode(text)["body"]["athlete_id"]
        with self._lock:
            self._ws[athlete_id] += 1

    def report(self) -> bytes:
        """Everything since the last report as one line."""
        with self._lock:
            line = {
                "mqtt": self._mqtt,
                "ws": self._ws,
                "findings": self._findings,
                "latencies_ms": self._latencies_ms,
            }
            text = msgspec.json.encode(line) + b"\n"
            self._clear()
        return text


def main(mqtt_url: str, ws_url: str) -> None:
    """Listen and report until stdin closes."""
    tally, ended = Tally(), threading.Event()
    client = _subscribe(mqtt_url, tally)
    for work in (lambda: _watch(ws_url, tally, ended), lambda: _wait_for_end(ended)):
        threading.Thread(target=work, daemon=True).start()
    while not ended.wait(_REPORT_S):
        _write(tally.report())
    client.disconnect()
    client.loop_stop()
    _write(tally.report())


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _subscribe(url: str, tally: Tally) -> Client:
    clock_offset_s = time.time() - time.perf_counter()
    client = Client(CallbackAPIVersion.VERSION2)

    def connected(*_: object) -> None:
        client.subscribe("ilium/v1/#", qos=1)

    def received(_client: object, _data: object, message: MQTTMessage) -> None:
        tally.take_mqtt(message.topic, bytes(message.payload), clock_offset_s + time.perf_counter())

    client.on_connect, client.on_message = connected, received
    parts = urlsplit(url)
    client.connect_async(parts.hostname or "127.0.0.1", parts.port or 1883)
    client.loop_start()
    return client


def _watch(url: str, tally: Tally, ended: threading.Event) -> None:
    try:
        with connect(url) as socket:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    tally.take_ws(socket.recv(timeout=_REPORT_S))
    except (OSError, WebSocketException) as error:
        sys.stderr.write(f"the live WebSocket ended: {error}\n")


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
