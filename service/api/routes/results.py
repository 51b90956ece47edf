"""Sessions, sets and repetitions."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from fusion import exercises
from service.api.deps import ServiceDep
from service.api.schemas import AthleteId, RepPublic, SessionDetail, SessionPage, SetPublic

router = APIRouter(tags=["results"])


@router.get("/sessions", response_model=SessionPage)
async def sessions(
    service: ServiceDep,
    athlete_id: AthleteId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Any:
    """Sessions from newest to oldest."""
    before = None if cursor is None else _read_cursor(cursor)
    items = service.repository.sessions(athlete_id, limit, before)
    following = _cursor(items[-1]) if len(items) == limit else None
    return {"items": items, "next": following}


@router.get("/sessions/{session_id}", response_model=SessionDetail)
async def session(session_id: str, service: ServiceDep) -> Any:
    """One session with its calibrations and recordings."""
    found = service.repository.session(session_id)
    if found is None:
        raise HTTPException(404, f"no session {session_id!r}")
    return found


@router.get("/sessions/{session_id}/sets", response_model=list[SetPublic])
async def sets(session_id: str, service: ServiceDep) -> Any:
    """Sets of a session."""
    if service.repository.session(session_id) is None:
        raise HTTPException(404, f"no session {session_id!r}")
    return service.repository.sets(session_id)


@router.post("/sessions/{session_id}/close", status_code=204)
async def close(session_id: str, service: ServiceDep) -> None:
    """End a session now: its last set is closed and its recording archived."""
    for athlete_id, running in list(service.gateway.sessions.items()):
        if running.facts.id == session_id:
            await service.gateway.close(athlete_id)
            return
    raise HTTPException(404, f"no open session {session_id!r}")


@router.get("/sets/{set_id}/reps", response_model=list[RepPublic])
async def reps(set_id: str, service: ServiceDep) -> Any:
    """Repetitions of a set with their findings."""
    found = service.repository.reps(set_id)
    if found is None:
        raise HTTPException(404, f"no set {set_id!r}")
    return found


@router.get("/exercises")
async def library() -> list[dict[str, str]]:
    """The exercise library."""
    known = (exercises.load(i) for i in exercises.ids())
    return [{"id": e.id, "name": e.name, "kind": e.kind.value, "posture": e.posture.value} for e in known]


def _cursor(item: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{item['started_at']}|{item['id']}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        when = datetime.fromisoformat(at)
    except (ValueError, binascii.Error) as error:
        raise HTTPException(422, "cursor: not one that this API gave out") from error
    return when.replace(tzinfo=when.tzinfo or UTC), key
