"""Makes the FastAPI application around a running service."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI

from service.api import errors
from service.api.deps import RunningService
from service.api.routes import coaching, health, live, people, results, sensors


def create_app(service: RunningService) -> FastAPI:
    """The API of ``service``; OpenAPI at ``/api/v1/openapi.json``, its page at ``/api/v1/docs``."""
    app = FastAPI(
        title="Ilium",
        version=version("ilium"),
        description="Live coaching of hip and glute training from two Bluetooth motion sensors.",
        openapi_url="/api/v1/openapi.json",
        docs_url="/api/v1/docs",
        redoc_url=None,
    )
    app.state.service = service
    errors.install(app)
    app.include_router(health.router)
    for part in (people, sensors, results, coaching, live):
        app.include_router(part.router, prefix="/api/v1")
    return app
