"""Real sensors over Bluetooth LE, through bleak: scan, match, connect one at a time, stream, come back.

The backend is bleak's own for the platform, or one that is handed in (the simulator's virtual radio).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError

import firmware_profiles
from firmware_profiles import Profile, choose
from firmware_profiles.setup import Write
from fusion.errors import IliumError
from sensors.battery import BatteryReader
from sensors.reconnect import Backoff, Failure
from sensors.source import DeviceState, DeviceStatus, PacketSink, RawPacket

_CONNECT_TIMEOUT_S = 20.0
_BATTERY_EVERY_S = 60.0


class RadioError(IliumError):
    """The Bluetooth adapter cannot be used; says what to do."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Which bleak backend to use; None is the platform's own."""

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None

    @property
    def scanner_options(self) -> dict[str, Any]:
        """Keyword arguments for `bleak.BleakScanner`."""
        return {"backend": self.scanner} if self.scanner else {}

    @property
    def client_options(self) -> dict[str, Any]:
        """Keyword arguments for `bleak.BleakClient`."""
        return {"backend": self.client} if self.client else {}


@dataclass(frozen=True, slots=True)
class Sighting:
    """A sensor in range."""

    device_id: str
    name: str
    rssi_dbm: int
    profile: Profile | None


class BleSource:
    """Streams from every sensor in range that has a profile (or from those in ``only``)."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        backend: Backend | None = None,
        profiles: Iterable[Profile] | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> None:
        self._clock = clock
        self._backend = backend or Backend()
        self._profiles = list(profiles or map(firmware_profiles.load, firmware_profiles.ids()))
        self._only = frozenset(only) if only is not None else None
        self._rng = random.Random(seed)
        self._links: dict[str, _Link] = {}

    async def run(self, sink: PacketSink) -> None:
        """Scan and stream until cancelled; then every sensor is told to stop.

        Raises `RadioError` when there is no usable adapter.
        """
        found: asyncio.Queue[tuple[BLEDevice, AdvertisementData]] = asyncio.Queue()
        scanner = BleakScanner(
            lambda device, seen: self._seen(device, seen, found), **self._backend.scanner_options
        )
        try:
            await scanner.start()
        except (BleakError, OSError) as error:
            raise _no_adapter(error) from error
        shared = _Shared(sink, self._clock, self._backend, asyncio.Lock(), self._rng)
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    link = self._meet(*await found.get(), shared)
                    if link is not None:
                        tasks.create_task(link.supervise())
        finally:
            await scanner.stop()

    async def identify(self, device_id: str) -> bool:
        """Make a connected sensor blink; False where it cannot."""
        link = self._links.get(device_id)
        return link is not None and await link.identify()

    def _seen(
        self,
        device: BLEDevice,
        seen: AdvertisementData,
        found: asyncio.Queue[tuple[BLEDevice, AdvertisementData]],
    ) -> None:
        known = self._links.get(device.address)
        if known is not None:
            known.seen_again(device)
        elif self._only is None or device.address in self._only:
            found.put_nowait((device, seen))

    def _meet(self, device: BLEDevice, seen: AdvertisementData, shared: _Shared) -> _Link | None:
        profile = firmware_profiles.match(
            seen.local_name, seen.manufacturer_data, self._profiles, seen.service_uuids
        )
        if profile is None or device.address in self._links:
            return None
        link = self._links[device.address] = _Link(device, profile, shared)
        link.tell(DeviceState.FOUND, rssi_dbm=seen.rssi)
        return link


async def scan(
    duration_s: float, *, backend: Backend | None = None, profiles: Iterable[Profile] | None = None
) -> list[Sighting]:
    """Sensors seen within ``duration_s``, strongest first; those without a profile have None there.

    Raises `RadioError` when there is no usable adapter.
    """
    known = list(profiles or map(firmware_profiles.load, firmware_profiles.ids()))
    options = (backend or Backend()).scanner_options
    try:
        found = await BleakScanner.discover(timeout=duration_s, return_adv=True, **options)
    except (BleakError, OSError) as error:
        raise _no_adapter(error) from error
    sightings = [
        Sighting(
            address,
            seen.local_name or "",
            seen.rssi,
            firmware_profiles.match(seen.local_name, seen.manufacturer_data, known, seen.service_uuids),
        )
        for address, (_, seen) in found.items()
    ]
    return sorted(sightings, key=lambda sighting: -sighting.rssi_dbm)


def _no_adapter(error: Exception) -> RadioError:
    return RadioError(
        f"no usable Bluetooth adapter ({error}); plug one in and switch it on, or try: ilium demo"
    )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all links of a source have in common."""

    sink: PacketSink
    clock: Callable[[], float]
    backend: Backend
    connecting: asyncio.Lock
    """One connect at a time: parallel ones lose services or fail on real adapters."""
    rng: random.Random


