"""MQTT on real brokers: topics, retained state, confirmed events, a broker that goes away and returns."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Self

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from service.broker import embedded_broker
from service.bus import Message
from service.mqtt import MqttError, MqttPublisher, Topics
from simulator.ports import free_port
from tests.service.debian import program

TOPICS = Topics("home", "gateway")
PATIENCE_S = 20.0


@contextlib.asynccontextmanager
async def mosquitto(folder: Path, port: int = 0) -> AsyncIterator[str]:
    """Mosquitto on loopback while the block runs."""
    port = port or free_port()
    folder.mkdir(exist_ok=True)
    config = folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n")
    binary = program("mosquitto", "mosquitto")
    process = await asyncio.create_subprocess_exec(binary, "-c", str(config), stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while line := await process.stderr.readline():
                if b" running" in line:
                    break
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.communicate()


Broker = Callable[..., contextlib.AbstractAsyncContextManager[str]]


@pytest.fixture(params=[embedded_broker, mosquitto], ids=["nats-server", "mosquitto"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: ``broker(folder, port)``."""
    made: Broker = request.param
    return made


class Ear:
    """A subscriber; `message` waits for the next message on a topic."""

    def __init__(self, url: str) -> None:
        self._queue: asyncio.Queue[tuple[str, Any, bool]] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self.subscribed = asyncio.Event()

        def received(_client: object, _data: object, message: MQTTMessage) -> None:
            item = (message.topic, json.loads(message.payload), message.retain)
            loop.call_soon_threadsafe(self._queue.put_nowait, item)

        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = received

        def connected(*_: object) -> None:
            self._client.subscribe("ilium/#", qos=1)

        def subscribed(*_: object) -> None:
            loop.call_soon_threadsafe(self.subscribed.set)

        self._client.on_connect, self._client.on_subscribe = connected, subscribed
        host, port = url.removeprefix("mqtt://").split(":")
        self._client.connect_async(host, int(port))
        self._client.reconnect_delay_set(1, 1)

    async def __aenter__(self) -> Self:
        self._client.loop_start()
        await asyncio.wait_for(self.subscribed.wait(), PATIENCE_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def message(self, topic: str) -> tuple[Any, bool]:
        """Body of the next message on ``topic``, and whether it was kept by the broker."""
        while True:
            seen, body, retained = await asyncio.wait_for(self._queue.get(), PATIENCE_S)
            if seen == topic:
                return body, retained


class Publishing:
    """A publisher, with what it reported."""

    def __init__(self, url: str) -> None:
        self.acknowledged: asyncio.Queue[int] = asyncio.Queue()
        self.connections: asyncio.Queue[None] = asyncio.Queue()
        self.publisher = MqttPublisher(
            url, TOPICS, self.acknowledged.put_nowait, lambda: self.connections.put_nowait(None)
        )

    async def __aenter__(self) -> Self:
        self.publisher.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.publisher.stop()

    async def connected(self) -> None:
        await asyncio.wait_for(self.connections.get(), PATIENCE_S)

    async def confirmed(self) -> int:
        return await asyncio.wait_for(self.acknowledged.get(), PATIENCE_S)


def rep(number: int) -> Message:
    return Message("rep", "anna", {"n": number}, event_id=number)


def frame(number: int) -> Message:
    return Message("kinematics", "anna", {"n": number}, live=True)


async def test_frames_and_events_reach_a_subscriber_and_events_are_confirmed(
    broker: Broker, tmp_path: Path
) -> None:
    async with broker(tmp_path / "b") as url, Ear(url) as ear, Publishing(url) as side:
        await side.connected()
        side.publisher.publish(frame(1))
        side.publisher.publish(rep(7))
        assert await ear.message("ilium/v1/home/athlete/anna/kinematics") == ({"n": 1}, False)
        assert await ear.message("ilium/v1/home/athlete/anna/rep") == ({"n": 7}, False)
        assert await side.confirmed() == 7


async def test_who_comes_later_learns_the_state(broker: Broker, tmp_path: Path) -> None:
    async with broker(tmp_path / "b") as url, Publishing(url) as side:
        await side.connected()
        side.publisher.state("sensor/AA:01/status", {"state": "streaming"})
        side.publisher.publish(rep(1))
        await side.confirmed()
        async with Ear(url) as ear:
            seen = {}
            for _ in range(2):
                topic, body, retained = await asyncio.wait_for(ear._queue.get(), PATIENCE_S)
                seen[topic] = (body, retained)
            assert seen == {
                "ilium/v1/home/gateway/gateway/status": ({"state": "online"}, True),
                "ilium/v1/home/gateway/gateway/sensor/AA:01/status": ({"state": "streaming"}, True),
            }


async def test_leaving_says_offline(broker: Broker, tmp_path: Path) -> None:
    async with broker(tmp_path / "b") as url, Ear(url) as ear:
        async with Publishing(url) as side:
            await side.connected()
            assert (await ear.message(TOPICS.gateway("status")))[0] == {"state": "online"}
        assert (await ear.message(TOPICS.gateway("status")))[0] == {"state": "offline"}


async def test_a_broker_that_returns_is_found_again(broker: Broker, tmp_path: Path) -> None:
    """While it is away nothing waits: frames are dropped and counted, events are for the outbox."""
    port = free_port()
    async with Publishing(f"mqtt://127.0.0.1:{port}") as side:
        for number in range(3):
            side.publisher.publish(frame(number))
        assert side.publisher.dropped == 3
        assert not side.publisher.online
        for _ in range(2):
            async with broker(tmp_path / "b", port) as url, Ear(url) as ear:
                await side.connected()
                side.publisher.publish(rep(2))
                assert (await ear.message(TOPICS.athlete("anna", "rep")))[0] == {"n": 2}
                assert await side.confirmed() == 2


@pytest.mark.parametrize("url", ["http://host:1", "mqtt://", "host:1883", ""])
def test_an_address_that_is_none_is_said(url: str) -> None:
    with pytest.raises(MqttError, match="must look like mqtt://host:1883"):
        MqttPublisher(url, TOPICS, acknowledged=print, connected=print)
