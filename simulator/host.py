"""The host side of a virtual Bluetooth adapter: bumble's stack, opened on first use and shared.

Our bleak backend and the BlueZ look-alike both stand on it; the transport is any that bumble names, here the
simulator's HCI over TCP.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from bumble import att, hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Device
from bumble.transport import open_transport

ATT_MTU = 247
_ADDRESS = "F0:F1:F2:F3:F4:{:02X}"
_NOTIFICATION = int(att.Opcode.ATT_HANDLE_VALUE_NOTIFICATION)


class NoRadioError(OSError):
    """There is no virtual radio at the other end of the transport."""


class Adapter:
    """One bumble host, opened on first use, once ``ready()`` has returned; ``index`` as in ``hci0``."""

    def __init__(
        self, transport: str, ready: Callable[[], Awaitable[None]] | None = None, index: int = 0
    ) -> None:
        self.index = index
        self.address = _ADDRESS.format(0xF5 + index)
        self.connecting = asyncio.Lock()
        self._name = transport
        self._ready = ready
        self._opening: asyncio.Task[Device] | None = None
        self._transport: Any = None
        self._scanners = 0
        self._scanning = asyncio.Lock()

    async def device(self) -> Device:
        """The powered host. Raises `NoRadioError` when there is no radio at the other end."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Device:
        if self._ready is not None:
            await self._ready()
        try:
            self._transport = await open_transport(self._name)
        except OSError as error:
            raise NoRadioError(f"no virtual radio at {self._name}") from error
        source, sink = self._transport.source, self._transport.sink
        device = Device.with_hci("gateway", hci.Address(self.address), source, sink)
        source.set_packet_sink(_ShortCut(device))
        await device.power_on()
        return device

    async def scan(self, listener: Callable[[Advertisement], None], *, on: bool, active: bool = True) -> None:
        """Add or remove a scanner; the radio scans while there is one."""
        device = await self.device()
        async with self._scanning:
            self._scanners += 1 if on else -1
            if on:
                device.on("advertisement", listener)
                if self._scanners == 1:
                    await device.start_scanning(legacy=True, active=active, filter_duplicates=False)
            else:
                device.remove_listener("advertisement", listener)
                if self._scanners == 0 and device.is_scanning:
                    await device.stop_scanning(legacy=True)

    async def close(self) -> None:
        """Hang up on the radio."""
        if self._opening is None:
            return
        with contextlib.suppress(Exception):
            await self._opening
        if self._transport is not None:
            await self._transport.close()


class _ShortCut:
    """Hands whole notifications straight to the connection's client; the host gets everything else.

    The host would parse each one three times and write a line about it for nobody: work that, with a real
    radio, the system's Bluetooth stack does in a process of its own.
    """

    _HEAD = struct.Struct("<BHHHHBH")
    """HCI packet type, connection, ACL length; L2CAP length and channel; ATT operation and attribute."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._host = device.host

    def on_packet(self, packet: bytes) -> None:
        """One HCI packet from the controller."""
        if packet[0] != hci.HCI_ACL_DATA_PACKET or len(packet) < self._HEAD.size:
            self._host.on_packet(packet)
            return
        _, connection, _, length, channel, operation, attribute = self._HEAD.unpack_from(packet)
        link = self._device.connections.get(connection & 0xFFF)
        whole = channel == att.ATT_CID and operation == _NOTIFICATION and length == len(packet) - 9
        if not whole or link is None:
            self._host.on_packet(packet)
            return
        value = packet[self._HEAD.size :]
        link.gatt_client.on_att_handle_value_notification(
            att.ATT_Handle_Value_Notification(attribute_handle=attribute, attribute_value=value)
        )


def long_uuid(uuid: Any) -> str:
    """A bumble UUID as 36 lower-case characters; 16- and 32-bit ones on the Bluetooth base."""
    text: str = uuid.to_hex_str("-").lower()
    return text if len(text) == 36 else f"{text:0>8}-0000-1000-8000-00805f9b34fb"


def manufacturer_data(seen: Advertisement) -> dict[int, bytes]:
    """Company id → data of an advertisement."""
    kind = AdvertisingData.MANUFACTURER_SPECIFIC_DATA
    raw = (bytes(part) for k, part in seen.data.ad_structures if k == kind)
    return {int.from_bytes(part[:2], "little"): part[2:] for part in raw if len(part) >= 2}


def local_name(seen: Advertisement) -> str | None:
    """The name of an advertisement."""
    names = {AdvertisingData.COMPLETE_LOCAL_NAME, AdvertisingData.SHORTENED_LOCAL_NAME}
    for kind, part in seen.data.ad_structures:
        if kind in names:
            return bytes(part).decode(errors="replace")
    return None


_UUID_LISTS = {
    AdvertisingData.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS: 2,
    AdvertisingData.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
    AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS: 16,
}


def service_uuids(seen: Advertisement) -> list[str]:
    """Service UUIDs of an advertisement, long form, each once."""
    found: list[str] = []
    for kind, part in seen.data.ad_structures:
        width = _UUID_LISTS.get(kind)
        if width is not None:
            raw = (bytes(part[i : i + width]) for i in range(0, len(part) - width + 1, width))
            found += [long_uuid(UUID.from_bytes(one)) for one in raw]
    return list(dict.fromkeys(found))
