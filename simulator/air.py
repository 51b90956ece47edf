"""The virtual radio: one air for all virtual sensors, and the gateway's adapter as HCI over TCP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from bumble import core
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


@contextlib.asynccontextmanager
async def gateway_adapter(link: VirtualLink, port: int) -> AsyncIterator[None]:
    """Serve the gateway's Bluetooth adapter on ``tcp-client:127.0.0.1:<port>`` while the block runs."""
    async with await open_transport(f"tcp-server:127.0.0.1:{port}") as transport:
        controller = Controller(
            "gateway",
            host_source=transport.source,
            host_sink=transport.sink,
            link=link,
            public_address=_GATEWAY,
        )
        yield
        del controller
