"""One connection to a sensor: opened, checked, started, watched, and closed cleanly."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from bleak import BleakClient
from bleak.backends.device import BLEDevice

import firmware_profiles
from firmware_profiles import Profile, Setup
from firmware_profiles.schema import Confirm, How, Subscribe
from sensors.battery import BatteryLevel, BatteryReader
from sensors.ble.adapters import BleAdapter
from sensors.ble.conversation import Conversation, Deliver
from sensors.ble.failures import ERRORS, LinkError
from sensors.reconnect import Failure

CONNECT_S: Final = 20.0
_ASK_BATTERY_S: Final = 60.0
_SILENCE_S: Final = 5.0
"""A sensor that was told to stream and says nothing for so long is connected anew."""
_FAREWELL_S: Final = 2.0
"""For each step of leaving: a sensor out of range must not keep the gateway from ending."""


class Link:
    """One connection from beginning to end."""

    def __init__(
        self,
        device: BLEDevice,
        adapter: BleAdapter,
        candidates: Sequence[Profile],
        deliver: Deliver,
        battery: Callable[[BatteryLevel], None],
    ) -> None:
        self._candidates, self._deliver, self._battery = candidates, deliver, battery
        self._lost = asyncio.Event()
        self._client = BleakClient(
            device,
            disconnected_callback=lambda _: self._lost.set(),
            timeout=CONNECT_S,
            **adapter.client_options,
        )
        self.setup: Setup = firmware_profiles.choose(candidates[0])
        self._reader = BatteryReader(candidates[0])
        self._talk = Conversation(self._client, candidates[0].name, self._heard)

    @property
    def profile(self) -> Profile:
        """The profile that the device turned out to have."""
        return self.setup.profile

    async def connect(self) -> None:
        """Connect; the caller sees to it that nobody else does on this adapter. Raises `failures.ERRORS`."""
        await self._client.connect()

    async def recognise(self) -> None:
        """Make sure that the device is what it advertises.

        Raises `LinkError` or one of `failures.ERRORS`.
        """
        profile = await self._recognised()
        self.setup = firmware_profiles.choose(profile)
        self._reader = BatteryReader(profile)

    async def _recognised(self) -> Profile:
        """The profile among the candidates that the connected device really has."""
        missing = [(p, _missing(self._client, p)) for p in self._candidates]
        complete = [p for p, uuid in missing if uuid is None]
        if not complete:
            profile, uuid = missing[0]
            raise LinkError(Failure.INCOMPLETE, f"it has no characteristic {uuid} as a {profile.name} must")
        for profile in complete:
            if not profile.match.confirm or await self._confirmed(profile.match.confirm):
                return profile
        names = " nor ".join(p.name for p in complete)
        raise LinkError(Failure.STRANGER, f"it advertises as {complete[0].name}, but answers as no {names}")

    async def _confirmed(self, questions: Sequence[Confirm]) -> bool:
        for question in questions:
            if not await self._talk.confirms(question):
                return False
        return True

    async def forget(self) -> None:
        """Drop what the system's Bluetooth has cached of the device (BlueZ: RemoveDevice)."""
        await self._in_time(self._client.disconnect())
        await self._in_time(self._client.unpair())

    async def start(self) -> None:
        """Configure, subscribe and start the stream, in the order that the profile asks for."""
        setup, profile = self.setup, self.profile
        writes = [w for name in ("configure", "start") for w in setup.writes(name)]
        answers = [w.reply.characteristic for w in writes if w.reply and w.reply.how is not How.READ]
        await self._talk.subscribe(answers)
        if profile.description is not None:
            await self._talk.read(profile.description.characteristic)
        await self._talk.say(setup.writes("configure"))
        if profile.commands.subscribe is Subscribe.BEFORE_START:
            await self._talk.subscribe(setup.subscriptions)
        await self._talk.say(setup.writes("start"))
        await self._talk.subscribe(setup.subscriptions)
        await self.ask_battery()

    async def ask_battery(self) -> None:
        """Read the battery or ask for it; the level comes through ``battery``."""
        battery = self.profile.battery
        if battery is None:
            return
        if self.setup.can("battery"):
            with contextlib.suppress(LinkError):  # a sensor that streams is not lost for its gauge
                await self._talk.say(self.setup.writes("battery"))
        elif How.READ in battery.how:
            await self._talk.read(battery.characteristic)

    async def look_at_battery(self) -> None:
        """Have the battery told without starting anything."""
        battery = self.profile.battery
        if battery is not None and not set(battery.how) <= {How.READ}:
            await self._talk.subscribe([battery.characteristic])
        await self.ask_battery()

    async def command(self, name: str, runtime: Mapping[str, bytes] | None = None) -> bool:
        """Have a command of the profile carried out (see `Setup.writes`); False where there is none.

        Raises `LinkError` when the sensor refuses, or one of `failures.ERRORS`.
        """
        if not self.setup.can(name):
            return False
        await self._talk.say(self.setup.writes(name, runtime))
        return True

    async def watch(self) -> str:
        """Return why the link ended: it was lost, or nothing came any more."""
        loop = asyncio.get_running_loop()
        heard, ask_s = self._talk.heard, loop.time() + _ASK_BATTERY_S
        while True:
            _heed_cancellation()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SILENCE_S):
                    await self._lost.wait()
                return "the radio link was lost"
            if self._talk.heard == heard:
                return f"connected, but no packet for {_SILENCE_S:g} s"
            heard = self._talk.heard
            if loop.time() >= ask_s:
                ask_s = loop.time() + _ASK_BATTERY_S
                await self.ask_battery()

    async def close(self) -> bool:
        """Stop the stream and hang up, as far as the link still allows; True if there was a link."""
        connected = bool(self._client.is_connected)
        if connected:
            await self._in_time(self._talk.say(self.setup.writes("stop")))
        await self.hang_up()
        return connected

    async def hang_up(self) -> None:
        """Unsubscribe and disconnect, as far as the link still allows.

        A link that is already lost is disconnected, too: bleak keeps a D-Bus connection for each until then.
        """
        if self._client.is_connected:
            await self._in_time(self._talk.unsubscribe())
        await self._in_time(self._client.disconnect())

    def _heard(self, characteristic: str, payload: bytes) -> None:
        level = self._reader.read(characteristic, payload)
        if level is not None:
            self._battery(level)
        self._deliver(characteristic, payload)

    @staticmethod
    async def _in_time(step: Coroutine[Any, Any, object]) -> None:
        with contextlib.suppress(LinkError, NotImplementedError, *ERRORS):
            async with asyncio.timeout(_FAREWELL_S):
                await step


def _heed_cancellation() -> None:
    """Raise `CancelledError` when the task was cancelled before and somebody on the way swallowed it.

    `asyncio.wait_for` before Python 3.12 does, when what it waits for comes in the same turn of the loop, and
    Bluetooth stacks wait for every answer with it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _missing(client: BleakClient, profile: Profile) -> str | None:
    """The first characteristic that the device should have and has not."""
    for characteristics in profile.required.values():
        for uuid in characteristics:
            if client.services.get_characteristic(uuid) is None:
                return uuid
    return None
