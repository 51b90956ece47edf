"""Is it alive, is it ready."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.api.deps import ServiceDep
from service.api.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def alive() -> Health:
    """Answers while the process runs."""
    return Health(status="ok")


@router.get("/readyz", responses={503: {"model": Health}})
async def ready(service: ServiceDep, response: Response) -> Health:
    """Database and spool can be written; a lost broker is degraded, not unready."""
    checks = {"database": "ok", "spool": "ok", "broker": "ok" if service.mqtt.online else "away"}
    try:
        service.repository.ping()
    except Exception as error:  # noqa: BLE001 - any failure of the database means not ready
        checks["database"] = type(error).__name__
    try:
        service.settings.spool_dir.mkdir(parents=True, exist_ok=True)
        probe = service.settings.spool_dir / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        checks["spool"] = error.strerror or "not writable"
    if any(checks[name] != "ok" for name in ("database", "spool")):
        response.status_code = 503
        return Health(status="not ready", checks=checks)
    return Health(status="ok" if checks["broker"] == "ok" else "degraded", checks=checks)
