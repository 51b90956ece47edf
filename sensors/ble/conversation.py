"""Talking to a connected sensor: subscriptions, commands, and the answers that they wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic

from firmware_profiles.schema import Confirm, How
from firmware_profiles.setup import Expected, Write
from sensors.ble.failures import LinkError
from sensors.reconnect import Failure

_QUESTION_S: Final = 2.0
Deliver = Callable[[str, bytes], None]
"""Takes what the sensor said on a characteristic."""


class Conversation:
    """One client's subscriptions and commands; everything that the sensor says goes to ``deliver``."""

    def __init__(self, client: BleakClient, name: str, deliver: Deliver) -> None:
        self._client, self._name, self._deliver = client, name, deliver
        self._subscribed: set[str] = set()
        self._awaited: tuple[str, Callable[[bytes], bool], asyncio.Future[bytes]] | None = None
        self.heard = 0
        """Notifications so far."""

    async def subscribe(self, characteristics: Iterable[str]) -> None:
        """Ask for notifications where that has not been done yet."""
        for uuid in characteristics:
            if uuid not in self._subscribed:
                await self._client.start_notify(uuid, self._receiver(uuid))
                self._subscribed.add(uuid)

    async def unsubscribe(self) -> None:
        """Switch all notifications off."""
        while self._subscribed:
            await self._client.stop_notify(self._subscribed.pop())

    async def read(self, characteristic: str) -> bytes:
        """Read a characteristic; what it says is delivered like a notification."""
        payload = bytes(await self._client.read_gatt_char(characteristic))
        self._deliver(characteristic, payload)
        return payload

    async def say(self, writes: Iterable[Write]) -> None:
        """Write commands in order. Raises `LinkError` when the sensor answers with an error or not at all."""
        for write in writes:
            if write.reply is None:
                await self._write(write)
            else:
                failure = write.reply.failure(await self._ask(write, write.reply))
                if failure is not None:
                    asked = write.payload.hex(" ") or "a read"
                    raise LinkError(Failure.REFUSED, f"{self._name} answers {asked} with an error: {failure}")
            if write.pause_s:
                await asyncio.sleep(write.pause_s)

    async def confirms(self, question: Confirm) -> bool:
        """Whether the sensor answers a question of its profile as one of that kind does."""
        wanted = bytes.fromhex(question.starts_with)
        asked = bytes.fromhex(question.write or "")
        if question.write is None:
            return (await self.read(question.characteristic)).startswith(wanted)
        write = Write(question.characteristic, asked, True, 0.0, None)
        where = question.reply_characteristic or question.characteristic

        def is_answer(said: bytes) -> bool:
            return said.startswith((asked, wanted))

        answer = await self._exchange(write, where, is_answer, _QUESTION_S)
        return answer is not None and answer.startswith(wanted)

    async def _ask(self, write: Write, reply: Expected) -> bytes:
        if reply.how is How.READ:
            await self._write(write)
            return await self.read(reply.characteristic)
        answer = await self._exchange(write, reply.characteristic, reply.is_answer, reply.timeout_s)
        if answer is None:
            raise LinkError(Failure.TRANSIENT, f"{self._name} does not answer {write.payload.hex(' ')}")
        return answer

    async def _exchange(
        self, write: Write, where: str, is_answer: Callable[[bytes], bool], timeout_s: float
    ) -> bytes | None:
        """Write, then wait for the notification that answers; None when none comes."""
        await self.subscribe([where])
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._awaited = (where, is_answer, answer)
        try:
            await self._write(write)
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._awaited = None

    async def _write(self, write: Write) -> None:
        if write.payload:
            await self._client.write_gatt_char(write.characteristic, write.payload, write.response)

    def _receiver(self, uuid: str) -> Callable[[BleakGATTCharacteristic, bytearray], None]:
        deliver = self._deliver

        def received(_: BleakGATTCharacteristic, payload: bytearray) -> None:
            self.heard += 1
            said = bytes(payload)
            if self._awaited is not None:
                self._answer(uuid, said)
            deliver(uuid, said)

        return received

    def _answer(self, uuid: str, payload: bytes) -> None:
        assert self._awaited is not None  # noqa: S101 - asked by the caller
        where, is_answer, answer = self._awaited
        if uuid == where and not answer.done() and is_answer(payload):
            answer.set_result(payload)
