"""What routes are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from service.app import Service


def _service(connection: HTTPConnection) -> Any:
    return connection.app.state.service


if TYPE_CHECKING:
    ServiceDep = Service
else:
    ServiceDep = Annotated[Any, Depends(_service)]
