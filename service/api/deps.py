"""What routes are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.bus import Bus
from service.gateway import Gateway
from service.mqtt import MqttPublisher
from service.settings import Settings
from service.storage.repository import Repository


class RunningService(Protocol):
    """What the routes ask of the service they belong to."""

    settings: Settings
    bus: Bus
    gateway: Gateway
    repository: Repository
    mqtt: MqttPublisher

    async def identify(self, device_id: str) -> bool:
        """Make a connected sensor show itself; False where it cannot."""
        ...

    async def reset_heading(self, device_id: str, *, revert: bool = False) -> str | None:
        """Make a streaming sensor's own heading zero, or take that back; None when done, else why not."""
        ...


def _service(connection: HTTPConnection) -> Any:
    return connection.app.state.service


if TYPE_CHECKING:
    ServiceDep = RunningService
else:
    ServiceDep = Annotated[Any, Depends(_service)]
