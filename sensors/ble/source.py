"""All sensors in range as one source of packets."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

import firmware_profiles
from firmware_profiles import Profile
from sensors.ble.adapters import BleAdapter, Slots
from sensors.ble.failures import ERRORS, RadioError, no_adapter
from sensors.ble.keeper import SensorKeeper, Shared
from sensors.ble.scan import fitting
from sensors.registry import Identities, KnownDevice
from sensors.source import NOT_CONNECTED, DeviceState, PacketSink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An advertisement on its way from a scanner's callback to the source."""

    adapter: str
    device: BLEDevice
    data: AdvertisementData
    profiles: tuple[Profile, ...]
    device_id: str


class BleSource:
    """Streams from every sensor in range that has a profile (or from those in ``only``)."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        adapters: Sequence[BleAdapter] = (),
        profiles: Iterable[Profile] | None = None,
        only: Collection[str] | None = None,
        seed: int = 0,
    ) -> None:
        self._clock = clock
        self._adapters = tuple(adapters) or (BleAdapter(),)
        self._profiles = tuple(profiles or firmware_profiles.library())
        self._only = frozenset(only) if only is not None else None
        self._rng = random.Random(seed)
        self._identities = Identities()
        self._keepers: dict[str, SensorKeeper] = {}
        self._by_address: dict[str, SensorKeeper] = {}

    def know(self, devices: Iterable[KnownDevice]) -> None:
        """Sensors of earlier runs keep their ids when they come under a new address."""
        self._identities.know(devices, self._profiles)

    async def run(self, sink: PacketSink) -> None:
        """Scan and stream until cancelled; then every sensor is told to stop.

        Raises `RadioError` when no adapter can be used.
        """
        met: asyncio.Queue[_Seen] = asyncio.Queue()
        async with contextlib.AsyncExitStack() as stack:
            usable = await self._start_scanners(stack, met)
            shared = Shared(sink, self._clock, Slots(usable), self._rng)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            while True:
                keeper = self._meet(await met.get(), shared)
                if keeper is not None:
                    tasks.create_task(keeper.run())

    async def identify(self, device_id: str) -> bool:
        """Make a connected sensor blink; False where it cannot."""
        keeper = self._keepers.get(device_id)
        return keeper is not None and await keeper.identify()

    async def reset_heading(self, device_id: str, *, revert: bool = False) -> str | None:
        """See `sensors.source.SensorSource.reset_heading`."""
        keeper = self._keepers.get(device_id)
        return NOT_CONNECTED if keeper is None else await keeper.reset_heading(revert=revert)

    async def _start_scanners(
        self, stack: contextlib.AsyncExitStack, met: asyncio.Queue[_Seen]
    ) -> list[BleAdapter]:
        """Scan on every adapter that can be used; those that cannot are said once."""
        usable: list[BleAdapter] = []
        trouble: list[RadioError] = []
        for adapter in self._adapters:
            scanner = BleakScanner(self._listener(adapter.name, met), **adapter.scanner_options)
            try:
                await scanner.start()
            except ERRORS as error:
                trouble.append(no_adapter(error, adapter.name))
                continue
            stack.push_async_callback(_stop, scanner)
            usable.append(adapter)
        if not usable:
            raise trouble[0]
        for line in trouble:
            log.warning("%s", line)
        return usable

    def _listener(
        self, adapter: str, met: asyncio.Queue[_Seen]
    ) -> Callable[[BLEDevice, AdvertisementData], None]:
        def seen(device: BLEDevice, data: AdvertisementData) -> None:
            keeper = self._by_address.get(device.address)
            if keeper is not None:
                keeper.seen(adapter, device, data.rssi)
                return
            profiles = fitting(data, self._profiles)
            if not profiles:
                return
            device_id = self._identities.resolve(
                profiles[0], device.address, data.local_name, data.manufacturer_data
            )
            if self._only is None or device_id in self._only:
                met.put_nowait(_Seen(adapter, device, data, profiles, device_id))

        return seen

    def _meet(self, seen: _Seen, shared: Shared) -> SensorKeeper | None:
        """The keeper of a sensor that is new; one that is known under another address is told."""
        known = self._keepers.get(seen.device_id)
        keeper = known or SensorKeeper(seen.device_id, seen.data.local_name or "", seen.profiles, shared)
        self._keepers[seen.device_id] = self._by_address[seen.device.address] = keeper
        keeper.seen(seen.adapter, seen.device, seen.data.rssi)
        if known is not None:
            return None
        keeper.tell(DeviceState.FOUND)
        return keeper


async def _stop(scanner: BleakScanner) -> None:
    with contextlib.suppress(*ERRORS):
        await scanner.stop()
