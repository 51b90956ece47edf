"""What coach and athlete add: loads, approvals and the references learnt from them, programme, screens."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from fusion import screens
from fusion.programme.mix import goal, library_classes
from fusion.programme.records import SetInputs
from fusion.programme.report import programme_document
from fusion.screens.document import screen_document
from service.api.deps import ServiceDep
from service.api.schemas import AthleteId

router = APIRouter(tags=["coaching"])


class SetInputsGiven(BaseModel):
    """What only the user knows of a set."""

    load_kg: Annotated[float | None, Field(ge=0.0, le=1000.0)] = None
    rpe: Annotated[float | None, Field(ge=1.0, le=10.0)] = None
    rating: Annotated[float | None, Field(ge=0.0, le=10.0)] = None
    warm_up: bool = False


class Approval(BaseModel):
    """A coach's word on a repetition."""

    approved: bool


class ScreenWanted(BaseModel):
    """Which screen to begin."""

    screen: Annotated[str, Field(max_length=64)]


@router.put("/sets/{set_id}/inputs", status_code=204)
async def inputs(set_id: str, given: SetInputsGiven, service: ServiceDep) -> None:
    """Tell load, exertion and rating of a set; what is left out is unknown again."""
    if not service.repository.coaching.set_inputs(set_id, SetInputs(**given.model_dump())):
        raise HTTPException(404, f"no set {set_id!r}")


@router.put("/reps/{rep_id}/approval")
async def approve(rep_id: str, word: Approval, service: ServiceDep) -> dict[str, Any]:
    """Say whether a repetition is good form; answers with the person's reference that holds from now on."""
    reference = service.repository.coaching.approve(rep_id, approved=word.approved)
    if reference is None:
        raise HTTPException(404, f"no repetition {rep_id!r}")
    return {"reference": reference or None}


@router.get("/athletes/{athlete_id}/references")
async def references(athlete_id: AthleteId, service: ServiceDep) -> list[dict[str, Any]]:
    """Every version of a person's references; the newest one of an exercise and side holds."""
    return service.repository.coaching.references(athlete_id)


@router.get("/athletes/{athlete_id}/programme")
async def programme(
    athlete_id: AthleteId,
    service: ServiceDep,
    goal_id: Annotated[str, Query(alias="goal", max_length=64)] = "glute_focus",
    since: date | None = None,
) -> dict[str, Any]:
    """What a person's weeks add up to, for a goal."""
    profile = goal(goal_id)
    start = None if since is None else datetime.combine(since, time(), UTC)
    sessions = service.repository.coaching.history(athlete_id, start)
    return programme_document(sessions, library_classes(), profile)


@router.get("/screens")
async def known_screens() -> list[dict[str, Any]]:
    """Screens there are, with their instructions and the sensors that they need."""
    return [screen_document(screens.load(i)) for i in screens.ids()]


@router.post("/athletes/{athlete_id}/screens", status_code=202)
async def begin_screen(athlete_id: AthleteId, wanted: ScreenWanted, service: ServiceDep) -> dict[str, Any]:
    """Begin a screen in the athlete's open session; its events follow on the topic ``screen``."""
    screen = screens.load(wanted.screen)
    session = service.gateway.sessions.get(athlete_id)
    if session is None:
        raise HTTPException(409, f"{athlete_id} has no open session; put the sensors on first")
    session.begin_screen(screen)
    return screen_document(screen)


@router.get("/athletes/{athlete_id}/screens")
async def outcomes(
    athlete_id: AthleteId, service: ServiceDep, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[dict[str, Any]]:
    """Results of screens from newest to oldest."""
    return service.repository.coaching.screens(athlete_id, limit)
