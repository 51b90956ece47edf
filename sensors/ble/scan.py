"""Which sensors are in range."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

import firmware_profiles
from firmware_profiles import Profile
from sensors.battery import BatteryLevel
from sensors.ble.adapters import BleAdapter
from sensors.ble.failures import ERRORS, no_adapter


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device in range; ``profiles`` are those that its advertisement fits, most often one or none."""

    device_id: str
    name: str
    rssi_dbm: int
    profiles: tuple[Profile, ...]
    handle: BLEDevice
    """bleak's own, to connect to it soon."""
    adapter: str = ""
    battery: BatteryLevel | None = None
    """Known only after `probe.visit`."""
    trouble: str = ""
    """Why a visit failed."""

    @property
    def profile(self) -> Profile | None:
        """The first profile that fits."""
        return self.profiles[0] if self.profiles else None


def fitting(seen: AdvertisementData, profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """Profiles that an advertisement fits."""
    return firmware_profiles.candidates(seen.local_name, seen.manufacturer_data, seen.service_uuids, profiles)


async def scan(
    duration_s: float, *, adapters: Sequence[BleAdapter] = (), profiles: Sequence[Profile] = ()
) -> list[Sighting]:
    """Devices seen within ``duration_s``, strongest first, each by the adapter that sees it best.

    Without ``adapters`` on the platform's own; without ``profiles`` against all that come with Ilium. Raises
    `RadioError` when an adapter cannot be used.
    """
    known = profiles or firmware_profiles.library()
    parts = await asyncio.gather(*(_scan(duration_s, a, known) for a in adapters or (BleAdapter(),)))
    best: dict[str, Sighting] = {}
    for sighting in (s for part in parts for s in part):
        other = best.get(sighting.device_id)
        if other is None or other.rssi_dbm < sighting.rssi_dbm:
            best[sighting.device_id] = sighting
    return sorted(best.values(), key=lambda sighting: (-sighting.rssi_dbm, sighting.device_id))


async def _scan(duration_s: float, adapter: BleAdapter, profiles: Sequence[Profile]) -> list[Sighting]:
    try:
        found = await BleakScanner.discover(timeout=duration_s, return_adv=True, **adapter.scanner_options)
    except ERRORS as error:
        raise no_adapter(error, adapter.name) from error
    return [
        Sighting(
            device.address, seen.local_name or "", seen.rssi, fitting(seen, profiles), device, adapter.name
        )
        for device, seen in found.values()
    ]