class _Link:
    """One sensor: connected, checked, started; and again whenever it is lost."""

    def __init__(self, device: BLEDevice, profile: Profile, shared: _Shared) -> None:
        self._device, self._profile = device, profile
        self._setup = choose(profile)
        self._sink, self._clock, self._backend = shared.sink, shared.clock, shared.backend
        self._connecting = shared.connecting
        self._backoff = Backoff(shared.rng)
        self._advertised = asyncio.Event()
        self._client: BleakClient | None = None

    def seen_again(self, device: BLEDevice) -> None:
        """The sensor advertises, so it is in range and not connected."""
        self._device = device
        self._advertised.set()

    def tell(self, state: DeviceState, reason: str = "", **details: int | None) -> None:
        """Report a change of state."""
        device = self._device
        self._sink.status(
            DeviceStatus(
                device.address,
                device.name or "",
                state,
                self._clock(),
                self._profile,
                reason,
                details.get("battery_percent"),
                details.get("rssi_dbm"),
            )
        )

    async def supervise(self) -> None:
        """Stream for ever; waits between attempts, but no longer once the sensor is seen again."""
        while True:
            failure, reason = await self._session()
            self.tell(DeviceState.LOST, reason)
            wait_s = self._backoff.next_s(failure)
            self._advertised.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._advertised.wait()

    async def identify(self) -> bool:
        """Blink, where the profile knows how."""
        commands = self._setup.writes("identify")
        if self._client is None or not commands:
            return False
        await self._write(self._client, commands)
        return True

    async def _session(self) -> tuple[Failure, str]:
        """One connection from beginning to end; returns why it ended."""
        lost = asyncio.Event()
        client = BleakClient(
            self._device,
            disconnected_callback=lambda _: lost.set(),
            timeout=_CONNECT_TIMEOUT_S,
            **self._backend.client_options,
        )
        try:
            async with self._connecting:
                self.tell(DeviceState.CONNECTING)
                await client.connect()
            self._require_characteristics(client)
            await self._start(client)
            self._client = client
            self._backoff.reset()
            self.tell(DeviceState.STREAMING, battery_percent=await self._battery(client))
            await self._watch(client, lost)
        except BleakDeviceNotFoundError as error:
            return Failure.NOT_FOUND, str(error)
        except (BleakError, TimeoutError, OSError) as error:
            slots = "slot" in str(error).lower() or "InProgress" in str(error)
            return (Failure.OUT_OF_SLOTS if slots else Failure.TRANSIENT), str(error) or "timed out"
        finally:
            self._client = None
            await self._leave(client)
        return Failure.TRANSIENT, "the radio link was lost"

    def _require_characteristics(self, client: BleakClient) -> None:
        for service, characteristics in self._profile.required.items():
            for uuid in characteristics:
                if client.services.get_characteristic(uuid) is None:
                    raise BleakError(f"characteristic {uuid} of service {service} is not there")

    async def _start(self, client: BleakClient) -> None:
        await self._write(client, self._setup.writes("configure"))
        for uuid in dict.fromkeys(stream.characteristic for stream in self._setup.streams):
            await client.start_notify(uuid, self._receiver(uuid))
        await self._write(client, self._setup.writes("start"))

    def _receiver(self, uuid: str) -> Callable[[BleakGATTCharacteristic, bytearray], None]:
        device_id, clock, deliver = self._device.address, self._clock, self._sink.packet

        def received(_: BleakGATTCharacteristic, payload: bytearray) -> None:
            deliver(RawPacket(device_id, uuid, clock(), bytes(payload)))

        return received

    async def _watch(self, client: BleakClient, lost: asyncio.Event) -> None:
        while not lost.is_set():
            try:
                async with asyncio.timeout(_BATTERY_EVERY_S):
                    await lost.wait()
            except TimeoutError:
                self.tell(DeviceState.STREAMING, battery_percent=await self._battery(client))

    async def _battery(self, client: BleakClient) -> int | None:
        battery = self._profile.battery
        if battery is None:
            return None
        value = bytes(await client.read_gatt_char(battery.characteristic))
        level = BatteryReader(self._profile).read(battery.characteristic, value)
        return level.percent if level else None

    async def _leave(self, client: BleakClient) -> None:
        """Stop the stream and hang up, as far as the link still allows."""
        if not client.is_connected:
            return
        for farewell in (self._write(client, self._setup.writes("stop")), client.disconnect()):
            with contextlib.suppress(BleakError, TimeoutError, OSError):
                async with asyncio.timeout(2.0):
                    await farewell
        self.tell(DeviceState.STOPPED)

    @staticmethod
    async def _write(client: BleakClient, commands: Iterable[Write]) -> None:
        for command in commands:
            await client.write_gatt_char(command.characteristic, command.payload, command.response)
