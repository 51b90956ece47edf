"""Sensors: what is known of them, where they are worn, and which is which."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from fusion import exercises
from fusion.types import Segment
from sensors.placement_check import Movement, Verdict
from service.api.deps import ServiceDep
from service.api.schemas import AthleteId, SensorPublic
from service.placement import GuidedCheck, placement_document
from service.sensors import sensor_document

router = APIRouter(tags=["sensors"])


class SensorAssignment(BaseModel):
    """Put a sensor on a segment of an athlete, who is going to do an exercise."""

    athlete_id: AthleteId
    segment: Segment
    exercise: str


class PlacementRequest(BaseModel):
    """A check: the athlete does the movement while the gateway listens."""

    movement: Movement
    duration_s: Annotated[float, Field(ge=2.0, le=30.0)] = 6.0


class PlacementPublic(BaseModel):
    """What a check found; ``swaps`` are pairs of sensors that seem to wear each other's place."""

    movement: Movement
    verdict: Verdict
    turned_deg: dict[str, float]
    swaps: list[tuple[str, str]]
    messages: list[str]


class Swap(BaseModel):
    """Two sensors that are to exchange their places."""

    one: str
    other: str


@router.get("/sensors", response_model=list[SensorPublic])
async def sensors(service: ServiceDep) -> Any:
    """Sensors seen since the start, with what is known of their link."""
    gateway = service.gateway
    return [sensor_document(gateway, status) for status in gateway.devices.values()]


@router.put("/sensors/{device_id}/assignment", status_code=204)
async def assign(device_id: str, wanted: SensorAssignment, service: ServiceDep) -> None:
    """Remember where a sensor is worn; takes effect with the athlete's next session."""
    if device_id not in service.gateway.devices:
        raise HTTPException(404, f"no sensor {device_id!r} has been seen")
    exercises.plan(wanted.exercise)
    service.gateway.assign(device_id, wanted.athlete_id, wanted.segment, wanted.exercise)


@router.post("/sensors/{device_id}/identify", status_code=204)
async def identify(device_id: str, service: ServiceDep) -> None:
    """Make the sensor blink, to see which one it is."""
    status = service.gateway.devices.get(device_id)
    if status is None:
        raise HTTPException(404, f"no sensor {device_id!r} has been seen")
    if not await service.identify(device_id):
        reason = "it is not connected" if status.state.value != "streaming" else "this kind of sensor cannot"
        raise HTTPException(409, f"{device_id} does not blink: {reason}")


@router.post("/sensors/{device_id}/heading-reset", status_code=204)
async def reset_heading(device_id: str, service: ServiceDep, revert: bool = False) -> None:
    """Make the heading that the sensor itself reckons zero where it now points; ``revert`` takes it back."""
    if device_id not in service.gateway.devices:
        raise HTTPException(404, f"no sensor {device_id!r} has been seen")
    reason = await service.reset_heading(device_id, revert=revert)
    if reason is not None:
        raise HTTPException(409, f"{device_id} keeps its heading: {reason}")


@router.post("/athletes/{athlete_id}/placement-check")
async def check(athlete_id: AthleteId, wanted: PlacementRequest, service: ServiceDep) -> PlacementPublic:
    """Ask for a movement, listen, and say whether the sensors are where they are said to be.

    Answers after ``duration_s``; the request to the athlete and the result also go out as events.
    """
    guided = GuidedCheck(service.gateway, service.bus.publish)
    found = await guided.run(athlete_id, wanted.movement, wanted.duration_s)
    return PlacementPublic.model_validate(placement_document(found))


@router.post("/athletes/{athlete_id}/swap", status_code=204)
async def swap(athlete_id: AthleteId, pair: Swap, service: ServiceDep) -> None:
    """Two of the athlete's sensors exchange their places at once; an open session ends, the next follows."""
    worn = service.gateway.assignment.worn_by(athlete_id)
    for device_id in (pair.one, pair.other):
        if device_id not in worn:
            raise HTTPException(404, f"athlete {athlete_id!r} does not wear {device_id!r}")
    await service.gateway.close(athlete_id)
    service.gateway.swap(pair.one, pair.other)
