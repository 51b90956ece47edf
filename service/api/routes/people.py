"""Athletes and the sensors they wear."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from fusion import exercises
from fusion.types import Segment
from service.api.deps import ServiceDep
from service.api.schemas import AthleteId, AthletePublic, SensorPublic

router = APIRouter(tags=["people"])


class SensorAssignment(BaseModel):
    """Put a sensor on a segment of an athlete, who is going to do an exercise."""

    athlete_id: AthleteId
    segment: Segment
    exercise: str


@router.get("/athletes", response_model=list[AthletePublic])
async def athletes(service: ServiceDep) -> Any:
    """Everyone known."""
    return service.repository.athletes()


@router.get("/sensors")
async def sensors(service: ServiceDep) -> list[SensorPublic]:
    """Sensors seen since the start, with what is known of their link."""
    gateway = service.gateway
    seen = []
    for device_id, status in gateway.devices.items():
        athlete_id, segment = gateway.assignment.sensors.get(device_id, (None, None))
        session = gateway.sessions.get(athlete_id or "")
        stats = session.stats.get(device_id) if session else None
        health = session.health(service.clock()).get(device_id) if session else None
        seen.append(
            SensorPublic(
                device_id=device_id,
                name=status.name,
                state=status.state.value,
                reason=status.reason,
                profile=status.profile.id if status.profile else None,
                battery_percent=status.battery_percent,
                rssi_dbm=status.rssi_dbm,
                athlete_id=athlete_id,
                segment=segment.value if segment else None,
                loss=round(stats.loss, 5) if stats else None,
                rate_hz=round(health.rate_hz, 2) if health else None,
                nominal_hz=health.nominal_hz if health else None,
                recent_loss=round(health.loss, 5) if health else None,
                loss_method=health.method.value if health else None,
                problems=list(health.reasons) if health else [],
            )
        )
    return seen


@router.put("/sensors/{device_id}/assignment", status_code=204)
async def assign(device_id: str, wanted: SensorAssignment, service: ServiceDep) -> None:
    """Remember where a sensor is worn; takes effect with the athlete's next session."""
    status = service.gateway.devices.get(device_id)
    if status is None:
        raise HTTPException(404, f"no sensor {device_id!r} has been seen")
    exercises.load(wanted.exercise)
    service.gateway.assign(device_id, wanted.athlete_id, wanted.segment, wanted.exercise)
