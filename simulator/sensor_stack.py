"""bumble's controller and host for a virtual sensor, where both are on one chip.

Between the two, data and acknowledgements go over as they are rather than as bytes to be parsed again, and
without the line that bumble 0.0.236 writes about each packet whether anyone reads it or not. On the air and
towards the gateway every packet is what it is on any bumble stack.
"""

from __future__ import annotations

import asyncio

from bumble import att, hci
from bumble.controller import Controller
from bumble.device import Connection, Device
from bumble.host import Host
from bumble.transport.common import AsyncPipeSink

from simulator.air import VirtualLink


def sensor_device(name: str, address: str, link: VirtualLink) -> Device:
    """A sensor's whole stack on the air."""
    controller = _SensorController(f"sensor {address}", link=link)
    controller.le_features &= ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING  # few sensors have it
    return Device(name=name, address=hci.Address(address), host=_SensorHost(controller))


def notify(device: Device, connection: Connection, attribute: int, payload: bytes) -> None:
    """Send a notification, cut to what the link takes; the caller knows that somebody has subscribed."""
    notification = att.ATT_Handle_Value_Notification(
        attribute_handle=attribute, attribute_value=payload[: connection.att_mtu - 3]
    )
    device.gatt_server.send_gatt_pdu(connection, bytes(notification))


class _SensorController(Controller):
    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, hci.HCI_Number_Of_Completed_Packets_Event) and isinstance(self.host, Host):
            asyncio.get_running_loop().call_soon(self.host.on_hci_event_packet, packet)
        else:
            super().send_hci_packet(packet)


class _SensorHost(Host):
    def __init__(self, controller: Controller) -> None:
        super().__init__(controller, AsyncPipeSink(controller))
        self._controller = controller

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        if isinstance(packet, hci.HCI_AclDataPacket):
            asyncio.get_running_loop().call_soon(self._controller.on_hci_acl_data_packet, packet)
        else:
            super().send_hci_packet(packet)
