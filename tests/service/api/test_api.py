"""The API on a running service that has counted a set: answers, errors, paging, live messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import pytest_asyncio
import websockets

from sensors.replay import ReplayClock
from service.app import PortError, Service
from service.bus import Message
from service.settings import load_settings
from tests.service.recorded import ATHLETE, START_S, source_of, worn

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Running:
    """A service after one set, and a client of its API."""

    service: Service
    http: httpx.AsyncClient

    async def get(self, path: str, *, status: int = 200, **params: Any) -> Any:
        answer = await self.http.get(path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    clock = ReplayClock(START_S)
    source = source_of(reps=3, lumbar_deg=12.0, clock=clock)
    settings = load_settings(data_dir=tmp_path_factory.mktemp("data"), port=0)
    async with (
        Service(settings, [source], worn(), clock=clock) as service,
        httpx.AsyncClient(base_url=service.api_url) as http,
    ):
        await service.run_until(source.finished)
        await service.gateway.close(ATHLETE)
        yield Running(service, http)


async def session_of(running: Running) -> dict[str, Any]:
    page = await running.get("/api/v1/sessions")
    found: dict[str, Any] = page["items"][-1]
    return found


async def test_it_is_alive_and_ready(running: Running) -> None:
    assert (await running.get("/healthz"))["status"] == "ok"
    ready = await running.get("/readyz")
    assert ready == {"status": "ok", "checks": {"database": "ok", "spool": "ok", "broker": "ok"}}


async def test_a_session_leads_to_its_sets_and_repetitions(running: Running) -> None:
    session = await session_of(running)
    assert (session["athlete_id"], session["exercise"]) == (ATHLETE, "hip_thrust")
    detail = await running.get(f"/api/v1/sessions/{session['id']}")
    assert {r["device_id"] for r in detail["recordings"]} == {"pelvis", "thigh_right"}
    (done,) = await running.get(f"/api/v1/sessions/{session['id']}/sets")
    assert done["rep_count"] == 3
    reps = await running.get(f"/api/v1/sets/{done['id']}/reps")
    assert [r["index"] for r in reps] == [0, 1, 2]
    assert all(r["findings"][0]["kind"] == "lumbar_extension" for r in reps)
    assert all(r["findings"][0]["value"] > r["findings"][0]["limit"] for r in reps)


async def test_athletes_sensors_and_exercises_are_listed(running: Running) -> None:
    assert [a["id"] for a in await running.get("/api/v1/athletes")] == [ATHLETE]
    sensors = {s["device_id"]: s for s in await running.get("/api/v1/sensors")}
    assert sensors["pelvis"]["segment"] == "pelvis"
    assert sensors["pelvis"]["profile"] == "movella_dot"
    assert (sensors["pelvis"]["rate_hz"], sensors["pelvis"]["reasons"]) == (None, [])  # nobody trains now
    library = await running.get("/api/v1/exercises")
    assert len(library) == 48
    assert {"id": "hip_thrust", "name": "Hip thrust", "kind": "reps", "posture": "supine"}.keys() == (
        library[0].keys()
    )


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/api/v1/sessions/none", 404, "no session 'none'"),
        ("/api/v1/sessions/none/sets", 404, "no session 'none'"),
        ("/api/v1/sets/none/reps", 404, "no set 'none'"),
        ("/api/v1/sessions?limit=0", 422, "query.limit: "),
        ("/api/v1/sessions?limit=201", 422, "query.limit: "),
        ("/api/v1/sessions?cursor=nonsense", 422, "cursor: not one that this API gave out"),
        ("/api/v1/sessions?athlete_id=../x", 422, "query.athlete_id: "),
        ("/api/v1/nowhere", 404, "Not Found"),
    ],
)
async def test_every_error_is_a_problem_document(running: Running, path: str, status: int, part: str) -> None:
    answer = await running.http.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() == {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert part in problem["detail"]


async def test_sessions_come_page_by_page(running: Running) -> None:
    repository = running.service.repository
    from datetime import UTC, datetime, timedelta

    repository.ensure_athlete("ben")
    made = {
        repository.open_session("ben", "rdl", datetime(2026, 2, n + 1, tzinfo=UTC), {"x": "pelvis"})
        for n in range(5)
    }
    for one in made:
        repository.close_session(one, datetime.now(UTC) + timedelta(hours=1), [])
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await running.get("/api/v1/sessions", athlete_id="ben", limit=2, **cursor)
        seen += [s["id"] for s in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert set(seen) == made
    assert len(seen) == 5


async def test_a_sensor_is_assigned_for_the_next_session(running: Running) -> None:
    wanted = {"athlete_id": "cleo", "segment": "pelvis", "exercise": "rdl"}
    answer = await running.http.put("/api/v1/sensors/pelvis/assignment", json=wanted)
    assert answer.status_code == 204
    sensors = {s["device_id"]: s for s in await running.get("/api/v1/sensors")}
    assert sensors["pelvis"]["athlete_id"] == "cleo"
    for bad, status, part in (
        (wanted | {"exercise": "no_such"}, 422, "no_such"),
        (wanted | {"segment": "elbow"}, 422, "body.segment"),
        (wanted | {"athlete_id": "a b"}, 422, "body.athlete_id"),
    ):
        answer = await running.http.put("/api/v1/sensors/pelvis/assignment", json=bad)
        assert answer.status_code == status
        assert part in answer.json()["detail"]
    answer = await running.http.put("/api/v1/sensors/unseen/assignment", json=wanted)
    assert answer.status_code == 404


async def test_the_description_of_the_api_is_valid_and_holds_every_route(running: Running) -> None:
    document = await running.get("/api/v1/openapi.json")
    jsonschema.Draft202012Validator.check_schema(
        {"$defs": document["components"]["schemas"], "$ref": "#/$defs/RepPublic"}
    )
    assert document["openapi"].startswith("3.1")
    assert {"/api/v1/sessions", "/api/v1/sets/{set_id}/reps", "/api/v1/sensors", "/readyz"} <= (
        document["paths"].keys()
    )
    page = await running.http.get("/api/v1/docs")
    assert page.status_code == 200


async def test_live_messages_come_over_the_websocket(running: Running) -> None:
    url = running.service.api_url.replace("http", "ws") + "/api/v1/live?athlete_id=anna"
    bus = running.service.bus
    async with websockets.connect(url) as socket:
        while not bus._subscriptions:
            await asyncio.sleep(0)
        bus.publish(Message("rep", "somebody", {"athlete_id": "somebody"}))
        bus.publish(Message("kinematics", "anna", {"athlete_id": "anna", "reps": 2}, live=True))
        received = json.loads(await socket.recv())
    assert received == {"topic": "kinematics", "body": {"athlete_id": "anna", "reps": 2}}
    while bus._subscriptions:
        await asyncio.sleep(0)


async def test_a_lost_broker_is_degraded_and_a_lost_disk_not_ready(
    running: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running.service.mqtt, "online", False)
    assert (await running.get("/readyz"))["status"] == "degraded"
    (tmp_path / "file").write_text("")
    settings = running.service.settings.model_copy(update={"data_dir": tmp_path / "file"})
    monkeypatch.setattr(running.service, "settings", settings)
    answer = await running.get("/readyz", status=503)
    assert answer["status"] == "not ready"
    assert answer["checks"]["spool"] == "Not a directory"


async def test_a_port_in_use_is_named(running: Running, tmp_path: Path) -> None:
    port = int(running.service.api_url.rsplit(":", 1)[1])
    with pytest.raises(PortError, match=f"port {port} on 127.0.0.1 is in use; choose another with --port"):
        async with Service(load_settings(data_dir=tmp_path, port=port), []):
            pytest.fail("it must not start")


# --- what coach and athlete add


async def put(running: Running, path: str, body: dict[str, Any], *, status: int) -> httpx.Response:
    answer = await running.http.put(path, json=body)
    assert answer.status_code == status, answer.text
    return answer


async def test_a_load_that_was_told_is_in_the_programme(running: Running) -> None:
    session = await session_of(running)
    (done,) = await running.get(f"/api/v1/sessions/{session['id']}/sets")
    await put(running, f"/api/v1/sets/{done['id']}/inputs", {"load_kg": 60.0, "rpe": 8}, status=204)
    programme = await running.get(f"/api/v1/athletes/{ATHLETE}/programme", goal="speed")
    assert programme["goal"] == "speed"
    assert programme["weeks"][0]["reps"] == done["rep_count"]
    assert programme["weeks"][0]["sets_unloaded"] == 0
    assert [e["exercise"] for e in programme["exercises"]] == ["hip_thrust"]


async def test_approved_repetitions_become_the_reference(running: Running) -> None:
    session = await session_of(running)
    (done,) = await running.get(f"/api/v1/sessions/{session['id']}/sets")
    reps = await running.get(f"/api/v1/sets/{done['id']}/reps")
    answers = [
        (await put(running, f"/api/v1/reps/{r['id']}/approval", {"approved": True}, status=200)).json()
        for r in reps
    ]
    assert answers[0]["reference"] is None
    assert answers[2]["reference"]["source"] == "approved"
    [listed] = await running.get(f"/api/v1/athletes/{ATHLETE}/references")
    assert listed["path_deg"] == answers[2]["reference"]["path_deg"]
    assert running.service.gateway._config(ATHLETE, worn().worn_by(ATHLETE), "hip_thrust").references


async def test_screens_are_listed_with_their_instructions(running: Running) -> None:
    listed = {s["id"]: s for s in await running.get("/api/v1/screens")}
    assert "plank" in listed
    assert listed["one_leg_stance"]["needs"] == ["pelvis", "thigh_left", "thigh_right"]
    assert await running.get(f"/api/v1/athletes/{ATHLETE}/screens") == []


@pytest.mark.parametrize(
    ("request_line", "body", "status", "part"),
    [
        ("PUT /api/v1/sets/none/inputs", {}, 404, "no set 'none'"),
        ("PUT /api/v1/sets/none/inputs", {"load_kg": -1}, 422, "body.load_kg"),
        ("PUT /api/v1/sets/none/inputs", {"rpe": 11}, 422, "body.rpe"),
        ("PUT /api/v1/reps/none/approval", {"approved": True}, 404, "no repetition 'none'"),
        (f"POST /api/v1/athletes/{ATHLETE}/screens", {"screen": "plank"}, 409, "no open session"),
        (f"POST /api/v1/athletes/{ATHLETE}/screens", {"screen": "planck"}, 422, "no screen 'planck'"),
        (f"GET /api/v1/athletes/{ATHLETE}/programme?goal=bigger", None, 422, "no goal 'bigger'"),
        (f"GET /api/v1/athletes/{ATHLETE}/screens?limit=0", None, 422, "query.limit"),
    ],
)
async def test_what_cannot_be_added_is_said(
    running: Running, request_line: str, body: dict[str, Any] | None, status: int, part: str
) -> None:
    method, path = request_line.split()
    answer = await running.http.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert part in answer.json()["detail"]
