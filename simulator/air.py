"""The virtual radio: one air for all virtual sensors, and the gateway's adapter as HCI over TCP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from bumble import core, hci
from bumble.controller import Controller
from bumble.link import LocalLink
from bumble.transport import open_transport

_GATEWAY = "C0:FF:EE:00:00:01"


class VirtualLink(LocalLink):
    """bumble's local link, with data labelled by the connection's own address.

    bumble 0.0.236 labels LE data with the sender's present random address, which a gateway changes while
    it scans; such data is lost.
    """

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
    """bumble's controller, which can also give a connection attempt up.

    bumble 0.0.236 acknowledges the command and goes on trying, so that every later attempt is refused.
    """

    def on_hci_le_create_connection_cancel_command(
        self, command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Core specification, volume 4, part E, 7.8.13: the attempt ends with its own event."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is not None:
            ended = hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
            asyncio.get_running_loop().call_soon(self.send_hci_packet, ended)
        return super().on_hci_le_create_connection_cancel_command(command)


@contextlib.asynccontextmanager
async def gateway_adapter(link: VirtualLink, port: int) -> AsyncIterator[None]:
    """Serve the gateway's Bluetooth adapter on ``tcp-client:127.0.0.1:<port>`` while the block runs."""
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as transport:
        controller = _GatewayController(
            "gateway",
            host_source=transport.source,
            host_sink=transport.sink,
            link=link,
            public_address=_GATEWAY,
        )
        try:
            yield
        finally:
            del controller
            await _close(transport)


async def _close(transport: Any) -> None:
    """What bumble 0.0.236 leaves open: the listening socket and the gateway's connection."""
    transport.server.close()
    if transport.sink.transport is not None:
        transport.sink.transport.close()
    await transport.server.wait_closed()
