"""The virtual radio: one air for all virtual sensors, and the gateway's adapters as HCI over TCP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from bumble import core, hci
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport import open_transport

from simulator.connection_events import ConnectionEvents

_GATEWAY = "C0:FF:EE:00:00:{:02X}"
CAPACITY = 20
"""Connections of an adapter; real controllers have 7 to 20."""
_SIGNAL_DBM = -50


class VirtualLink(LocalLink):
    """bumble's local link, with data labelled by the connection's own address.

    bumble 0.0.236 labels LE data with the sender's present random address, which a gateway changes while
    it scans; such data is lost.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.scan_responses: dict[str, bytes] = {}
        """Address → scan response; bumble 0.0.236 answers a scan with the advertisement once more."""
        self.signal_dbm: Callable[[str, int], int] = lambda _address, _adapter: _SIGNAL_DBM
        """How strongly an adapter hears the sensor at an address."""
        self.events = ConnectionEvents()

    def send_acl_data(
        self, sender_controller: Any, destination_address: Any, transport: core.PhysicalTransport, data: bytes
    ) -> None:
        """Deliver data on an LE connection under the address with which it was made."""
        if transport == core.PhysicalTransport.LE:
            connection = sender_controller.le_connections.get(destination_address)
            receiver = self.find_le_controller(destination_address)
            if connection and receiver:
                asyncio.get_running_loop().call_soon(
                    receiver.on_link_acl_data, connection.self_address, transport, data
                )
                return
        super().send_acl_data(sender_controller, destination_address, transport, data)


class _GatewayController(Controller):
    """bumble's controller with a place for so many links, which can also give a connection attempt up.

    bumble 0.0.236 acknowledges that command and goes on trying, so that every later attempt is refused.
    """

    def __init__(self, air: VirtualLink, index: int, capacity: int, transport: Any) -> None:
        super().__init__(
            f"gateway {index}",
            host_source=transport.source,
            host_sink=transport.sink,
            link=air,
            public_address=_GATEWAY.format(index + 1),
        )
        self._air, self._index, self._capacity = air, index, capacity
        self._waiting = bytearray()
        # the older reports, which have a scan response of their own
        self.le_features &= ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """Send without the line that bumble writes about each packet; mend what it says of advertisements.

        What is said in one turn of the loop goes to the host in one write, as over USB in one frame.
        """
        if isinstance(packet, hci.HCI_LE_Advertising_Report_Event):
            for report in packet.reports:
                address = report.address.to_string(False)
                report.rssi = self._air.signal_dbm(address, self._index)
                if report.event_type == hci.HCI_LE_Advertising_Report_Event.EventType.SCAN_RSP:
                    report.data = self._air.scan_responses.get(address, b"")
            packet = hci.HCI_LE_Advertising_Report_Event(packet.reports)
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._waiting += bytes(packet)

    def _hand_over(self) -> None:
        said, self._waiting = self._waiting, bytearray()
        if self.host:
            self.host.on_packet(bytes(said))

    def on_hci_le_create_connection_command(self, command: hci.HCI_LE_Create_Connection_Command) -> None:
        """Core specification, volume 4, part E, 7.8.12; a full controller says so."""
        super().on_hci_le_create_connection_command(command)
        if len(self.le_connections) >= self._capacity and self.pending_le_connection is command:
            self.pending_le_connection = None
            self._end_attempt(command, hci.HCI_ErrorCode.CONNECTION_LIMIT_EXCEEDED_ERROR)

    def on_hci_le_create_connection_cancel_command(
        self, command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Core specification, volume 4, part E, 7.8.13: the attempt ends with its own event."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is not None:
            self._end_attempt(pending, hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR)
        return super().on_hci_le_create_connection_cancel_command(command)

    def _end_attempt(self, attempt: Any, status: int) -> None:
        ended = hci.HCI_LE_Connection_Complete_Event(
            status=status,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=attempt.peer_address_type,
            peer_address=attempt.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, ended)


@contextlib.asynccontextmanager
async def gateway_adapter(
    link: VirtualLink, port: int, index: int = 0, capacity: int = CAPACITY
) -> AsyncIterator[None]:
    """Serve a Bluetooth adapter of the gateway on ``tcp-client:127.0.0.1:<port>`` while the block runs."""
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as transport:
        controller = _GatewayController(link, index, capacity, transport)
        try:
            yield
        finally:
            link.remove_controller(controller)
            await _close(transport)


async def _close(transport: Any) -> None:
    """What bumble 0.0.236 leaves open: the listening socket and the gateway's connection."""
    transport.server.close()
    if transport.sink.transport is not None:
        transport.sink.transport.close()
    await transport.server.wait_closed()
