"""Athletes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from service.api.deps import ServiceDep
from service.api.schemas import AthletePublic

router = APIRouter(tags=["people"])


@router.get("/athletes", response_model=list[AthletePublic])
async def athletes(service: ServiceDep) -> Any:
    """Everyone known."""
    return service.repository.athletes()
